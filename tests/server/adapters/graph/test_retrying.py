import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_server.adapters.graph.retrying import (
    Break,
    Broken,
    Decision,
    GiveUp,
    Patience,
    Reply,
    SignInAgain,
    Tries,
    Wait,
    claims_challenge,
    decide,
    retry_after_seconds,
)

NOW = datetime(2029, 3, 1, 9, tzinfo=UTC)
CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'


def decided(outcome: Reply | Broken, *, repeatable: bool = True, **facts: Any) -> Decision:
    given_facts: dict[str, Any] = {
        "tries": Tries(),
        "patience": Patience(),
        "now": NOW,
        "chance": 0.0,
        **facts,
    }
    tries, patience = given_facts.pop("tries"), given_facts.pop("patience")
    return decide(outcome, tries, patience, repeatable=repeatable, **given_facts)


def reply(status: int, *, message: str = "", **headers: str) -> Reply:
    body = {"error": {"code": "c", "message": message}}
    return Reply(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("2.128", 2.128),
        (" 0 ", 0.0),
        ("-5", 0.0),
        ("Thu, 01 Mar 2029 09:00:30 GMT", 30.0),
        ("Thu, 01 Mar 2029 08:00:00 GMT", 0.0),
        ("9999999999", 86400.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_retry_after_is_whole_seconds_broken_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_text_in_retry_after_makes_reading_fail(value: str) -> None:
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or 0 <= seconds <= 86400


def test_who_is_told_to_wait_waits_at_least_so_long() -> None:
    assert decided(reply(429, retry_after="2.128")) == Wait(seconds=2.128)
    later = decided(reply(429, retry_after="2.128"), chance=1.0)
    assert isinstance(later, Wait)
    assert 2.128 < later.seconds < 2.5


def test_who_is_told_to_come_back_at_once_again_and_again_takes_longer_each_time() -> None:
    tries, waits = Tries(), []
    while isinstance(said := decided(reply(429, retry_after="0"), tries=tries), Wait):
        waits.append(said.seconds)
        tries = tries.waited(said.seconds)
    assert waits == sorted(waits)
    assert waits[0] > 0
    assert 30 < sum(waits) <= Patience().total_seconds


@pytest.mark.parametrize("message", ["Rate limit reached", "rate limit REACHED. Retry."])
def test_a_500_that_says_rate_limit_is_throttling_even_for_what_must_not_be_repeated(message: str) -> None:
    assert isinstance(decided(reply(500, message=message), repeatable=False), Wait)


def test_a_503_with_retry_after_was_not_carried_out() -> None:
    assert decided(reply(503, retry_after="1"), repeatable=False) == Wait(seconds=1.0)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_may_have_been_carried_out_is_not_repeated_if_that_does_harm(status: int) -> None:
    assert decided(reply(status), repeatable=False) == GiveUp(uncertain=True, passing=True)
    assert isinstance(decided(reply(status)), Wait)


def test_a_connection_cut_after_sending_is_uncertain_only_if_repeating_does_harm() -> None:
    cut = Broken(how=Break.AFTER, why="ReadError")
    assert decided(cut, repeatable=False) == GiveUp(uncertain=True, passing=True)
    assert isinstance(decided(cut), Wait)


def test_what_was_never_sent_may_always_be_sent_again() -> None:
    assert isinstance(decided(Broken(how=Break.BEFORE, why="ConnectError"), repeatable=False), Wait)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 501])
def test_a_no_stays_a_no(status: int) -> None:
    assert decided(reply(status)) == GiveUp()


def test_waits_grow_and_come_to_an_end() -> None:
    tries, waits = Tries(), []
    while isinstance(said := decided(reply(500), tries=tries), Wait):
        waits.append(said.seconds)
        tries = tries.waited(said.seconds)
    assert waits == sorted(waits)
    assert len(waits) == Patience().attempts - 1
    assert said == GiveUp(passing=True)


@given(st.floats(0, 1), st.lists(st.sampled_from(["0", "1", "7.5", ""]), min_size=40, max_size=40))
def test_no_sequence_of_throttlings_is_waited_for_without_end(chance: float, told: list[str]) -> None:
    tries, patience = Tries(), Patience()
    for value in told:
        said = decided(reply(429, retry_after=value), tries=tries, chance=chance)
        if not isinstance(said, Wait):
            break
        tries = tries.waited(said.seconds)
    assert isinstance(said, GiveUp)
    assert said.passing
    assert tries.waited_seconds <= patience.total_seconds


def test_who_is_told_to_wait_too_long_is_told_how_long() -> None:
    assert decided(reply(429, retry_after="900")) == GiveUp(passing=True, retry_after_seconds=900.0)


def test_a_401_asks_once_for_a_token_with_the_claims_it_names() -> None:
    encoded = base64.b64encode(CLAIMS.encode()).decode()
    challenge = (
        f'Bearer realm="", authorization_uri="https://x", error="insufficient_claims", claims="{encoded}"'
    )
    refused = Reply(status=401, headers={"www-authenticate": challenge})
    assert decided(refused, repeatable=False) == SignInAgain(claims=CLAIMS)
    assert decided(refused, tries=Tries().with_new_token()) == GiveUp()


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("value", ["", "a", "ab", "abc", "ä>?"])
def test_claims_come_in_either_alphabet_with_or_without_padding(
    encode: Any, value: str, *, padded: bool
) -> None:
    claims = json.dumps({"access_token": {"v": value}}, ensure_ascii=False)
    text = encode(claims.encode()).decode()
    assert claims_challenge(f'Bearer claims="{text if padded else text.rstrip("=")}"') == claims


@pytest.mark.parametrize(
    "header", ["", "Bearer", 'Bearer claims="%%%"', 'Bearer claims="aGVsbG8="', 'x claims=""']
)
def test_a_challenge_without_readable_claims_asks_for_a_plain_new_token(header: str) -> None:
    assert claims_challenge(header) is None
    assert decided(Reply(status=401, headers={"www-authenticate": header})) == SignInAgain(claims=None)
