from itertools import pairwise
from typing import Any

import pytest

from fakes.judged_snapshots import judged
from fakes.snapshots import (
    CITY,
    contact,
    domain,
    exchange_rule,
    group,
    mailbox,
    read_only_rule,
    rule,
    snapshot,
    user,
)
from tenure_policies.forwarding.judge import colleagues, judge
from tenure_policies.forwarding.tenant import AddressBook, Domain, Group, Mailbox, User
from tenure_policies.forwarding.verdicts import Finding, FindingKind, Reason
from tenure_policies.forwarding.ways_out import ways_out

GMAIL = rule("a@gmail.com", rule_id="out")
ALL_BLIND = [
    "hidden_rules",
    "mailbox_forwarding",
    "tenant_policy",
    "transport_rules",
    "power_automate",
    "client_copies",
]


def verdicts(*mailboxes: Any, **more: Any) -> list[str]:
    return [one["verdict"] for one in judged(snapshot(*mailboxes, **more))["mailboxes"]]


def kinds(*mailboxes: Any, **more: Any) -> list[tuple[str, str | None, bool]]:
    found = judged(snapshot(*mailboxes, **more))["mailboxes"][0]["findings"]
    return [(one["kind"], one["target_domain"], one["active"]) for one in found]


def test_a_chain_may_be_long() -> None:
    names = ["me", *(f"u{place}" for place in range(50))]
    links = [mailbox(one, rule(f"{other}@city.gov")) for one, other in pairwise(names)]
    users = [user(name) for name in names]
    assert verdicts(*links, mailbox(names[-1]), users=users) == ["ok"] * 51
    assert verdicts(*links, mailbox(names[-1], GMAIL), users=users) == ["violation"] * 51


def test_colleagues_who_send_to_each_other_keep_their_mail() -> None:
    mine, theirs = mailbox("me", rule("clerk@city.gov")), mailbox("clerk", rule("me@city.gov"))
    assert verdicts(mine, theirs) == ["ok", "ok"]


def test_what_comes_back_and_leaves_by_the_own_rule_is_the_own_rules_finding_alone() -> None:
    mine = mailbox("me", rule("clerk@city.gov", rule_id="to"), GMAIL)
    theirs = mailbox("clerk", rule("me@city.gov"))
    assert kinds(mine, theirs) == [("rule", "gmail.com", True)]
    assert kinds(theirs, mine) == [("chain", "gmail.com", True)]


def test_a_chain_goes_through_groups_and_contacts() -> None:
    members = [group("all", "clerk", "me")]
    desk = [contact("desk", "clerk@city.gov")]
    for address in ("all@city.gov", "desk@city.gov"):
        found = kinds(mailbox("me", rule(address)), mailbox("clerk", GMAIL), groups=members, contacts=desk)
        assert found == [("chain", "gmail.com", True)]


@pytest.mark.parametrize(
    "clerk",
    [
        mailbox("clerk", error="ErrorAccessDenied", rules=None),
        mailbox("clerk", read_only_rule()),
        mailbox("clerk", rule(None)),
    ],
)
def test_through_a_colleague_of_whom_it_cannot_be_told_it_is_unknown(clerk: Any) -> None:
    assert verdicts(mailbox("me", rule("clerk@city.gov")), clerk)[0] == "unknown"
    assert kinds(mailbox("me", rule("clerk@city.gov")), clerk) == [("chain", None, True)]


def test_a_colleague_of_whom_nothing_was_asked_is_taken_to_keep_mail() -> None:
    assert verdicts(mailbox("me", rule("clerk@city.gov"))) == ["ok"]


def test_ends_of_a_chain_are_told_in_the_order_in_which_the_last_rule_names_them() -> None:
    clerk = mailbox("clerk", rule("bob@city.gov"))
    bob = mailbox("bob", rule("a@gmail.com", "b@yahoo.com", "c@aol.com"))
    users = [user(name) for name in ("me", "clerk", "bob")]
    given = snapshot(mailbox("me", rule("clerk@city.gov")), clerk, bob, users=users)
    found = judged(given)["mailboxes"][0]["findings"]
    assert [one["target_domain"] for one in found] == ["gmail.com", "yahoo.com", "aol.com"]


