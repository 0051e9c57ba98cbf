"""An approval dies with the facts it was given for, on the server and on the laptop itself."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.city import City
from fakes.deciding_laptop import DecidingLaptop
from fakes.town import Town, town
from fakes.town_signer import TownSigner, held, serials
from tenure_policies.envelope import SignedDocument, digest
from tenure_policies.payloads import Act, DirectiveState, Manifest, Outcome
from tenure_policies.trusted_keys import Refusal
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.ids import ManifestId
from tenure_server.usecases.campaigns import Stage, campaign_list, campaign_lists
from tenure_server.usecases.signer_exchange import signer_inbox

LISTED, ENDED, DUE = "2029-05-15", "2029-06-01T00:00:00+03:00", "2029-06-02"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def leaver(**facts: object) -> City:
    city = City().seat("aino", until="2029-05-31", decided="KV § 3", **facts)  # type: ignore[arg-type]
    return city.laptop("L1", "aino")


def on_hold() -> City:
    return leaver().hold("aino", since="2029-05-14")


def lifted() -> City:
    return leaver().hold("aino", since="2029-05-14", until="2029-05-14")


async def approved(here: Town, city: City | None = None) -> tuple[DecidingLaptop, Manifest]:
    """Enrol, let the list be prepared and two approvers sign it; the laptop holds its lease."""
    await here.know(city or leaver())
    laptop = DecidingLaptop(here, await here.enrol("L1"))
    await here.lives_to(LISTED)
    (manifest,) = await here.approve_all()
    await laptop.visit()
    return laptop, manifest


async def change(here: Town, city: City) -> None:
    here.clock.at += timedelta(minutes=1)
    await here.know(city)
    await here.sweep()


async def reasons(here: Town) -> list[str]:
    return [
        logged.entry.fields["reason"] for logged in await here.log() if logged.entry.kind == "case_closed"
    ]


async def test_what_stands_unchanged_is_wiped(here: Town, tmp_path: Path) -> None:
    laptop, _ = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(DUE)
    await laptop.visit()
    assert serials(await signer.round()) == {"L1"}

    await laptop.visit()

    assert laptop.wiped_under is not None


CHANGES = {
    "a hold on the person": (on_hold(), "holds"),
    "a hold on the laptop": (leaver().hold("L1", on="device", since="2029-05-14"), "holds"),
    "another decision": (
        City().seat("aino", until="2029-05-31", decided="KV § 9").laptop("L1", "aino"),
        "mandates",
    ),
    "another basis": (leaver(basis="resignation"), "mandates"),
    "one more seat": (leaver().seat("aino", "board", until="2029-05-31"), "mandates"),
    "lent": (leaver().seat("deputy", seat="deputy").lend("L1", "deputy", since="2029-05-14"), "custody"),
}


@pytest.mark.parametrize(("city", "what"), CHANGES.values(), ids=CHANGES)
async def test_a_change_of_grounds_voids_the_approval(here: Town, city: City, what: str) -> None:
    laptop, manifest = await approved(here)

    await change(here, city)

    assert (await here.latest("L1")).lock_id != manifest.entries[0].lock_id
    view = await campaign_list(here.store, ManifestId(manifest.id))
    assert [one.stage for one in view.laptops] == [Stage.VOID]
    assert what in view.laptops[0].void_because
    assert view.status is ManifestStatus.WITHDRAWN
    assert laptop.wiped_under is None


def _person(city: City, **facts: str) -> City:
    for person, known in city.people.items():
        city.people[person] = replace(known, **facts)
    return city


def _rows(city: City) -> City:
    city.mandates = [replace(row, row=(row.row or 0) + 40) for row in city.mandates]
    return city


HARMLESS = {
    "nothing": lambda city: city,
    "a phone number": lambda city: _person(city, phone="+358 40 1"),
    "a name": lambda city: _person(city, family_name="Toinen"),
    "the row of the file": _rows,
    "somebody else's seat": lambda city: city.seat("bert", until="2033-05-31"),
    "a seat that gives no laptop": lambda city: city.seat("aino", "election", until="2031-05-31"),
    "somebody else's hold": lambda city: city.seat("bert").hold("bert", since="2029-05-01"),
    "a newer register": lambda city: city,
}


@pytest.mark.parametrize("alter", HARMLESS.values(), ids=HARMLESS)
async def test_a_harmless_change_voids_nothing(here: Town, alter) -> None:  # type: ignore[no-untyped-def]
    _, manifest = await approved(here)

    here.clock.at += timedelta(days=1)
    await change(here, alter(leaver()))

    assert (await here.latest("L1")).lock_id == manifest.entries[0].lock_id
    assert [one.status for one in await campaign_lists(here.store)] == [ManifestStatus.APPROVED]
    assert await reasons(here) == []


async def test_a_change_that_is_undone_leaves_the_old_approval_void(here: Town, tmp_path: Path) -> None:
    laptop, manifest = await approved(here)
    await change(here, on_hold())
    await laptop.visit()
    here.clock.at += timedelta(hours=1)

    await change(here, lifted())
    await here.lives_to(DUE)
    await laptop.visit()

    signer = TownSigner(here, tmp_path)
    assert not (await signer.round()).released
    assert laptop.spoken.locked_under not in {None, manifest.entries[0].lock_id}
    new = (await here.manifests())[-1]
    assert new.id != manifest.id
    assert new.entries[0].lock_id == laptop.spoken.locked_under


async def test_a_laptop_that_saw_the_change_refuses_everything_signed_before_it(
    here: Town, tmp_path: Path
) -> None:
    """Whoever owns server, database and directive key shows it all again after the change was undone."""
    laptop, manifest = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(DUE)
    await laptop.visit()
    inbox = await signer_inbox(here.store, after=2)
    assert serials(await signer.round()) == {"L1"}
    await change(here, on_hold())
    await laptop.visit()

    old = manifest.entries[0]
    forged = msgspec.structs.replace(
        laptop.spoken.directive,
        seq=laptop.spoken.directive.seq + 5,
        lock_id=old.lock_id,
        case=old.case,
        state=DirectiveState.WIPED,
    )
    async with here.store.reading() as tx:
        (release,) = await tx.campaigns.releases()
    laptop.manifest = inbox.manifests[0]
    laptop.release = msgspec.json.decode(release.document, type=SignedDocument)
    with pytest.raises(Exception, match="replaced_lock"):
        laptop.follow(here.keys.sign_directive(forged))
    await laptop.visit()

    assert laptop.wiped_under is None
    assert laptop.spoken.directive.state is DirectiveState.LOCKED


async def test_a_laptop_that_was_offline_meanwhile_hears_of_the_change_first(
    here: Town, tmp_path: Path
) -> None:
    """It is locked under the old lock, approved and released; the next thing it hears is the new lock."""
    laptop, _ = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(DUE)
    await laptop.visit()
    await signer.round()
    here.clock.at += timedelta(days=1)
    await change(here, on_hold())
    here.clock.at += timedelta(days=1)
    await change(here, lifted())

    await laptop.visit()

    assert laptop.wiped_under is None
    assert laptop.spoken.locked_under == (await here.latest("L1")).lock_id
    assert held(await signer.round()) == {"*": "not_approved"}


async def test_an_offline_laptop_that_had_already_accepted_withdraws(here: Town, tmp_path: Path) -> None:
    """Accepted, not begun, and then the network was gone: the newer directive comes before the erasing."""
    laptop, _ = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(DUE)
    await laptop.visit()
    await signer.round()
    answer = (await here.visit(laptop.spoken)).answer
    laptop.spoken.held = None
    laptop.take(answer)
    laptop._act(signed=True)
    assert laptop.unfinished is not None

    await laptop.visit(gets_through=False)
    await change(here, on_hold())
    await laptop.visit()

    assert laptop.wiped_under is None
    assert laptop.unfinished is None


async def test_the_signer_does_not_release_under_an_approval_that_laptops_outlived(
    here: Town, tmp_path: Path
) -> None:
    """The server hides that the list was withdrawn; the laptop's own receipt of the new lock tells."""
    laptop, _ = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(DUE)
    await laptop.visit()
    old = await signer_inbox(here.store, after=2)
    await change(here, on_hold())
    await laptop.visit()
    async with here.store.reading() as tx:
        receipts = await tx.devices.all_receipts()
    shown = msgspec.structs.replace(
        old, receipts=tuple(msgspec.json.decode(one.document, type=SignedDocument) for one in receipts)
    )

    assert held(await signer.round(shown)) == {"L1": "not_locked"}


