from datetime import timedelta

import msgspec
import pytest

from fakes.keys import ISSUED, MUNICIPALITY, city_with_signer, city_without_signer, key_id, new_key
from tenure_policies.envelope import read_unverified
from tenure_policies.payloads import KeysDocument, Profile, Role, RoleKeys
from tenure_policies.trusted_keys import judge_keys
from tenure_server.domain.ceremony import (
    NewRole,
    check_roles,
    destruction_on,
    first_document,
    next_document,
    next_keys,
)
from tenure_server.domain.errors import RefusedError


def roles_of(*keys, threshold=2):
    return NewRole(keys=tuple(key.public_key() for key in keys), threshold=threshold)


def test_the_first_keys_can_lock_but_wipe_nothing():
    city = city_without_signer()
    assert set(city.keys.roles) == {Role.ROOT, Role.DIRECTIVE}
    assert not destruction_on(city.keys)


def test_approvers_and_a_release_key_together_switch_destruction_on():
    assert destruction_on(city_with_signer().keys)


@pytest.mark.parametrize("role", [Role.APPROVE, Role.RELEASE])
def test_approvers_or_a_release_key_alone_do_not_switch_destruction_on(role):
    city = city_with_signer()
    roles = {kept: entry for kept, entry in city.keys.roles.items() if kept is not role}
    assert not destruction_on(msgspec.structs.replace(city.keys, roles=roles))


def test_every_version_is_accepted_by_who_pinned_the_root():
    city = city_with_signer()
    first = judge_keys(city.documents[0], current=None, pinned_root=city.root_ids, municipality=MUNICIPALITY)
    second = judge_keys(
        city.documents[1], current=first, pinned_root=city.root_ids, municipality=MUNICIPALITY
    )
    assert (first.number, second.number) == (1, 2)


def test_one_approver_is_refused():
    with pytest.raises(RefusedError, match="at least 2 different"):
        next_document(
            city_without_signer().keys, {Role.APPROVE: roles_of(new_key(), threshold=1)}, now=ISSUED
        )


def test_one_approver_named_twice_is_refused():
    approver = new_key()
    with pytest.raises(RefusedError, match="1 given"):
        next_document(city_without_signer().keys, {Role.APPROVE: roles_of(approver, approver)}, now=ISSUED)


def test_a_threshold_of_one_is_refused():
    with pytest.raises(RefusedError, match="two people"):
        next_document(
            city_without_signer().keys,
            {Role.APPROVE: roles_of(new_key(), new_key(), threshold=1)},
            now=ISSUED,
        )


def test_a_threshold_beyond_the_approvers_is_refused():
    with pytest.raises(RefusedError, match="only 2"):
        next_document(
            city_without_signer().keys,
            {Role.APPROVE: roles_of(new_key(), new_key(), threshold=3)},
            now=ISSUED,
        )


@pytest.mark.parametrize("other", ["root", "directive", "release"])
def test_an_approver_who_holds_another_key_of_the_chain_is_refused(other):
    city = city_with_signer()
    with pytest.raises(RefusedError, match="a key of its own"):
        next_document(city.keys, {Role.APPROVE: roles_of(getattr(city, other), new_key())}, now=ISSUED)


def test_the_web_servers_key_cannot_be_the_release_key():
    city = city_without_signer()
    with pytest.raises(RefusedError, match="a key of its own"):
        next_document(city.keys, {Role.RELEASE: roles_of(city.directive, threshold=1)}, now=ISSUED)


def test_a_stranger_cannot_sign_the_next_version():
    with pytest.raises(RefusedError, match="root key given is not enough"):
        next_keys(city_without_signer().keys, [new_key()], {}, now=ISSUED)


def test_replacing_root_needs_the_old_and_the_new_root():
    city, heir = city_with_signer(), new_key()
    change = {Role.ROOT: roles_of(heir, threshold=1)}
    for alone in (city.root, heir):
        with pytest.raises(RefusedError):
            next_keys(city.keys, [alone], change, now=ISSUED)
    signed = next_keys(city.keys, [city.root, heir], change, now=ISSUED)
    accepted = judge_keys(signed, current=city.keys, pinned_root=frozenset(), municipality=MUNICIPALITY)
    assert accepted.roles[Role.ROOT].keyids == (key_id(heir),)


def test_a_rotation_keeps_the_other_roles_and_drops_keys_that_nobody_holds():
    city, heir = city_with_signer(), new_key()
    later = ISSUED + timedelta(days=9)
    signed = next_keys(city.keys, [city.root], {Role.DIRECTIVE: roles_of(heir, threshold=1)}, now=later)
    following = read_unverified(signed, KeysDocument)
    assert following.number == city.keys.number + 1
    assert following.issued == later
    assert following.roles[Role.APPROVE] == city.keys.roles[Role.APPROVE]
    assert key_id(city.directive) not in following.keys
    assert key_id(heir) in following.keys


def test_root_and_directive_can_never_be_one_key():
    key = new_key().public_key()
    with pytest.raises(RefusedError):
        first_document(municipality=MUNICIPALITY, profile=Profile.DEMO, root=key, directive=key, now=ISSUED)


def test_roles_made_by_somebody_else_are_checked_too():
    city = city_with_signer()
    approver = city.keys.roles[Role.APPROVE].keyids[0]
    forged = msgspec.structs.replace(
        city.keys,
        roles=city.keys.roles | {Role.APPROVE: RoleKeys(keyids=(approver, approver), threshold=2)},
    )
    with pytest.raises(RefusedError):
        check_roles(forged)
