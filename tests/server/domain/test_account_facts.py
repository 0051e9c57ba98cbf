"""What is kept of what was done to an account is exactly what undoing it needs."""

from datetime import UTC, datetime

from tenure_server.domain.account_facts import (
    ACCOUNT_FACTS,
    AccountFacts,
    RuleCleared,
    TakenLicence,
    opened_again,
    with_cleared,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.record import decode_record, encode_record

NOON = datetime(2029, 7, 3, 9, tzinfo=UTC)
CLOSED = AccountFacts(
    person=PersonId("aino"), user="u1", at=NOON, blocked_by="aino/00001", closed_by="aino/00002",
    way="licence", licences=(TakenLicence(sku="a", disabled_plans=("b",)),), closed_at=NOON,
)  # fmt: skip


def test_it_comes_back_from_the_database_as_it_was() -> None:
    assert decode_record(ACCOUNT_FACTS, encode_record(CLOSED)) == CLOSED


def test_it_is_named_by_person_and_account() -> None:
    assert (CLOSED.id, CLOSED.subject) == ("aino/u1", "aino")


def test_it_is_open_while_something_stands_to_be_undone() -> None:
    assert CLOSED.is_open
    again = opened_again(CLOSED)
    assert again.is_open, "still blocked"
    assert (again.closed_by, again.licences, again.closed_at) == ("", (), None)
    assert not AccountFacts(person=PersonId("aino"), user="u1", at=NOON).is_open


def test_a_rule_is_named_once() -> None:
    rule = RuleCleared(rule="r1", target_domains=("gmail.example",))
    once = with_cleared(CLOSED, (rule,))
    assert with_cleared(once, (rule, RuleCleared(rule="r2"))).cleared == (rule, RuleCleared(rule="r2"))
