"""The four smaller files: devices, custody, agreements, holds."""

from decimal import Decimal

import pytest

from fakes.city import day_end, instant, policy
from tenure_server.domain.agreement_list import read_agreements
from tenure_server.domain.custody import CustodyReason, DeviceKind, HoldKind
from tenure_server.domain.custody_list import read_custody
from tenure_server.domain.device_list import read_devices
from tenure_server.domain.errors import Finding
from tenure_server.domain.hold_list import read_holds
from tenure_server.domain.table import Table, TableRow

ZONE = policy().zone


def table(*rows: str) -> Table:
    """A table of lines; the first names the columns."""
    lines = [row.split(";") for row in rows]
    return Table(
        file="f.csv",
        columns=tuple(lines[0]),
        rows=tuple(
            TableRow(number=number, cells=dict(zip(lines[0], line, strict=False)))
            for number, line in enumerate(lines[1:], start=2)
        ),
    )


def places(findings: tuple[Finding, ...]) -> list[tuple[int | None, str | None]]:
    return [(finding.row, finding.column) for finding in findings]


DEVICES = "serial;model;kind;purchase_price_eur;purchase_price_vat_eur;lease_end"
CUSTODY = "serial;holder_type;holder_ext_id;kind;from;to;reason"
AGREEMENTS = "location_ext_id;agreement_ref;from;to"
HOLDS = "subject_type;subject_id;kind;from;to;reference"


def test_a_device_is_read_with_its_price_and_lease() -> None:
    devices, findings = read_devices(table(DEVICES, "007;X;laptop;800,00;1004,00;2029-05-31"), ZONE)
    assert findings == ()
    assert (devices[0].serial, devices[0].kind, devices[0].purchase_price_vat_eur) == (
        "007",
        DeviceKind.LAPTOP,
        Decimal("1004.00"),
    )


def test_the_faults_of_devices_are_all_listed() -> None:
    rows = (";X;laptop;;;", "A;X;phone;;;", "B;X;laptop;cheap;;31.5.2029", "C;X;laptop;;;", "C;Y;laptop;;;")
    _, findings = read_devices(table(DEVICES, *rows), ZONE)
    assert places(findings) == [
        (2, "serial"),
        (3, "kind"),
        (4, "purchase_price_eur"),
        (4, "lease_end"),
        (6, "serial"),
    ]


def test_a_custody_is_half_open_from_midnight_to_midnight() -> None:
    custody, findings = read_custody(
        table(CUSTODY, "A;person;p;primary;2026-01-01;2026-02-01;returned"), ZONE
    )
    assert findings == ()
    assert (custody[0].start, custody[0].end, custody[0].reason) == (
        instant("2026-01-01"),
        instant("2026-02-01"),
        CustodyReason.RETURNED,
    )


def test_custodies_that_touch_do_not_overlap() -> None:
    rows = ("A;person;p;primary;2026-02-01;;", "A;person;q;primary;2026-01-01;2026-02-01;")
    assert read_custody(table(CUSTODY, *rows), ZONE)[1] == ()


@pytest.mark.parametrize("until", ["", "2026-02-02"])
def test_overlapping_primary_custodies_refuse_the_file(until: str) -> None:
    rows = (f"A;person;p;primary;2026-01-01;{until};", "A;person;q;primary;2026-02-01;;")
    assert places(read_custody(table(CUSTODY, *rows), ZONE)[1]) == [(3, "from")]


def test_an_overlap_with_an_earlier_longer_custody_is_found_too() -> None:
    rows = (
        "A;person;p;primary;2026-01-01;2026-12-01;",
        "A;person;q;primary;2026-02-01;2026-02-01;",
        "A;person;r;primary;2026-06-01;;",
    )
    assert (4, "from") in places(read_custody(table(CUSTODY, *rows), ZONE)[1])


def test_loans_may_overlap() -> None:
    rows = ("A;person;p;primary;2026-01-01;;", "A;person;q;temporary;2026-02-01;;")
    assert read_custody(table(CUSTODY, *rows), ZONE)[1] == ()


def test_the_faults_of_custody_are_all_listed() -> None:
    rows = (
        "A;person;;primary;2026-01-01;;",
        "B;ghost;p;primary;2026-01-01;;",
        "C;person;p;primary;2026-02-01;2026-01-01;",
        "D;person;p;primary;2026-02-01;;lost",
        "E;stock;;primary;;;",
    )
    assert places(read_custody(table(CUSTODY, *rows), ZONE)[1]) == [
        (2, "holder_ext_id"),
        (3, "holder_type"),
        (4, "to"),
        (5, "to"),
        (6, "from"),
    ]


def test_agreements_are_of_inclusive_days() -> None:
    rows, findings = read_agreements(
        table(AGREEMENTS, "p;A1;2025-09-01;2026-02-27", "p;A2;2025-09-01;"), ZONE
    )
    assert findings == ()
    assert [row.end for row in rows] == [day_end("2026-02-27"), None]


def test_the_faults_of_agreements_are_all_listed() -> None:
    rows = (";A1;2025-09-01;", "p;A1;;", "p;A1;2025-09-01;2025-08-31")
    findings = read_agreements(table(AGREEMENTS, *rows), ZONE)[1]
    assert places(findings) == [(2, "location_ext_id"), (3, "from"), (4, "to")]


def test_holds_are_of_inclusive_days_and_open_without_an_end() -> None:
    rows, findings = read_holds(
        table(HOLDS, "person;p;litigation;2029-01-01;2029-06-30;x", "device;A;lost;2029-01-01;;"), ZONE
    )
    assert findings == ()
    assert [(row.kind, row.end) for row in rows] == [
        (HoldKind.LITIGATION, day_end("2029-06-30")),
        (HoldKind.LOST, None),
    ]


def test_the_faults_of_holds_are_all_listed() -> None:
    rows = ("pet;p;litigation;2029-01-01;;", "person;;litigation;2029-01-01;;", "person;p;grudge;soon;;")
    findings = read_holds(table(HOLDS, *rows), ZONE)[1]
    assert places(findings) == [(2, "subject_type"), (3, "subject_id"), (4, "kind"), (4, "from")]


@pytest.mark.parametrize("read", [read_devices, read_custody, read_agreements, read_holds])
def test_a_file_without_its_columns_is_refused(read: object) -> None:
    findings = read(table("something", "else"), ZONE)[1]  # type: ignore[operator]
    assert findings
    assert {finding.row for finding in findings} == {1}
