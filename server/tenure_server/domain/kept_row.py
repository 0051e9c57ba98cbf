"""Mandates that go on although the last file does not have their rows. Pure: no I/O, no clock.

Rules: a missing row ends no mandate (invariant 2), so a row whose start, body or seat the source corrected is
kept beside the corrected one, and entitles, until a person says how it ends or that it never was. Another row
of the same person, body and seat tells that this is likely; it never decides it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tenure_server.domain.entitlement import end_of
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate, death_of
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.person_match import row_id
from tenure_server.domain.quarantine import RowRuling, source_digest
from tenure_server.domain.task import Task, TaskKind

ALL_OTHERS = "register"
"""Subject of the task about kept rows that no other row seems to correct."""


def kept_rows(
    mandates: Iterable[Mandate], rulings: Mapping[str, RowRuling], at: datetime
) -> Sequence[Mandate]:
    """Return the rows that are not over, that the last file did not have and that nobody decided on."""
    rows: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
    for row in mandates:
        rows[row.person].append(row)
    deaths = {person: death_of(own) for person, own in rows.items()}
    return [
        row
        for person, own in rows.items()
        for row in own
        if row.row is None
        and not row.quarantined
        and ((end := end_of(row, deaths[person])) is None or at < end)
        and not _is_decided(row, rulings.get(row_id(row)))
    ]


def _is_decided(row: Mandate, ruling: RowRuling | None) -> bool:
    """Tell whether the row stands as somebody decided; not where an earlier register was put back."""
    return ruling is not None and ruling.holds_while_missing and ruling.source != source_digest(row)


def correction_of(row: Mandate, mandates: Iterable[Mandate]) -> Mandate | None:
    """Return the row of the file that may be this one with its start corrected."""
    seat = (row.person, row.body, row.seat)
    for one in mandates:
        if one.row is not None and (one.person, one.body, one.seat) == seat and one.start != row.start:
            return one
    return None


def why_kept(row: Mandate, mandates: Iterable[Mandate]) -> tuple[Message, ...]:
    """Say why a row waits for a person."""
    sentence = N_("The last file does not have the row: it is kept and goes on until a person decides.")
    other = correction_of(row, mandates)
    return (say(sentence),) if other is None else (say(sentence), _correction(row, other))


def _correction(row: Mandate, other: Mandate) -> Message:
    sentence = N_("Row {row} has {person} in the same seat of {body}: its start may have been corrected.")
    return say(sentence, row=other.row, person=row.person, body=row.body)


def kept_row_tasks(kept: Sequence[Mandate], mandates: Sequence[Mandate], now: datetime) -> Sequence[Task]:
    """Return what somebody has to look at: each likely correction, and how many others there are."""
    corrections = {row_id(row): other for row in kept if (other := correction_of(row, mandates)) is not None}
    tasks = [
        Task(
            kind=TaskKind.KEPT_ROW,
            subject=row_id(row),
            at=now,
            due=None,
            why=_correction(row, corrections[row_id(row)]),
            reference=row.person,
        )
        for row in kept
        if row_id(row) in corrections
    ]
    others = len(kept) - len(tasks)
    if others:
        sentence = N_("Rows that are kept although the last file does not have them: {count}.")
        why = say(sentence, count=others)
        tasks.append(Task(kind=TaskKind.KEPT_ROW, subject=ALL_OTHERS, at=now, due=None, why=why))
    return tasks
