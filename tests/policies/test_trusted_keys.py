"""Keys are pinned by root, rotated by root, and named by their own thumbprints."""

from typing import Any

import msgspec
import pytest

from fakes.municipality import Municipality, name_of, new_key
from tenure_policies.directive import Identity
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.payloads import KeysDocument, Profile, Role, RoleKeys
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError, judge_keys

CITY = Municipality()
LAPTOP = Identity(municipality="kuntala", device="device-1", device_key="key-1", epoch=2, serial="S1")


def accept(documents: list[SignedDocument], root: str, municipality: str = "kuntala") -> KeysDocument | None:
    current = None
    for document in documents:
        current = judge_keys(
            document, current=current, pinned_root=frozenset({root}), municipality=municipality
        )
    return current


def keys_refusal(documents: list[SignedDocument], root: str, municipality: str = "kuntala") -> Refusal:
    with pytest.raises(RefusedDocumentError) as caught:
        accept(documents, root, municipality)
    return caught.value.refusal


def test_the_first_keys_rest_on_the_root_pinned_at_enrolment():
    accepted = accept(CITY.documents, CITY.root_thumbprint)
    assert accepted is not None
    assert accepted.number == 1


def test_keys_of_a_root_that_was_not_pinned_are_refused():
    stranger = Municipality()
    assert keys_refusal(stranger.documents, CITY.root_thumbprint) is Refusal.BAD_SIGNATURE


def test_keys_that_list_the_pinned_root_but_are_signed_by_another_are_refused():
    stranger = new_key()
    forged = seal(CITY.keys_payload(number=1), PayloadType.KEYS, signer_for(stranger))
    assert keys_refusal([forged], CITY.root_thumbprint) is Refusal.BAD_SIGNATURE


def test_keys_of_another_municipality_are_refused():
    assert keys_refusal(CITY.documents, CITY.root_thumbprint, "naapurila") is Refusal.OTHER_MUNICIPALITY


def test_a_rotation_replaces_the_directive_key():
    rotated = CITY.rotated(directive=new_key())
    accepted = accept(rotated.documents, CITY.root_thumbprint)
    assert accepted is not None
    assert accepted.number == 2
    assert accepted.roles[Role.DIRECTIVE] != CITY.keys.document.roles[Role.DIRECTIVE]


def test_a_root_is_replaced_by_the_signatures_of_both():
    rotated = CITY.rotated(root=new_key())
    assert accept(rotated.documents, CITY.root_thumbprint) is not None


def test_a_root_cannot_replace_itself_without_the_one_before():
    alone = Municipality(root=new_key(), documents=list(CITY.documents))
    alone.publish()
    assert keys_refusal(alone.documents, CITY.root_thumbprint) is Refusal.BAD_SIGNATURE


def test_a_root_cannot_name_a_successor_that_did_not_sign():
    unwilling = Municipality(root=new_key(), documents=list(CITY.documents))
    payload = unwilling.keys_payload()
    document = seal(payload, PayloadType.KEYS, signer_for(CITY.root))
    assert keys_refusal([*CITY.documents, document], CITY.root_thumbprint) is Refusal.BAD_SIGNATURE


def test_a_keys_number_is_never_skipped_or_repeated():
    rotated = CITY.rotated(directive=new_key()).rotated(directive=new_key())
    skipped = [rotated.documents[0], rotated.documents[2]]
    assert keys_refusal(skipped, CITY.root_thumbprint) is Refusal.SKIPPED_KEYS_NUMBER
    repeated = [rotated.documents[0], rotated.documents[0]]
    assert keys_refusal(repeated, CITY.root_thumbprint) is Refusal.SKIPPED_KEYS_NUMBER


@pytest.mark.parametrize("became", list(Profile))
def test_a_rotation_never_changes_the_profile(became: Profile):
    was = Profile.DEMO if became is Profile.PRODUCTION else Profile.PRODUCTION
    city = Municipality(profile=was)
    city.profile = became
    city.publish()
    assert keys_refusal(city.documents, city.root_thumbprint) is Refusal.DEMO_KEYS


def signed_keys(**changes: Any) -> SignedDocument:
    return seal(CITY.keys_payload(number=1, **changes), PayloadType.KEYS, signer_for(CITY.root))


def test_a_key_listed_under_anothers_thumbprint_is_refused():
    keys = dict(CITY.keys_payload().keys)
    one, two = (name_of(key) for key in CITY.approvers[:2])
    keys[two] = keys[one]
    assert keys_refusal([signed_keys(keys=keys)], CITY.root_thumbprint) is Refusal.UNREADABLE


def test_a_key_that_is_no_key_is_refused():
    keys = {**CITY.keys_payload().keys, "0" * 64: "not a key"}
    assert keys_refusal([signed_keys(keys=keys)], CITY.root_thumbprint) is Refusal.UNREADABLE


@pytest.mark.parametrize(
    "entry",
    [
        RoleKeys(keyids=("f" * 64,), threshold=1),
        RoleKeys(keyids=(name_of(CITY.release),), threshold=2),
        RoleKeys(keyids=(name_of(CITY.release), name_of(CITY.release)), threshold=2),
        RoleKeys(keyids=(name_of(CITY.release),), threshold=0),
    ],
)
def test_a_role_that_cannot_be_what_it_says_is_refused(entry: RoleKeys):
    roles = {**CITY.keys_payload().roles, Role.RELEASE: entry}
    assert keys_refusal([signed_keys(roles=roles)], CITY.root_thumbprint) is Refusal.UNREADABLE


def test_keys_without_a_root_are_refused():
    roles = {role: entry for role, entry in CITY.keys_payload().roles.items() if role is not Role.ROOT}
    assert keys_refusal([signed_keys(roles=roles)], CITY.root_thumbprint) is Refusal.UNREADABLE


def test_keys_that_do_not_read_are_refused():
    unreadable = seal(CITY.order(LAPTOP), PayloadType.KEYS, signer_for(CITY.root))
    assert keys_refusal([unreadable], CITY.root_thumbprint) is Refusal.UNREADABLE


def test_a_strangers_list_of_keys_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch):
    current = CITY.keys.document
    looked: list[str] = []
    monkeypatch.setattr(
        "tenure_policies.trusted_keys._check_keyids", lambda _document: looked.append("looked")
    )
    following = msgspec.structs.replace(current, number=current.number + 1)
    with pytest.raises(RefusedDocumentError) as caught:
        judge_keys(
            seal(following, PayloadType.KEYS, signer_for(new_key())),
            current=current,
            pinned_root=frozenset(),
            municipality=current.municipality,
        )
    assert caught.value.refusal is Refusal.BAD_SIGNATURE
    assert looked == []
