"""Whoever owns the web server, the database and the directive key cannot make the signer release a wipe.

Each attack starts where the attacker controls everything that the signer hears, and lacks only the approvers'
keys, the release key, root and the laptops' keys.
"""

from datetime import timedelta

import msgspec
import pytest

from fakes.keys import key_id, key_pem, new_key
from fakes.signer import DUE, Laptop, SignerWorld, holds, manifest_of
from tenure_policies.envelope import (
    PayloadType,
    SignatureEntry,
    SignedDocument,
    add_signature,
    read_unverified,
    seal,
    signer_for,
)
from tenure_policies.payloads import Act, Manifest, Release, Role, RoleKeys
from tenure_server.domain.ceremony import next_document


@pytest.fixture
def world(tmp_path):
    return SignerWorld(tmp_path)


@pytest.fixture
def victim(world):
    """A laptop that is locked, online, and on nobody's list."""
    laptop = Laptop(number=7)
    world.lock(laptop)
    return laptop


def nothing_released(world, *expected):
    done = world.round()
    assert done.released == ()
    assert world.courier.posted == []
    assert world.journal.releases() == []
    assert holds(done) == list(expected)


def test_a_manifest_that_nobody_signed(world, victim):
    world.courier.manifests = [seal(manifest_of(victim), PayloadType.MANIFEST)]
    nothing_released(world, "not_approved")


def test_a_manifest_signed_by_the_servers_own_key(world, victim):
    world.courier.manifests = [
        seal(manifest_of(victim), PayloadType.MANIFEST, signer_for(world.city.directive))
    ]
    nothing_released(world, "not_approved")


def test_a_manifest_signed_by_keys_that_the_attacker_made(world, victim):
    world.approve(manifest_of(victim), new_key(), new_key())
    nothing_released(world, "not_approved")


def test_approvals_forged_under_the_approvers_names(world, victim):
    document = seal(manifest_of(victim), PayloadType.MANIFEST, signer_for(world.city.directive))
    forged = tuple(
        SignatureEntry(keyid=key_id(approver), sig=document.signatures[0].sig)
        for approver in world.city.approvers
    )
    world.courier.manifests = [msgspec.structs.replace(document, signatures=forged)]
    nothing_released(world, "not_approved")


def test_one_approver_counted_twice_under_two_names(world, victim):
    document = world.approve(manifest_of(victim), world.city.approvers[0])
    again = SignatureEntry(keyid=key_id(world.city.approvers[1]), sig=document.signatures[0].sig)
    world.courier.manifests = [msgspec.structs.replace(document, signatures=(*document.signatures, again))]
    nothing_released(world, "not_approved")


def test_one_approver_listed_twice_under_the_same_name(world, victim):
    document = world.approve(manifest_of(victim), world.city.approvers[0])
    world.courier.manifests = [msgspec.structs.replace(document, signatures=document.signatures * 2)]
    nothing_released(world, "not_approved")


def test_the_preparer_approving_their_own_list(world, victim):
    preparer, other, _ = world.city.approvers
    world.approve(manifest_of(victim, prepared_by=key_id(preparer)), preparer, other)
    nothing_released(world, "not_approved")


def test_a_list_replaced_after_it_was_approved(world, victim):
    honest = world.city.sign_manifest(manifest_of(Laptop(number=1)))
    other = seal(manifest_of(Laptop(number=1), victim), PayloadType.MANIFEST)
    world.courier.manifests = [msgspec.structs.replace(other, signatures=honest.signatures)]
    nothing_released(world, "not_approved")


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "PF300007"},
        {"device": "dev-7"},
        {"lock_id": "lock-7"},
        {"not_before": DUE - timedelta(days=300)},
    ],
)
def test_one_line_changed_after_approval(world, victim, change):
    honest = world.city.sign_manifest(manifest_of(Laptop(number=1)))
    changed = manifest_of(entries=(Laptop(number=1).entry(**change),))
    assert victim.serial == "PF300007"
    world.courier.manifests = [
        msgspec.structs.replace(seal(changed, PayloadType.MANIFEST), signatures=honest.signatures)
    ]
    nothing_released(world, "not_approved")


