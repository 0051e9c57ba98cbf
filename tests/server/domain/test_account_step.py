"""What is to be done to an account follows from the plan and from what was asked for last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.city import City, instant
from tenure_server.domain.account_step import (
    ALLOWED,
    AccountState,
    AccountStep,
    AccountTransitionError,
    AccountVerb,
    advance,
    assume_done,
    compare,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.plan import PersonPlan

NOW = instant("2029-07-10")
BLOCK, UNBLOCK = AccountVerb.BLOCK_SIGN_IN, AccountVerb.UNBLOCK_SIGN_IN
CLOSE, REOPEN = AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX
LEFT = City().seat("a", until="2029-05-31").person_at("a", "2029-07-10")
SITS = City().seat("a", until="2031-05-31").person_at("a", "2029-07-10")
HELD = City().seat("a", until="2029-05-31").hold("a", since="2029-06-01").person_at("a", "2029-07-10")


def step(verb: AccountVerb, state: AccountState, number: int = 1, **facts: object) -> AccountStep:
    made = AccountStep(
        person=PersonId("a"), number=number, verb=verb, due=NOW, at=NOW, rule="P20", state=state
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def begun(planned, *known: AccountStep) -> list[AccountVerb]:
    return [one.verb for one in compare(planned, known, NOW).begin]


def cancelled(planned, *known: AccountStep) -> list[AccountVerb]:
    return [one.verb for one, _ in compare(planned, known, NOW).cancel]


def test_what_is_late_comes_in_order() -> None:
    change = compare(LEFT, (), NOW)
    assert [(one.verb, one.due, one.number) for one in change.begin] == [
        (BLOCK, instant("2029-06-01"), 1),
        (CLOSE, instant("2029-07-03"), 2),
    ]


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.CANCELLED])
def test_what_was_asked_for_is_not_asked_for_again(state: AccountState) -> None:
    assert begun(LEFT, step(BLOCK, state), step(CLOSE, state, 2)) == []


def test_what_was_cancelled_is_asked_for_again_if_the_facts_are_so_again() -> None:
    gone = AccountState.CANCELLED
    assert begun(LEFT, step(BLOCK, gone), step(CLOSE, gone, 2)) == [BLOCK, CLOSE]


@pytest.mark.parametrize(
    ("state", "asked", "comes_back"),
    [
        (AccountState.DONE, True, True),
        (AccountState.REQUESTED, True, False),
        (AccountState.DUE, False, False),
        (AccountState.DUE, True, True),
        (AccountState.FAILED, True, True),
    ],
)
def test_a_right_that_comes_back_undoes_what_may_have_been_done(
    state: AccountState,
    asked: bool,
    comes_back: bool,
) -> None:
    known = step(BLOCK, state, asked_at=NOW if asked else None)
    assert begun(SITS, known) == ([UNBLOCK] if comes_back else [])
    assert cancelled(SITS, known) == ([] if comes_back else [BLOCK]), "what may be done is undone instead"


def test_a_hold_calls_off_a_closing_that_is_not_done_and_undoes_none() -> None:
    blocked = step(BLOCK, AccountState.DONE)
    assert cancelled(HELD, blocked, step(CLOSE, AccountState.REQUESTED, 2)) == [CLOSE]
    assert begun(HELD, blocked, step(CLOSE, AccountState.DONE, 2)) == []
    assert begun(HELD, blocked) == []


def test_a_new_right_opens_a_closed_mailbox_again() -> None:
    known = step(BLOCK, AccountState.DONE), step(CLOSE, AccountState.DONE, 2)
    assert begun(SITS, *known) == [UNBLOCK, REOPEN]


def test_an_unblocking_that_nobody_did_yet_is_simply_called_off() -> None:
    known = step(BLOCK, AccountState.DONE), step(UNBLOCK, AccountState.REQUESTED, 2)
    assert cancelled(LEFT, *known) == [UNBLOCK]
    assert begun(LEFT, *known) == [CLOSE]


@pytest.mark.parametrize("state", list(AccountState))
def test_every_state_goes_where_the_table_says_and_nowhere_else(state: AccountState) -> None:
    for to in AccountState:
        if to in ALLOWED[state]:
            assert advance(step(BLOCK, state), to).state is to
        else:
            with pytest.raises(AccountTransitionError):
                advance(step(BLOCK, state), to)


@given(st.lists(st.sampled_from(["left", "sits", "held", "crash", "ask", "answer"]), max_size=30))
def test_whatever_happens_an_account_ends_as_the_facts_say(story: list[str]) -> None:
    """Asking does it; an answer may be lost with the process that asked."""
    plans = {"left": LEFT, "sits": SITS, "held": HELD}
    for last, ends_blocked in (("left", True), ("sits", False)):
        known: list[AccountStep] = []
        planned, now, blocked, carried_out = SITS, NOW, False, set[str]()
        for event in [*story, last, "ask", "answer", "ask", "answer"]:
            now += timedelta(minutes=1)
            if event in plans:
                planned = plans[event]
            elif event in ("ask", "crash"):
                for place, one in enumerate(known):
                    if one.state is AccountState.DUE:
                        known[place] = replace(one, asked_at=now)
                        if event == "ask":
                            carried_out.add(one.id)
                            blocked = one.verb is BLOCK if one.verb in (BLOCK, UNBLOCK) else blocked
            else:
                known = [_answered(one) if one.id in carried_out else one for one in known]
            known = _compared(planned, known, now)
            again = compare(planned, known, now)
            assert (again.begin, again.cancel, again.assume) == ((), (), ()), "the same facts change nothing"
        assert blocked is ends_blocked
        assert [one.number for one in known] == sorted({one.number for one in known})


def _answered(one: AccountStep) -> AccountStep:
    return advance(one, AccountState.DONE) if one.state is AccountState.DUE else one


def _compared(planned: PersonPlan, known: list[AccountStep], now: datetime) -> list[AccountStep]:
    change = compare(planned, known, now)
    gone, done = {one.id for one, _ in change.cancel}, {one.id for one in change.assume}
    kept = [advance(one, AccountState.CANCELLED) if one.id in gone else one for one in known]
    kept = [assume_done(one, now) if one.id in done else one for one in kept]
    return [*kept, *change.begin]


def test_moments_are_aware() -> None:
    assert NOW.astimezone(UTC) == datetime(2029, 7, 9, 21, tzinfo=UTC)
