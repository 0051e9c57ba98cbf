"""Each rule of the planner is taken away, and the cases that rest on it must fail.

A case that passes with its rule removed proves nothing. Every fault names the tests that notice it; every
case of the domain's own tests is noticed by at least one fault.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from fakes.city import TERM_ENDS, day_end
from tenure_server.domain import (
    civil_time,
    device_timeline,
    entitlement,
    mandate,
    person_timeline,
    postponement,
    register,
    rights,
    table,
    timeline,
    whereabouts,
)
from tenure_server.domain.custody import Custody, CustodyKind
from tenure_server.domain.device_reasons import Bar
from tenure_server.domain.entitlement import NOTHING, Ending, Spell
from tenure_server.domain.mandate import Mandate, MandateStatus
from tenure_server.domain.plan import Need
from tenure_server.domain.stay import StayKind

Patch = pytest.MonkeyPatch
Fault = Callable[[Patch], None]
HERE = Path(__file__).parent
DAY = timedelta(days=1)
CACHED = (civil_time.month_deadline, civil_time.days_later, civil_time.local_time)


def cases() -> dict[str, Callable[[], None]]:
    """Every test of the cases, by name, as a plain function."""
    found: dict[str, Callable[[], None]] = {}
    for file in sorted(HERE.glob("test_cases*.py")):
        spec = spec_from_file_location(f"planted_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        tests = {name: value for name, value in vars(module).items() if name.startswith("test_")}
        assert not tests.keys() & found.keys()
        found.update(tests)
    return found


CASES = cases()


def ends(change: Callable[[Mandate], datetime | None]) -> Fault:
    """Read the known end of a mandate in another way."""
    return lambda patch: patch.setattr(entitlement, "known_end", change)


def known(change: Callable[[datetime], datetime]) -> Fault:
    """Move every known end."""

    def moved(row: Mandate) -> datetime | None:
        end = mandate.known_end(row)
        return None if end is None else change(end)

    return ends(moved)


def seen_rights(change: Callable[[rights.PersonRights], rights.PersonRights]) -> Fault:
    """Change what everybody's mandates are taken to say."""
    real = timeline.rights_of
    return lambda patch: patch.setattr(timeline, "rights_of", lambda *facts: change(real(*facts)))


def rows(change: Callable[[Mandate], Mandate]) -> Fault:
    """Read every mandate in another way."""
    real = timeline.rights_of
    return lambda patch: patch.setattr(
        timeline, "rights_of", lambda found, terms, at: real([change(row) for row in found], terms, at)
    )


def custody(change: Callable[[Sequence[Custody]], Sequence[Custody]]) -> Fault:
    """Read the handovers of a device in another way."""
    real = timeline.situation
    return lambda patch: patch.setattr(timeline, "situation", lambda found, at: real(change(found), at))


def without_bar(bar: Bar) -> Fault:
    """Let a wipe go on although something bars it."""
    real = device_timeline._bars
    return lambda patch: patch.setattr(
        device_timeline,
        "_bars",
        lambda *case, **facts: tuple(one for one in real(*case, **facts) if one is not bar),
    )


def without_stays(kind: StayKind) -> Fault:
    """Forget the stays of one kind."""
    real = timeline.postponements
    return lambda patch: patch.setattr(
        timeline,
        "postponements",
        lambda stays, *facts: real([one for one in stays if one.kind is not kind], *facts),
    )


def endings(change: Callable[[Ending], Ending]) -> Fault:
    """Read what follows an end in another way."""
    real = entitlement._endings
    return lambda patch: patch.setattr(
        entitlement, "_endings", lambda *facts: tuple(change(one) for one in real(*facts))
    )


def first_end_decides(spells: Any) -> tuple[Spell, ...]:
    found = list(spells)
    closed = [spell for spell in found if spell.end is not None]
    return tuple(sorted(closed or found, key=lambda one: one.end or one.start)[:1])


def death_ends_one_row(row: Mandate, _death: datetime | None) -> datetime | None:
    return mandate.known_end(row)


def never(*_facts: Any) -> bool:
    return False


def always(*_facts: Any) -> bool:
    return True


def both(*faults: Fault) -> Fault:
    def plant(patch: Patch) -> None:
        for fault in faults:
            fault(patch)

    return plant


def ended_by_choice(case: rights.PersonRights) -> rights.PersonRights:
    if not case.choice or case.laptop.live is None:
        return case
    start = case.laptop.live.start
    ended = (Ending(at=start, since=start, final=True),)
    return replace(case, laptop=replace(NOTHING, past=case.laptop.live, endings=ended))


