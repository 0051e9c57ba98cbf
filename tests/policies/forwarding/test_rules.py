from typing import Any

import pytest

from fakes.snapshots import exchange_rule, rule
from tenure_policies.forwarding.rules import exchange_rule as read_exchange
from tenure_policies.forwarding.rules import graph_rule
from tenure_policies.forwarding.verdicts import Reason


@pytest.mark.parametrize(
    "actions", ["text", 17, ["forwardTo"], {"forwardTo": "a@gmail.com"}, {"redirectTo": {"a": 1}}]
)
def test_actions_of_another_shape_are_unreadable_and_never_empty(actions: Any) -> None:
    assert graph_rule(rule() | {"actions": actions}).trouble is Reason.RULE_UNREADABLE


@pytest.mark.parametrize("given", [None, "rule", 17, []])
def test_what_is_no_rule_at_all_is_unreadable(given: Any) -> None:
    assert graph_rule(given).trouble is Reason.RULE_UNREADABLE
    assert read_exchange(given).trouble is Reason.RULE_UNREADABLE


def test_a_rule_of_which_nothing_was_read_is_unreadable_and_one_that_does_nothing_is_not() -> None:
    assert graph_rule({"id": "r1"}).trouble is Reason.RULE_UNREADABLE
    assert graph_rule({"id": "r1", "isReadOnly": False, "actions": None}).trouble is None
    assert graph_rule({"id": "r1", "isReadOnly": False, "actions": {}}).trouble is None


def test_a_priority_of_thousands_of_digits_is_none() -> None:
    assert read_exchange(exchange_rule() | {"Priority": "9" * 5_000}).priority is None
    assert read_exchange(exchange_rule() | {"Priority": " 7 "}).priority == 7


@pytest.mark.parametrize("enabled", [None, "false", 0, "no"])
def test_a_graph_rule_is_on_unless_it_says_that_it_is_off(enabled: Any) -> None:
    assert graph_rule(rule("a@gmail.com", isEnabled=enabled)).active


@pytest.mark.parametrize(
    ("enabled", "active"), [(True, True), (None, True), (False, False), ("False", False)]
)
def test_an_exchange_rule_is_on_unless_it_says_that_it_is_off(enabled: Any, active: bool) -> None:
    assert read_exchange(exchange_rule(Enabled=enabled)).active is active


@pytest.mark.parametrize("key", ["ForwardTo", "ForwardAsAttachmentTo", "RedirectTo"])
def test_every_sending_action_of_exchange_is_read(key: str) -> None:
    seen = read_exchange(exchange_rule() | {key: ['"Rob" [SMTP:rob@gmail.com]']})
    assert [address.key for address in seen.targets] == ["rob@gmail.com"]


def test_several_addresses_in_one_text_of_exchange_are_never_taken_for_one() -> None:
    seen = read_exchange(exchange_rule(ForwardTo='"A" [SMTP:a@gmail.com], "C" [SMTP:clerk@city.gov]'))
    assert [address.key for address in seen.targets] == ["clerk@city.gov", ""]
    alone = read_exchange(exchange_rule(ForwardTo='"C" [SMTP:clerk@city.gov]'))
    assert [address.key for address in alone.targets] == ["clerk@city.gov"]


@pytest.mark.parametrize(
    ("given", "rule_id"),
    [
        ({"RuleIdentity": 12, "Identity": "Aino Esimerkki\\12"}, "12"),
        ({"RuleIdentity": None, "Identity": "Aino Esimerkki\\12"}, "12"),
        ({"RuleIdentity": None, "Identity": "12"}, "12"),
        ({"RuleIdentity": None}, None),
    ],
)
def test_the_id_of_an_exchange_rule_has_no_name_of_its_mailbox_in_it(given: Any, rule_id: str | None) -> None:
    assert read_exchange(exchange_rule() | given).rule_id == rule_id
