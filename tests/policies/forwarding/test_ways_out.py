from typing import Any

import pytest

from fakes.snapshots import exchange_rule, read_only_rule, recipient, rule
from tenure_policies.forwarding.tenant import Mailbox
from tenure_policies.forwarding.verdicts import FindingKind, Reason
from tenure_policies.forwarding.ways_out import Way, ways_out


def ways(*rules: Any, exchange: Any = None, mailbox: Any = None) -> list[Way]:
    listed = None if exchange is None else tuple(exchange)
    return list(ways_out(Mailbox(user="me", rules=rules, exchange_rules=listed, mailbox=mailbox)).ways)


def targets(way: Way) -> list[str]:
    return [address.key for address in way.targets]


def test_a_visible_rule_and_its_twin_are_one_way() -> None:
    shown = rule("a@gmail.com")
    [way] = ways(shown, exchange=[exchange_rule('"A" [SMTP:A@gmail.com]')])
    assert (way.kind, way.rule_id, targets(way)) == (FindingKind.RULE, "r1", ["a@gmail.com"])


def test_a_twin_that_names_in_exchanges_way_what_graph_names_as_mail_adds_nothing() -> None:
    [way] = ways(rule("clerk@city.gov"), exchange=[exchange_rule('"Clerk" [EX:/o=x/cn=clerk]')])
    assert targets(way) == ["clerk@city.gov"]


def test_what_only_the_twin_shows_counts() -> None:
    twin = exchange_rule("[SMTP:clerk@city.gov]", "[SMTP:a@gmail.com]", "[EX:/o=x/cn=rob]")
    [way] = ways(rule("clerk@city.gov"), exchange=[twin])
    assert targets(way) == ["clerk@city.gov", "a@gmail.com", "/o=x/cn=rob"]


@pytest.mark.parametrize("first", [True, False])
def test_no_hidden_rule_hides_behind_the_name_and_priority_of_a_visible_one(first: bool) -> None:
    hidden, twin = exchange_rule("[SMTP:a@gmail.com]", RuleIdentity=1), exchange_rule(RuleIdentity=2)
    harmless = rule() | {"actions": {"markAsRead": True}}
    [way] = ways(harmless, exchange=[hidden, twin] if first else [twin, hidden])
    assert (way.kind, way.rule_id, targets(way)) == (FindingKind.HIDDEN_RULE, "1", ["a@gmail.com"])


def test_among_thousands_of_one_name_none_is_lost() -> None:
    hidden = [exchange_rule(f"[SMTP:a@x{place}.com]") for place in range(2_000)]
    found = ways(rule("a@x1999.com"), exchange=hidden)
    assert {key for way in found for key in targets(way)} == {f"a@x{place}.com" for place in range(2_000)}


def test_a_read_only_rule_is_what_its_twin_shows() -> None:
    [way] = ways(read_only_rule(), exchange=[exchange_rule("[SMTP:a@gmail.com]")])
    assert (way.kind, way.rule_id, way.trouble) == (FindingKind.RULE, "r1", None)
    assert way.read_only
    assert targets(way) == ["a@gmail.com"]
    assert ways(read_only_rule(), exchange=[exchange_rule()]) == []


@pytest.mark.parametrize("twin", [exchange_rule(name="Other"), exchange_rule(priority=2)])
def test_a_read_only_rule_without_a_twin_of_its_name_and_priority_is_unreadable(twin: Any) -> None:
    [way] = ways(read_only_rule(), exchange=[twin])
    assert way.trouble is Reason.READ_ONLY_RULE


@pytest.mark.parametrize(
    ("enabled", "also", "active"),
    [
        (False, False, False),
        (False, None, False),
        (None, False, False),
        (None, None, True),
        (True, False, True),
        (False, True, True),
    ],
)
def test_a_rule_is_off_if_one_source_says_so_and_the_other_does_not_say_that_it_is_on(
    enabled: bool | None, also: bool | None, active: bool
) -> None:
    twin = exchange_rule("[SMTP:a@gmail.com]", Enabled=also)
    [way] = ways(rule("a@gmail.com", isEnabled=enabled), exchange=[twin])
    assert way.active is active


def test_two_read_only_rules_do_not_share_a_twin() -> None:
    found = ways(read_only_rule(), read_only_rule(id="r2"), exchange=[exchange_rule()])
    assert [(way.rule_id, way.trouble) for way in found] == [("r2", Reason.READ_ONLY_RULE)]


def test_what_is_kept_of_a_mailbox_is_small_whatever_its_rules_are() -> None:
    long_name = "x" * 1_000_000
    shown = rule() | {"displayName": long_name, "conditions": {"subjectContains": [long_name]}}
    shown["actions"] = {"forwardTo": [recipient("a@gmail.com", long_name) for _ in range(100)]}
    [way] = ways(shown)
    assert targets(way) == ["a@gmail.com"]
    assert len(repr(way)) < 500


def test_blank_forwarding_addresses_are_none_and_strange_ones_are_unreadable_ways() -> None:
    assert ways(mailbox={"ForwardingAddress": " ", "ForwardingSmtpAddress": None}) == []
    [way] = ways(mailbox={"ForwardingAddress": {"Name": "Rob"}})
    assert targets(way) == [""]


def test_what_was_looked_at_is_told() -> None:
    bare = ways_out(Mailbox(user="me", rules=()))
    assert (bare.saw_hidden_rules, bare.saw_mailbox_forwarding, bare.unreadable) == (False, False, False)
    full = ways_out(Mailbox(user="me", rules=None, exchange_rules=(), mailbox={}))
    assert (full.saw_hidden_rules, full.saw_mailbox_forwarding, full.unreadable) == (True, True, True)