def test_ways_that_are_off_make_no_chain() -> None:
    off = mailbox("clerk", rule("a@gmail.com", isEnabled=False))
    assert verdicts(mailbox("me", rule("clerk@city.gov")), off) == ["ok", "ok"]
    link = mailbox("me", rule("clerk@city.gov", isEnabled=False))
    assert verdicts(link, mailbox("clerk", GMAIL)) == ["ok", "violation"]
    assert kinds(link, mailbox("clerk", GMAIL)) == [("latent", "gmail.com", False)]


def test_a_colleagues_hidden_rule_and_mailbox_forwarding_make_chains_too() -> None:
    hidden = mailbox("clerk", exchange_rules=[exchange_rule("[SMTP:a@gmail.com]")])
    whole = mailbox("clerk", mailbox={"ForwardingSmtpAddress": "a@gmail.com"})
    for clerk in (hidden, whole):
        assert kinds(mailbox("me", rule("clerk@city.gov")), clerk) == [("chain", "gmail.com", True)]


def test_a_rule_has_one_finding_for_each_domain_and_the_worst_of_them() -> None:
    sending = mailbox("me", rule("clerk@city.gov", "a@gmail.com", "b@gmail.com", "c@example.org", None, ""))
    assert kinds(sending, mailbox("clerk", GMAIL)) == [
        ("rule", "gmail.com", True),
        ("rule", "example.org", True),
        ("unreadable", None, True),
    ]


def test_each_rule_is_judged_by_itself_in_the_order_given() -> None:
    rules = (rule("a@gmail.com"), rule("a@gmail.com", rule_id="r2"), rule("clerk@city.gov", rule_id="r3"))
    found = judged(snapshot(mailbox("me", *rules)))["mailboxes"][0]["findings"]
    assert [one["rule_id"] for one in found] == ["r1", "r2"]


def test_blind_spots_are_what_some_mailbox_did_not_show() -> None:
    full = mailbox("me", exchange_rules=[], mailbox={})
    assert judged(snapshot(full))["blind_spots"] == ALL_BLIND[2:]
    assert judged(snapshot(full, mailbox("clerk", exchange_rules=[])))["blind_spots"] == ALL_BLIND[1:]
    assert judged(snapshot(full, mailbox("clerk")))["blind_spots"] == ALL_BLIND
    assert judged(snapshot())["blind_spots"] == ALL_BLIND


@pytest.mark.parametrize(
    ("address", "verdict"),
    [
        ("IMCEAEX-_o=x_cn=clerk@city.gov", "ok"),
        ("IMCEAEX-_o=x_cn=rob@city.gov", "violation"),
        ("IMCEAEX-_o=x_cn=nobody@city.gov", "unknown"),
        ("IMCEASMTP-a+40gmail+2Ecom@city.gov", "violation"),
        ("IMCEASMTP-clerk+40city+2Egov@city.gov", "ok"),
        ("IMCEAFAX-_123@city.gov", "unknown"),
    ],
)
def test_an_address_that_exchange_unpacks_is_what_is_in_it(address: str, verdict: str) -> None:
    users = [user("me"), user("clerk", "x500:/o=x/cn=clerk")]
    contacts = [contact("rob", "rob@gmail.com", "x500:/o=x/cn=rob")]
    assert verdicts(mailbox("me", rule(address)), users=users, contacts=contacts) == [verdict]


def test_contacts_that_lead_to_each_other_end_and_are_unknown() -> None:
    ring = [contact("one", "two@city.gov"), contact("two", "one@city.gov"), contact("self", "self@city.gov")]
    for name in ("one", "self"):
        assert verdicts(mailbox("me", rule(f"{name}@city.gov")), contacts=ring) == ["unknown"]


def test_a_contact_through_contacts_leads_where_the_last_one_does() -> None:
    chain = [contact("one", "two@city.gov"), contact("two", "a@gmail.com")]
    assert verdicts(mailbox("me", rule("one@city.gov")), contacts=chain) == ["violation"]
    partner = [contact("one", "two@city.gov"), contact("two", "a@partner.org")]
    assert verdicts(mailbox("me", rule("one@city.gov")), contacts=partner, partners=["partner.org"]) == ["ok"]


def test_an_address_that_two_entries_claim_leads_to_both() -> None:
    double = [contact("rob", "rob@gmail.com", "smtp:clerk@city.gov")]
    assert verdicts(mailbox("me", rule("clerk@city.gov")), contacts=double) == ["violation"]


