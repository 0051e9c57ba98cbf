from fakes.city import day_end, policy
from fakes.tables import places, table
from tenure_server.domain.agreement_list import read_agreements

ZONE = policy().zone
COLUMNS = "location_ext_id;agreement_ref;from;to"


def test_agreements_are_of_inclusive_days() -> None:
    rows, findings = read_agreements(table(COLUMNS, "p;A1;2025-09-01;2026-02-27"), ZONE)
    assert findings == ()
    assert [row.end for row in rows] == [day_end("2026-02-27")]


def test_an_agreement_without_an_end_is_refused_with_its_row_and_what_to_do() -> None:
    (finding,) = read_agreements(table(COLUMNS, "p;A1;2025-09-01;2026-02-27", "p;A2;2025-09-01;"), ZONE)[1]
    assert (finding.row, finding.column) == (3, "to")
    assert "write its last day" in str(finding.why)


def test_the_faults_of_agreements_are_all_listed() -> None:
    rows = (";A1;2025-09-01;2026-02-27", "p;A1;;2026-02-27", "p;A1;2025-09-01;2025-08-31")
    findings = read_agreements(table(COLUMNS, *rows), ZONE)[1]
    assert places(findings) == [(2, "location_ext_id"), (3, "from"), (4, "to")]


def test_a_file_without_its_columns_is_refused() -> None:
    findings = read_agreements(table("something", "else"), ZONE)[1]
    assert {finding.row for finding in findings} == {1}
    assert None not in {finding.column for finding in findings}
