"""Campaigns as sequences of effects: a whole change of term, and security cases 16, 20, 25 and 28."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.city import City
from fakes.deciding_laptop import DecidingLaptop
from fakes.keys import key_id, new_key
from fakes.town import TERM_END, Town, town
from fakes.town_signer import TownSigner, held, serials
from tenure_policies.envelope import PayloadType, SignedDocument, seal
from tenure_policies.payloads import Act, DirectiveState, Manifest, Outcome, Role
from tenure_server.domain.ceremony import NewRole
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.signer.errors import ClockWentBackError
from tenure_server.usecases.campaigns import Stage, campaign_list, campaign_lists
from tenure_server.usecases.prepare_campaign import Wish, prepare_campaign
from tenure_server.usecases.signer_exchange import merge_approval, signer_inbox

LAST_DAY, DUE = date(2029, 5, 31), "2029-06-02"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def council(leavers: int, staying: int = 0) -> City:
    city = City()
    for number in range(leavers + staying):
        until = "2029-05-31" if number < leavers else "2033-05-31"
        city.seat(f"p{number:02}", until=until, decided="KV § 3").laptop(f"L{number:02}", f"p{number:02}")
    return city


async def begin(here: Town, city: City) -> dict[str, DecidingLaptop]:
    """Enrol every laptop; each holds its lease."""
    await here.know(city)
    laptops = {asset.serial: DecidingLaptop(here, await here.enrol(asset.serial)) for asset in city.assets}
    await here.sweep()
    for laptop in laptops.values():
        await laptop.visit()
    return laptops


async def all_visit(laptops: dict[str, DecidingLaptop]) -> None:
    for laptop in laptops.values():
        await laptop.visit()


async def open_tasks(here: Town) -> list[Task]:
    async with here.store.reading() as tx:
        return list(await tx.records.all(TASKS, open_only=True))


def locked(laptops: dict[str, DecidingLaptop]) -> set[str]:
    return {serial for serial, one in laptops.items() if one.spoken.locked_under is not None}


def wiped(laptops: dict[str, DecidingLaptop]) -> set[str]:
    return {serial for serial, one in laptops.items() if one.wiped_under is not None}


async def test_a_whole_change_of_term(here: Town, tmp_path: Path) -> None:
    """30 leave and 10 stay; one is re-elected at the last minute, one under a hold, one stop half-way."""
    city = council(30, staying=10)
    laptops = await begin(here, city)
    signer = TownSigner(here, tmp_path)
    signer.limits(campaign_ceiling_per_hour=10)

    await here.lives_to("2029-05-15")
    (first,) = await campaign_lists(here.store)
    assert len(first.laptops) == 30
    assert [one.serial for one in first.laptops if one.canary] == ["L00"]
    assert await open_tasks(here) == []

    await here.lives_to("2029-05-18")
    (task,) = await open_tasks(here)
    assert (task.kind, task.subject) == (TaskKind.CAMPAIGN_APPROVAL, first.id)

    preparer, *others = here.keys.approvers[::-1]
    wish = Wish(day=LAST_DAY, prepared_by=key_id(preparer), canaries=frozenset({Serial("L05")}))
    prepared = await prepare_campaign(here.store, here.clock, here.terms, wish)
    await here.sweep()
    (stored,) = prepared.lists
    assert [task.subject for task in await open_tasks(here)] == [stored.id]
    document = msgspec.json.decode(stored.document, type=SignedDocument)
    (manifest,) = [one for one in await here.manifests() if one.id == stored.id]
    with pytest.raises(RefusedError, match="other than"):
        await merge_approval(here.store, here.clock, here.keys.sign_manifest(manifest, preparer))
    assert document.signatures == ()
    await merge_approval(here.store, here.clock, here.keys.sign_manifest(manifest, *others))
    await here.sweep()
    assert await open_tasks(here) == []
    assert set(held(await signer.round()).values()) == {"not_due"}

    here.goes_to("2029-05-25")
    await here.know(city.hold("p28", since="2029-05-25"))
    await here.sweep()
    here.clock.at = TERM_END - timedelta(minutes=1)
    await here.know(city.seat("p29", since="2029-06-01", until="2033-05-31"))
    await here.sweep()
    await all_visit(laptops)
    assert locked(laptops) == set()

    here.clock.at = TERM_END
    await here.know(city)
    await here.sweep()
    await all_visit(laptops)
    assert locked(laptops) == {f"L{number:02}" for number in range(29)}

    await here.lives_to(DUE)
    assert serials(await signer.round()) == {"L05"}
    assert not (await signer.round()).released
    await laptops["L05"].visit()
    assert wiped(laptops) == {"L05"}
    assert len(serials(await signer.round())) == 9
    signer.stop("kuntala/stop-1")
    here.clock.at += timedelta(hours=2)
    assert (await signer.round()).stopped
    with pytest.raises(RefusedError):
        signer.resume("kuntala/stop-1", approvers=1)
    signer.resume("kuntala/stop-1")
    counts = []
    for _ in range(3):
        counts.append(len(serials(await signer.round())))
        here.clock.at += timedelta(hours=1, seconds=1)
    assert counts == [10, 8, 0]

    await all_visit(laptops)
    assert wiped(laptops) == {f"L{number:02}" for number in range(28)}
    assert laptops["L28"].spoken.locked_under is not None
    assert laptops["L29"].spoken.locked_under is None
    view = await campaign_list(here.store, stored.id)
    stages = {one.serial: one.stage for one in view.laptops}
    assert Counter(stages.values()) == {Stage.PROVEN: 28, Stage.VOID: 2}
    why = {one.serial: one.void_because for one in view.laptops if one.void_because}
    assert why == {"L28": "grounds_changed:holds", "L29": "grounds_changed:mandates"}
    proven = {case.serial for case in await here.cases() if case.status is CaseStatus.PROVEN}
    assert proven == wiped(laptops)
    assert await open_tasks(here) == []


async def approved_campaign(
    here: Town, tmp_path: Path, count: int = 6
) -> tuple[dict[str, DecidingLaptop], TownSigner, Manifest]:
    """A campaign that two approvers signed and whose laptops are locked and due."""
    laptops = await begin(here, council(count))
    signer = TownSigner(here, tmp_path)
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await signer.round()
    await here.lives_to(DUE)
    await all_visit(laptops)
    return laptops, signer, manifest


async def test_a_canary_that_fails_holds_the_campaign_until_two_approve_one_without_it(
    here: Town, tmp_path: Path
) -> None:
    laptops, signer, manifest = await approved_campaign(here, tmp_path)
    assert serials(await signer.round()) == {"L00"}
    broken = laptops["L00"].spoken
    await here.visit(broken)
    await here.visit(broken, receipts=(broken.receipt(Act.WIPE, Outcome.FAILED, error="no disk"),))
    await here.sweep()
    (task,) = await open_tasks(here)
    assert (task.kind, task.subject) == (TaskKind.CANARY_FAILED, manifest.id)
    here.clock.at += timedelta(days=3)
    assert set(held(await signer.round()).values()) == {"canary_failed"}

    await here.know(here.register or City())
    wish = Wish(day=LAST_DAY, prepared_by="", exclude=frozenset({Serial("L00")}), why="its disk is broken")
    with pytest.raises(RefusedError, match="--again"):
        await prepare_campaign(here.store, here.clock, here.terms, wish)
    wish = Wish(
        day=LAST_DAY, prepared_by="", exclude=frozenset({Serial("L00")}), why="its disk is broken", again=True
    )
    await prepare_campaign(here.store, here.clock, here.terms, wish)
    await here.sweep()
    assert not (await signer.round()).released
    await here.approve_all()
    assert set(held(await signer.round()).values()) == {"cooling_off"}
    here.clock.at += timedelta(hours=24, seconds=1)
    await here.know(here.register or City())
    await here.sweep()
    assert serials(await signer.round()) == {"L01"}
    await all_visit(laptops)
    assert serials(await signer.round()) == {"L02", "L03", "L04", "L05"}
    await all_visit(laptops)

    assert wiped(laptops) == {"L01", "L02", "L03", "L04", "L05"}
    assert await open_tasks(here) == []
    assert (await here.latest("L00")).state == "locked"
    assert (await here.latest("L00")).lock_id != manifest.entries[0].lock_id


async def test_a_silent_canary_is_told_after_a_day(here: Town, tmp_path: Path) -> None:
    _, signer, manifest = await approved_campaign(here, tmp_path)
    await signer.round()
    await here.sweep()
    assert await open_tasks(here) == []

    here.clock.at += timedelta(hours=25)
    await here.sweep()

    (task,) = await open_tasks(here)
    assert (task.kind, task.subject) == (TaskKind.CANARY_FAILED, manifest.id)
    assert "silent" in str(task.why)


async def test_a_signed_list_whose_canary_is_void_makes_room_for_a_new_one_to_sign(
    here: Town, tmp_path: Path
) -> None:
    _, signer, manifest = await approved_campaign(here, tmp_path)
    city = here.register
    assert city is not None
    here.clock.at += timedelta(minutes=1)
    await here.know(city.hold("p00", since="2029-06-01"))

    await here.sweep()

    standing = [one for one in await here.manifests() if one.id != manifest.id]
    (renewed,) = [one for one in standing if one.campaign]
    assert [one.serial for one in renewed.entries] == ["L01", "L02", "L03", "L04", "L05"]
    assert [one.serial for one in renewed.entries if one.canary] == ["L01"]
    (task,) = await open_tasks(here)
    assert (task.kind, task.subject) == (TaskKind.CAMPAIGN_APPROVAL, renewed.id)
    assert not (await signer.round()).released


async def test_laptops_back_with_it_go_first(here: Town) -> None:
    city = council(6).laptop("S0", "p00", since="2029-01-01", until="2029-05-10", reason="returned")
    laptops = await begin(here, council(6).device("S0"))
    here.goes_to("2029-05-14")
    await here.know(city)
    await laptops["S0"].visit()

    await here.sweep()

    (campaign,) = [one for one in await here.manifests() if one.campaign]
    assert [one.serial for one in campaign.entries if one.canary] == ["S0"]
    assert len(campaign.entries) == 7
    standing = [one for one in await campaign_lists(here.store) if one.status != "withdrawn"]
    assert [one.id for one in standing] == [campaign.id]


async def test_the_lists_of_ends_in_mid_term_are_for_one_laptop_and_under_the_caps(
    here: Town, tmp_path: Path
) -> None:
    laptops = await begin(here, council(3))
    signer = TownSigner(here, tmp_path)
    signer.limits(fleet_size=100)
    await here.lives_to("2029-05-20")
    manifests = await here.approve_all()
    assert sorted(len(one.entries) for one in manifests) == [1, 1, 1]
    await here.lives_to(DUE)
    await all_visit(laptops)

    assert len(serials(await signer.round())) == 2
    here.clock.at += timedelta(hours=23)
    assert Counter(held(await signer.round()).values()) == {"daily_cap": 1}


async def test_case_16_two_sweeps_and_two_signers_bring_one_directive_and_one_release(
    here: Town, tmp_path: Path
) -> None:
    laptops, signer, _ = await approved_campaign(here, tmp_path)
    await asyncio.gather(*(here.sweep() for _ in range(3)))
    inbox = await signer_inbox(here.store, after=2)

    first, second = await signer.round(inbox), await signer.round(inbox)
    await signer.round()
    await all_visit(laptops)

    assert (serials(first), serials(second)) == ({"L00"}, set())
    for serial in laptops:
        numbers = [directive.seq for directive in await here.directives(serial)]
        assert numbers == list(range(1, len(numbers) + 1))
    async with here.store.reading() as tx:
        locks = [one.lock for one in await tx.campaigns.releases()]
    assert len(locks) == len(set(locks))


async def test_case_20_re_elected_at_the_last_minute_drops_out(here: Town, tmp_path: Path) -> None:
    laptops = await begin(here, council(6))
    signer = TownSigner(here, tmp_path)
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await signer.round()
    here.clock.at = TERM_END - timedelta(minutes=1)
    city = council(6).seat("p03", since="2029-06-01", until="2033-05-31")
    await here.know(city)
    await here.sweep()
    await all_visit(laptops)
    await here.lives_to(DUE)
    for _ in range(3):
        await all_visit(laptops)
        await signer.round()

    assert wiped(laptops) == {"L00", "L01", "L02", "L04", "L05"}
    assert laptops["L03"].spoken.locked_under is None
    assert laptops["L03"].spoken.directive.state is DirectiveState.ACTIVE
    assert laptops["L03"].spoken.directive.lock_id not in {one.lock_id for one in manifest.entries}


async def test_case_20_an_extension_after_the_release_still_wins(here: Town, tmp_path: Path) -> None:
    laptops, signer, _ = await approved_campaign(here, tmp_path)
    await signer.round()
    here.clock.at += timedelta(minutes=1)
    await here.know(council(6).seat("p00", until="2029-09-30"))
    await here.sweep()

    await all_visit(laptops)

    assert wiped(laptops) == set()
    assert laptops["L00"].spoken.locked_under is None


async def test_case_25_whoever_owns_the_server_wipes_nothing_that_two_did_not_sign(
    here: Town, tmp_path: Path
) -> None:
    """With the directive key and the whole database: other laptops, earlier, faster, without canaries."""
    laptops = await begin(here, council(6, staying=2))
    signer = TownSigner(here, tmp_path)
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await all_visit(laptops)
    honest = await signer_inbox(here.store, after=2)
    (signed,) = honest.manifests

    stays = msgspec.structs.replace(manifest.entries[0], serial="L07", canary=False)
    for changed in (
        {"entries": (*manifest.entries, stays)},
        {"entries": tuple(msgspec.structs.replace(one, not_before=here.now) for one in manifest.entries)},
        {"entries": tuple(msgspec.structs.replace(one, canary=False) for one in manifest.entries)},
        {"rate_per_hour": 10_000},
        {"prepared_by": "somebody"},
    ):
        forged = seal(msgspec.structs.replace(manifest, **changed), PayloadType.MANIFEST)
        forged = msgspec.structs.replace(forged, signatures=signed.signatures)
        assert held(await signer.round(msgspec.structs.replace(honest, manifests=(forged,)))) == {
            "*": "not_approved"
        }
    assert set(held(await signer.round(honest)).values()) == {"not_due"}

    target = laptops["L07"]
    wipe = msgspec.structs.replace(
        target.spoken.directive, seq=99, state=DirectiveState.WIPED, lock_id="lock-x", case="case-x"
    )
    target.follow(here.keys.sign_directive(wipe))
    target.manifest = signed
    target._act(signed=True)
    assert target.wiped_under is None
    assert target.spoken.locked_under == "lock-x"


async def test_case_25_the_servers_clock_hastens_nothing(here: Town, tmp_path: Path) -> None:
    laptops, signer, _ = await approved_campaign(here, tmp_path)
    await signer.round()
    here.clock.at -= timedelta(days=2)
    with pytest.raises(ClockWentBackError):
        await signer.round()
    assert wiped(laptops) == set()


async def test_case_28_a_shrunken_group_approves_no_campaign_before_its_time(
    here: Town, tmp_path: Path
) -> None:
    laptops, signer, manifest = await approved_campaign(here, tmp_path)
    own = new_key(), new_key()
    here.keys.publish(
        {Role.APPROVE: NewRole(keys=tuple(key.public_key() for key in own), threshold=2)}, now=here.now
    )
    inbox = await signer_inbox(here.store, after=2)
    mine = here.keys.sign_manifest(msgspec.structs.replace(manifest, id="manifest-of-theirs"), *own)

    shown = msgspec.structs.replace(inbox, keys=(here.keys.documents[-1],), manifests=(mine,))
    assert held(await signer.round(shown)) == {"*": "not_approved"}
    here.clock.at += timedelta(days=4)
    assert held(await signer.round(shown)) == {"*": "not_approved"}
    assert wiped(laptops) == set()
