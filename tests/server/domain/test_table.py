from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from fakes.city import policy
from tenure_server.domain.table import Cells, Faults, InstantError, TableRow, read_instant

ZONE = policy().zone


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def cells(**values: str) -> tuple[Cells, Faults]:
    faults = Faults("f.csv")
    return Cells(TableRow(number=12, cells=values), ZONE, faults), faults


def test_a_date_is_the_start_of_that_day_in_the_zone() -> None:
    assert read_instant("2029-06-01", ZONE) == (datetime(2029, 5, 31, 21, tzinfo=UTC), True)


def test_an_inclusive_date_ends_with_that_day() -> None:
    assert read_instant("2029-05-31", ZONE, inclusive_day=True)[0] == datetime(2029, 5, 31, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2029-05-31T21:00:00Z", "2029-06-01T00:00:00+03:00", "2029-06-01 00:00+03:00", "2029-05-31t21:00:00z"],
)
def test_an_instant_with_an_offset_is_taken_as_it_is(text: str) -> None:
    assert read_instant(text, ZONE, inclusive_day=True) == (datetime(2029, 5, 31, 21, tzinfo=UTC), False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "31.5.2029",
        "2029-05-32",
        "20290531",
        "2029-W22-4",
        "2029-05-31T21:00:00",
        "9999-12-31",
        "0001-01-01",
    ],
)
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(InstantError):
        read_instant(text, ZONE)


def test_a_fault_names_row_and_column() -> None:
    row, faults = cells(colour="green")
    assert row.code("colour", Colour) is None
    assert row.faulty
    finding = faults.found[0]
    assert (finding.file, finding.row, finding.column) == ("f.csv", 12, "colour")
    assert "red, blue" in str(finding.why)


def test_an_empty_code_is_its_default_and_without_one_a_fault() -> None:
    row, faults = cells(colour="")
    assert row.code("colour", Colour, Colour.RED) is Colour.RED
    assert row.optional_code("colour", Colour) is None
    assert faults.found == []
    assert row.code("colour", Colour) is None
    assert len(faults.found) == 1


@pytest.mark.parametrize(("start", "end"), [("2029-06-01", "2029-05-31"), ("2029-06-02", "2029-05-01")])
def test_an_end_before_its_start_is_a_fault(start: str, end: str) -> None:
    row, faults = cells(start=start, end=end)
    row.end("end", row.start("start"), inclusive=True)
    assert [finding.column for finding in faults.found] == ["end"]


def test_one_day_is_long_enough() -> None:
    row, faults = cells(start="2029-06-01", end="2029-06-01")
    row.end("end", row.start("start"), inclusive=True)
    row.end("end", row.start("start"), inclusive=False)
    assert faults.found == []


@pytest.mark.parametrize(
    ("text", "amount"), [("899.00", "899.00"), ("899,00", "899.00"), ("1 899,50 €", "1899.50"), ("", None)]
)
def test_a_sum_is_read_with_point_or_comma(text: str, amount: str | None) -> None:
    row, faults = cells(price=text)
    assert row.money("price") == (None if amount is None else Decimal(amount))
    assert faults.found == []


@pytest.mark.parametrize("text", ["free", "-1", "NaN", "Infinity", "1,899.00"])
def test_what_is_no_sum_is_a_fault(text: str) -> None:
    row, faults = cells(price=text)
    assert row.money("price") is None
    assert [finding.column for finding in faults.found] == ["price"]


def test_days_and_numbers_are_read_or_refused() -> None:
    row, faults = cells(day="2029-05-31", rank="2", bad="2/3")
    assert (row.day("day"), row.day("none"), row.number("rank"), row.number("none")) == (
        date(2029, 5, 31),
        None,
        2,
        None,
    )
    assert (row.day("bad"), row.number("bad")) == (None, None)
    assert len(faults.found) == 2
