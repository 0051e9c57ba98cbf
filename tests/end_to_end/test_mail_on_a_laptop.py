"""The agent's own processes and the real msal at a simulated tenant: sign in once, look, switch off, tell."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.graph_simulator import Fault
from fakes.mail_laptop import HOLDER, MailLaptop, mail_laptop
from fakes.municipality import new_key

pytestmark = pytest.mark.enable_socket

RULES = "/me/mailFolders/inbox/messageRules"


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[MailLaptop]:
    with mail_laptop(tmp_path) as made:
        yield made


def is_on(laptop: MailLaptop, rule: str) -> bool:
    return bool(laptop.tenant.user(HOLDER).rules[rule]["isEnabled"])


def test_a_forward_is_switched_off_and_told_after_one_sign_in_silently_in_new_processes(laptop: MailLaptop):
    out = laptop.tenant.add_forward(HOLDER, "aino@gmail.com")
    inside = laptop.tenant.add_forward(HOLDER, "eero@city.gov")
    laptop.give()
    laptop.visit()
    assert laptop.report().state == "sign_in_needed"
    signed_in = laptop.sign_in()
    assert signed_in.returncode == 0, signed_in.stderr
    assert is_on(laptop, out), "signing in looks at nothing yet"
    laptop.visit()
    assert not is_on(laptop, out)
    assert is_on(laptop, inside)
    report = laptop.report()
    assert (report.state, report.verdict) == ("checked", "ok")
    assert [(fix.rule_id, fix.target_domains) for fix in report.fixes] == [(out, ("gmail.com",))]
    assert [one.fixed for one in report.findings if one.rule_id == out] == [True]
    laptop.give()
    laptop.visit()
    assert laptop.report().number == 2
    assert laptop.sign_ins() == 1
    assert len(laptop.calls("PATCH")) == 1
    patches = [one.body for one in laptop.tenant.log if one.method == "PATCH"]
    assert patches == [{"isEnabled": False}]


def test_the_code_is_shown_in_the_holders_language_and_in_that_of_the_desk(laptop: MailLaptop):
    laptop.give(language="sv")
    laptop.visit()
    shown = laptop.sign_in().stdout
    assert f"{HOLDER}: öppna https://" in shown
    assert f"{HOLDER}: on your phone or another computer, open https://" in shown
    assert "Signed in. The tokens are kept by a file sealed with a key on this laptop (software)." in shown


def test_no_token_lies_in_the_agents_directory_in_clear_text(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.visit()
    assert laptop.report().state == "checked"
    held = laptop.stored_bytes()
    assert laptop.tenant.refresh_grants, "there are tokens to be found"
    assert not [token for token in laptop.tenant.refresh_grants if token.encode() in held]
    assert not re.search(rb"eyJ[\w-]+\.eyJ", held), "no JSON web token either"
    assert b"refresh_token" not in held.lower()
    assert laptop.status()["protection"] == "software"
    assert (laptop.directory / "mail-tokens").stat().st_mode & 0o077 == 0
    assert (laptop.directory / "mail-tokens.key").stat().st_mode & 0o077 == 0


def test_another_account_is_not_taken_and_leaves_no_tokens(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    refused = laptop.sign_in("eero@city.gov")
    assert refused.returncode == 1
    assert f"Somebody else has signed in than {HOLDER}" in refused.stderr
    assert not (laptop.directory / "mail-tokens").exists()
    assert not laptop.status()["signed_in"]
    laptop.visit()
    assert laptop.report().state in ("wrong_account", "sign_in_needed")
    assert RULES not in laptop.calls()


def test_revoked_tokens_ask_for_a_new_sign_in_and_the_laptop_goes_on(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.visit()
    laptop.tenant.revoke_sessions(laptop.tenant.user(HOLDER))
    laptop.give()
    laptop.visit()
    assert laptop.report().state == "sign_in_needed"
    assert laptop.sign_in().returncode == 0
    laptop.visit()
    assert laptop.report().state == "checked"


def test_an_order_without_a_lease_only_reports(laptop: MailLaptop):
    rule = laptop.tenant.add_forward(HOLDER, "aino@gmail.com")
    laptop.give(fix_until=None)
    laptop.visit()
    laptop.sign_in()
    laptop.visit()
    assert is_on(laptop, rule)
    assert laptop.report().verdict == "violation"
    assert laptop.report().findings[0].target_domain == "gmail.com"


def test_a_lease_that_is_over_only_reports(laptop: MailLaptop):
    rule = laptop.tenant.add_forward(HOLDER, "aino@gmail.com")
    laptop.give(fix_until=datetime.now(UTC) - timedelta(minutes=1))
    laptop.visit()
    laptop.sign_in()
    laptop.visit()
    assert is_on(laptop, rule)
    assert laptop.report().verdict == "violation"


def test_orders_that_are_forged_old_for_another_laptop_or_expired_change_nothing(laptop: MailLaptop):
    now = datetime.now(UTC)
    forged = laptop.sign(laptop.order(), new_key())
    foreign = laptop.sign(laptop.order(device="device-2"))
    late = laptop.sign(laptop.order(expires=now - timedelta(seconds=1)))
    for document in (forged, foreign, late):
        laptop.server.changes["mail_order"] = document
        laptop.visit()
        assert laptop.status()["order"] is None
    laptop.visit()
    refusals = [report.refusal for request in laptop.server.requests for report in request.refusals]
    assert refusals == ["bad_signature", "other_device", "expired"]
    assert laptop.calls() == []


def test_a_new_holder_never_meets_the_tokens_of_the_one_before(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.visit()
    laptop.give(address="eero@city.gov")
    laptop.visit()
    assert not (laptop.directory / "mail-tokens").exists()
    assert laptop.report().state == "sign_in_needed"
    assert laptop.sign_in("eero@city.gov").returncode == 0


def test_a_locked_laptop_drops_its_tokens(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.server.order(state="locked")
    laptop.visit()
    assert not (laptop.directory / "mail-tokens").exists()
    assert laptop.agent("mail", "sign-in").returncode == 2


def test_signing_out_destroys_the_tokens(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    assert laptop.agent("mail", "sign-out").returncode == 0
    assert not (laptop.directory / "mail-tokens.key").exists()
    assert not laptop.status()["signed_in"]


def test_an_order_to_a_strange_host_sends_it_nothing(laptop: MailLaptop):
    laptop.give(authority="https://login.evil.example/tenant", graph="https://graph.evil.example/v1.0")
    laptop.visit()
    refused = laptop.agent("mail", "sign-in")
    assert refused.returncode == 1
    assert "login.evil.example is none of Microsoft's hosts" in refused.stderr


def test_throttling_is_waited_for_and_an_unreadable_mailbox_is_never_well(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.tenant.quirks.fail_next(2, status=429, path=f"*{RULES}", retry_after="0.3")
    laptop.visit()
    assert (laptop.report().state, laptop.report().verdict) == ("checked", "ok")
    laptop.tenant.quirks.add(Fault(path=f"*{RULES}", times=9, status=404, code="MailboxNotEnabledForRESTAPI"))
    laptop.give()
    laptop.visit()
    report = laptop.report()
    assert (report.state, report.verdict, report.error) == (
        "failed", "unknown", "MailboxNotEnabledForRESTAPI",
    )  # fmt: skip


def test_a_look_is_not_repeated_within_the_hour_and_an_equal_report_is_not_sent_again(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.visit()
    looked, told = len(laptop.calls()), len(laptop.server.requests)
    laptop.visit()
    assert len(laptop.calls()) == looked
    assert not any("mail" in request.documents for request in laptop.server.requests[told:])


def test_a_city_that_consented_to_reading_alone_is_told_and_nothing_is_switched_off(tmp_path: Path):
    with mail_laptop(tmp_path, scopes=("MailboxSettings.Read", "User.Read")) as laptop:
        rule = laptop.tenant.add_forward(HOLDER, "aino@gmail.com")
        laptop.give(fix_until=None)
        laptop.visit()
        assert laptop.sign_in().returncode == 0
        laptop.give()
        laptop.visit()
        assert is_on(laptop, rule)
        assert (laptop.report().state, laptop.report().verdict) == ("checked", "violation")
        assert laptop.report().error == "ErrorAccessDenied"


def test_an_unlock_is_not_hindered_by_a_tenant_that_hangs(laptop: MailLaptop):
    laptop.give()
    laptop.visit()
    laptop.sign_in()
    laptop.server.order(seq=1)
    laptop.tenant.quirks.add(Fault(path=f"*{RULES}", times=9, cut=True))
    done = laptop.visit()
    assert "failed" in laptop.report().state or laptop.report().error == "offline", done.stderr
    assert laptop.agent("status").returncode == 0
