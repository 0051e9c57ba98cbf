import pytest

from fakes.city import instant, policy
from fakes.tables import places, table
from tenure_server.domain.custody import CustodyReason
from tenure_server.domain.custody_list import read_custody

ZONE = policy().zone
COLUMNS = "serial;holder_type;holder_ext_id;kind;from;to;reason"


def test_a_custody_is_half_open_from_midnight_to_midnight() -> None:
    custody, findings = read_custody(
        table(COLUMNS, "A;person;p;primary;2026-01-01;2026-02-01;returned"), ZONE
    )
    assert findings == ()
    assert (custody[0].start, custody[0].end, custody[0].reason) == (
        instant("2026-01-01"),
        instant("2026-02-01"),
        CustodyReason.RETURNED,
    )


def test_custodies_that_touch_do_not_overlap() -> None:
    rows = ("A;person;p;primary;2026-02-01;;", "A;person;q;primary;2026-01-01;2026-02-01;")
    assert read_custody(table(COLUMNS, *rows), ZONE)[1] == ()


@pytest.mark.parametrize("until", ["", "2026-02-02"])
def test_overlapping_primary_custodies_refuse_the_file(until: str) -> None:
    rows = (f"A;person;p;primary;2026-01-01;{until};", "A;person;q;primary;2026-02-01;;")
    assert places(read_custody(table(COLUMNS, *rows), ZONE)[1]) == [(3, "from")]


def test_an_overlap_with_an_earlier_longer_custody_is_found_too() -> None:
    rows = (
        "A;person;p;primary;2026-01-01;2026-12-01;",
        "A;person;q;primary;2026-02-01;2026-02-01;",
        "A;person;r;primary;2026-06-01;;",
    )
    assert (4, "from") in places(read_custody(table(COLUMNS, *rows), ZONE)[1])


def test_loans_may_overlap() -> None:
    rows = ("A;person;p;primary;2026-01-01;;", "A;person;q;temporary;2026-02-01;;")
    assert read_custody(table(COLUMNS, *rows), ZONE)[1] == ()


def test_the_faults_of_custody_are_all_listed() -> None:
    rows = (
        "A;person;;primary;2026-01-01;;",
        "B;ghost;p;primary;2026-01-01;;",
        "C;person;p;primary;2026-02-01;2026-01-01;",
        "D;person;p;primary;2026-02-01;;lost",
        "E;stock;;primary;;;",
    )
    assert places(read_custody(table(COLUMNS, *rows), ZONE)[1]) == [
        (2, "holder_ext_id"),
        (3, "holder_type"),
        (4, "to"),
        (5, "to"),
        (6, "from"),
    ]


def test_a_file_without_its_columns_is_refused() -> None:
    findings = read_custody(table("something", "else"), ZONE)[1]
    assert {finding.row for finding in findings} == {1}
    assert None not in {finding.column for finding in findings}
