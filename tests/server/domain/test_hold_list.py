from fakes.city import day_end, policy
from fakes.tables import places, table
from tenure_server.domain.custody import HoldKind
from tenure_server.domain.hold_list import read_holds

ZONE = policy().zone
COLUMNS = "subject_type;subject_id;kind;from;to;reference"


def test_holds_are_of_inclusive_days_and_open_without_an_end() -> None:
    rows, findings = read_holds(
        table(COLUMNS, "person;p;litigation;2029-01-01;2029-06-30;x", "device;A;lost;2029-01-01;;"), ZONE
    )
    assert findings == ()
    assert [(row.kind, row.end) for row in rows] == [
        (HoldKind.LITIGATION, day_end("2029-06-30")),
        (HoldKind.LOST, None),
    ]


def test_the_faults_of_holds_are_all_listed() -> None:
    rows = ("pet;p;litigation;2029-01-01;;", "person;;litigation;2029-01-01;;", "person;p;grudge;soon;;")
    findings = read_holds(table(COLUMNS, *rows), ZONE)[1]
    assert places(findings) == [(2, "subject_type"), (3, "subject_id"), (4, "kind"), (4, "from")]


def test_a_file_without_its_columns_is_refused() -> None:
    findings = read_holds(table("something", "else"), ZONE)[1]
    assert {finding.row for finding in findings} == {1}
    assert None not in {finding.column for finding in findings}
