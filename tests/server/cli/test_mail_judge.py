"""The 27 cases that forwarding is judged by, through `tenure mail judge` itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.judged_snapshots import told
from fakes.snapshots import (
    CITY,
    contact,
    domain,
    exchange_rule,
    group,
    mailbox,
    read_only_rule,
    recipient,
    rule,
    snapshot,
    user,
)

DN = "/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn=clerk"
CLERK = user("clerk", f"x500:{DN}", "smtp:mayor@city.gov")
Judged = list[dict[str, Any]]


class Judge:
    """The command, with the exit code that its answer must have."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self, tenant: dict[str, Any]) -> dict[str, Any]:
        result = told(self.folder, tenant, "--json")
        document: dict[str, Any] = json.loads(result.stdout)
        verdicts = {one["verdict"] for one in document["mailboxes"]}
        assert result.exit_code == ("violation" in verdicts), result.stderr
        assert [one["user"] for one in document["mailboxes"]] == [one["user"] for one in tenant["mailboxes"]]
        return document

    def me(self, *mailboxes: dict[str, Any], **more: Any) -> tuple[str, Judged]:
        answer = self.all(snapshot(*mailboxes, **more))["mailboxes"][0]
        return answer["verdict"], answer["findings"]

    def rule(self, *addresses: Any, **more: Any) -> tuple[str, Judged]:
        return self.me(mailbox("me", rule(*addresses)), **more)

    def verdict(self, *addresses: Any, **more: Any) -> str:
        return self.rule(*addresses, **more)[0]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


def kinds(findings: Judged) -> list[tuple[str, str | None, str | None, bool]]:
    return [(one["kind"], one["rule_id"], one["target_domain"], one["active"]) for one in findings]


@pytest.mark.parametrize("action", ["forwardTo", "redirectTo", "forwardAsAttachmentTo"])
def test_cases_1_2_3_forwarding_redirecting_and_attaching_to_an_outside_address_is_a_violation(
    judge: Judge, action: str
) -> None:
    verdict, findings = judge.me(mailbox("me", rule("a@gmail.com", action=action)))
    assert verdict == "violation"
    assert kinds(findings) == [("rule", "r1", "gmail.com", True)]
    assert set(findings[0]) == {"kind", "rule_id", "active", "target_domain", "why"}
    assert "gmail.com" in findings[0]["why"]


def test_case_4_of_mixed_recipients_only_the_outside_one_is_reported(judge: Judge) -> None:
    verdict, findings = judge.rule("clerk@city.gov", "a@gmail.com", "b@Gmail.com", "nobody@city.gov")
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "gmail.com", True)])


def test_case_5_an_own_address_in_any_case_is_ok(judge: Judge) -> None:
    assert judge.rule("CLERK@City.GOV") == ("ok", [])


def test_case_6_a_tag_makes_no_other_mailbox_and_no_own_one(judge: Judge) -> None:
    assert judge.verdict("clerk+x@city.gov") == "ok"
    assert kinds(judge.rule("me+x@city.gov")[1]) == [("loop", "r1", "city.gov", True)]
    assert judge.verdict("city+x@gmail.com") == "violation"


def test_case_6_an_address_with_a_plus_is_looked_up_whole_before_its_tag_is_stripped(judge: Judge) -> None:
    contacts = [contact("x", "a@gmail.com", "smtp:clerk+x@city.gov")]
    assert judge.verdict("clerk+x@city.gov", contacts=contacts) == "violation"
    assert judge.verdict("clerk+y@city.gov", contacts=contacts) == "ok"


@pytest.mark.parametrize("address", ["a@evilcity.gov", "a@city.gov.evil.com", "a@gov", "a@city.gov@evil.com"])
def test_cases_7_8_a_domain_that_only_contains_the_citys_is_outside(judge: Judge, address: str) -> None:
    assert judge.verdict(address) == "violation"


def test_case_9_a_subdomain_is_outside_unless_it_is_verified_and_carries_mail(judge: Judge) -> None:
    assert judge.verdict("a@mail.city.gov") == "violation"
    assert judge.verdict("a@mail.city.gov", domains=[CITY, domain("mail.city.gov")]) == "ok"
    unverified = [CITY, domain("mail.city.gov", verified=False)]
    without_mail = [CITY, domain("mail.city.gov", email=False)]
    assert judge.verdict("a@mail.city.gov", domains=unverified) == "violation"
    assert judge.verdict("a@mail.city.gov", domains=without_mail) == "violation"


