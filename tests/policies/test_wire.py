from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tenure_policies.envelope import UnreadableError, read_payload
from tenure_policies.wire import (
    MOST_AT_ONCE,
    ClockReport,
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    LockReport,
    VisitAnswer,
    VisitRequest,
    audience_of_token,
)

NOW = datetime(2029, 3, 1, 12, 0, tzinfo=UTC)
VISIT = VisitRequest(
    device="device-1",
    epoch=1,
    visit=7,
    nonce="n",
    agent_version="0.1.0",
    keys_number=1,
    held=None,
    lock=LockReport(locked=False),
    clock=ClockReport(trusted=None, wall=NOW),
)
SIGNED = {"payload": "e30=", "payloadType": "x", "signatures": []}
OLDEST_VISIT = {
    "device": "device-1",
    "epoch": 1,
    "visit": 7,
    "nonce": "n",
    "agent_version": "0.1.0",
    "keys_number": 1,
    "held": None,
    "lock": {"locked": False},
    "clock": {"trusted": None, "wall": "2029-03-01T12:00:00Z"},
}
"""What the first version says, field by field; kept as it was when later versions say more."""
OLDEST_ANSWER = {"time": SIGNED, "ticket": "t"}


def encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


def test_the_first_versions_visit_is_understood():
    assert read_payload(encoded(OLDEST_VISIT), VisitRequest) == VISIT


def test_the_first_versions_answer_is_understood_and_says_nothing_new():
    answer = read_payload(encoded(OLDEST_ANSWER), VisitAnswer)
    assert (answer.directive, answer.keys, answer.want, answer.receipts_through) == (None, (), (), 0)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (VisitRequest, OLDEST_VISIT),
        (VisitAnswer, OLDEST_ANSWER),
        (ErrorAnswer, {"error": "busy"}),
        (EnrolAnswer, {"municipality": "k", "device": "d", "epoch": 1, "audience": "a", "keys": []}),
        (
            EnrolRequest,
            dict.fromkeys(
                (
                    "token",
                    "public_key",
                    "serial",
                    "platform",
                    "model",
                    "agent_version",
                    "key_protection",
                ),
                "x",
            ),
        ),
    ],
)
def test_every_message_ignores_what_it_does_not_know_unless_it_is_critical(
    model: Any, message: dict[str, Any]
):
    future = {**message, "from_the_future": {"deep": [1]}, "version": 9}
    assert read_payload(encoded(future), model).version == 9
    with pytest.raises(UnreadableError):
        read_payload(encoded({**future, "critical": ["from_the_future"]}), model)


def test_documents_travel_byte_for_byte():
    body = b'{"b":1,"a":"\xc3\xa4"}'
    sent = encoded(msgspec.structs.replace(VISIT, documents={"os": msgspec.Raw(body)}))
    assert bytes(read_payload(sent, VisitRequest).documents["os"]) == body


def test_the_audience_of_a_token_is_what_stands_before_its_last_dot():
    assert audience_of_token("tenure.kuntala.example.s3cret") == "tenure.kuntala.example"
    assert audience_of_token("nodot") == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"visit": -1},
        {"visit": 2**63},
        {"epoch": 2**70},
        {"clock": {"trusted": None, "wall": "2029-03-01T12:00:00"}},
        {"clock": {"trusted": "2029-03-01T12:00:00", "wall": "2029-03-01T12:00:00Z"}},
    ],
)
def test_numbers_and_times_that_could_be_misread_are_refused(changes: dict[str, Any]):
    with pytest.raises(UnreadableError):
        read_payload(encoded({**OLDEST_VISIT, **changes}), VisitRequest)


def test_a_flood_of_receipts_in_one_visit_is_unreadable():
    with pytest.raises(UnreadableError, match="receipts"):
        read_payload(encoded({**OLDEST_VISIT, "receipts": [SIGNED] * (MOST_AT_ONCE + 1)}), VisitRequest)
