"""The cases of the domain that need a running server and a laptop's own decision (20, 27, 38-40, 42, 43)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes.city import City, instant
from fakes.keys import key_id
from fakes.town import TERM_END, Laptop, Town, inventory_document, town
from tenure_agent.decide import WALL_GRACE, ActRecord, AskServer, Lock, Rest, Situation, Step, Unlock, decide
from tenure_policies.directive import Identity
from tenure_policies.payloads import Act, DirectiveState, Manifest, Outcome
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.set_stay import SetStay, lift_stay, set_stay
from tenure_server.usecases.views import Attention, LaptopRow, Reported

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVENING, TWO, THREE = TERM_END - 3 * HOUR, TERM_END + 2 * HOUR, TERM_END + 3 * HOUR


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(council())
        yield started


@pytest.fixture
async def laptop(here: Town) -> Laptop:
    """Aino's, with her lease; the list that names it is approved."""
    enrolled = await here.enrol("L1")
    await here.sweep()
    await here.visit(enrolled)
    return enrolled


def council(until: str = "2029-05-31") -> City:
    city = City().seat("aino", until=until).laptop("L1", "aino").seat("disa", seat="deputy")
    return city.seat("bert", "board", until="2029-05-31").laptop("L2", "bert")


async def approved(here: Town) -> Manifest:
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    return manifest


async def meeting(here: Town, until: datetime, **facts: Any) -> Stay:
    """Set a meeting of the council and sweep, as the command does."""
    wanted = SetStay(
        kind=StayKind.MEETING,
        subject_type=StaySubject.BODY,
        subject="council",
        reference="KV 31.5.2029",
        until=until,
        **facts,
    )
    stay = await set_stay(here.store, here.clock, here.terms.zone, wanted)
    await here.sweep()
    return stay


async def hears(here: Town, laptop: Laptop) -> tuple[str, datetime | None, str]:
    """Let it visit; return what its directive says."""
    await here.visit(laptop)
    said = laptop.directive
    return said.state.value, said.lock_at, said.lock_id


def thinks(here: Town, laptop: Laptop, **facts: Any) -> Step:
    """What the laptop's agent does next, by what it holds and its trusted clock."""
    fields: dict[str, Any] = {
        "identity": Identity(
            municipality=here.id,
            device=laptop.answer.device,
            device_key=key_id(laptop.key),
            epoch=laptop.answer.epoch,
            serial=laptop.serial,
        ),
        "keys": here.keys.trusted,
        "is_real": True,
        "directive": laptop.directive,
        "locked_under": laptop.locked_under,
        "trusted": here.now,
        "wall": here.now,
    }
    return decide(Situation(**{**fields, **facts}))


async def shown(here: Town, serial: str = "L1") -> LaptopRow:
    """The laptop as the dashboard shows it."""
    async with here.store.reading() as tx:
        fleet = await Fleet.read(tx, here.terms, here.now)
    return next(row for row in fleet.rows() if row.serial == Serial(serial))


async def holders(here: Town) -> list[tuple[str, str]]:
    async with here.store.reading() as tx:
        return [(row.serial, row.holder) for row in (await tx.register.facts()).custody]


async def test_case_20_a_deputy_who_signs_in_does_not_become_the_custodian(
    here: Town, laptop: Laptop
) -> None:
    before, log = await holders(here), await here.kinds()
    digest, raw = inventory_document(users=["disa"], last_user="disa")

    await here.visit(laptop, digests={"users": digest}, documents={"users": msgspec.Raw(raw)})
    swept = await here.sweep()

    assert (swept.signed, swept.prepared) == (0, 0)
    assert await holders(here) == before
    assert await here.kinds() == log
    assert ((await shown(here)).holder, (await here.latest("L1")).holder) == ("Aino Esimerkki", "aino")


async def test_case_27_a_laptop_offline_at_the_end_locks_by_its_lease_and_its_wipe_shows_as_unproven(
    here: Town, laptop: Laptop
) -> None:
    manifest = await approved(here)
    held = laptop.directive
    await here.lives_to(TERM_END)
    assert thinks(here, laptop, trusted=TERM_END) == Lock(by_lease=True)
    assert (await shown(here)).reported is Reported.ACTIVE

    await here.lives_to(TERM_END + DAY)
    await here.release(manifest, "L1")
    await here.lives_to(TERM_END + 20 * DAY)
    row = await shown(here)
    assert (row.desired.value, row.reported) == ("wiped", Reported.UNPROVEN)
    assert {Attention.UNPROVEN, Attention.SILENT, Attention.OVERDUE} <= row.attention
    assert [case.status for case in await here.cases()] == [CaseStatus.OPEN]
    assert held.lock_id == manifest.entries[0].lock_id

    # It comes back: it locked by its own lease, and is wiped now.
    laptop.locked_under = held.lock_id
    await here.visit(laptop, receipts=(laptop.receipt(Act.LOCK, by_lease=True),))
    assert laptop.directive.state is DirectiveState.WIPED
    await here.wipe(laptop)
    assert (await shown(here)).reported is Reported.WIPED
    assert [case.status for case in await here.cases()] == [CaseStatus.PROVEN]


