"""What a proof is worth."""

import msgspec

from tenure_policies.payloads import Proof


def test_a_proof_holds_only_for_what_opened_before_and_does_not_after():
    good = Proof(method="x", emulated=False, opened_before=True, opens_after=False, key_slots=0)
    assert good.proven
    for spoilt in ({"emulated": True}, {"opened_before": False}, {"opens_after": True}, {"key_slots": 1}):
        assert not msgspec.structs.replace(good, **spoilt).proven
    assert msgspec.structs.replace(good, key_slots=None).proven
