"""A proposal goes from state to state as its table says, and follows the facts until a person decides."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from fakes.city import City, instant
from tenure_server.domain.charge import (
    ALLOWED,
    Charge,
    ChargeState,
    ChargeTransitionError,
    advance,
    due_charges,
    followed,
)
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.record import RecordKind, decode_record, encode_record

AFTER = "2029-07-04"
NOW = instant(AFTER)
LEAVER = City().seat("a", until="2029-05-31").laptop("L", "a")
CHARGE = Charge(
    person=PersonId("a"), serial=Serial("L"), ends=instant("2029-06-01"), deadline=instant("2029-07-03"),
    at=NOW, price_eur=Decimal("900"), price_vat_eur=Decimal("1129.50"), evidence=(),
)  # fmt: skip


def due_of(city: City, at: str = AFTER) -> dict[str, bool]:
    return {one.id: one.paused for one in due_charges(city.facts(), city.plan(at)).values()}


def follow(charge: Charge, city: City, at: str = AFTER) -> ChargeState:
    facts, now = city.facts(), instant(at)
    due = due_charges(facts, city.plan(at)).get(charge.id)
    return followed(charge, due, facts, now).state


def back(reason: str = "returned", until: str = "2029-07-03T12:00:00+03:00") -> City:
    city = City().seat("a", until="2029-05-31").device("L")
    city.hand_over("L", "a", since="2025-06-02", until=until, reason=reason)
    return city.hand_over("L", since=until, holder_type="stock") if reason == "returned" else city


@pytest.mark.parametrize("state", list(ChargeState))
def test_every_state_goes_where_the_table_says_and_nowhere_else(state: ChargeState) -> None:
    for to in ChargeState:
        if to in ALLOWED[state]:
            assert advance(replace(CHARGE, state=state), to, NOW).state is to
        else:
            with pytest.raises(ChargeTransitionError):
                advance(replace(CHARGE, state=state), to, NOW)


def test_it_is_due_when_the_month_is_over_and_not_before() -> None:
    assert due_of(LEAVER, "2029-07-02T23:59:59+03:00") == {}
    assert due_of(LEAVER, "2029-07-03") == {CHARGE.id: False}


def test_nothing_is_due_of_what_came_back_was_lost_or_belongs_to_the_dead() -> None:
    assert due_of(back()) == {}
    assert due_of(back("lost")) == {}
    assert due_of(City().seat("a", until="2029-05-31", basis="death").laptop("L", "a")) == {}
    died_later = City().seat("a", until="2029-05-31").laptop("L", "a")
    died_later.seat("a", "election", until="2029-07-03", basis="death")
    assert due_of(died_later, "2029-07-05") == {}


@pytest.mark.parametrize(
    ("state", "city", "then"),
    [
        (ChargeState.PROPOSED, LEAVER, ChargeState.PROPOSED),
        (ChargeState.PROPOSED, back(), ChargeState.WITHDRAWN),
        (ChargeState.PAUSED, back(), ChargeState.WITHDRAWN),
        (ChargeState.PAUSED, LEAVER, ChargeState.PROPOSED),
        (ChargeState.WITHDRAWN, LEAVER, ChargeState.PROPOSED),
        (ChargeState.WITHDRAWN, back(), ChargeState.WITHDRAWN),
        (ChargeState.WAIVED, LEAVER, ChargeState.WAIVED),
        (ChargeState.CHARGED, back(), ChargeState.CHARGED),
        (ChargeState.PAID, LEAVER, ChargeState.PAID),
        (ChargeState.PAID, back(), ChargeState.REFUND_DUE),
        (ChargeState.PAID, back("lost"), ChargeState.PAID),
        (ChargeState.REFUND_DUE, back(), ChargeState.REFUND_DUE),
        (ChargeState.REFUNDED, back(), ChargeState.REFUNDED),
    ],
)
def test_the_facts_move_a_proposal_only_where_no_person_decides(
    state: ChargeState, city: City, then: ChargeState
) -> None:
    assert follow(replace(CHARGE, state=state), city) is then


def test_what_would_be_charged_is_the_price_with_vat_if_it_is_known() -> None:
    assert CHARGE.price == Decimal("1129.50")
    assert replace(CHARGE, price_vat_eur=None).price == Decimal("900")
    assert replace(CHARGE, price_vat_eur=None, price_eur=None).price is None


def test_a_proposal_is_kept_and_read_as_it_was() -> None:
    kind: RecordKind[Charge] = RecordKind(name="charge", type=Charge)
    assert decode_record(kind, encode_record(CHARGE)) == CHARGE
    assert isinstance(CHARGE.at, datetime)
