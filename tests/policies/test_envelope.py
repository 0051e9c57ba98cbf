from typing import Any

import msgspec
import pytest

from fakes.municipality import Municipality, name_of, new_key
from tenure_policies.directive import Identity
from tenure_policies.envelope import (
    MAX_DOCUMENT_BYTES,
    Payload,
    PayloadType,
    SignatureEntry,
    SignatureError,
    SignedDocument,
    UnreadableError,
    WrongTypeError,
    add_signature,
    digest,
    load_public_key,
    merge_signatures,
    open_document,
    payload_bytes,
    public_pem,
    read_payload,
    read_unverified,
    seal,
    signed_by,
    signer_for,
    thumbprint,
)
from tenure_policies.payloads import Directive

CITY = Municipality()
LAPTOP = Identity(municipality="kuntala", device="device-1", device_key="k", epoch=1, serial="S1")
ALICE, BOB = new_key(), new_key()


class Note(Payload, frozen=True, kw_only=True):
    text: str


def note(*keys: Any, text: str = "hello") -> SignedDocument:
    return seal(Note(text=text), PayloadType.TIME, *(signer_for(key) for key in keys))


def keys_of(*keys: Any) -> dict[str, Any]:
    return {name_of(key): key.public_key() for key in keys}


def test_a_signed_document_gives_back_what_was_signed():
    opened = open_document(note(ALICE), PayloadType.TIME, Note, keys=keys_of(ALICE), threshold=1)
    assert opened.text == "hello"


def test_a_document_of_one_kind_is_never_taken_for_another():
    with pytest.raises(WrongTypeError):
        open_document(note(ALICE), PayloadType.DIRECTIVE, Note, keys=keys_of(ALICE), threshold=1)


def test_renaming_the_kind_of_a_document_breaks_its_signature():
    renamed = msgspec.structs.replace(note(ALICE), payloadType=PayloadType.DIRECTIVE.value)
    with pytest.raises(SignatureError):
        open_document(renamed, PayloadType.DIRECTIVE, Note, keys=keys_of(ALICE), threshold=1)


def test_an_altered_payload_is_refused():
    altered = msgspec.structs.replace(note(ALICE), payload=note(ALICE, text="other").payload)
    with pytest.raises(SignatureError):
        open_document(altered, PayloadType.TIME, Note, keys=keys_of(ALICE), threshold=1)


def test_an_unsigned_draft_is_refused():
    with pytest.raises(SignatureError):
        open_document(note(), PayloadType.TIME, Note, keys=keys_of(ALICE), threshold=1)


def test_one_signature_where_two_are_due_is_refused():
    with pytest.raises(SignatureError):
        open_document(note(ALICE), PayloadType.TIME, Note, keys=keys_of(ALICE, BOB), threshold=2)


def test_two_keys_reach_a_threshold_of_two():
    opened = open_document(note(ALICE, BOB), PayloadType.TIME, Note, keys=keys_of(ALICE, BOB), threshold=2)
    assert opened.text == "hello"


def test_one_key_listed_under_two_names_counts_once():
    twice = {"alice": ALICE.public_key(), "alias": ALICE.public_key()}
    with pytest.raises(SignatureError):
        open_document(note(ALICE), PayloadType.TIME, Note, keys=twice, threshold=2)


def test_one_signature_given_twice_under_two_names_counts_once():
    signed = note(ALICE)
    doubled = msgspec.structs.replace(
        signed,
        signatures=(
            *signed.signatures,
            SignatureEntry(keyid=name_of(BOB), sig=signed.signatures[0].sig),
        ),
    )
    with pytest.raises(SignatureError):
        open_document(doubled, PayloadType.TIME, Note, keys=keys_of(ALICE, BOB), threshold=2)


def test_a_signature_that_claims_another_keys_name_is_refused():
    signed = note(ALICE)
    claimed = msgspec.structs.replace(
        signed, signatures=(SignatureEntry(keyid=name_of(BOB), sig=signed.signatures[0].sig),)
    )
    with pytest.raises(SignatureError):
        open_document(claimed, PayloadType.TIME, Note, keys=keys_of(BOB), threshold=1)


