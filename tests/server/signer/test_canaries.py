"""Some laptops of a campaign go first, and the others only after those have signed their wipes."""

import sqlite3

import msgspec
import pytest

from fakes.keys import new_key
from fakes.signer import Laptop, SignerWorld, holds, manifest_of
from tenure_policies.envelope import SignedDocument, read_unverified
from tenure_policies.payloads import Act, Manifest, Outcome, Proof
from tenure_server.signer.canaries import Canary, canaries_of, hold_of, lacks_canary
from tenure_server.signer.decide import Hold, malformed
from tenure_server.signer.journal import Journal

PROOF = Proof(method="luksErase", emulated=False, opened_before=True, opens_after=False, key_slots=0)


@pytest.fixture
def world(tmp_path):
    made = SignerWorld(tmp_path)
    made.settings = msgspec.structs.replace(made.settings, cooling_off_hours=0)
    return made


def campaign(*laptops: Laptop, canaries: int = 1, **facts: object) -> Manifest:
    entries = tuple(laptop.entry(canary=number < canaries) for number, laptop in enumerate(laptops))
    return manifest_of(*laptops, **{"campaign": True, "rate_per_hour": 60, "entries": entries, **facts})


def locked(world: SignerWorld, count: int = 4) -> list[Laptop]:
    laptops = [Laptop(number=number) for number in range(1, count + 1)]
    world.lock(*laptops)
    return laptops


def wiped(laptop: Laptop, outcome: Outcome = Outcome.DONE, **facts: object) -> SignedDocument:
    receipt = laptop.receipt(act=Act.WIPE, outcome=outcome, proof=PROOF, **facts)
    laptop.receipts.append(receipt)
    return receipt


def test_the_canary_goes_alone(world):
    laptops = locked(world)
    world.approve(campaign(*laptops))

    done = world.round()

    assert done.released == (laptops[0].serial,)
    assert holds(done) == ["canary_waits"] * 3


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.UNCONFIRMED])
def test_the_others_follow_when_every_canary_signed_its_wipe(world, outcome):
    first, second, *others = locked(world, 5)
    world.approve(campaign(first, second, *others, canaries=2))
    world.round()
    world.courier.receipts.append(wiped(first, outcome))
    assert holds(world.round()) == ["canary_waits"] * 3

    world.courier.receipts.append(wiped(second, outcome))

    assert set(world.round().released) == {laptop.serial for laptop in others}


def test_a_canary_that_failed_stops_the_campaign_until_it_succeeds(world):
    first, *others = locked(world)
    world.approve(campaign(first, *others))
    world.round()
    world.courier.receipts.append(wiped(first, Outcome.FAILED))
    assert holds(world.round()) == ["canary_failed"] * 3

    world.clock.passes(days=3)
    assert holds(world.round()) == ["canary_failed"] * 3

    world.courier.receipts.append(wiped(first))
    assert len(world.round().released) == 3


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.RUNNING])
def test_a_wipe_that_only_began_is_none(world, outcome):
    first, *others = locked(world)
    world.approve(campaign(first, *others))
    world.round()
    world.courier.receipts.append(wiped(first, outcome))
    assert holds(world.round()) == ["canary_waits"] * 3


