"""The reconciler on the real database: what is ordered, when, how often, and what never is."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import TERM_END, Town, town
from tenure_policies.payloads import Directive, DirectiveState
from tenure_server.adapters.database.engine import open_database, sqlite_url
from tenure_server.domain.directive_state import RENEW_AFTER
from tenure_server.domain.errors import StaleFactsError
from tenure_server.domain.ids import DeviceId
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.usecases.enforce_ends import SweepResult, enforce_ends

NOTHING = SweepResult(signed=0, prepared=0, claimed=True)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(council())
        yield started


def council(until: str | None = "2029-05-31", **facts: object) -> City:
    """Aino with L1, whose seat is as told, and Bert with L2, who stays for long."""
    city = City().seat("aino", until=until, **facts).laptop("L1", "aino")  # type: ignore[arg-type]
    return city.seat("bert", until="2033-05-31").laptop("L2", "bert")


async def test_a_laptop_in_use_gets_a_lease_to_the_end_of_its_holders_right(here: Town) -> None:
    laptop = await here.enrol("L1")

    assert (await here.sweep()).signed == 1

    await here.visit(laptop)
    directive = laptop.directive
    assert (directive.state, directive.lock_at, directive.seq) == (DirectiveState.ACTIVE, TERM_END, 1)
    assert directive.device_key == (await here.device("L1")).key
    assert "31.5.2029" in directive.reason.fi


async def test_sweeping_twice_signs_nothing_new(here: Town) -> None:
    await here.enrol("L1")
    await here.enrol("L2")
    await here.sweep()
    log = await here.kinds()

    assert [await here.sweep() for _ in range(3)] == [NOTHING] * 3
    assert await here.kinds() == log


async def test_a_sweep_that_comes_late_orders_what_one_on_time_would_have(here: Town, tmp_path: Path) -> None:
    on_time = await here.enrol("L1")
    for moment in ("2029-03-01", "2029-05-05", "2029-06-01", "2029-06-02", "2029-06-05"):
        here.goes_to(moment)
        await here.sweep()
    (tmp_path / "late").mkdir()
    async with town(tmp_path / "late") as other:
        await other.know(council())
        late = await other.enrol("L1")
        other.goes_to("2029-06-05")
        await other.sweep()
        await other.visit(late)
        await here.visit(on_time)

        for name in ("state", "lock_at", "reason", "instructions", "plan_digest"):
            assert getattr(late.directive, name) == getattr(on_time.directive, name)
        assert [case.status for case in await other.cases()] == [case.status for case in await here.cases()]


async def test_the_end_locks_and_opens_one_case_with_its_grounds(here: Town) -> None:
    await here.enrol("L1")
    await here.enrol("L2")
    here.goes_to(TERM_END)

    await here.sweep()

    (case,) = await here.cases()
    assert (await here.latest("L1")).state == "locked"
    assert (await here.latest("L2")).state == "active"
    assert (case.serial, case.holder, case.rule, case.ends_at) == ("L1", "aino", "P19", TERM_END)
    assert case.status is CaseStatus.OPEN


async def test_a_minute_before_the_end_nothing_is_locked(here: Town) -> None:
    """Security case 21: 31.5.2029 ends at 21:00 UTC."""
    await here.enrol("L1")
    here.goes_to(TERM_END - timedelta(minutes=1))

    await here.sweep()

    assert (await here.latest("L1")).state == "active"


async def test_the_case_opens_thirty_days_ahead_under_the_same_lock(here: Town) -> None:
    await here.enrol("L1")
    await here.sweep()
    before = await here.latest("L1")
    here.goes_to(TERM_END - timedelta(days=30))

    await here.sweep()

    after = await here.latest("L1")
    assert after.lock_id == before.lock_id
    assert after.case is not None
    assert (await here.cases())[0].lock_id == before.lock_id


async def test_an_extension_a_minute_before_the_end_replaces_the_lock(here: Town) -> None:
    """Security case 20: whatever was signed for the old lock is void."""
    laptop = await here.enrol("L1")
    here.goes_to(TERM_END - timedelta(minutes=1))
    await here.sweep()
    await here.visit(laptop)
    before = laptop.directive
    await here.approve_all()

    await here.know(council("2029-06-30"))
    await here.sweep()
    await here.visit(laptop)

    after = laptop.directive
    assert (after.state, after.lock_at) == (DirectiveState.ACTIVE, TERM_END + timedelta(days=30))
    assert after.lock_id != before.lock_id
    assert after.seq > before.seq
    old = next(case for case in await here.cases() if case.lock_id == before.lock_id)
    assert old.status is CaseStatus.CANCELLED


async def test_a_re_elected_trustee_keeps_the_laptop_open(here: Town) -> None:
    await here.enrol("L1")
    here.goes_to("2029-05-20")
    await here.sweep()

    await here.know(council().seat("aino", since="2029-06-01", until="2033-05-31"))
    here.goes_to("2029-06-05")
    await here.sweep()

    latest = await here.latest("L1")
    assert latest.state == "active"
    assert latest.lock_at is not None
    assert latest.lock_at.year == 2033


async def test_an_end_that_is_not_confirmed_leaves_the_laptop_in_use(here: Town) -> None:
    """Case 7, invariant 1."""
    await here.know(council("2029-04-30", basis="resignation").seat("x").seat("y"))
    await here.enrol("L1")
    here.goes_to("2029-06-01")

    await here.sweep()

    latest = await here.latest("L1")
    assert (latest.state, latest.lock_at) == ("active", None)


async def test_an_untaken_directive_is_signed_anew_before_it_expires(here: Town) -> None:
    laptop = await here.enrol("L2")
    await here.sweep()
    here.clock.at += RENEW_AFTER

    assert (await here.sweep()).signed == 1
    assert (await here.latest("L2")).lock_id == (await here.directives("L2"))[0].lock_id

    await here.visit(laptop)
    await here.visit(laptop)
    here.clock.at += RENEW_AFTER
    assert (await here.sweep()).signed == 0


async def test_two_sweeps_at_once_sign_one_directive_per_number(here: Town) -> None:
    """Security case 16."""
    for serial in ("L1", "L2"):
        await here.enrol(serial)

    results = await asyncio.gather(*(here.sweep() for _ in range(4)))

    assert sorted(result.signed for result in results) == [0, 0, 0, 2]
    for serial in ("L1", "L2"):
        assert [row.seq for row in await here.directives(serial)] == [1]


async def test_two_processes_at_once_sign_one_directive_per_number(here: Town, tmp_path: Path) -> None:
    """Security case 16, each with connections of its own."""
    for serial in ("L1", "L2"):
        await here.enrol(serial)
    other = open_database(sqlite_url(tmp_path / "tenure.db"))
    try:
        enforcements = [here.enforcement, replace(here.enforcement, store=other.store(here.id))]
        results = await asyncio.gather(*(enforce_ends(one) for one in enforcements * 2))
    finally:
        await other.close()

    assert sorted(result.signed for result in results) == [0, 0, 0, 2]
    for serial in ("L1", "L2"):
        assert [row.seq for row in await here.directives(serial)] == [1]
    positions = [logged.position for logged in await here.log()]
    assert positions == list(range(len(positions)))


async def test_a_restart_changes_nothing(here: Town, tmp_path: Path) -> None:
    await here.enrol("L1")
    await here.lives_to(TERM_END)
    before = await here.directives("L1")
    await here.database.close()
    here.database = open_database(sqlite_url(tmp_path / "tenure.db"))
    here.store = here.database.store(here.id)

    assert await here.sweep() == NOTHING
    assert await here.directives("L1") == before


async def test_one_process_does_a_slots_work(here: Town) -> None:
    await here.enrol("L1")

    results = await asyncio.gather(*(here.sweep("2029-03-01T09:00") for _ in range(4)))

    assert sorted(result.claimed for result in results) == [False, False, False, True]
    assert sum(result.signed for result in results) == 1


async def test_older_facts_never_take_the_higher_number(here: Town) -> None:
    await here.enrol("L1")
    await here.sweep()
    device = await here.device("L1")

    with pytest.raises(StaleFactsError):
        async with here.store.writing() as tx:
            await tx.devices.take_seq(DeviceId(device.id), known=device.seq - 1, seq=device.seq + 1)


async def test_a_revoked_key_is_ordered_nothing(here: Town) -> None:
    await here.enrol("L1")
    device = await here.device("L1")
    async with here.store.writing() as tx:
        await tx.devices.put(replace(device, revoked_at=here.now))

    assert await here.sweep() == NOTHING


async def test_before_the_key_ceremony_an_end_only_locks(tmp_path: Path) -> None:
    async with town(tmp_path, signer=False) as plain:
        await plain.know(council())
        laptop = await plain.enrol("L1")
        plain.goes_to("2029-06-01")
        await plain.sweep()
        await plain.lock(laptop)
        plain.goes_to("2029-07-15")

        assert (await plain.sweep()).prepared == 0
        assert (await plain.latest("L1")).state == "locked"
        async with plain.store.reading() as tx:
            assert list(await tx.campaigns.manifests()) == []


async def test_the_whole_way_from_lease_to_proof(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to(TERM_END)
    await here.lock(laptop)
    await here.lives_to(TERM_END + timedelta(days=1))
    assert (await here.latest("L1")).state == "locked"

    await here.release(manifest, "L1")
    await here.sweep()
    await here.wipe(laptop)

    assert [case.status for case in await here.cases()] == [CaseStatus.PROVEN]
    assert (await here.kinds())[-1] == "case_closed"


async def test_a_wiped_directive_needs_the_release_of_this_very_lock(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to("2029-06-03")
    await here.lock(laptop)

    assert (await here.latest("L1")).state == "locked"
    await here.release(manifest, "L1")
    await here.know(council("2029-06-02"))
    await here.sweep()

    assert (await here.latest("L1")).state == "locked"
    assert (await here.latest("L1")).lock_id != manifest.entries[0].lock_id


async def test_a_hold_set_after_the_release_stops_the_wipe(here: Town) -> None:
    """Case 12: a hold beats every destructive step."""
    laptop = await here.enrol("L1")
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to("2029-06-02")
    await here.lock(laptop)
    await here.release(manifest, "L1")
    await here.sweep()
    assert (await here.latest("L1")).state == "wiped"

    await here.know(council().hold("aino", since="2029-06-02"))
    await here.sweep()

    assert (await here.latest("L1")).state == "locked"
    assert (await here.latest("L1")).lock_id != manifest.entries[0].lock_id


async def test_what_is_proven_wiped_is_not_ordered_again(here: Town) -> None:
    await test_the_whole_way_from_lease_to_proof(here)
    await here.lives_to("2029-09-01")

    assert await here.sweep() == NOTHING
    assert (await here.kinds()).count("manifest_prepared") == 1


async def test_a_proven_laptop_enrolled_again_stays_locked_without_another_wipe(here: Town) -> None:
    await test_the_whole_way_from_lease_to_proof(here)
    await here.enrol("L1")

    await here.sweep()
    again = await here.sweep()

    latest = await here.latest("L1")
    assert (latest.state, latest.epoch) == ("locked", 2)
    assert again == NOTHING
    async with here.store.reading() as tx:
        assert len(await tx.campaigns.manifests()) == 1


async def test_what_a_directive_says_is_what_is_signed(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)
    stored = await here.latest("L1")

    assert isinstance(laptop.directive, Directive)
    assert (stored.lock_id, stored.state, stored.seq) == (
        laptop.directive.lock_id,
        laptop.directive.state,
        laptop.directive.seq,
    )
