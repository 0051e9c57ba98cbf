"""Rows that read but cannot be trusted, and what people decided about them. Pure: no I/O, no clock.

Rules (case 24, cli.md):

- A row set aside entitles whomever it may concern, its own person and everybody it may be about, and ends
  nobody's right.
- A decision about a row holds for this and every later import as long as the source's row reads the same;
  when it reads otherwise the decision has lapsed and the row is judged as if there had been none. A row that
  was left out on a person's word is then set aside, never taken in silently.
- A decision about a row that is kept although the file does not have it (invariant 2) holds while that is so;
  when a file has the row again the decision has lapsed, and the row is taken as it reads.
- A decision is a person's and never a rule's: nothing here decides.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import msgspec

from tenure_server.domain.facts import Facts, Quarantined
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import EndBasis, LaptopChoice, Mandate, MandateStatus, Person
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.person_match import Acquaintances, PersonMatch, match_id, question, row_id
from tenure_server.domain.record import RecordKind
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import MandateKey, mandate_key

PERSON_COLUMN = "person_ext_id"


class Verdict(StrEnum):
    """What a person decided about a row."""

    END = "end"
    """It ends, on this basis."""
    ACCEPT = "accept"
    """It is right as it reads."""
    DROP = "drop"
    """It is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRuling:
    """A person's decision about one row."""

    id: str
    """The row's; see `person_match.row_id`."""
    person: PersonId
    verdict: Verdict
    source: str
    """Digest of what the row said when it was decided."""
    at: datetime
    by: str
    reason: str = ""
    basis: EndBasis | None = None
    end: datetime | None = None
    """An end other than the row's own; None: the row's."""
    end_decision_ref: str = ""
    lapsed_at: datetime | None = None
    kept: Mandate | None = None
    """As it stood, for a row that the register kept although the file did not have it."""

    @property
    def subject(self) -> str:
        """The person of the row."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether the row waits for a decision again."""
        return self.lapsed_at is not None and self.kept is None

    @property
    def holds_while_missing(self) -> bool:
        """Tell whether it holds as long as no file has the row again."""
        return self.lapsed_at is None and self.kept is not None