@pytest.mark.parametrize("address", ["a@\u0441ity.gov", "a@xn--ity-3ed.gov", "a@XN--ITY-3ED.gov."])
def test_case_10_a_look_alike_domain_is_outside_in_both_spellings(judge: Judge, address: str) -> None:
    verdict, findings = judge.rule(address)
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "xn--ity-3ed.gov", True)])


@pytest.mark.parametrize(
    "address", ["a@tärnö.fi", "a@xn--trn-qla6g.fi", "a@TÄRNÖ.FI", "a@ta\u0308rno\u0308.fi"]
)
@pytest.mark.parametrize("own", ["tärnö.fi", "xn--trn-qla6g.fi"])
def test_case_10_an_own_domain_is_own_in_every_spelling(judge: Judge, address: str, own: str) -> None:
    assert judge.verdict(address, domains=[CITY, domain(own)]) == "ok"


@pytest.mark.parametrize(
    "spelling",
    ["{}.", "  {} ", "smtp:{}", "SMTP:{}", "<{}>", "Somebody <{}>", "\u200b{}\u00a0", " SMTP: {}. ", '"{}"'],
)
def test_case_11_dots_white_space_prefixes_and_brackets_change_nothing(judge: Judge, spelling: str) -> None:
    assert judge.rule(spelling.format("clerk@city.gov")) == ("ok", [])
    verdict, findings = judge.rule(spelling.format("a@gmail.com"))
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "gmail.com", True)])


def test_case_12_a_name_that_looks_internal_excuses_nothing(judge: Judge) -> None:
    disguised = rule()
    disguised["actions"] = {"forwardTo": [recipient("a@gmail.com", "clerk@city.gov")]}
    assert judge.me(mailbox("me", disguised))[0] == "violation"


@pytest.mark.parametrize(
    "given",
    [
        recipient(None),
        recipient(""),
        recipient("  "),
        {"emailAddress": {"name": "a@gmail.com"}},
        {"emailAddress": None},
        {},
        None,
        "a@gmail.com",
        recipient(17),
        recipient("@city.gov"),
        recipient("clerk@"),
        recipient("a@gmail.com@city.gov"),
        recipient("a@gmail.com; clerk@city.gov"),
        recipient("clerk"),
    ],
)
def test_case_13_an_empty_missing_or_unreadable_address_is_unknown(judge: Judge, given: Any) -> None:
    strange = rule()
    strange["actions"] = {"redirectTo": [recipient("clerk@city.gov"), given]}
    verdict, findings = judge.me(mailbox("me", strange))
    assert verdict == "unknown"
    assert [one["kind"] for one in findings] == ["unreadable"]
    assert findings[0]["rule_id"] == "r1"


@pytest.mark.parametrize("spelling", ["{}", "EX:{}", "[EX:{}]", '"Clerk" [EX:{}]', "x500:{}", "X500: {} "])
def test_case_14_an_exchange_name_is_what_it_resolves_to(judge: Judge, spelling: str) -> None:
    address = spelling.format(DN.upper() if spelling == "{}" else DN)
    outside = contact("rob", "SMTP:rob@gmail.com", f"X500:{DN}")
    assert judge.verdict(address, users=[user("me"), CLERK]) == "ok"
    verdict, findings = judge.rule(address, contacts=[outside])
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "gmail.com", True)])
    verdict, findings = judge.rule(address)
    assert (verdict, kinds(findings)) == ("unknown", [("unreadable", "r1", None, True)])


@pytest.mark.parametrize(
    "guest",
    [
        user("rob", mail="rob@gmail.com", userPrincipalName="rob_gmail.com#EXT#@city.gov", userType="Guest"),
        user("rob", mail="rob@gmail.com", userPrincipalName="rob_gmail.com#EXT#@city.gov", userType=None),
        user("rob", mail="rob@gmail.com", userType="Guest"),
        user("rob", mail="rob@city.gov", userPrincipalName="rob_gmail.com#EXT#@city.gov", userType="Member"),
        user("rob", mail="rob@city.gov", userType="Guest"),
    ],
)
def test_case_15_a_guest_is_outside_whatever_its_address_looks_like(judge: Judge, guest: Any) -> None:
    users = [user("me"), guest]
    assert judge.verdict(guest["mail"], users=users) == "violation"
    assert judge.verdict(guest["userPrincipalName"], users=users) == "violation"