@pytest.mark.parametrize("moment", ["approved", "released", "accepted"])
async def test_a_hold_wins_at_every_moment_before_the_erasing(
    here: Town, tmp_path: Path, moment: str
) -> None:
    """Case 12: between approval and release, release and acceptance, acceptance and erasing."""
    laptop, _ = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(DUE)
    await laptop.visit()
    if moment != "approved":
        await signer.round()
    if moment == "accepted":
        answer = (await here.visit(laptop.spoken)).answer
        laptop.spoken.held = None
        laptop.take(answer)
        laptop._act(signed=True)
        assert laptop.unfinished is not None

    await change(here, on_hold())
    done = await signer.round()
    for _ in range(3):
        await laptop.visit()
        await signer.round()

    assert not done.released
    assert laptop.wiped_under is None
    assert laptop.spoken.locked_under is not None
    assert Refusal.REPLACED_LOCK not in laptop.refused


async def test_what_people_approved_before_lists_named_grounds_still_holds(
    here: Town, tmp_path: Path
) -> None:
    laptop, manifest = await approved(here)
    old = msgspec.structs.replace(
        manifest,
        entries=tuple(msgspec.structs.replace(one, grounds="", words=None) for one in manifest.entries),
        name=None,
        id="manifest-of-before",
    )
    signed = here.keys.sign_manifest(old)
    async with here.store.writing() as tx:
        stored = await tx.campaigns.manifest(ManifestId(manifest.id))
        assert stored is not None
        await tx.campaigns.withdraw(stored.id)
        document = msgspec.json.encode(signed)
        older = replace(stored, id=ManifestId(old.id), digest=digest(signed), document=document)
        await tx.campaigns.add_manifest(older)
    await here.lives_to(DUE)
    await laptop.visit()

    assert serials(await TownSigner(here, tmp_path).round()) == {"L1"}