def test_a_signature_of_another_kind_of_document_does_not_serve(world, victim):
    document = world.city.sign_manifest(manifest_of(victim))
    world.courier.manifests = [msgspec.structs.replace(document, payloadType=PayloadType.RESUME.value)]
    nothing_released(world, "not_approved")


def test_an_approved_list_shown_again_after_it_expired(world, victim):
    world.approve(manifest_of(victim, expires=DUE - timedelta(days=1)))
    nothing_released(world, "expired")


def test_a_wipe_cannot_be_hastened_however_the_servers_clock_stands(world, victim):
    world.approve(manifest_of(victim, entries=(victim.entry(not_before=DUE + timedelta(days=30)),)))
    nothing_released(world, "not_due")


def test_a_receipt_that_the_attacker_signed(world):
    laptop, forger = Laptop(number=7), new_key()
    world.approve(manifest_of(laptop))
    world.courier.receipts = [laptop.receipt(key=forger)]
    world.courier.device_keys = {key_id(laptop.key): key_pem(laptop.key)}
    nothing_released(world, "not_locked")


def test_a_device_key_swapped_under_the_old_name(world):
    laptop, forger = Laptop(number=7), new_key()
    world.approve(manifest_of(laptop))
    world.courier.receipts = [laptop.receipt(key=forger)]
    world.courier.device_keys = {key_id(laptop.key): key_pem(forger)}
    nothing_released(world, "not_locked")


def test_a_device_key_swapped_with_its_own_name(world):
    laptop, forger = Laptop(number=7), new_key()
    world.approve(manifest_of(laptop))
    world.courier.receipts = [laptop.receipt(key=forger, device_key=key_id(forger))]
    world.courier.device_keys = {key_id(forger): key_pem(forger)}
    nothing_released(world, "not_locked")


@pytest.mark.parametrize(
    "other",
    [
        {"device": "dev-8"},
        {"serial": "PF300008"},
        {"epoch": 2},
        {"lock_id": "lock-8"},
        {"municipality": "muukunta"},
        {"act": Act.UNLOCK},
        {"act": Act.WIPE},
    ],
)
def test_another_honest_receipt_in_place_of_the_one_that_counts(world, other):
    laptop = Laptop(number=7)
    world.approve(manifest_of(laptop))
    world.courier.receipts = [laptop.receipt(**other)]
    world.courier.device_keys = {key_id(laptop.key): key_pem(laptop.key)}
    nothing_released(world, "not_locked")


def test_another_laptops_receipt_relabelled(world, victim):
    target = Laptop(number=8)
    world.approve(manifest_of(target))
    world.courier.receipts = [target.receipt(key=victim.key)]
    world.courier.device_keys = {key_id(target.key): key_pem(victim.key)}
    nothing_released(world, "not_locked")


def test_the_old_lists_laptop_after_its_re_enrolment(world, victim):
    world.approve(manifest_of(victim))
    victim.epoch, victim.key = 2, new_key()
    world.courier.receipts, world.courier.device_keys = [], {}
    world.lock(victim)
    nothing_released(world, "not_locked")


def test_keys_of_the_attackers_own_making(world, victim):
    mine = new_key(), new_key()
    payload = next_document(world.city.keys, {}, now=DUE)
    payload.keys.update({key_id(key): key_pem(key) for key in mine})
    payload.roles[Role.APPROVE] = RoleKeys(keyids=tuple(map(key_id, mine)), threshold=2)
    for forger in (world.city.directive, mine[0]):
        world.courier.keys = [*world.city.documents, seal(payload, PayloadType.KEYS, signer_for(forger))]
        world.courier.manifests = [world.city.sign_manifest(manifest_of(victim), *mine)]
        nothing_released(world, "not_approved")
    world.clock.passes(days=365)
    world.courier.manifests = [
        world.city.sign_manifest(manifest_of(victim, expires=DUE + timedelta(days=999)), *mine)
    ]
    nothing_released(world, "not_approved")