def test_case_15_a_guests_user_name_is_outside_also_where_the_guest_is_not_known(judge: Judge) -> None:
    verdict, findings = judge.rule("rob_gmail.com#EXT#@city.gov")
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "gmail.com", True)])


def test_case_16_a_contact_is_where_its_mail_goes(judge: Judge) -> None:
    contacts = [contact("press", "a@gmail.com"), contact("desk", "smtp:clerk@city.gov")]
    verdict, findings = judge.rule("press@city.gov", contacts=contacts)
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "gmail.com", True)])
    assert judge.verdict("desk@city.gov", contacts=contacts) == "ok"
    assert judge.verdict("press@city.gov", contacts=[contact("press", "")]) == "unknown"
    gmail = contact("rob", "", mail="rob@gmail.com")
    assert judge.verdict("rob@gmail.com", contacts=[gmail]) == "violation"


def test_case_17_a_group_is_every_member_and_a_cycle_of_groups_ends(judge: Judge) -> None:
    contacts = [contact("rob", "rob@gmail.com")]
    nested = [group("all", "staff", "clerk"), group("staff", "all", "more"), group("more", "clerk", "rob")]
    verdict, findings = judge.rule("all@city.gov", groups=nested, contacts=contacts)
    assert (verdict, kinds(findings)) == ("violation", [("rule", "r1", "gmail.com", True)])
    inside = [group("all", "staff", "clerk"), group("staff", "all", "me")]
    assert judge.rule("all@city.gov", groups=inside) == ("ok", [])


def test_case_17_a_member_that_cannot_be_told_is_unknown(judge: Judge) -> None:
    assert judge.verdict("all@city.gov", groups=[group("all", "clerk", "nobody")]) == "unknown"
    assert judge.verdict("all@city.gov", groups=[group("all", members=None)]) == "unknown"
    members = [group("all", "clerk", "nobody", "rob")]
    outside = [contact("rob", "rob@gmail.com")]
    assert judge.verdict("all@city.gov", groups=members, contacts=outside) == "violation"


def test_case_18_a_switched_off_rule_that_would_lead_outside_is_ok_and_reported(judge: Judge) -> None:
    verdict, findings = judge.me(mailbox("me", rule("a@gmail.com", isEnabled=False)))
    assert (verdict, kinds(findings)) == ("ok", [("latent", "r1", "gmail.com", False)])


def test_case_19_a_rule_in_error_that_leads_outside_is_a_violation(judge: Judge) -> None:
    assert judge.me(mailbox("me", rule("a@gmail.com", hasError=True)))[0] == "violation"


@pytest.mark.parametrize("actions", [{}, {"actions": None}, {"actions": {}}, {"actions": {"forwardTo": []}}])
def test_case_20_a_read_only_rule_without_actions_is_unknown(judge: Judge, actions: dict[str, Any]) -> None:
    verdict, findings = judge.me(mailbox("me", read_only_rule(**actions)))
    assert (verdict, kinds(findings)) == ("unknown", [("unreadable", "r1", None, True)])


@pytest.mark.parametrize("key", ["conditions", "exceptions"])
def test_case_21_conditions_and_exceptions_change_nothing(judge: Judge, key: str) -> None:
    narrowed = rule("a@gmail.com", **{key: {"subjectContains": ["lunch"]}})
    assert judge.me(mailbox("me", narrowed))[0] == "violation"


def test_case_22_back_to_the_mailbox_itself_is_ok_and_reported(judge: Judge) -> None:
    users = [user("me", "smtp:alias@city.gov"), user("clerk")]
    for address in ("me@city.gov", "ALIAS@city.gov", "me+news@city.gov"):
        verdict, findings = judge.me(mailbox("me", rule(address, action="redirectTo")), users=users)
        assert (verdict, kinds(findings)) == ("ok", [("loop", "r1", "city.gov", True)])


def test_case_23_through_a_colleague_whose_own_rule_leads_outside_is_a_violation(judge: Judge) -> None:
    clerk = mailbox("clerk", rule("a@gmail.com", rule_id="r9"))
    verdict, findings = judge.me(mailbox("me", rule("clerk@city.gov")), clerk)
    assert (verdict, kinds(findings)) == ("violation", [("chain", "r1", "gmail.com", True)])


