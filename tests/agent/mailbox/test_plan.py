"""What is due about a mailbox, and what is said of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_agent.mailbox.plan import (
    CHECK_EVERY,
    FIXES_KEPT,
    RENEW_EVERY,
    Fix,
    MailMemory,
    Turn,
    begun,
    is_account,
    memory_for,
    next_turn,
    renewed,
    report_of,
    settled,
    to_switch_off,
)
from tenure_policies.forwarding.mail_order import MailOrder, MailReport
from tenure_policies.forwarding.tenant import User
from tenure_policies.forwarding.verdicts import (
    Finding,
    FindingKind,
    MailboxJudgement,
    MailVerdict,
    Reason,
)

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ORDER = MailOrder(
    municipality="kuntala", device="device-1", epoch=2, number=5, issued=NOW,
    expires=NOW + timedelta(days=7), address="aino@city.gov", language="fi",
    authority="https://login.microsoftonline.com/t", client_id="c", graph="https://graph.microsoft.com/v1.0",
)  # fmt: skip
LOOKED = MailMemory(device="device-1", epoch=2, address="Aino@City.gov", number=5, ran_at=NOW)


def turn(memory: MailMemory | None, order: MailOrder | None = ORDER, **facts: Any) -> Turn | None:
    return next_turn(memory, order, **{"locked": False, "now": NOW, **facts})


def changed(**changes: Any) -> MailMemory:
    return msgspec.structs.replace(LOOKED, **changes)


def test_a_new_order_is_looked_at_at_once_and_an_old_one_hourly():
    assert turn(None) is Turn.CHECK
    assert turn(LOOKED) is None
    assert turn(LOOKED, msgspec.structs.replace(ORDER, number=6)) is Turn.CHECK
    assert turn(LOOKED, now=NOW + CHECK_EVERY - timedelta(seconds=1)) is None
    assert turn(LOOKED, now=NOW + CHECK_EVERY) is Turn.CHECK


def test_a_time_before_the_last_look_is_no_reason_to_wait():
    assert turn(LOOKED, now=NOW - timedelta(minutes=1)) is Turn.CHECK


@pytest.mark.parametrize("nobody", [None, changed(address="")])
def test_without_an_order_or_locked_nothing_is_due_if_nobody_is_signed_in(nobody: MailMemory | None):
    assert turn(nobody, None) is None
    assert turn(nobody, locked=True) is None
    assert turn(nobody, now=ORDER.expires) is None


def test_a_sign_in_ends_with_its_order_its_holder_its_enrolment_or_a_lock():
    assert turn(LOOKED, None) is Turn.SIGN_OUT
    assert turn(LOOKED, locked=True) is Turn.SIGN_OUT
    assert turn(LOOKED, now=ORDER.expires) is Turn.SIGN_OUT
    assert turn(LOOKED, msgspec.structs.replace(ORDER, address="eero@city.gov", number=6)) is Turn.SIGN_OUT
    assert turn(changed(epoch=1)) is Turn.SIGN_OUT
    assert turn(changed(device="device-2")) is Turn.SIGN_OUT


def test_what_was_remembered_of_an_earlier_enrolment_is_not_of_this_one():
    assert memory_for(changed(epoch=1), ORDER) == MailMemory(device="device-1", epoch=2)
    assert memory_for(LOOKED, ORDER) == LOOKED


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("AINO@city.gov", True),
        ("aino.virtanen@city.gov", True),
        ("a.v@city.gov", True),
        ("eero@city.gov", False),
        ("x500:/o=city", False),
        ("", False),
    ],
)
def test_an_account_is_known_by_its_name_or_any_of_its_own_addresses(address: str, same: bool):
    user = User(
        id="1", user_principal_name="aino@city.gov", mail="Aino.Virtanen@city.gov",
        proxy_addresses=("SMTP:Aino.Virtanen@city.gov", "smtp:a.v@city.gov", "X500:/o=city", ""),
    )  # fmt: skip
    assert is_account(user, address) is same


def finding(rule: str | None = "r1", domain: str | None = "gmail.com", **changes: Any) -> Finding:
    fields: dict[str, Any] = {"kind": FindingKind.RULE, "reason": Reason.OUTSIDE_DOMAIN, "outside": True}
    return Finding(**{**fields, "rule_id": rule, "target_domain": domain, **changes})


def judgement(*findings: Finding) -> MailboxJudgement:
    return MailboxJudgement(user="1", verdict=MailVerdict.VIOLATION, findings=findings)


def test_only_a_rule_that_is_on_and_leads_outside_is_switched_off():
    judged = judgement(
        finding(),
        finding(domain="a.example"),
        finding("r2", active=False),
        finding("r3", outside=False),
        finding("r4", kind=FindingKind.UNREADABLE),
        finding(None),
        finding("r5", None),
    )
    assert to_switch_off(judged) == {"r1": ("a.example", "gmail.com"), "r5": ()}


def test_what_was_written_down_and_is_off_was_done_and_what_is_still_on_was_not():
    fixes = begun((), "r1", ("gmail.com",), NOW)
    later = NOW + timedelta(minutes=1)
    assert [fix.done_at for fix in settled(fixes, frozenset(), later)] == [later]
    assert settled(fixes, frozenset({"r1"}), later) == ()


def test_a_rule_that_was_switched_on_again_is_a_second_fix():
    first = settled(begun((), "r1", ("gmail.com",), NOW), frozenset(), NOW)
    second = settled(begun(first, "r1", ("gmail.com",), NOW + timedelta(days=1)), frozenset(), NOW)
    assert len(second) == 2


def test_few_fixes_are_remembered_and_the_newest_are():
    fixes: tuple[Fix, ...] = ()
    for number in range(FIXES_KEPT + 5):
        fixes = settled(begun(fixes, f"r{number}", (), NOW), frozenset(), NOW)
    assert [fix.rule for fix in fixes] == [f"r{number}" for number in range(5, FIXES_KEPT + 5)]


def test_a_report_names_rules_and_domains_and_which_rules_this_laptop_switched_off():
    fixes = settled(begun((), "r1", ("gmail.com",), NOW), frozenset(), NOW)
    report = report_of(ORDER, judgement(finding(active=False), finding("r2", active=False)), fixes, NOW)
    assert [(one.rule_id, one.fixed) for one in report.findings] == [("r1", True), ("r2", False)]
    assert [(fix.rule_id, fix.target_domains, fix.fixed_at) for fix in report.fixes] == [
        ("r1", ("gmail.com",), NOW)
    ]
    text = msgspec.json.encode(report).decode()
    assert "@" not in text


@given(st.integers(0, 100), st.booleans())
def test_an_equal_report_is_the_old_one_until_it_is_old(hours: int, same: bool):
    before = report_of(ORDER, judgement(finding()), (), NOW)
    after = report_of(ORDER, judgement(finding(active=same)), (), NOW + timedelta(hours=hours))
    kept = renewed(before, after)
    assert (kept is before) == (same and timedelta(hours=hours) < RENEW_EVERY)
    assert renewed(None, after) is after


def test_a_report_without_a_time_is_never_kept():
    bare = MailReport(number=5, state="failed")
    assert renewed(bare, bare) is bare