def test_the_first_keys_document_again_without_approvers(world, victim):
    world.courier.keys = [world.city.documents[0]] * 5
    world.courier.manifests = [seal(manifest_of(victim), PayloadType.MANIFEST)]
    nothing_released(world, "not_approved")


def test_an_old_release_said_to_be_lost_brings_no_other(world, victim):
    world.approve(manifest_of(victim))
    world.round()
    world.courier.stored.clear()
    world.approve(manifest_of(victim, id="manifest-2"))
    world.round()
    assert {read_unverified(document, Release).manifest for document in world.courier.posted} == {
        read_unverified(world.courier.posted[0], Release).manifest
    }


def test_the_caps_cannot_be_talked_away(world):
    laptops = [Laptop(number=number) for number in range(1, 30)]
    world.lock(*laptops)
    for laptop in laptops:
        world.approve(manifest_of(laptop, id=f"manifest-{laptop.number}"))
    for _ in range(23):
        world.round()
        world.clock.passes(hours=1)
    assert len(world.courier.stored) == 1


def test_a_campaigns_rate_cannot_be_raised_after_approval(world):
    laptops = [Laptop(number=number) for number in range(1, 9)]
    world.lock(*laptops)
    world.settings = msgspec.structs.replace(
        world.settings, cooling_off_hours=0, campaigns_need_canaries=False
    )
    honest = world.city.sign_manifest(manifest_of(*laptops, campaign=True, rate_per_hour=1))
    greedy = seal(manifest_of(*laptops, campaign=True, rate_per_hour=60), PayloadType.MANIFEST)
    world.courier.manifests = [
        honest,
        msgspec.structs.replace(greedy, signatures=honest.signatures),
    ]
    assert len(world.round().released) == 1


def test_the_cooling_off_does_not_shrink_when_the_list_is_hidden_and_shown_again(world):
    laptop = Laptop()
    world.lock(laptop)
    document = world.approve(manifest_of(laptop, campaign=True, rate_per_hour=9))
    nothing_released(world, "cooling_off")
    world.courier.manifests = []
    world.clock.passes(hours=12)
    nothing_released(world)
    world.courier.manifests = [document]
    world.clock.passes(hours=11)
    nothing_released(world, "cooling_off")


def test_rubbish_in_the_inbox_harms_nobody(world, victim):
    rubbish = [
        SignedDocument(payload="%%%", payloadType=PayloadType.MANIFEST.value, signatures=()),
        SignedDocument(payload="e30=", payloadType=PayloadType.MANIFEST.value, signatures=()),
        SignedDocument(
            payload="e30=", payloadType="x" * 999, signatures=(SignatureEntry(keyid="a", sig="%"),)
        ),
    ]
    world.courier.manifests, world.courier.receipts = list(rubbish), rubbish + world.courier.receipts
    world.courier.keys = [*world.city.documents, *rubbish]
    world.courier.device_keys |= {"x": "no key", key_id(new_key()): ""}
    assert len(world.round().held) == 3
    world.approve(manifest_of(victim))
    assert world.round().released == (victim.serial,)


def test_a_critical_field_that_this_signer_does_not_know_is_not_guessed(world, victim):
    class Tomorrow(Manifest, frozen=True, kw_only=True):
        only_if_moon_is_full: bool = True

    later = Tomorrow(**msgspec.structs.asdict(manifest_of(victim)) | {"critical": ("only_if_moon_is_full",)})
    document = seal(later, PayloadType.MANIFEST)
    for approver in world.city.approvers:
        document = add_signature(document, signer_for(approver))
    world.courier.manifests = [document]
    nothing_released(world, "not_approved")
