from datetime import UTC, datetime, timedelta

from tenure_server.domain.column_mapping import ColumnMapping, DateFormat
from tenure_server.domain.record import decode_record, encode_record
from tenure_server.domain.register_source import SOURCES, RegisterSource, forgotten

SET = datetime(2029, 3, 1, tzinfo=UTC)
SOURCE = RegisterSource(
    name="aimoa",
    at=SET,
    mapping=ColumnMapping(
        columns={"nimi": "full_name"},
        copies={"body_ext_id": ("body_name_fi",)},
        date_format=DateFormat.POINTS,
    ),
)


def test_a_source_is_known_by_its_name_and_open_until_it_is_forgotten() -> None:
    gone = forgotten(SOURCE, SET + timedelta(days=1))
    assert (SOURCE.id, SOURCE.subject, SOURCE.is_open, gone.is_open) == ("aimoa", "aimoa", True, False)
    assert gone.mapping == SOURCE.mapping


def test_a_source_reads_back_from_its_document_as_it_was() -> None:
    assert decode_record(SOURCES, encode_record(SOURCE)) == SOURCE


def test_a_document_of_a_source_that_lacks_newer_fields_is_still_read() -> None:
    old = b'{"name":"aimoa","at":"2029-03-01T00:00:00Z","mapping":{"columns":{"nimi":"full_name"}}}'
    assert decode_record(SOURCES, old).mapping == ColumnMapping(columns={"nimi": "full_name"})
