import pytest

from fakes.keys import also_signed, new_key
from fakes.signer import Laptop, SignerWorld, holds, manifest_of
from tenure_policies.envelope import PayloadType, seal, signer_for
from tenure_policies.payloads import Role, RoleKeys
from tenure_server.domain.ceremony import NewRole, next_document

HOURS = 72


@pytest.fixture
def world(tmp_path):
    return SignerWorld(tmp_path)


def approvers(*keys, threshold=2):
    return {Role.APPROVE: NewRole(keys=tuple(key.public_key() for key in keys), threshold=threshold)}


def show(world, payload, signed_by):
    """Let the server show a document after those that root made."""
    world.courier.keys = [*world.city.documents, seal(payload, PayloadType.KEYS, signer_for(signed_by))]


def offer(world, change):
    """Let root sign a change and the server show it."""
    return world.city.publish(change)


def test_a_new_approver_waits(world):
    newcomer = new_key()
    offer(world, approvers(*world.city.approvers, newcomer))
    done = world.round()
    assert (done.keys_number, done.waiting_keys) == (2, (3,))
    world.clock.passes(hours=HOURS, seconds=-1)
    assert world.round().keys_number == 2
    world.clock.passes(seconds=1)
    done = world.round()
    assert (done.keys_number, done.waiting_keys) == (3, ())


def test_a_new_approvers_signature_counts_only_after_the_delay(world):
    newcomer, laptop = new_key(), Laptop()
    offer(world, approvers(*world.city.approvers, newcomer))
    world.lock(laptop)
    world.approve(manifest_of(laptop), world.city.approvers[0], newcomer)
    assert holds(world.round()) == ["not_approved"]
    world.clock.passes(hours=HOURS)
    assert world.round().released


def test_the_delay_begins_when_the_signer_saw_the_document_not_when_it_was_made(world):
    world.clock.passes(days=30)
    offer(world, approvers(*world.city.approvers, new_key()))
    assert world.round().keys_number == 2
    world.clock.passes(hours=HOURS)
    assert world.round().keys_number == 3


def test_a_shrunken_group_is_not_followed_however_long_without_the_old_groups_approval(world):
    offer(world, approvers(*world.city.approvers[:2]))
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 2


def test_a_shrunken_group_needs_the_delay_too(world):
    signed = offer(world, approvers(*world.city.approvers[:2]))
    world.courier.keys[-1] = also_signed(signed, *world.city.approvers[:2])
    assert world.round().keys_number == 2
    world.clock.passes(hours=HOURS)
    assert world.round().keys_number == 3


def test_one_old_approver_cannot_agree_to_a_shrunken_group(world):
    signed = offer(world, approvers(*world.city.approvers[:2]))
    world.courier.keys[-1] = also_signed(signed, world.city.approvers[0])
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 2


def test_replacing_an_approver_counts_as_shrinking(world):
    offer(world, approvers(*world.city.approvers[:2], new_key()))
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 2


def test_a_lower_threshold_counts_as_shrinking(tmp_path):
    world = SignerWorld(tmp_path)
    offer(world, approvers(*world.city.approvers, threshold=3))
    world.round()
    world.clock.passes(hours=HOURS)
    assert world.round().keys_number == 3
    offer(world, approvers(*world.city.approvers, threshold=2))
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 3


def test_the_old_groups_approvals_may_arrive_one_by_one_and_the_server_may_hide_them_again(world):
    signed = offer(world, approvers(*world.city.approvers[:2]))
    for approver in world.city.approvers[:2]:
        world.courier.keys[-1] = also_signed(signed, approver)
        world.round()
    world.courier.keys.pop()
    world.clock.passes(hours=HOURS)
    assert world.round().keys_number == 3


def test_an_approver_who_is_to_be_removed_counts_no_more_at_once(world):
    leaving, laptop = world.city.approvers[0], Laptop()
    offer(world, approvers(*world.city.approvers[1:]))
    world.lock(laptop)
    world.approve(manifest_of(laptop), leaving, world.city.approvers[1])
    assert holds(world.round()) == ["not_approved"]
    world.courier.manifests.clear()
    world.approve(manifest_of(laptop), *world.city.approvers[1:])
    assert world.round().released


def test_a_document_that_root_did_not_sign_is_not_even_remembered(world):
    forged = next_document(world.city.keys, approvers(new_key(), new_key()), now=world.clock.now())
    world.courier.keys = [
        *world.city.documents,
        seal(forged, PayloadType.KEYS, signer_for(world.city.directive)),
    ]
    world.round()
    assert not world.journal.waiting_keys()


def test_a_document_that_skips_a_number_is_not_followed(world):
    skipped = next_document(
        next_document(world.city.keys, {}, now=world.clock.now()), {}, now=world.clock.now()
    )
    show(world, skipped, world.city.root)
    assert world.round().keys_number == 2


def test_root_alone_cannot_make_one_person_enough(world):
    lone = RoleKeys(keyids=world.city.keys.roles[Role.APPROVE].keyids[:1], threshold=1)
    payload = next_document(world.city.keys, {}, now=world.clock.now())
    payload.roles[Role.APPROVE] = lone
    show(world, payload, world.city.root)
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 2


def test_removing_all_approvers_counts_as_shrinking(world):
    payload = next_document(world.city.keys, {}, now=world.clock.now())
    payload.roles.pop(Role.APPROVE)
    show(world, payload, world.city.root)
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 2


def test_even_the_old_group_cannot_make_one_person_enough(world):
    payload = next_document(world.city.keys, {}, now=world.clock.now())
    payload.roles[Role.APPROVE] = RoleKeys(keyids=world.city.keys.roles[Role.APPROVE].keyids[:1], threshold=1)
    show(world, payload, world.city.root)
    world.courier.keys[-1] = also_signed(world.courier.keys[-1], *world.city.approvers)
    world.round()
    world.clock.passes(days=365)
    assert world.round().keys_number == 2
