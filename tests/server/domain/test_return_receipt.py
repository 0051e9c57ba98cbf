from dataclasses import replace

from fakes.city import instant
from tenure_server.domain.custody import HolderType
from tenure_server.domain.ids import Serial
from tenure_server.domain.record import decode_record, encode_record
from tenure_server.domain.return_receipt import RETURN_RECEIPTS, Part, ReturnReceipt, next_number

RECEIPT = ReturnReceipt(
    number="00001",
    serial=Serial("L1"),
    moment=instant("2029-06-04"),
    registered_at=instant("2029-06-05"),
    holder_type=HolderType.PERSON,
    holder="aino",
    into=HolderType.STOCK,
    missing=(Part.BAG, Part.CHARGER),
)


def test_receipts_are_numbered_through() -> None:
    assert next_number(()) == "00001"
    assert next_number((RECEIPT, replace(RECEIPT, number="00041"))) == "00042"
    assert next_number((replace(RECEIPT, number="99999"),)) == "100000"


def test_a_receipt_is_kept_as_a_document() -> None:
    assert decode_record(RETURN_RECEIPTS, encode_record(RECEIPT)) == RECEIPT
    assert (RECEIPT.id, RECEIPT.subject, RECEIPT.at, RECEIPT.is_open) == (
        "L1/00001",
        "L1",
        instant("2029-06-04"),
        False,
    )


def test_the_same_receipt_is_printed_in_another_language() -> None:
    assert RECEIPT.in_language("sv") == replace(RECEIPT, language="sv")