async def test_case_38_an_appeal_freezes_what_was_approved_until_it_is_decided(
    here: Town, laptop: Laptop
) -> None:
    manifest = await approved(here)
    await here.lives_to(TERM_END)
    await here.lock(laptop)
    wanted = SetStay(
        kind=StayKind.APPEAL, subject_type=StaySubject.MUNICIPALITY, subject="", reference="HaO 12/2029"
    )
    await set_stay(here.store, here.clock, here.terms.zone, wanted)
    await here.lives_to(TERM_END + DAY)
    with pytest.raises(RefusedError, match="withdrawn"):
        await here.release(manifest, "L1")
    assert ((await shown(here)).desired.value, (await here.latest("L1")).state) == ("locked", "locked")

    here.goes_to(TERM_END + 10 * DAY)
    await lift_stay(
        here.store, here.clock, kind=StayKind.APPEAL, subject_type=StaySubject.MUNICIPALITY, subject=""
    )
    await here.sweep()

    assert ((await shown(here)).desired.value, (await here.latest("L1")).state) == ("wiped", "locked")
    (again,) = await here.approve_all()
    await here.lock(laptop)
    await here.release(again, "L1")
    await here.sweep()
    await here.wipe(laptop)
    assert (await here.cases())[-1].status is CaseStatus.PROVEN
    kinds = await here.kinds()
    assert ("stay_set" in kinds, "stay_lifted" in kinds) == (True, True)


async def test_case_39_a_term_that_the_law_moves_is_replanned_on_every_laptop(
    here: Town, laptop: Laptop
) -> None:
    manifest = await approved(here)
    await here.know(council(until="2029-07-31"))
    await here.sweep()

    state, lock_at, lock_id = await hears(here, laptop)

    assert (state, lock_at) == ("active", instant("2029-08-01"))
    assert lock_id != manifest.entries[0].lock_id, "the old end's approvals are void"
    here.goes_to(TERM_END)
    assert thinks(here, laptop) == Rest()
    await here.lives_to("2029-08-01")
    assert thinks(here, laptop) == Lock(by_lease=True)


async def test_case_40_a_meeting_over_midnight_delays_the_lock_and_keeps_the_lock_id(
    here: Town, laptop: Laptop
) -> None:
    manifest = await approved(here)
    lock_id = laptop.directive.lock_id
    here.goes_to(EVENING)
    stay = await meeting(here, TWO)
    assert (stay.start, stay.end) == (EVENING, TWO)
    assert await hears(here, laptop) == ("active", TWO, lock_id)
    assert "31.5.2029" in laptop.directive.reason.fi, "the right's last day, whenever it locks"

    await here.lives_to(TERM_END + HOUR)
    assert ((await shown(here)).desired.value, thinks(here, laptop)) == ("active", Rest())
    assert await hears(here, laptop) == ("active", TWO, lock_id)

    await here.lives_to(TWO)
    assert thinks(here, laptop) == Lock(by_lease=True)
    await here.lock(laptop)
    assert (laptop.directive.state, laptop.directive.lock_id) == (DirectiveState.LOCKED, lock_id)

    await here.lives_to(TERM_END + DAY)
    await here.release(manifest, "L1")
    await here.sweep()
    await here.wipe(laptop)
    assert [(case.status, case.ends_at) for case in await here.cases()] == [(CaseStatus.PROVEN, TERM_END)]


async def test_case_40_a_meeting_that_runs_on_is_put_off_again(here: Town, laptop: Laptop) -> None:
    lock_id = laptop.directive.lock_id
    here.goes_to(EVENING)
    await meeting(here, TWO)
    here.goes_to(TWO - timedelta(minutes=1))

    stay = await meeting(here, THREE)

    assert (stay.start, stay.end) == (EVENING, THREE), "the stay is made longer, not doubled"
    assert await hears(here, laptop) == ("active", THREE, lock_id)
    await here.lives_to(TWO)
    assert thinks(here, laptop) == Rest()