@pytest.mark.parametrize(
    "facts",
    [
        {"key": new_key()},
        {"lock_id": "lock-other"},
        {"epoch": 2},
        {"device": "dev-9"},
        {"serial": "PF399999"},
        {"municipality": "muu"},
        {"act": Act.LOCK},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_what_the_canary_did_not_sign_for_this_lock_counts_for_nothing(world, facts):
    """Case 25: whoever owns the server says that the canaries are through."""
    first, *others = locked(world)
    world.approve(campaign(first, *others))
    world.round()
    world.courier.receipts.append(first.receipt(**{"act": Act.WIPE, "proof": PROOF, "number": 9, **facts}))
    assert not world.round().released


def test_a_wipe_that_this_signer_did_not_release_lets_nobody_follow(world):
    first, *others = locked(world)
    world.courier.receipts = [receipt for other in others for receipt in other.receipts]
    world.courier.receipts.append(wiped(first))
    world.approve(campaign(first, *others))

    done = world.round()

    assert not done.released
    assert sorted(holds(done)) == ["canary_waits"] * 3 + ["not_locked"]


def test_a_canary_seen_through_is_remembered_when_it_is_enrolled_anew(world):
    first, *others = locked(world)
    world.settings = msgspec.structs.replace(world.settings, campaign_ceiling_per_hour=2)
    world.approve(campaign(first, *others))
    world.round()
    world.courier.receipts.append(wiped(first))
    world.round()
    world.courier.receipts = [receipt for other in others for receipt in other.receipts]
    del world.courier.device_keys[first.entry().device_key]

    world.clock.passes(hours=2)

    assert world.round().released


def test_a_canary_that_is_enrolled_anew_before_it_was_seen_through_holds_nobody_up(world):
    first, *others = locked(world)
    world.approve(campaign(first, *others))
    world.round()
    world.courier.receipts.append(wiped(first))
    del world.courier.device_keys[first.entry().device_key]

    assert set(world.round().released) == {laptop.serial for laptop in others}


def test_a_kept_key_makes_no_other_laptops_receipt_count(world):
    first, *others = locked(world)
    world.approve(campaign(first, *others))
    world.round()
    del world.courier.device_keys[first.entry().device_key]
    world.courier.receipts.append(first.receipt(act=Act.WIPE, proof=PROOF, number=9, key=new_key()))

    assert not world.round().released


def test_a_campaign_of_several_without_a_canary_is_held(world):
    laptops = locked(world)
    world.approve(campaign(*laptops, canaries=0))
    assert holds(world.round()) == ["no_canary"]

    world.settings = msgspec.structs.replace(world.settings, campaigns_need_canaries=False)
    assert len(world.round().released) == 4


def test_a_campaign_of_one_needs_no_canary(world):
    world.approve(campaign(*locked(world, 1), canaries=0))
    assert world.round().released


def test_no_list_calls_everybody_a_canary(world):
    laptops = locked(world, 8)
    assert malformed(campaign(*laptops, canaries=3)) is None
    assert malformed(campaign(*laptops, canaries=4)) == "too many of them go first"
    world.approve(campaign(*laptops, canaries=8))
    assert holds(world.round()) == ["malformed"]


def test_outside_a_campaign_nobody_goes_first(world):
    laptops = locked(world)
    listed = campaign(*laptops, campaign=False)
    assert malformed(listed) == "only in a campaign some go first"
    assert canaries_of(listed) == ()
    assert not lacks_canary(listed)


def test_a_list_signed_before_there_were_canaries_reads_as_having_none(world):
    document = world.city.sign_manifest(manifest_of(*locked(world)))
    body = msgspec.json.decode(msgspec.json.encode(read_unverified(document, Manifest)))
    for entry in body["entries"]:
        del entry["canary"], entry["grounds"], entry["words"]
    del body["name"]

    old = msgspec.json.decode(msgspec.json.encode(body), type=Manifest)

    assert malformed(old) is None
    assert not any(entry.canary for entry in old.entries)
    assert old.name is None


def test_one_that_failed_outweighs_one_that_waits():
    assert hold_of([Canary.WAITING, Canary.FAILED, Canary.THROUGH]) is Hold.CANARY_FAILED
    assert hold_of([Canary.WAITING, Canary.THROUGH]) is Hold.CANARY_WAITS
    assert hold_of([Canary.THROUGH]) is None
    assert hold_of([]) is None


def test_a_journal_from_before_canaries_is_completed_and_keeps_what_it_holds(world):
    world.approve(manifest_of(*locked(world, 1)))
    assert world.round().released
    with sqlite3.connect(world.path) as connection:
        connection.execute("DROP TABLE canaries")
        connection.execute("DROP TABLE canary_keys")
        connection.execute("PRAGMA user_version = 1")
    connection.close()

    journal = Journal.open(world.path)

    assert len(journal.releases()) == 1
    assert not journal.is_through("dev-1", 1, "lock-1")
    journal.note_through("dev-1", 1, "lock-1", world.clock.now())
    assert journal.is_through("dev-1", 1, "lock-1")
    journal.close()
