import pytest

from tenure_policies.document import DevicePolicy, parse
from tenure_policies.evaluate import Answered, Outcome, Reason, Unanswered, evaluate, not_for, query_for


@pytest.fixture
def policy() -> DevicePolicy:
    text = "name: Disk\nquery: SELECT 1\nplatform: linux,windows\nresolution: Encrypt it.\n"
    (found,) = parse(text, "f")
    return found


@pytest.mark.parametrize("rows", [1, 2, 10_000])
def test_one_or_more_rows_pass(policy: DevicePolicy, rows: int) -> None:
    verdict = evaluate(policy, Answered(rows=rows))
    assert (verdict.policy, verdict.outcome, verdict.reason) == ("Disk", Outcome.PASS, Reason.ROWS)


def test_no_row_fails_and_says_what_to_do(policy: DevicePolicy) -> None:
    verdict = evaluate(policy, Answered(rows=0))
    assert (verdict.outcome, verdict.reason, verdict.why) == (Outcome.FAIL, Reason.NO_ROWS, "Encrypt it.")


@pytest.mark.parametrize(
    "reason", [reason for reason in Reason if reason not in {Reason.ROWS, Reason.NO_ROWS}]
)
def test_no_answer_is_unknown_and_keeps_its_reason(policy: DevicePolicy, reason: Reason) -> None:
    verdict = evaluate(policy, Unanswered(reason=reason, detail="because"))
    assert (verdict.outcome, verdict.reason, verdict.why) == (Outcome.UNKNOWN, reason, "because")


def test_a_policy_is_asked_only_on_its_own_systems(policy: DevicePolicy) -> None:
    assert query_for(policy, "linux") == "SELECT 1"
    assert query_for(policy, "darwin") is None
    assert query_for(policy, "plan9") is None


def test_on_another_system_a_policy_is_unknown_and_says_for_which_it_is(policy: DevicePolicy) -> None:
    verdict = not_for(policy, "darwin")
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, Reason.OTHER_PLATFORM)
    assert verdict.why == "the policy is for linux, windows; this laptop runs darwin"


def test_the_words_are_those_of_the_contract() -> None:
    assert [outcome.value for outcome in Outcome] == ["pass", "fail", "unknown"]
