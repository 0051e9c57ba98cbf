"""A notice goes from state to state as its table says; what may have arrived is sent once more at most."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.city import instant
from tenure_server.domain.message import say
from tenure_server.domain.notice import (
    ABANDONED_AFTER,
    ALLOWED,
    Notice,
    NoticeState,
    NoticeTransitionError,
    advance,
    backoff,
    begin_sending,
    is_abandoned,
    is_ready,
    postponed,
    uncertain,
)

NOW = instant("2029-05-02")
NOTICE = Notice(person="aino", key="T-30", about=instant("2029-06-01"), at=NOW, rule="P14")
WHY = say("why")


def test_an_id_says_whom_it_is_to_and_what_it_is_about() -> None:
    assert NOTICE.id == "aino/T-30/2029-05-31T21:00:00+00:00"
    assert replace(NOTICE, serial="L1").id.endswith("/L1")
    assert NOTICE.id != replace(NOTICE, about=instant("2029-09-01")).id


@pytest.mark.parametrize("state", list(NoticeState))
def test_every_state_goes_where_the_table_says_and_nowhere_else(state: NoticeState) -> None:
    for to in NoticeState:
        if to in ALLOWED[state]:
            assert advance(replace(NOTICE, state=state), to).state is to
        else:
            with pytest.raises(NoticeTransitionError):
                advance(replace(NOTICE, state=state), to)


def test_waiting_grows_and_is_bounded() -> None:
    waits = [backoff(attempts) for attempts in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=2)
    assert waits[-1] == timedelta(hours=2)
    assert backoff(10**6) == waits[-1]


def test_whoever_is_sending_is_left_alone_until_they_must_be_gone() -> None:
    sending = begin_sending(NOTICE, NOW)
    assert not is_ready(sending, NOW + timedelta(hours=1))
    assert not is_abandoned(sending, NOW + ABANDONED_AFTER - timedelta(seconds=1))
    assert is_abandoned(sending, NOW + ABANDONED_AFTER)


def test_a_resend_that_was_not_taken_is_still_owed_and_one_that_was_perhaps_taken_is_not() -> None:
    once = uncertain(begin_sending(NOTICE, NOW), NOW, WHY)
    assert once.resend
    assert once.is_open
    again = begin_sending(once, NOW)
    assert postponed(again, NOW, WHY).is_open
    assert postponed(again, NOW, WHY).state is NoticeState.UNCONFIRMED, "it may have arrived all the same"
    assert not uncertain(again, NOW, WHY).is_open


@given(st.lists(st.sampled_from(["taken", "busy", "lost"]), max_size=40))
def test_no_mail_is_handed_over_a_third_time_after_it_may_have_arrived(answers: list[str]) -> None:
    notice, now, arrived = NOTICE, NOW, 0
    for answer in answers:
        now += timedelta(hours=3)
        if not is_ready(notice, now):
            break
        sending = begin_sending(notice, now)
        match answer:
            case "taken":
                notice, arrived = advance(sending, NoticeState.SENT), arrived + 1
            case "busy":
                notice = postponed(sending, now, WHY)
            case _:
                notice, arrived = uncertain(sending, now, WHY), arrived + 1
    assert arrived <= 2
    if notice.state is NoticeState.SENT:
        assert not notice.is_open
