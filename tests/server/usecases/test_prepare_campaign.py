"""A person prepares the day's lists: who may, who is left out, who goes first; and the dry run before it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City
from fakes.keys import key_id
from fakes.town import Town, inventory_document, town
from tenure_server.domain.campaign import EXCLUSIONS, ListBar, ManifestStatus
from tenure_server.domain.errors import InputError, RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.plan import PersonStatus
from tenure_server.usecases.campaigns import DryRun, Ready, campaign_lists, dry_run
from tenure_server.usecases.prepare_campaign import Prepared, Wish, prepare_campaign

LAST_DAY = date(2029, 5, 31)
L1, L2 = Serial("L1"), Serial("L2")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def council(leavers: int = 5) -> City:
    city = City()
    for number in range(leavers):
        city.seat(f"p{number}", until="2029-05-31", decided="KV § 3").laptop(f"L{number}", f"p{number}")
    return city.seat("keeper", until="2033-05-31").laptop("K", "keeper")


async def begin(here: Town, city: City | None = None, at: str = "2029-05-15") -> None:
    city = city or council()
    await here.know(city)
    for asset in city.assets:
        await here.enrol(asset.serial)
    await here.sweep()
    await here.lives_to(at)


async def prepare(here: Town, **facts: Any) -> Prepared:
    wish = Wish(**{"day": LAST_DAY, "prepared_by": key_id(here.keys.approvers[2]), **facts})
    prepared = await prepare_campaign(here.store, here.clock, here.terms, wish)
    await here.sweep()
    return prepared


async def standing(here: Town) -> list[Any]:
    return [one for one in await campaign_lists(here.store) if one.status is not ManifestStatus.WITHDRAWN]


async def tried(here: Town, day: date = LAST_DAY) -> DryRun:
    return await dry_run(here.store, here.clock, here.terms, day)


async def test_what_a_person_prepares_replaces_what_the_sweep_prepared(here: Town) -> None:
    await begin(here)
    (before,) = await standing(here)
    here.clock.at += timedelta(hours=1)

    prepared = await prepare(here, canaries=frozenset({L1}))

    (after,) = await standing(here)
    assert [one.id for one in prepared.withdrawn] == [before.id]
    assert after.id == prepared.lists[0].id
    assert after.prepared_by == key_id(here.keys.approvers[2])
    assert [one.serial for one in after.laptops if one.canary] == ["L1"]


async def test_who_is_left_out_stays_out_until_said_otherwise(here: Town) -> None:
    await begin(here)
    (old,) = await here.manifests()
    here.clock.at += timedelta(hours=1)
    await prepare(here, exclude=frozenset({L2}), why="lost its charger")
    await here.lives_to("2029-05-20")

    (list_without,) = await standing(here)
    assert {one.serial for one in list_without.laptops} == {"L0", "L1", "L3", "L4"}
    assert (await here.latest("L2")).lock_id not in {one.lock_id for one in old.entries}
    assert "laptop_excluded" in await here.kinds()

    await prepare(here, include=frozenset({L2}))
    (list_with,) = await standing(here)
    assert {one.serial for one in list_with.laptops} == {"L0", "L1", "L2", "L3", "L4"}
    async with here.store.reading() as tx:
        assert list(await tx.records.all(EXCLUSIONS, open_only=True)) == []


async def test_an_exclusion_lapses_with_the_end_it_was_about(here: Town) -> None:
    await begin(here)
    here.clock.at += timedelta(hours=1)
    await prepare(here, exclude=frozenset({L2}), why="on sick leave")
    here.clock.at += timedelta(hours=1)
    city = council()
    city.mandates[2] = City().seat("p2", until="2029-06-10", decided="KV § 3").mandates[0]
    await here.know(city)
    await here.sweep()
    await here.lives_to("2029-05-25")

    assert "L2" in {one.serial for view in await standing(here) for one in view.laptops}


def with_stock() -> City:
    """A council, and a laptop that came back to IT and waits for its wipe."""
    city = council().seat("old", until="2029-03-04", basis="resignation", decided="KV § 1")
    city.device("S").hand_over("S", "old", since="2025-06-02", until="2029-03-05", reason="returned")
    return city.hand_over("S", "", since="2029-03-05", holder_type="stock")


async def began_with_stock(here: Town) -> None:
    await begin(here, with_stock(), at="2029-05-11")
    await here.visit(here.laptops["S"])
    await here.lives_to("2029-05-13")
    await here.approve_all()
    here.clock.at += timedelta(hours=1)


async def test_a_laptop_of_it_that_goes_first_can_be_left_out_and_taken_in_again(here: Town) -> None:
    await began_with_stock(here)
    (view,) = await standing(here)
    assert [one.serial for one in view.laptops if one.canary] == ["S"]

    await prepare(here, exclude=frozenset({Serial("S")}), why="its wipe fails", again=True)

    (view,) = await standing(here)
    assert [one.serial for one in view.laptops if one.canary] == ["L0"]
    assert "S" not in {one.serial for one in view.laptops}

    await prepare(here, include=frozenset({Serial("S")}))
    assert "S" in {one.serial for view in await standing(here) for one in view.laptops}


async def test_a_list_whose_first_laptop_was_issued_again_is_written_anew_without_it(here: Town) -> None:
    await began_with_stock(here)
    city = with_stock()
    city.custody[-1] = replace(city.custody[-1], end=here.now - timedelta(minutes=30))
    await here.know(city.hand_over("S", "keeper", since=(here.now - timedelta(minutes=30)).isoformat()))

    await here.sweep()

    (view,) = await standing(here)
    assert [one.serial for one in view.laptops if one.canary] == ["L0"]
    assert (view.status, view.approvals) == (ManifestStatus.DRAFT, ())


async def test_approvals_are_not_lost_unsaid(here: Town) -> None:
    await begin(here)
    await here.approve_all()
    with pytest.raises(RefusedError, match="--again"):
        await prepare(here)

    await prepare(here, again=True)

    (view,) = await standing(here)
    assert (view.status, view.approvals) == (ManifestStatus.DRAFT, ())


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"exclude": frozenset({L1})}, "--why"),
        ({"exclude": frozenset({L1}), "why": "x", "canaries": frozenset({L1})}, "left out, and yet"),
        ({"exclude": frozenset({Serial("K")}), "why": "x"}, "K: no right"),
        ({"canaries": frozenset({Serial("K")})}, "K cannot go first"),
        ({"canaries": frozenset({Serial(f"L{number}") for number in range(4)})}, "At most 3"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_written(
    here: Town, facts: dict[str, Any], why: str
) -> None:
    await begin(here)
    before = await campaign_lists(here.store)
    with pytest.raises(InputError, match=why):
        await prepare(here, **facts)
    assert await campaign_lists(here.store) == before


async def test_a_day_on_which_nothing_ends_is_refused(here: Town) -> None:
    await begin(here)
    with pytest.raises(RefusedError, match="dry-run"):
        await prepare(here, day=date(2029, 6, 1))


async def test_the_preparer_must_leave_enough_others_to_approve(here: Town) -> None:
    await begin(here)
    first, second, third = here.keys.approvers
    from tenure_policies.payloads import Role
    from tenure_server.domain.ceremony import NewRole
    from tenure_server.usecases.publish_keys import publish_keys

    two = NewRole(keys=(first.public_key(), second.public_key()), threshold=2)
    await publish_keys(here.store, here.clock, here.keys.publish({Role.APPROVE: two}, now=here.now))

    with pytest.raises(RefusedError, match="only 1 of 2"):
        await prepare(here, prepared_by=key_id(first))
    assert (await prepare(here, prepared_by=key_id(third))).lists


async def test_before_the_key_ceremony_nobody_prepares(tmp_path: Path) -> None:
    async with town(tmp_path, signer=False) as here:
        await begin(here)
        with pytest.raises(RefusedError, match="switched off"):
            await prepare(here, prepared_by="a" * 64)


async def test_a_dry_run_is_the_list_that_is_then_made(here: Town) -> None:
    await begin(here, council().hold("p4", since="2029-01-01"), at="2029-05-08")
    async with here.store.reading() as tx:
        size = await tx.audit.size()

    dry = await tried(here)

    async with here.store.reading() as tx:
        assert await tx.audit.size() == size
        assert list(await tx.campaigns.manifests()) == []
    await here.lives_to("2029-05-15")
    (made,) = await standing(here)
    (planned,) = dry.lists
    assert planned.serials == tuple(one.serial for one in made.laptops)
    assert planned.canaries == tuple(one.serial for one in made.laptops if one.canary)
    assert (planned.campaign, planned.name) == (made.campaign, made.name)
    reasons = {one.serial: one.reason for one in dry.laptops}
    assert [reasons[one.serial] for one in made.laptops] == [one.reason for one in made.laptops]


async def test_a_dry_run_tells_who_keeps_who_returns_and_what_bars(here: Town) -> None:
    city = council().hold("p4", since="2029-01-01").seat("open", "board").laptop("O", "open")
    city.seat("p3", "committee")
    await begin(here, city, at="2029-05-08")

    rows = {one.serial: one for one in (await tried(here)).laptops}

    assert {serial: row.status for serial, row in rows.items()} == {
        "L0": PersonStatus.RETURNS,
        "L1": PersonStatus.RETURNS,
        "L2": PersonStatus.RETURNS,
        "L3": PersonStatus.KEEPS,
        "L4": PersonStatus.RETURNS,
        "K": PersonStatus.KEEPS,
        "O": PersonStatus.UNKNOWN,
    }
    assert rows["L4"].bars == (ListBar.HOLD_RELEASE, ListBar.TOO_EARLY)
    assert [serial for serial, row in rows.items() if row.listed] == ["L0", "L1", "L2"]


async def test_a_dry_run_tells_readiness_where_it_is_known(here: Town) -> None:
    await begin(here, at="2029-05-08")
    for serial, encrypted in (("L0", 1), ("L1", 0)):
        filesystems = [{"path": "/", "encrypted": encrypted}, {"path": "/boot", "encrypted": 0}]
        named, raw = inventory_document(filesystems=filesystems)
        await here.visit(here.laptops[serial], digests={"storage": named}, documents={"storage": raw})

    rows = {one.serial: one.ready for one in (await tried(here)).laptops}

    assert (rows["L0"], rows["L1"], rows["L2"]) == (Ready.YES, Ready.NO, Ready.UNKNOWN)


async def test_a_dry_run_for_a_day_without_ends_names_the_days_that_have_some(here: Town) -> None:
    await begin(here, at="2029-05-08")

    dry = await tried(here, date(2029, 6, 1))

    assert dry.lists == ()
    assert [count for _, count in dry.other_days] == [5, 1]
