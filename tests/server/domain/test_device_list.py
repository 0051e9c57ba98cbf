from decimal import Decimal

from fakes.city import policy
from fakes.tables import places, table
from tenure_server.domain.custody import DeviceKind
from tenure_server.domain.device_list import read_devices

ZONE = policy().zone
COLUMNS = "serial;model;kind;purchase_price_eur;purchase_price_vat_eur;lease_end"


def test_a_device_is_read_with_its_price_and_lease() -> None:
    devices, findings = read_devices(table(COLUMNS, "007;X;laptop;800,00;1004,00;2029-05-31"), ZONE)
    assert findings == ()
    assert (devices[0].serial, devices[0].kind, devices[0].purchase_price_vat_eur) == (
        "007",
        DeviceKind.LAPTOP,
        Decimal("1004.00"),
    )


def test_the_faults_of_devices_are_all_listed() -> None:
    rows = (";X;laptop;;;", "A;X;phone;;;", "B;X;laptop;cheap;;31.5.2029", "C;X;laptop;;;", "C;Y;laptop;;;")
    _, findings = read_devices(table(COLUMNS, *rows), ZONE)
    assert places(findings) == [
        (2, "serial"),
        (3, "kind"),
        (4, "purchase_price_eur"),
        (4, "lease_end"),
        (6, "serial"),
    ]


def test_a_file_without_its_columns_is_refused() -> None:
    findings = read_devices(table("something", "else"), ZONE)[1]
    assert {finding.row for finding in findings} == {1}
    assert None not in {finding.column for finding in findings}