def lenient_status(patch: Patch) -> None:
    real = table.Cells.code

    def code(cells: Any, column: str, kind: Any, default: Any = None) -> Any:
        if kind is MandateStatus and cells.text(column) == "recused":
            return MandateStatus.SUSPENDED
        return real(cells, column, kind, default)

    patch.setattr(table.Cells, "code", code)


def set_to(module: Any, name: str, value: Any) -> Fault:
    return lambda patch: patch.setattr(module, name, value)


FAULTS: dict[str, tuple[Fault, list[str]]] = {
    "an end comes a day early": (known(lambda end: end - DAY), ["04_a_committee_whose_s.*_in_june", "14_"]),
    "an end comes a day late": (
        known(lambda end: end + DAY), ["01_.*_for_a_term", "09_who", "32_a_d.*_weekend"],
    ),
    "an end comes an hour late": (known(lambda end: end + timedelta(hours=1)), ["09_who", "11_the_conf"]),
    "an unconfirmed end counts": (
        ends(lambda row: row.end), ["04_.*_not_elected", "07_.*_not_granted", "09_a_move", "38_a_prov"],
    ),
    "every end is the policy's term": (
        known(lambda _end: day_end(TERM_ENDS)), ["04_.*_in_june", "05_", "39_"],
    ),
    "the first end decides, not the last": (
        set_to(entitlement, "union", first_end_decides), ["01_re_elected_nothing", "02_", "05_", "08_"],
    ),
    "a deputy may have a laptop": (
        seen_rights(lambda one: replace(one, laptop=one.mailbox)), ["03_", "06_", "13_", "17_the_primary"],
    ),
    "a deputy may have no mailbox": (
        seen_rights(lambda one: replace(one, mailbox=one.laptop)), ["03_", "44_"],
    ),
    "an election body entitles": (
        rows(lambda row: replace(row, body_type=mandate.BodyType.COUNCIL)),
        ["22_a_member", "10_a_death_after"],
    ),
    "a leave suspends": (
        rows(lambda row: replace(row, status=MandateStatus.SUSPENDED) if row.status == "leave" else row),
        ["13_"],
    ),
    "a suspension is nothing": (
        rows(lambda row: replace(row, status=MandateStatus.ACTIVE)),
        ["11_a_suspension_blocks", "11_.*_undone"],
    ),
    "a suspension destroys": (endings(lambda one: replace(one, final=True)), ["11_a_suspension_blocks"]),
    "a gap destroys": (endings(lambda one: replace(one, final=True)), ["44_.*_within", "invariant_3"]),
    "nothing ever follows an end": (
        endings(lambda one: replace(one, final=False)), ["11_the_confirmed", "32_", "40_nothing"],
    ),
    "a death ends one seat only": (
        both(set_to(entitlement, "end_of", death_ends_one_row), set_to(rights, "end_of", death_ends_one_row)),
        ["10_a_death_locks"],
    ),
    "a death is an end as any other": (
        both(set_to(device_timeline, "_by_death", never), set_to(person_timeline, "_by_death", never)),
        ["10_a_death_locks", "40_a_death"],
    ),
    "the dead are written to and charged": (
        both(set_to(device_timeline, "_dead", never), set_to(person_timeline, "_dead", never)),
        ["10_a_death_after"],
    ),
    "a choice is ignored": (seen_rights(lambda one: replace(one, choice=())), ["21_", "17_a_borrower_s_own"]),
    "a choice locks a sitting trustee": (seen_rights(ended_by_choice), ["21_who_uses_an_own_computer_has"]),
    "a staff account is blocked": (set_to(rights, "_staff", lambda _rows: None), ["23_"]),
    "two people with one name are one": (
        lambda patch: patch.setattr(
            timeline, "_rights_of_holder", lambda _holder, facts: next(iter(facts.rights.values()), None)
        ),
        ["24_"],
    ),
    "a weekend is a working day": (
        set_to(civil_time, "working_day", lambda day, _free: day), ["32_.*_weekend"],
    ),
    "a holiday is a working day": (
        lambda patch, real=civil_time.working_day: patch.setattr(  # type: ignore[misc]
            civil_time, "working_day", lambda day, _free: real(day, frozenset())
        ),
        ["32_.*_holiday"],
    ),
    "the month counts from the day after": (
        set_to(civil_time, "last_day", civil_time.local_day), ["07_.*_is_granted_ends"],
    ),
    "a hold is ignored": (set_to(timeline, "_on_hold", lambda *_facts: frozenset()), ["12_a_hold_on"]),
    "a hold never ends": (
        lambda patch: patch.setattr(
            timeline, "_on_hold", lambda holds, _type, _at: frozenset(one.subject for one in holds)
        ),
        ["12_a_hold_that_was_lifted"],
    ),
    "an old register is as good as a new one": (without_bar(Bar.STALE), ["invariant_1"]),
    "a borrower bars nothing": (without_bar(Bar.LENT), ["17_a_borrower_with"]),
    "a borrower answers for it": (
        custody(lambda found: [replace(row, kind=CustodyKind.PRIMARY) for row in found]),
        ["13_", "16_", "18_"],
    ),
    "a loan is not seen": (
        custody(lambda found: [row for row in found if row.kind is CustodyKind.PRIMARY]),
        ["13_", "16_", "18_", "19_who", "34_a_laptop_lost"],
    ),
    "a loan never ends": (
        custody(lambda found: [replace(row, end=None) if row.kind == "temporary" else row for row in found]),
        ["17_a_loan_that_is_over", "19_who"],
    ),
    "a return is not seen": (
        custody(
            lambda found: [replace(row, reason=None) if row.reason == "returned" else row for row in found]
        ),
        ["29_", "33_the_receipt", "36_a_swapped"],
    ),
    "the first holder answers for ever": (custody(lambda found: found[:1]), ["37_"]),
    "the desk's day is the return's": (
        set_to(whereabouts, "_in_stock", lambda primary, loans: whereabouts.Situation(
            where=whereabouts.Whereabouts.RETURNED, changed_at=primary[-1].start, loans=loans)),
        ["31_"],
    ),
    "a loss is not seen": (set_to(whereabouts, "_lost", lambda *_facts: None), ["34_"]),
    "who gave it back is written to": (
        set_to(timeline, "_laptops_since", lambda *_facts: {"a": [day_end("2020-01-01")]}),
        ["29_", "31_", "34_a_st"],
    ),
    "a charge needs nobody": (
        set_to(device_timeline, "_needs_of_charge", lambda _case: ()), ["01_.*_term", "03_"],
    ),
    "a charge does not wait": (
        set_to(device_timeline, "_needs_of_charge", lambda _case: (Need.HUMAN_DECISION,)),
        ["33_a_disputed", "38_an_appealed"],
    ),
    "a dispute is ignored": (without_stays(StayKind.DISPUTE), ["33_a_disputed"]),
    "a dispute never ends": (
        lambda patch: patch.setattr("tenure_server.domain.stay.Stay.stands", always),
        ["33_a_dispute_that", "38_.*_freezes"],
    ),
    "an appeal is ignored": (without_stays(StayKind.APPEAL), ["38_an_appeal"]),
    "an appeal of one body is everybody's": (set_to(postponement, "_named", always), ["38_.*_one_body"]),
    "a meeting is ignored": (without_stays(StayKind.MEETING), ["40_a_meeting", "40_nothing"]),
    "everybody sits in every meeting": (set_to(postponement, "_sits", always), ["40_.*_nobody"]),
    "an agreement that follows is not seen": (
        lambda patch, real=timeline.location_standing: patch.setattr(  # type: ignore[misc]
            timeline, "location_standing", lambda found, at: real(found[:1], at)
        ),
        ["42_"],
    ),
    "a lease that ends early is not told": (
        set_to(timeline, "device_remarks", lambda *_facts: ()), ["36_a_lease"],
    ),
    "a dropped column is not told": (set_to(register, "_column_remarks", lambda _table: []), ["15_"]),
    "an unknown status suspends": (lenient_status, ["19_a_recusal"]),
}  # fmt: skip


def noticing(patterns: list[str]) -> Iterator[str]:
    """The tests that a fault names, each name by how it begins."""
    for pattern in patterns:
        begins = re.compile(rf"test_(case_)?{pattern}")
        found = [name for name in CASES if begins.match(name)]
        assert found, pattern
        yield from found


@pytest.fixture(autouse=True)
def fresh_days() -> Iterator[None]:
    """Let no remembered deadline hide a fault, and no fault be remembered."""
    for cached in CACHED:
        cached.cache_clear()
    yield
    for cached in CACHED:
        cached.cache_clear()


def passes(case: Callable[[], None]) -> bool:
    try:
        case()
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_makes_its_cases_fail(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, patterns = FAULTS[fault]
    noticed = list(noticing(patterns))
    plant(monkeypatch)
    assert [name for name in noticed if passes(CASES[name])] == []


def test_every_case_notices_a_fault() -> None:
    noticed = {name for _, patterns in FAULTS.values() for name in noticing(patterns)}
    numbers = {name[:12] for name in CASES if name.startswith("test_case_")}
    assert numbers == {name[:12] for name in noticed if name.startswith("test_case_")}
