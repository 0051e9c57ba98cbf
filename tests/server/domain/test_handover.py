"""Whose use of a laptop must be wiped before it is issued again."""

import pytest

from fakes.city import City, instant
from tenure_server.domain.custody import Custody, HolderType
from tenure_server.domain.handover import Receiver, held_before

LATER = instant("2026-07-01")


def before(city: City, receiver: str) -> Custody | None:
    return held_before(city.custody, Receiver(type=HolderType.PERSON, id=receiver), LATER)


def lent_once() -> City:
    city = City().device("L")
    city.hand_over("L", "aino", since="2025-06-02", until="2026-06-01", reason="returned")
    return city.lend("L", "bertta", since="2025-09-01", until="2025-09-05")


@pytest.mark.parametrize(("receiver", "whose"), [("dora", "aino"), ("bertta", "aino"), ("aino", "bertta")])
def test_a_loan_that_was_over_first_does_not_hide_the_holders_own_use(receiver: str, whose: str) -> None:
    found = before(lent_once(), receiver)
    assert found is not None
    assert found.holder == whose


def test_what_nobody_else_had_needs_no_wipe() -> None:
    assert before(City().laptop("L", "aino"), "aino") is None