def test_a_member_whose_own_mail_is_elsewhere_is_outside() -> None:
    users = [user("me"), user("clerk", "smtp:clerk@city.gov", mail="clerk@gmail.com")]
    assert kinds(mailbox("me", rule("clerk@city.gov")), users=users) == [("rule", "gmail.com", True)]


def test_a_guest_from_a_partner_is_allowed_by_the_domain_of_its_mail() -> None:
    guest = user("eve", mail="eve@partner.org", userType="Guest")
    users = [user("me"), guest]
    assert verdicts(mailbox("me", rule("eve@partner.org")), users=users, partners=["partner.org"]) == ["ok"]
    named = user("eve", mail="eve@city.gov", userPrincipalName="eve_partner.org#EXT#@city.gov")
    assert verdicts(mailbox("me", rule("eve@city.gov")), users=[named], partners=["partner.org"]) == [
        "violation"
    ]


def test_a_domain_that_is_listed_twice_is_not_certain_to_bounce() -> None:
    domains = [CITY, CITY | {"type": "InternalRelay"}, domain("other.gov")]
    assert verdicts(mailbox("me", rule("nobody@city.gov")), domains=domains) == ["unknown"]


def test_the_forwarding_address_may_be_an_objects_id_but_a_rules_address_may_not() -> None:
    whole = mailbox("me", mailbox={"ForwardingAddress": "clerk"})
    assert verdicts(whole) == ["ok"]
    assert verdicts(mailbox("me", mailbox={"ForwardingAddress": "city.gov/Users/Clerk"})) == ["unknown"]
    assert verdicts(mailbox("me", rule("clerk"))) == ["unknown"]


def test_exchange_knows_names_of_a_mailbox_that_the_book_does_not() -> None:
    clerk = mailbox(
        "clerk", mailbox={"LegacyExchangeDN": "/o=x/cn=clerk", "EmailAddresses": ["smtp:c@city.gov"]}
    )
    mine = mailbox("me", exchange_rules=[exchange_rule("[EX:/o=x/cn=clerk]")])
    assert verdicts(mine, clerk) == ["ok", "ok"]
    assert verdicts(mine, mailbox("clerk")) == ["unknown", "ok"]


BOOK = AddressBook(
    domains=(Domain(name="city.gov", verified=True, email=True),),
    users=tuple(
        User(id=one, user_principal_name=f"{one}@city.gov", mail=f"{one}@city.gov") for one in "abcdef"
    ),
    groups=(Group(id="g", mail="g@city.gov", members=("d", "e")),),
)


def test_colleagues_are_those_to_whom_active_ways_lead_and_who_are_not_known_yet() -> None:
    first = ways_out(Mailbox(user="a", rules=(rule("b@city.gov"), rule("g@city.gov"))))
    off = ways_out(Mailbox(user="c", rules=(rule("f@city.gov", isEnabled=False), rule("a@city.gov"))))
    assert colleagues(BOOK, [first, off]) == {"b", "d", "e"}
    further = ways_out(Mailbox(user="b", rules=(rule("c@city.gov"),)))
    assert colleagues(BOOK, [first, further]) == {"c", "d", "e"}
    assert colleagues(BOOK, []) == frozenset()


def test_where_the_book_could_not_be_read_an_own_address_is_taken_at_its_word() -> None:
    own = AddressBook(domains=BOOK.domains, complete=False)
    sent = Mailbox(user="a", rules=(rule("anybody@city.gov"), rule("a@gmail.com")))
    [found] = judge(own, [sent]).mailboxes
    assert [one.target_domain for one in found.findings] == ["gmail.com"]


@pytest.mark.parametrize(
    ("facts", "fixable"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"outside": False}, False),
        ({"read_only": True}, False),
        ({"rule_id": None}, False),
        ({"kind": FindingKind.CHAIN}, False),
        ({"kind": FindingKind.HIDDEN_RULE}, False),
    ],
)
def test_a_fix_switches_off_active_rules_that_lead_outside_and_that_graph_can_change(
    facts: dict[str, Any], fixable: bool
) -> None:
    given: dict[str, Any] = {
        "kind": FindingKind.RULE,
        "reason": Reason.GUEST,
        "rule_id": "r1",
        "outside": True,
    }
    assert Finding(**(given | facts)).to_switch_off is fixable
