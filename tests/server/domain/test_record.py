"""What a small record is written as, and read back from."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest

from tenure_server.domain.message import Message, say
from tenure_server.domain.record import RecordKind, decode_record, encode_record

NOON = datetime(2029, 6, 1, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: str
    subject: str
    at: datetime
    why: Message
    sum_eur: Decimal
    parts: tuple[str, ...] = ()
    is_open: bool = True


NOTES: RecordKind[Note] = RecordKind(name="note", type=Note)


def note(**fields: object) -> Note:
    known: dict[str, object] = {"why": say("{serial} is late.", serial="L1"), "sum_eur": Decimal("812.40")}
    return Note(**{"id": "n", "subject": "L1", "at": NOON, **known, **fields})  # type: ignore[arg-type]


def test_a_record_is_read_as_it_was_written() -> None:
    written = note(parts=("charger", "bag"))
    read = decode_record(NOTES, encode_record(written))
    assert read == written
    assert str(read.why) == "L1 is late."
    assert str(read.sum_eur) == "812.40"
    assert read.at.tzinfo is not None


def test_equal_records_are_the_same_bytes() -> None:
    assert encode_record(note()) == encode_record(decode_record(NOTES, encode_record(note())))


def test_an_older_document_without_a_new_field_is_read_with_its_default() -> None:
    older = json.loads(encode_record(note(parts=("bag",))))
    del older["parts"]
    assert decode_record(NOTES, json.dumps(older).encode()).parts == ()


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b'{"id": 1}', b"\xff"])
def test_what_is_no_document_of_the_kind_is_refused(document: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_record(NOTES, document)


def test_a_value_that_no_document_can_hold_is_refused() -> None:
    with pytest.raises((NotImplementedError, TypeError)):
        encode_record(note(parts=(object(),)))
