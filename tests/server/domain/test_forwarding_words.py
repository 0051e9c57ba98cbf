import pytest

from tenure_policies.forwarding.verdicts import BlindSpot, Finding, FindingKind, MailVerdict, Reason
from tenure_server.domain import forwarding_words


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("domain", [None, "gmail.com"])
def test_every_reason_is_said_in_a_sentence(reason: Reason, domain: str | None) -> None:
    finding = Finding(kind=FindingKind.RULE, reason=reason, rule_id="secret", target_domain=domain)
    said = str(forwarding_words.why(finding))
    assert said.endswith((".", ")."))
    assert not {"None", "{", "secret"} & set(said.split())
    assert "{" not in said


def test_no_two_reasons_are_said_alike() -> None:
    said = {forwarding_words.why(Finding(kind=FindingKind.RULE, reason=reason)).sentence for reason in Reason}
    assert len(said) == len(Reason)


def test_every_verdict_and_every_blind_spot_has_words() -> None:
    assert set(forwarding_words.VERDICTS) == set(MailVerdict)
    assert set(forwarding_words.BLIND_SPOTS) == set(BlindSpot)
