from typing import Any

import pytest

from tenure_server.adapters.graph.answers import Call, error_of, reply_of, values_of
from tenure_server.adapters.graph.errors import (
    GraphRefusedError,
    GraphUnavailableError,
    GraphUncertainError,
)
from tenure_server.adapters.graph.retrying import Break, Broken, GiveUp, Reply

CALL = Call(
    method="PATCH",
    url="https://graph.example/v1.0/users/aino@x.fi?a=b",
    content=None,
    params=None,
    headers={},
)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"7", b"{", b"\xff", b"[" * 50_000, b'{"a":NaN}'])
def test_a_yes_that_cannot_be_read_is_no_answer_and_a_no_stays_one(content: bytes) -> None:
    assert reply_of(200, {}, content) == Broken(how=Break.AFTER, why="GarbledAnswer")
    assert reply_of(403, {"X": "y"}, content) == Reply(status=403, headers={"x": "y"})


@pytest.mark.parametrize("content", [b"", b" \r\n", b"{}"])
def test_an_empty_answer_is_an_answer(content: bytes) -> None:
    assert reply_of(204, {}, content) == Reply(status=204)


@pytest.mark.parametrize("page", [{}, {"value": {}}, {"value": [[]]}, {"value": "x"}])
def test_what_is_no_collection_is_not_an_empty_one(page: dict[str, Any]) -> None:
    with pytest.raises(GraphUnavailableError):
        values_of("/users", page)


@pytest.mark.parametrize(
    ("decision", "kind"),
    [
        (GiveUp(), GraphRefusedError),
        (GiveUp(passing=True, retry_after_seconds=9.5), GraphUnavailableError),
        (GiveUp(passing=True, uncertain=True), GraphUncertainError),
    ],
)
def test_an_error_carries_status_code_and_wait_and_no_id(decision: GiveUp, kind: type[Exception]) -> None:
    error = error_of(CALL, Reply(status=500, body={"error": {"code": "Oops", "message": "aino"}}), decision)
    assert type(error) is kind
    assert (error.status, error.code) == (500, "Oops")
    assert getattr(error, "retry_after_seconds", 9.5) in (9.5, None)
    assert "PATCH users/*" in str(error)
    assert "aino" not in str(error)


def test_a_broken_call_is_told_by_its_kind() -> None:
    error = error_of(CALL, Broken(how=Break.AFTER, why="ReadError"), GiveUp(passing=True))
    assert (error.status, error.code) == (None, "ReadError")


def test_half_a_character_in_one_rules_name_does_not_blind_to_the_others() -> None:
    reply = reply_of(200, {}, b'{"value": [{"id": "r1", "displayName": "\\ud800"}, {"id": "r2"}]}')
    assert isinstance(reply, Reply)
    assert [one["id"] for one in reply.body["value"]] == ["r1", "r2"]
    assert reply.body["value"][0]["displayName"].strip("\ufffd") == ""


@pytest.mark.parametrize(
    "content",
    [b'{"a": NaN}', b'{"a": "\\ud800', b'{"a": ' + b"9" * 5000 + b"}", b"[" * 100_000, b"\xff{}"],
)
def test_what_is_no_json_stays_unreadable(content: bytes) -> None:
    assert isinstance(reply_of(200, {}, content), Broken)