async def away_after_its_release(here: Town, tmp_path: Path) -> tuple[DecidingLaptop, TownSigner]:
    """Lock at the end and be released the day after, without having visited since."""
    laptop, _ = await approved(here)
    signer = TownSigner(here, tmp_path)
    await here.lives_to(ENDED)
    await laptop.visit()
    await here.lives_to(DUE)
    assert serials(await signer.round()) == {"L1"}
    return laptop, signer


async def test_a_laptop_that_was_away_for_its_whole_release_is_listed_and_signed_for_anew(
    here: Town, tmp_path: Path
) -> None:
    laptop, signer = await away_after_its_release(here, tmp_path)
    await here.lives_to("2029-07-10")
    assert await here.approve_all() == []

    await laptop.visit()
    await here.sweep()
    assert laptop.refused == [Refusal.EXPIRED]
    (again,) = await here.approve_all()
    await laptop.visit()
    assert serials(await signer.round()) == {"L1"}
    await laptop.visit()

    assert laptop.wiped_under == again.entries[0].lock_id


async def test_a_laptop_that_was_erased_in_time_is_not_listed_again(here: Town, tmp_path: Path) -> None:
    laptop, _ = await away_after_its_release(here, tmp_path)
    await laptop.visit()
    assert laptop.wiped_under is not None

    await here.lives_to("2029-07-10")
    await laptop.visit()
    await here.sweep()

    assert await here.approve_all() == []
    assert (await here.latest("L1")).lock_id == laptop.wiped_under


@pytest.mark.parametrize(
    ("outcomes", "anew"),
    [
        ([Outcome.RUNNING], False),
        ([Outcome.RUNNING, Outcome.UNCONFIRMED], False),
        ([Outcome.RUNNING, Outcome.FAILED], True),
    ],
)
async def test_the_last_word_of_a_wipe_tells_whether_it_is_signed_for_anew(
    here: Town, tmp_path: Path, outcomes: list[Outcome], anew: bool
) -> None:
    laptop, _ = await away_after_its_release(here, tmp_path)
    lock_id = laptop.spoken.directive.lock_id
    for outcome in outcomes:
        await here.visit(laptop.spoken, receipts=(laptop.spoken.receipt(Act.WIPE, outcome),))
    await here.lives_to("2029-07-10")
    await here.visit(laptop.spoken)
    await here.sweep()

    assert ((await here.latest("L1")).lock_id != lock_id) is anew
