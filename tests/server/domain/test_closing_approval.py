"""What two people's word for a list covers, for how long, and how many are closed in a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.domain.account_step import AccountStep, AccountVerb
from tenure_server.domain.closing_approval import (
    CLOSING_LISTS,
    DAY,
    VALID_FOR,
    Closing,
    ClosingList,
    Gate,
    ListState,
    Ruling,
    approved,
    closing_of,
    gate_at,
    most_a_day,
    offer,
    void_lists,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.record import decode_record, encode_record
from tenure_server.domain.tenant_account import ClosingWay

NOW = datetime(2029, 7, 3, 9, tzinfo=UTC)
STEP = AccountStep(
    person=PersonId("aino"), number=2, verb=AccountVerb.CLOSE_MAILBOX, due=NOW, at=NOW, rule="P20"
)
PERSON = Person(id=PersonId("aino"), given_name="Aino", family_name="E", email_city="Aino@kuntala.example")
AINO = closing_of(STEP, PERSON, ClosingWay.LICENCE)
BO = closing_of(replace(STEP, person=PersonId("bo")), replace(PERSON, id=PersonId("bo")), ClosingWay.LICENCE)
OFFERED = ClosingList(at=NOW, closings=(AINO,))
SIGNED = approved(OFFERED, ("k1", "k2"), NOW)


def gate(*lists: ClosingList, now: datetime = NOW, **facts: Any) -> Gate:
    fields: dict[str, Any] = {"has_approvers": True, "lists": lists, "asked_at": {}, "people": 50}
    return gate_at(now, **{**fields, **facts})


def test_nothing_is_closed_before_two_people_signed() -> None:
    assert gate().ruling(AINO) is Ruling.WAIT_FOR_APPROVAL
    assert gate(OFFERED).ruling(AINO) is Ruling.WAIT_FOR_APPROVAL
    assert gate(SIGNED).ruling(AINO) is Ruling.CLOSE


def test_where_nobody_can_sign_people_close_whatever_was_signed() -> None:
    assert gate(SIGNED, has_approvers=False).ruling(AINO) is Ruling.BY_STAFF


@pytest.mark.parametrize(
    "changed",
    [
        closing_of(replace(STEP, number=4), PERSON, ClosingWay.LICENCE),
        closing_of(replace(STEP, due=NOW + DAY), PERSON, ClosingWay.LICENCE),
        closing_of(STEP, replace(PERSON, email_city="aino.e@kuntala.example"), ClosingWay.LICENCE),
        closing_of(STEP, PERSON, ClosingWay.USER),
        BO,
    ],
)
def test_whatever_changed_since_voids_the_word_for_that_person(changed: Closing) -> None:
    assert gate(SIGNED).ruling(changed) is Ruling.WAIT_FOR_APPROVAL
    assert gate(SIGNED).ruling(AINO) is Ruling.CLOSE


def test_the_case_of_an_address_changes_nothing() -> None:
    again = closing_of(STEP, replace(PERSON, email_city=" aino@KUNTALA.example"), ClosingWay.LICENCE)
    assert again == AINO
    assert AINO.domain == "kuntala.example"
    assert "aino@" not in AINO.address


def test_a_word_holds_for_thirty_days() -> None:
    last = NOW + VALID_FOR - timedelta(microseconds=1)
    assert gate(SIGNED, now=last).ruling(AINO) is Ruling.CLOSE
    assert gate(SIGNED, now=NOW + VALID_FOR).ruling(AINO) is Ruling.WAIT_FOR_APPROVAL


def test_a_list_is_named_by_all_that_is_signed_for_and_by_when_it_was_offered() -> None:
    assert OFFERED.name("kuntala") == f"kuntala/closings-{OFFERED.id}"
    assert len(OFFERED.id) == 40
    assert SIGNED.id == OFFERED.id
    others = [replace(OFFERED, closings=(AINO, BO)), replace(OFFERED, at=NOW + DAY)]
    assert len({OFFERED.id, *(one.id for one in others)}) == 3


def test_a_list_keeps_its_name_through_the_database() -> None:
    back = decode_record(CLOSING_LISTS, encode_record(SIGNED))
    assert (back, back.id) == (SIGNED, SIGNED.id)


def test_a_list_that_names_all_that_waits_stands_though_somebody_dropped_out() -> None:
    both = ClosingList(at=NOW, closings=(AINO, BO))
    assert offer([AINO], [both], NOW + DAY) is both
    wider = offer([AINO, BO], [OFFERED], NOW + DAY)
    assert wider is not None
    assert set(wider.closings) == {AINO, BO}
    assert offer([], [both], NOW) is None


def test_a_list_that_waited_too_long_is_offered_anew_under_another_name() -> None:
    anew = offer([AINO], [OFFERED], NOW + VALID_FOR)
    assert anew is not None
    assert anew.id != OFFERED.id
    assert void_lists([OFFERED], [AINO], NOW + VALID_FOR) == [OFFERED]


def test_a_list_is_void_when_nothing_on_it_waits() -> None:
    assert void_lists([OFFERED], [AINO], NOW) == []
    assert void_lists([OFFERED], [BO], NOW) == [OFFERED]
    assert void_lists([SIGNED, replace(OFFERED, state=ListState.VOID)], [], NOW) == []


@pytest.mark.parametrize(("people", "most"), [(0, 10), (199, 10), (240, 12), (4000, 200)])
def test_the_cap_is_ten_or_five_per_cent(people: int, most: int) -> None:
    assert most_a_day(people) == most


def test_beyond_the_cap_the_rest_waits_and_what_was_begun_goes_on() -> None:
    asked = {f"p{number}/00002": NOW for number in range(10)}
    assert gate(SIGNED, asked_at=asked).ruling(AINO) is Ruling.WAIT_FOR_TOMORROW
    assert gate(SIGNED, asked_at=asked, now=NOW + DAY).ruling(AINO) is Ruling.CLOSE
    begun = {**asked, AINO.step: NOW}
    assert gate(SIGNED, asked_at=begun).ruling(AINO) is Ruling.CLOSE


@given(
    asked=st.lists(st.integers(0, 100), max_size=60),
    people=st.integers(0, 2000),
    hour=st.integers(0, 100),
)
def test_no_day_ever_has_more_than_the_cap(asked: list[int], people: int, hour: int) -> None:
    """Whatever the moments, letting one more through keeps the last 24 hours within the cap."""
    now = NOW + timedelta(hours=hour)
    moments = {f"x/{i}": NOW + timedelta(hours=at) for i, at in enumerate(asked) if at <= hour}
    recent = sum(at > now - DAY for at in moments.values())
    ruling = gate(SIGNED, now=now, asked_at=moments, people=people).ruling(AINO)
    assert (ruling is Ruling.CLOSE) == (recent + 1 <= most_a_day(people))
