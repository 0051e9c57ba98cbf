import msgspec
import pytest

from fakes.keys import city_with_signer, key_id
from fakes.signer import Laptop, manifest_of
from tenure_policies.envelope import SignatureEntry
from tenure_policies.payloads import Role
from tenure_server.domain.signatures import only_valid


def test_good_signatures_are_kept_and_others_left_out():
    city = city_with_signer()
    signed = city.sign_manifest(manifest_of(Laptop()))
    stranger = SignatureEntry(keyid="0" * 64, sig=signed.signatures[0].sig)
    borrowed = SignatureEntry(keyid=key_id(city.approvers[2]), sig=signed.signatures[0].sig)
    crowded = msgspec.structs.replace(signed, signatures=(stranger, borrowed, *signed.signatures))
    kept = only_valid(crowded, city.trusted.of(Role.APPROVE))
    assert {entry.keyid for entry in kept.signatures} == {key_id(key) for key in city.approvers[:2]}
    assert kept.payload == signed.payload


@pytest.mark.parametrize("sig", ["", "%%%", "AAAA", "é"])
def test_a_malformed_signature_harms_no_other(sig):
    city = city_with_signer()
    signed = city.sign_manifest(manifest_of(Laptop()))
    odd = SignatureEntry(keyid=key_id(city.approvers[2]), sig=sig)
    kept = only_valid(
        msgspec.structs.replace(signed, signatures=(odd, *signed.signatures)), city.trusted.of(Role.APPROVE)
    )
    assert len(kept.signatures) == 2


def test_a_document_without_good_signatures_keeps_none():
    city = city_with_signer()
    signed = city.sign_manifest(manifest_of(Laptop()))
    assert only_valid(signed, {}).signatures == ()
