"""Which laptops come before the approvers, and which never do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.city import City
from fakes.town import TERM_END, Town, town
from tenure_policies.envelope import SignedDocument, read_unverified
from tenure_policies.payloads import Manifest
from tenure_server.domain.campaign import ManifestStatus, StoredManifest

SHORTLY_BEFORE = "2029-05-15"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def leavers(count: int, **facts: object) -> City:
    city = City()
    for number in range(count):
        city.seat(f"p{number}", until="2029-05-31", decided="KV § 3", **facts)  # type: ignore[arg-type]
        city.laptop(f"L{number}", f"p{number}")
    return city


async def prepared(here: Town, city: City, at: str = SHORTLY_BEFORE) -> list[StoredManifest]:
    """Enrol every laptop of a city, sweep at a moment, and return the manifests."""
    await here.know(city)
    for asset in city.assets:
        if asset.serial not in here.laptops:
            await here.enrol(asset.serial)
    await here.lives_to(at)
    return await manifests(here)


async def manifests(here: Town) -> list[StoredManifest]:
    async with here.store.reading() as tx:
        return list(await tx.campaigns.manifests())


def read(stored: StoredManifest) -> Manifest:
    return read_unverified(msgspec.json.decode(stored.document, type=SignedDocument), Manifest)


async def test_a_list_names_laptop_lock_case_and_reason(here: Town) -> None:
    (stored,) = await prepared(here, leavers(1))

    (entry,) = read(stored).entries
    device, (case,) = await here.device("L0"), await here.cases()
    assert (entry.serial, entry.device, entry.device_key, entry.epoch) == (
        "L0", device.id, device.key, 1,
    )  # fmt: skip
    assert (entry.lock_id, entry.case) == (case.lock_id, case.id)
    assert entry.not_before == TERM_END + timedelta(days=1)
    assert entry.reason == (
        "P0 Esimerkki (p0): the right to a laptop ends with 31 May 2029: council/ordinary (P19; KV § 3)."
    )
    assert entry.words is not None
    assert entry.words.en == entry.reason
    assert stored.status is ManifestStatus.DRAFT


async def test_nothing_is_listed_more_than_three_weeks_ahead(here: Town) -> None:
    assert await prepared(here, leavers(1), at="2029-05-10") == []


async def test_a_laptop_is_listed_once(here: Town) -> None:
    await prepared(here, leavers(2))
    await here.lives_to("2029-05-25")

    listed = [item.serial for stored in await manifests(here) for item in stored.entries]
    assert sorted(listed) == ["L0", "L1"]


@pytest.mark.parametrize(("count", "lists"), [(1, [1]), (3, [1, 1, 1]), (4, [4])])
async def test_more_than_three_that_end_together_make_a_campaign(
    here: Town, count: int, lists: list[int]
) -> None:
    stored = await prepared(here, leavers(count))

    assert [len(one.entries) for one in stored] == lists
    for one in stored:
        manifest = read(one)
        campaign = len(manifest.entries) > 1
        assert (one.campaign, manifest.campaign) == (campaign, campaign)
        assert (manifest.rate_per_hour > 0) is campaign
        assert sum(item.canary for item in manifest.entries) == int(campaign)


async def test_ends_that_only_come_near_each_other_are_no_campaign(here: Town) -> None:
    city = City()
    for day in (20, 23, 26, 29):
        city.seat(f"p{day}", until=f"2029-05-{day}").laptop(f"L{day}", f"p{day}")

    stored = await prepared(here, city, at="2029-05-15")

    lists = sorted([entry.serial for entry in one.entries] for one in stored)
    assert lists == [["L20"], ["L23"], ["L26"], ["L29"]]
    assert not any(one.campaign for one in stored)
    assert all(read(one).rate_per_hour == 0 for one in stored)


@pytest.mark.parametrize(
    "city",
    [
        leavers(1).hold("p0", since="2029-01-01"),
        leavers(1).hold("L0", on="device", since="2029-01-01"),
        leavers(1).seat("deputy", until="2033-05-31").lend("L0", "deputy", since="2029-05-01"),
        leavers(1, basis="death"),
        leavers(1).seat("p0", "board", since="2029-06-01", until="2033-05-31"),
        leavers(1).seat("p0", "committee"),
    ],
    ids=["held person", "held device", "entitled borrower", "death", "re-elected", "another seat"],
)
async def test_what_is_barred_never_reaches_a_list(here: Town, city: City) -> None:
    for moment in (SHORTLY_BEFORE, "2029-06-02", "2029-06-10"):
        assert all(
            item.serial != "L0" for stored in await prepared(here, city, moment) for item in stored.entries
        )


async def test_a_suspension_locks_and_reaches_no_list(here: Town) -> None:
    """Case 11."""
    city = City().seat("p0", until="2033-05-31", status="suspended").laptop("L0", "p0")

    assert await prepared(here, city) == []
    assert (await here.latest("L0")).state == "locked"


async def test_a_stale_register_bars_every_list(here: Town) -> None:
    city = leavers(1)
    await here.know(city)
    await here.enrol("L0")
    here.goes_to("2029-05-20")
    await here.sweep()

    assert await manifests(here) == []


async def test_an_extension_withdraws_the_list(here: Town) -> None:
    await prepared(here, leavers(1))
    longer = City().seat("p0", until="2029-08-31").laptop("L0", "p0")

    await here.know(longer)
    await here.sweep()

    (stored,) = await manifests(here)
    assert stored.status is ManifestStatus.WITHDRAWN
    assert "manifest_withdrawn" in await here.kinds()


async def test_a_list_that_ran_out_is_written_anew(here: Town) -> None:
    (stored,) = await prepared(here, leavers(1))
    await here.lives_to(read(stored).expires)

    old, new = await manifests(here)
    assert (old.status, new.status) == (ManifestStatus.WITHDRAWN, ManifestStatus.DRAFT)
    assert new.entries[0].lock_id == old.entries[0].lock_id


async def test_a_list_that_was_carried_out_is_never_withdrawn(here: Town) -> None:
    await prepared(here, leavers(1))
    laptop = here.laptops["L0"]
    (manifest,) = await here.approve_all()
    await here.lives_to("2029-06-02")
    await here.lock(laptop)
    await here.release(manifest, "L0")
    await here.sweep()
    await here.wipe(laptop)

    await here.lives_to("2029-12-01")

    (stored,) = await manifests(here)
    assert stored.status is ManifestStatus.APPROVED


async def test_a_laptop_enrolled_again_needs_a_new_list(here: Town) -> None:
    """Security case 3: everything signed for the old epoch is void."""
    await prepared(here, leavers(1))
    here.clock.at += timedelta(hours=1)

    await here.enrol("L0")
    await here.sweep()

    old, new = await manifests(here)
    assert (old.status, old.entries[0].epoch) == (ManifestStatus.WITHDRAWN, 1)
    assert (new.status, new.entries[0].epoch) == (ManifestStatus.DRAFT, 2)
    assert new.entries[0].lock_id == old.entries[0].lock_id