def test_a_key_is_named_by_its_thumbprint_whatever_the_list_calls_it():
    mislabelled = {name_of(BOB): ALICE.public_key()}
    assert signed_by(note(ALICE), mislabelled) == {name_of(ALICE)}


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_below_one_verifies_nothing(threshold: int):
    with pytest.raises(SignatureError):
        open_document(note(ALICE), PayloadType.TIME, Note, keys=keys_of(ALICE), threshold=threshold)


def test_no_keys_verify_nothing():
    with pytest.raises(SignatureError):
        open_document(note(ALICE), PayloadType.TIME, Note, keys={}, threshold=1)


@pytest.mark.parametrize("sig", ["", "not base64!", "AAAA"])
def test_a_malformed_signature_is_refused(sig: str):
    broken = msgspec.structs.replace(note(ALICE), signatures=(SignatureEntry(keyid=name_of(ALICE), sig=sig),))
    with pytest.raises(SignatureError):
        open_document(broken, PayloadType.TIME, Note, keys=keys_of(ALICE), threshold=1)


def test_who_signed_is_told_of_the_given_keys_only():
    assert signed_by(note(ALICE, BOB), keys_of(ALICE)) == {name_of(ALICE)}
    assert signed_by(note(), keys_of(ALICE)) == frozenset()


def test_a_second_signature_can_be_added_later():
    both = add_signature(note(ALICE), signer_for(BOB))
    assert signed_by(both, keys_of(ALICE, BOB)) == {name_of(ALICE), name_of(BOB)}


def test_two_copies_merge_into_one_with_both_signatures():
    merged = merge_signatures(note(ALICE), note(BOB))
    assert signed_by(merged, keys_of(ALICE, BOB)) == {name_of(ALICE), name_of(BOB)}


def test_different_documents_do_not_merge():
    with pytest.raises(WrongTypeError):
        merge_signatures(note(ALICE), note(BOB, text="other"))


def test_fields_unknown_to_the_reader_are_ignored():
    assert read_payload(b'{"text": "hello", "from_the_future": {"a": 1}}', Note).text == "hello"


def test_an_unknown_field_that_is_critical_is_refused_by_name():
    with pytest.raises(UnreadableError, match="from_the_future"):
        read_payload(b'{"text": "hello", "from_the_future": 1, "critical": ["from_the_future"]}', Note)


def test_a_critical_field_that_is_known_is_read():
    assert read_payload(b'{"text": "hello", "critical": ["text"]}', Note).text == "hello"


def test_a_critical_field_is_refused_also_in_a_signed_document():
    signed = note(ALICE)
    with pytest.raises(UnreadableError):
        read_unverified(
            seal(Note(text="x", critical=("new_rule",)), PayloadType.TIME, signer_for(ALICE)), Note
        )
    assert read_unverified(signed, Note).text == "hello"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"text": 1}', b"\xff", b'{"text": "a"'])
def test_what_is_no_message_is_unreadable(body: bytes):
    with pytest.raises(UnreadableError):
        read_payload(body, Note)


def test_a_payload_that_is_not_base64_is_unreadable():
    with pytest.raises(UnreadableError):
        payload_bytes(msgspec.structs.replace(note(ALICE), payload="%%%"))


def test_a_document_beyond_the_limit_is_unreadable():
    with pytest.raises(UnreadableError):
        digest(msgspec.structs.replace(note(ALICE), payload="A" * (MAX_DOCUMENT_BYTES + 4)))


def test_a_documents_digest_does_not_depend_on_who_signed_it():
    assert digest(note(ALICE)) == digest(note(BOB)) != digest(note(ALICE, text="other"))


def test_a_key_reads_back_from_its_pem_under_the_same_thumbprint():
    assert thumbprint(load_public_key(public_pem(ALICE.public_key()))) == name_of(ALICE)


def test_what_is_no_p256_key_is_refused():
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    for pem in (
        "",
        "-----BEGIN PUBLIC KEY-----",
        other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    ):
        with pytest.raises(UnreadableError):
            load_public_key(pem)


def test_a_directive_survives_the_journey_through_json():
    order = CITY.order(LAPTOP)
    sent = msgspec.json.encode(CITY.sign(order))
    received = msgspec.json.decode(sent, type=SignedDocument)
    assert (
        open_document(received, PayloadType.DIRECTIVE, Directive, keys=keys_of(CITY.directive), threshold=1)
        == order
    )
