"""List the rows that are set aside, and write down what people decide about them.

A decision is a record: who, when, why. It changes the register at once, as a version of its own, and is
applied to every later import as long as the source's row reads the same (`domain.quarantine`).

A row that the register keeps although the last file does not have it is decided on in the same way; there
the decision holds while no file has the row. It ends a mandate that is in force, so the breaker of an import
judges it together with all such decisions of the last day: over 10 % of the mandates need two approvers.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_policies.envelope import SignedDocument
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.custody import Hold, HoldSubject
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.kept_row import kept_rows, why_kept
from tenure_server.domain.mandate import CERTAIN, EndBasis, Mandate
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.person_match import (
    PERSON_MATCHES,
    PersonMatch,
    answered,
    is_provisional,
    match_id,
    row_id,
)
from tenure_server.domain.quarantine import (
    ROW_RULINGS,
    Decisions,
    RowRuling,
    Verdict,
    as_ruled,
    ends_without_basis,
    lent_rows,
    settle,
    source_digest,
)
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.register_change import BREAKER_PERCENT, mandate_key, register_change
from tenure_server.usecases.follow_kept_rows import follow_kept_rows
from tenure_server.usecases.import_register import decisions, listed_people, municipality_name
from tenure_server.usecases.ports import Clock, Store, Transaction
from tenure_server.usecases.two_approvers import approvers_of

COUNTED = timedelta(days=1)
"""Decisions on kept rows within this time count as one for the breaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSetAside:
    """One row that waits for a person."""

    id: str
    mandate: Mandate
    name: str
    """Of its person, as the source writes it."""
    match: PersonMatch | None
    """Set while it waits for somebody to say who it is about."""
    why: tuple[Message, ...]
    kept: bool = False
    """The last file does not have it; it entitles as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decides, and why."""

    by: str
    reason: str = ""
    approval: SignedDocument | None = None
    """Two approvers' `Resume` over this decision, for one that the breaker bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEnd:
    """How a row ends."""

    basis: EndBasis
    end_decision_ref: str = ""
    end: datetime | None = None
    """Exclusive; None: as the row says."""


async def rows_set_aside(store: Store) -> Sequence[RowSetAside]:
    """Return the rows that wait for a person."""
    async with store.reading() as tx:
        return _set_aside(await tx.register.facts(), await decisions(tx))


async def rows_kept(store: Store, clock: Clock) -> Sequence[RowSetAside]:
    """Return the rows that go on although the last file does not have them, undecided."""
    async with store.reading() as tx:
        return _kept(await tx.register.facts(), await decisions(tx), clock.now())


async def match_row(store: Store, clock: Clock, row: str, person: PersonId | None, made: Decision) -> Mandate:
    """Say who a row is about: a person who is known, or somebody new (None).

    A row that was set aside for another reason than its person is taken in as it reads, if its own person is
    named.

    Raises:
        NotFoundError: No such row is set aside, or nobody has this id.
        RefusedError: The row does not wait for that, or its person holds devices under the id it has now.
    """
    now = clock.now()
    async with store.writing() as tx:
        facts = await tx.register.facts()
        found = _row(facts, await decisions(tx), row)
        if found.match is None:
            return await _accept(tx, facts, found, person, made, now)
        verdict = found.mandate.person if person is None else person
        _check_person(facts, found, verdict, now)
        answer = answered(found.match, verdict, at=now, by=made.by, reason=made.reason)
        await tx.records.replace(PERSON_MATCHES, found.match, answer)
        named = "" if is_provisional(verdict) else verdict
        await _log(tx, now, row, "new" if person is None else "match", made, to=named)
        return await _apply(tx, facts, found, now)


async def settle_row(store: Store, clock: Clock, row: str, end: RowEnd, made: Decision) -> Mandate:
    """Say how a row ends that names an end without its basis, or that is kept.

    Raises:
        NotFoundError: No such row is set aside or kept.
        RefusedError: It names no end and none was given, the end is before its start, or a kept row's end is
            not confirmed or more than the breaker lets happen.
    """
    now = clock.now()
    async with store.writing() as tx:
        facts = await tx.register.facts()
        found = _any_row(facts, await decisions(tx), row, now)
        _check_end(found.mandate, end)
        ruling = _ruling(found, Verdict.END, made, now)
        ruled = replace(ruling, basis=end.basis, end=end.end, end_decision_ref=end.end_decision_ref)
        if found.kept:
            _check_confirmed(end)
            return await _decide_on_kept(tx, facts, ruled, made, now)
        await _rule(tx, ruled)
        await _log(tx, now, row, "settle", made, basis=end.basis.value, decision_ref=end.end_decision_ref)
        return await _apply(tx, facts, found, now)


async def drop_row(store: Store, clock: Clock, row: str, made: Decision) -> Mandate:
    """Leave a row out of the register, on a person's word.

    Raises:
        NotFoundError: No such row is set aside or kept.
        RefusedError: It is kept, and the breaker bars it.
    """
    now = clock.now()
    async with store.writing() as tx:
        facts = await tx.register.facts()
        found = _any_row(facts, await decisions(tx), row, now)
        if found.kept:
            return await _decide_on_kept(tx, facts, _ruling(found, Verdict.DROP, made, now), made, now)
        await _rule(tx, _ruling(found, Verdict.DROP, made, now))
        await _log(tx, now, row, "drop", made)
        await _apply(tx, facts, found, now)
    return found.mandate


async def _accept(
    tx: Transaction,
    facts: Facts,
    found: RowSetAside,
    person: PersonId | None,
    made: Decision,
    now: datetime,
) -> Mandate:
    if ends_without_basis(found.mandate):
        sentence = N_("The row waits for how it ends, not for whom it is about: settle it with --end-basis.")
        raise RefusedError(say(sentence))
    if person != found.mandate.person:
        raise RefusedError(say(N_("The row is {person}'s beyond doubt."), person=found.mandate.person))
    await _rule(tx, _ruling(found, Verdict.ACCEPT, made, now))
    await _log(tx, now, found.id, "accept", made)
    return await _apply(tx, facts, found, now)


def _set_aside(facts: Facts, known: Decisions) -> list[RowSetAside]:
    said = {(one.row, one.column): one.why for one in facts.quarantine}
    lent = lent_rows(facts.mandates, known)
    return [
        _waiting(mandate, facts, known, said)
        for mandate in facts.mandates
        if mandate.quarantined and mandate_key(mandate) not in lent
    ]


def _waiting(
    mandate: Mandate, facts: Facts, known: Decisions, said: dict[tuple[int, str], Message]
) -> RowSetAside:
    match = known.matches.get(match_id(mandate))
    person = facts.people.get(mandate.person)
    why = tuple(text for (row, _), text in said.items() if row == mandate.row)
    return RowSetAside(
        id=row_id(mandate),
        mandate=mandate,
        name="" if person is None else person.name,
        # An answer that another person is meant was taken back where the row has its old id again.
        match=match if match is not None and (match.is_open or match.is_another) else None,
        why=why or (say(N_("The last file did not have the row; it waits all the same.")),),
    )


def _row(facts: Facts, known: Decisions, row: str) -> RowSetAside:
    for one in _set_aside(facts, known):
        if one.id == row:
            return one
    sentence = N_("No row {row} is set aside: `tenure quarantine list` shows those that are.")
    raise NotFoundError(say(sentence, row=row))


def _kept(facts: Facts, known: Decisions, now: datetime) -> list[RowSetAside]:
    return [
        RowSetAside(
            id=row_id(row),
            mandate=row,
            name=facts.people[row.person].name if row.person in facts.people else "",
            match=None,
            why=why_kept(row, facts.mandates),
            kept=True,
        )
        for row in kept_rows(facts.mandates, known.rulings, now)
    ]


def _any_row(facts: Facts, known: Decisions, row: str, now: datetime) -> RowSetAside:
    kept = next((one for one in _kept(facts, known, now) if one.id == row), None)
    return _row(facts, known, row) if kept is None else kept


def _check_confirmed(end: RowEnd) -> None:
    if end.basis not in CERTAIN and not end.end_decision_ref:
        raise RefusedError(say(N_("This basis needs the decision that confirms the end: --end-decision.")))


async def _decide_on_kept(
    tx: Transaction, facts: Facts, ruling: RowRuling, made: Decision, now: datetime
) -> Mandate:
    """Let a decision on a kept row change the register now, if the breaker lets it."""
    rows = {row_id(row): row for row in facts.mandates}
    decided = as_ruled(ruling, rows[ruling.id])
    others = tuple(row for row in facts.mandates if row_id(row) != ruling.id)
    wanted = replace(facts, mandates=others if decided is None else (*others, decided))
    approvers = await _approvers(tx, facts, wanted, ruling, made, now)
    await _rule(tx, ruling)
    await tx.register.replace_register(wanted, now)
    await follow_kept_rows(tx, wanted, (await decisions(tx)).rulings, now)
    how = {"decision_ref": ruling.end_decision_ref} if ruling.verdict is Verdict.END else {}
    if ruling.basis is not None:
        how["basis"] = ruling.basis.value
    told = "drop" if ruling.verdict is Verdict.DROP else "settle"
    signed_by = ",".join(key[:16] for key in approvers)
    await _log(tx, now, ruling.id, told, made, approvers=signed_by, **how)
    return rows[ruling.id] if decided is None else decided


async def _approvers(
    tx: Transaction, facts: Facts, wanted: Facts, ruling: RowRuling, made: Decision, now: datetime
) -> tuple[str, ...]:
    """Return who signed a decision that ends too much with the others of the last day, if it does."""
    before = {mandate_key(row): row for row in facts.mandates}
    for one in (await decisions(tx)).rulings.values():
        if one.kept is not None and one.holds_while_missing and now - COUNTED < one.at:
            before[mandate_key(one.kept)] = one.kept
    change = register_change(
        replace(facts, mandates=tuple(before.values())),
        RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=wanted.mandates),
        now,
        register_date=facts.register_date,
        listed=await listed_people(tx, facts, now),
        keep_missing=False,
    )
    if change.bar is None:
        return ()
    about = _decision_id(await municipality_name(tx), ruling)
    if made.approval is not None:
        return approvers_of(await tx.directives.keys_documents(), made.approval, about)
    sentence = N_(
        "The decisions on kept rows within a day would end over {percent} % of the mandates: nothing was"
        " changed. If it is right all the same, two approvers sign with `tenure approve resume {origin}`;"
        " then decide again with --approval."
    )
    raise RefusedError(say(sentence, percent=BREAKER_PERCENT, origin=about))


def _decision_id(municipality: str, ruling: RowRuling) -> str:
    """Return what approvers sign over: this row as it stands, decided this way."""
    end = "" if ruling.end is None else ruling.end.isoformat()
    basis = "" if ruling.basis is None else ruling.basis.value
    parts = (ruling.id, ruling.source, ruling.verdict.value, basis, end, ruling.end_decision_ref)
    return f"{municipality}/row-{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:16]}"


def _check_person(facts: Facts, found: RowSetAside, verdict: PersonId, now: datetime) -> None:
    source = found.mandate.person
    if verdict == source:
        return
    if verdict not in facts.people:
        raise NotFoundError(say(N_("Nobody in the register has the id {person}."), person=verdict))
    held = sorted(row.serial for row in facts.custody if row.holder == source)
    if held:
        sentence = N_("{person} has {serials} under this id: write the custody down under {to} first.")
        raise RefusedError(say(sentence, person=source, serials=", ".join(held), to=verdict))
    if any(_bars(row, source, now) for row in facts.holds):
        sentence = N_("A hold stands on {person} under this id: set it on {to} and lift it here first.")
        raise RefusedError(say(sentence, person=source, to=verdict))


def _bars(hold: Hold, person: PersonId, now: datetime) -> bool:
    """Tell whether a hold stands on a person or is to come; it would bar nothing under an id that is gone."""
    of_person = hold.subject_type is HoldSubject.PERSON and hold.subject == person
    return of_person and (hold.end is None or now < hold.end)


def _check_end(mandate: Mandate, end: RowEnd) -> None:
    ends = end.end or mandate.end
    if ends is None:
        raise RefusedError(say(N_("The row names no end: give one with --valid-to.")))
    if ends < mandate.start:
        raise RefusedError(say(N_("The end is before the start: correct one of them.")))


def _ruling(found: RowSetAside, verdict: Verdict, made: Decision, now: datetime) -> RowRuling:
    return RowRuling(
        id=found.id,
        person=found.mandate.person,
        verdict=verdict,
        source=source_digest(found.mandate),
        at=now,
        by=made.by,
        reason=made.reason,
        kept=found.mandate if found.kept else None,
    )


async def _rule(tx: Transaction, ruling: RowRuling) -> None:
    before = await tx.records.get(ROW_RULINGS, ruling.id)
    if before is None:
        await tx.records.add(ROW_RULINGS, ruling)
    else:  # it lapsed, or an earlier register was put back in which nobody had decided yet
        await tx.records.replace(ROW_RULINGS, before, ruling)


async def _apply(tx: Transaction, facts: Facts, found: RowSetAside, now: datetime) -> Mandate:
    """Let the decision change the register now, as the next import of the same rows would."""
    known = await decisions(tx)
    settled = settle(_as_read(facts, found, known), facts, known, now, whole=False)
    change = register_change(
        facts, settled.read, now, register_date=facts.register_date, gone=settled.gone, others=settled.others
    )
    places = {mandate_key(row): row.row for row in facts.mandates}
    mandates = tuple(
        replace(row, row=row.row or places.get(mandate_key(row))) for row in change.facts.mandates
    )
    waiting = {row.row for row in mandates if row.quarantined}
    said = tuple(one for one in facts.quarantine if one.row in waiting)
    wanted = replace(change.facts, mandates=mandates, quarantine=said, warnings=facts.warnings)
    await tx.register.replace_register(wanted, now)
    of_the_row = (found.mandate.body, found.mandate.seat, found.mandate.start)
    decided = (row for row in settled.read.mandates if (row.body, row.seat, row.start) == of_the_row)
    return next(decided, found.mandate)


def _as_read(facts: Facts, found: RowSetAside, known: Decisions) -> RegisterRead:
    """Return the row, and the others of the same question, as their source read them."""
    person, question = facts.people[found.mandate.person], match_id(found.mandate)
    rows = [
        one.mandate
        for one in _set_aside(facts, known)
        if one.id == found.id or (found.match is not None and match_id(one.mandate) == question)
    ]
    if found.id not in {row_id(row) for row in rows}:
        rows.append(found.mandate)
    sources = tuple(replace(row, quarantined=ends_without_basis(row)) for row in rows)
    return RegisterRead(people={person.id: person}, mandates=sources)


async def _log(
    tx: Transaction, now: datetime, row: str, decision: str, made: Decision, **fields: str
) -> None:
    told = {"row": row, "decision": decision, "by": made.by, **fields}
    await tx.audit.append([entry(now, AuditKind.ROW_DECIDED, row, **told)])