async def test_case_40_a_meeting_set_after_the_lock_opens_the_laptop_until_it_is_over(
    here: Town, laptop: Laptop
) -> None:
    manifest = await approved(here)
    lock_id = laptop.directive.lock_id
    await here.lives_to(TERM_END)
    await here.lock(laptop)
    locked = ActRecord(
        id=1, act=Act.LOCK, outcome=Outcome.DONE, lock_id=lock_id, seq=laptop.directive.seq, by_lease=True
    )
    here.goes_to(TERM_END + timedelta(minutes=10))

    stay = await meeting(here, TWO)

    assert stay.start == TERM_END, "it reaches back to the midnight that the meeting ran over"
    assert await hears(here, laptop) == ("active", TWO, lock_id)
    assert thinks(here, laptop, last_lock=locked, signed_now=here.now) == Unlock(lock_id=lock_id)
    laptop.locked_under = None

    await here.lives_to(TWO)
    assert thinks(here, laptop) == Lock(by_lease=True)
    await here.lock(laptop)
    await here.lives_to(TERM_END + DAY)
    await here.release(manifest, "L1")
    await here.sweep()
    assert (await hears(here, laptop))[0] == "wiped"


async def test_case_40_a_meeting_at_the_last_minute_wins_over_the_sweep_beside_it(
    here: Town, laptop: Laptop
) -> None:
    await approved(here)
    here.goes_to(TERM_END - timedelta(seconds=1))
    await asyncio.gather(here.sweep(), meeting(here, TWO), here.sweep())
    await here.lives_to(TERM_END)

    assert (await hears(here, laptop))[:2] == ("active", TWO)
    assert {one.state for one in await here.directives("L1")} == {"active"}


async def test_case_40_a_meeting_that_ends_early_locks_then(here: Town, laptop: Laptop) -> None:
    lock_id = laptop.directive.lock_id
    here.goes_to(EVENING)
    await meeting(here, THREE)
    here.goes_to(TERM_END + HOUR)

    await lift_stay(
        here.store,
        here.clock,
        kind=StayKind.MEETING,
        subject_type=StaySubject.BODY,
        subject="council",
    )
    await here.sweep()

    assert await hears(here, laptop) == ("locked", TERM_END + HOUR, lock_id)


async def test_case_40_a_meeting_of_the_council_locks_the_board_on_time(here: Town) -> None:
    other = await here.enrol("L2")
    here.goes_to(EVENING)
    await meeting(here, TWO)
    assert (await hears(here, other))[:2] == ("active", TERM_END)
    await here.lives_to(TERM_END)
    assert (await hears(here, other))[0] == "locked"


def service_point(until: str) -> City:
    city = council().device("T1", "terminal").agree("point", since="2028-09-01", until=until)
    return city.hand_over("T1", "point", since="2028-09-01", holder_type="location")


async def test_case_42_an_agreement_extended_in_writing_opens_the_terminal_again(here: Town) -> None:
    await here.know(service_point("2029-03-31"))
    terminal = await here.enrol("T1")
    await here.sweep()
    await here.lives_to("2029-04-01")
    await here.lock(terminal)
    old = terminal.directive.lock_id

    await here.know(service_point("2029-12-31"))
    await here.sweep()

    state, lock_at, lock_id = await hears(here, terminal)
    assert (state, lock_at) == ("active", instant("2030-01-01"))
    assert lock_id != old
    assert thinks(here, terminal, signed_now=here.now) == Unlock(lock_id=old)


async def test_case_43_a_clock_set_back_does_not_keep_a_laptop_open(here: Town, laptop: Laptop) -> None:
    await here.lives_to(TERM_END + HOUR)
    set_back = TERM_END - 100 * DAY
    assert thinks(here, laptop, wall=set_back) == Lock(by_lease=True), "the trusted floor wins"
    assert thinks(here, laptop, trusted=set_back, wall=set_back) == Rest(), "offline, it knows no better"

    # One visit tells it the signed time, and the order to lock.
    visited = await here.visit(laptop)
    assert visited.answer.time is not None
    assert thinks(here, laptop, trusted=set_back, wall=set_back, signed_now=here.now) == Lock(by_lease=False)


async def test_case_43_a_clock_set_forward_locks_nobody_who_can_ask(here: Town, laptop: Laptop) -> None:
    ahead = TERM_END + DAY
    assert thinks(here, laptop, wall=ahead) == AskServer()
    assert thinks(here, laptop, wall=ahead, signed_now=here.now) == Rest()
    assert thinks(here, laptop, wall=ahead, suspected_for=WALL_GRACE) == Lock(by_lease=True)


async def test_case_43_a_laptop_whose_agent_was_removed_is_flagged_as_silent(
    here: Town, laptop: Laptop
) -> None:
    await here.lives_to(here.now + 14 * DAY)
    assert Attention.SILENT not in (await shown(here)).attention

    await here.lives_to(here.now + timedelta(seconds=1))

    row = await shown(here)
    assert Attention.SILENT in row.attention
    assert row.reported is Reported.ACTIVE, "what it last said, not what it may be now"
    assert replace(row, attention=frozenset()).desired.value == "active"