ROW_RULINGS: RecordKind[RowRuling] = RecordKind(name="row_ruling", type=RowRuling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Everything that people were asked and said."""

    matches: Mapping[str, PersonMatch] = field(default_factory=dict)
    rulings: Mapping[str, RowRuling] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A register as it reads with people's decisions, and what still waits for them."""

    read: RegisterRead
    asked: tuple[PersonMatch, ...]
    """Questions that are new, or asked again."""
    lapsed: tuple[RowRuling, ...]
    gone: frozenset[MandateKey]
    """Rows that a decision takes out of the register: left out, or another person's."""
    others: frozenset[PersonId]
    """Ids that were decided to mean somebody else."""


def ends_without_basis(mandate: Mandate) -> bool:
    """Tell whether a row names an end and not why: it cannot be trusted by itself."""
    return mandate.end is not None and mandate.basis is None


def source_digest(mandate: Mandate) -> str:
    """Return the digest of what a row says, wherever it stands and whoever it is about."""
    plain = replace(mandate, row=None, quarantined=False, person=PersonId(""))
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def settle(
    read: RegisterRead, current: Facts, decisions: Decisions, now: datetime, *, whole: bool = True
) -> Settled:
    """Apply what people decided to a register that was read, and set aside what waits for them.

    Args:
        read: The rows that were read.
        current: The facts as recorded now.
        decisions: What people said so far.
        now: The present moment.
        whole: Whether all rows of a file were read: then the others are missing in it.
    """
    settling = _Settling(read, current, decisions, now)
    for mandate in read.mandates:
        settling.take(mandate)
    if whole:
        settling.end_missing()
    return settling.result()


class _Settling:
    def __init__(self, read: RegisterRead, current: Facts, decisions: Decisions, now: datetime) -> None:
        self._read, self._current, self._decisions, self._now = read, current, decisions, now
        in_doubt = [match.person for match in decisions.matches.values() if match.is_open]
        self._others = Acquaintances(current.people.values(), in_doubt)
        self._said = {said.row: said for said in read.quarantine}
        self._rows: dict[MandateKey, Mandate] = {}
        self._shadows: dict[MandateKey, Mandate] = {}
        self._why: dict[tuple[int, str], Message] = {}
        self._asked: dict[str, PersonMatch] = {}
        self._lapsed: dict[str, RowRuling] = {}
        self._gone: set[MandateKey] = set()
        self._another: set[PersonId] = set()

    @cached_property
    def _known(self) -> Mapping[MandateKey, Mandate]:
        return {mandate_key(row): row for row in self._current.mandates}

    @cached_property
    def _still_lent(self) -> frozenset[MandateKey]:
        """The rows that another row, still in doubt, lends somebody: one answer does not take them."""
        return lent_rows(self._current.mandates, self._decisions)

    def take(self, source: Mandate) -> None:
        """Judge one row."""
        match = self._match(source)
        row = self._matched(source, match)
        ruled = self._ruled(source, row)
        if ruled is None:
            self._leave_out(source, row, match)
            return
        if match is not None and match.is_open:
            ruled = replace(ruled, quarantined=True)
            self._set_aside(source, PERSON_COLUMN, _doubt(match))
            for candidate in match.candidates:
                self._entitle(candidate, source)
        elif match is not None:
            self._forget_shadows(source, match)
        self._add(ruled)

    def _match(self, source: Mandate) -> PersonMatch | None:
        named = match_id(source)
        before = self._asked.get(named) or self._decisions.matches.get(named)
        person = self._read.people.get(source.person) or Person(
            id=source.person, given_name="", family_name=""
        )
        match = question(
            source,
            person,
            before,
            others=self._others,
            is_known=source.person in self._current.people,
            now=self._now,
        )
        if match is not None and match != before:
            self._asked[named] = match
        return match

    def _matched(self, source: Mandate, match: PersonMatch | None) -> Mandate:
        """Return the row as the person's it was decided to be."""
        row = source
        if match is not None and match.verdict is not None and match.is_another:
            self._gone.add(mandate_key(source))
            self._another.add(source.person)
            row = replace(row, person=match.verdict)
        if row.deputy_for is not None:
            deputised = self._decisions.matches.get(f"person:{row.deputy_for}")
            if deputised is not None and deputised.verdict is not None:
                row = replace(row, deputy_for=deputised.verdict)
        return row

    def _ruled(self, source: Mandate, row: Mandate) -> Mandate | None:
        """Return the row as it was ruled, set aside where nobody did; None: left out."""
        if not self._decisions.rulings:
            return self._by_itself(source, row)
        ruling, reads = self._decisions.rulings.get(row_id(source)), source_digest(source)
        if ruling is None:
            # It may have been decided when the row was another person's already; then it reads the same.
            ruling = self._decisions.rulings.get(row_id(row))
            holds = ruling is not None and (ruling.source == reads or ruling.holds_while_missing)
            ruling = ruling if holds else None
        if ruling is None:
            return self._by_itself(source, row)
        if ruling.kept is not None:  # it was decided because the row was missing: the file has it again
            if ruling.lapsed_at is None:
                self._lapsed[ruling.id] = replace(ruling, lapsed_at=self._now)
            return self._by_itself(source, row)
        if ruling.lapsed_at is None and ruling.source == reads:
            return as_ruled(ruling, row)
        if ruling.lapsed_at is None:
            self._lapsed[ruling.id] = replace(ruling, lapsed_at=self._now)
        if ruling.verdict is Verdict.END:
            return self._by_itself(source, row)
        sentence = N_("A person decided on this row when it read otherwise: decide again.")
        self._set_aside(source, PERSON_COLUMN, say(sentence))
        return replace(row, quarantined=True)

    def end_missing(self) -> None:
        """Apply what was decided on rows that the file does not have, if an earlier register was put back."""
        for ruling in self._decisions.rulings.values():
            if ruling.kept is None or not ruling.holds_while_missing or ruling.id in self._lapsed:
                continue
            key = mandate_key(ruling.kept)
            known = self._known.get(key)
            is_read = key in self._rows or key in self._gone
            if known is None or is_read or known.quarantined or source_digest(known) != ruling.source:
                continue
            ruled = as_ruled(ruling, known)
            if ruled is None:
                self._gone.add(key)
            else:
                self._rows[key] = replace(ruled, row=None)

    def _by_itself(self, source: Mandate, row: Mandate) -> Mandate:
        if ends_without_basis(source):
            self._keep_reason(source)
        return row

    def _keep_reason(self, source: Mandate) -> None:
        said = self._said.get(source.row or 0)
        if said is not None:
            self._why[said.row, said.column] = said.why
        else:
            self._set_aside(
                source, "end_basis", say(N_("The row names an end and not why: say how it ends."))
            )

    def _leave_out(self, source: Mandate, row: Mandate, match: PersonMatch | None) -> None:
        self._gone |= {mandate_key(source), mandate_key(row)}
        if match is not None:
            self._forget_shadows(source, match)

    def _forget_shadows(self, source: Mandate, match: PersonMatch) -> None:
        for candidate in match.candidates:
            key = _shadow_key(candidate, source)
            known = self._known.get(key)
            if known is not None and is_shadow(known) and key not in self._still_lent:
                self._gone.add(key)

    def _entitle(self, candidate: PersonId, source: Mandate) -> None:
        """Let a row in doubt entitle somebody it may be about (cli.md: whomever it may concern).

        It only entitles: another's suspension or choice of a computer is nothing to a namesake.
        """
        key = _shadow_key(candidate, source)
        own = self._known.get(key)
        if own is None or is_shadow(own):
            self._shadows[key] = replace(
                source,
                person=candidate,
                end=None,
                basis=None,
                end_decision_ref="",
                status=MandateStatus.ACTIVE,
                laptop_choice=LaptopChoice.CITY,
                quarantined=True,
                row=None,
            )

    def _set_aside(self, source: Mandate, column: str, why: Message) -> None:
        self._why[source.row or 0, column] = why

    def _add(self, row: Mandate) -> None:
        """Add a row; one that became the same mandate as another, with other facts, ends nothing."""
        before = self._rows.setdefault(mandate_key(row), row)
        if before is not row and replace(before, row=row.row) != row:
            self._rows[mandate_key(row)] = replace(before, quarantined=True)
            sentence = N_("The same mandate stands in row {row} with other facts: keep one of them.")
            self._set_aside(row, PERSON_COLUMN, say(sentence, row=before.row))

    def result(self) -> Settled:
        """Return the register as it reads with the decisions."""
        shadows = {key: row for key, row in self._shadows.items() if key not in self._rows}
        kept = {row.person for row in self._rows.values()}
        people = {
            id_: person
            for id_, person in self._read.people.items()
            if id_ in kept or id_ not in self._another
        }
        mandates = (*self._rows.values(), *shadows.values())
        return Settled(
            read=replace(self._read, people=people, mandates=mandates, quarantine=self._quarantine()),
            asked=tuple(self._asked.values()),
            lapsed=tuple(self._lapsed.values()),
            gone=frozenset(self._gone - {mandate_key(row) for row in mandates}),
            others=frozenset(self._another - kept),
        )

    def _quarantine(self) -> tuple[Quarantined, ...]:
        rows = sorted(self._why.items(), key=lambda item: item[0])
        return tuple(Quarantined(row=row, column=column, why=why) for (row, column), why in rows)


def lent_rows(mandates: Iterable[Mandate], decisions: Decisions) -> frozenset[MandateKey]:
    """Return the rows that stand in the register only because a row in doubt may concern their person."""
    known = {mandate_key(row): row for row in mandates}
    keys = (
        _shadow_key(candidate, row)
        for row in known.values()
        if row.quarantined and (match := decisions.matches.get(match_id(row))) is not None and match.is_open
        for candidate in match.candidates
    )
    return frozenset(key for key in keys if key in known and is_shadow(known[key]))


def is_shadow(mandate: Mandate) -> bool:
    """Tell whether a row only lets one in doubt entitle somebody: it has no end of its own."""
    return mandate.quarantined and mandate.end is None


def _shadow_key(candidate: PersonId, source: Mandate) -> MandateKey:
    return mandate_key(replace(source, person=candidate))


def as_ruled(ruling: RowRuling, row: Mandate) -> Mandate | None:
    """Return a row as a person decided it; None: it is left out."""
    match ruling.verdict:
        case Verdict.DROP:
            return None
        case Verdict.ACCEPT:
            return replace(row, quarantined=False)
        case Verdict.END:
            return replace(
                row,
                end=ruling.end or row.end,
                basis=ruling.basis,
                end_decision_ref=ruling.end_decision_ref or row.end_decision_ref,
                quarantined=False,
            )


def _doubt(match: PersonMatch) -> Message:
    if match.candidates:
        sentence = N_(
            "{person} has the name of {others}, who is known already: say whether it is the same person."
        )
        return say(sentence, person=match.person, others=", ".join(match.candidates))
    return say(N_("The source has no id for this person: say who it is, or that it is somebody new."))


def quarantine_of(mandates: Iterable[Mandate]) -> Sequence[Quarantined]:
    """Return what is to be said of rows that are set aside, where the file they stood in is not at hand."""
    sentence = N_("The row is set aside: it entitles and ends nobody's right.")
    return [
        Quarantined(
            row=row.row,
            column="end_basis" if ends_without_basis(row) else PERSON_COLUMN,
            why=say(sentence),
        )
        for row in mandates
        if row.quarantined and row.row is not None
    ]