def test_case_24_a_hidden_rule_is_seen_only_through_exchange(judge: Judge) -> None:
    hidden = exchange_rule('"Rob" [SMTP:rob@gmail.com]', name="", priority=0)
    verdict, findings = judge.me(mailbox("me", exchange_rules=[hidden]))
    assert (verdict, kinds(findings)) == ("violation", [("hidden_rule", "4711", "gmail.com", True)])


@pytest.mark.parametrize("name", ["Junk E-mail Rule", "Microsoft.Exchange.OOF.KnownExternalSenders.Global"])
def test_case_24_a_system_rules_name_excuses_nothing_and_accuses_nobody(judge: Judge, name: str) -> None:
    assert judge.me(mailbox("me", rule("a@gmail.com", displayName=name)))[0] == "violation"
    hidden = exchange_rule("[SMTP:a@gmail.com]", name=name, priority=0)
    assert judge.me(mailbox("me", exchange_rules=[hidden]))[0] == "violation"
    assert judge.me(mailbox("me", exchange_rules=[exchange_rule(name=name)]))[0] == "ok"


def test_case_25_forwarding_of_the_whole_mailbox_is_judged(judge: Judge) -> None:
    smtp = {"ForwardingAddress": None, "ForwardingSmtpAddress": "smtp:a@gmail.com"}
    verdict, findings = judge.me(mailbox("me", mailbox=smtp | {"DeliverToMailboxAndForward": True}))
    assert (verdict, kinds(findings)) == ("violation", [("mailbox_forwarding", None, "gmail.com", True)])


def test_case_25_of_two_addresses_the_forwarding_address_counts_and_the_other_is_latent(judge: Judge) -> None:
    both = {"ForwardingAddress": "clerk@city.gov", "ForwardingSmtpAddress": "smtp:a@gmail.com"}
    verdict, findings = judge.me(mailbox("me", mailbox=both))
    assert (verdict, kinds(findings)) == ("ok", [("latent", None, "gmail.com", False)])
    swapped = {"ForwardingAddress": "press@city.gov", "ForwardingSmtpAddress": "smtp:clerk@city.gov"}
    verdict, findings = judge.me(mailbox("me", mailbox=swapped), contacts=[contact("press", "a@gmail.com")])
    assert verdict == "violation"
    assert kinds(findings) == [
        ("mailbox_forwarding", None, "gmail.com", True),
        ("latent", None, "city.gov", False),
    ]


def test_case_26_a_partners_domain_is_ok_and_a_relayed_one_unknown(judge: Judge) -> None:
    assert judge.verdict("a@partner.org", partners=["PARTNER.org."]) == "ok"
    assert judge.verdict("a@mail.partner.org", partners=["partner.org"]) == "violation"
    for kind in ("ExternalRelay", "InternalRelay"):
        domains = [CITY, domain("relay.gov", kind)]
        verdict, findings = judge.rule("a@relay.gov", domains=domains)
        assert (verdict, kinds(findings)) == ("unknown", [("unreadable", "r1", "relay.gov", True)])
        known = [user("me"), user("clerk", mail="clerk@relay.gov")]
        assert judge.verdict("clerk@relay.gov", domains=domains, users=known) == "ok"


@pytest.mark.parametrize("error", ["ErrorItemNotFound", "403", 429, {"code": "ErrorAccessDenied"}])
def test_case_27_a_mailbox_that_could_not_be_read_is_unknown(judge: Judge, error: Any) -> None:
    verdict, findings = judge.me(mailbox("me", error=error, rules=None))
    assert (verdict, kinds(findings)) == ("unknown", [("unreadable", None, None, True)])
    assert judge.me(mailbox("me", error=error))[0] == "unknown"
    assert judge.me(mailbox("me", rules=None))[0] == "unknown"


def test_case_27_what_was_seen_of_an_unreadable_mailbox_still_counts(judge: Judge) -> None:
    hidden = exchange_rule("[SMTP:a@gmail.com]")
    unread = mailbox("me", error="ErrorAccessDenied", rules=None, exchange_rules=[hidden])
    verdict, findings = judge.me(unread)
    assert (verdict, [one["kind"] for one in findings]) == ("violation", ["unreadable", "hidden_rule"])
