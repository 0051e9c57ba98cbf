"""The list of devices, read from its table (P7). Pure: no I/O, no clock."""

from datetime import tzinfo

from tenure_server.domain.custody import Asset, DeviceKind
from tenure_server.domain.errors import Finding
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.table import Cells, Faults, Table, missing_columns, rows_of

REQUIRED = ("serial", "kind")


def read_devices(table: Table, zone: tzinfo) -> tuple[tuple[Asset, ...], tuple[Finding, ...]]:
    """Read the devices, or everything that keeps the file from being read."""
    faults = Faults(table.file)
    devices: dict[Serial, Asset] = {}
    if not missing_columns(table, REQUIRED, faults):
        for cells in rows_of(table, zone, faults):
            device = _device(cells)
            if device is not None and devices.setdefault(device.serial, device) != device:
                sentence = N_("The same serial stands in the file with other facts: keep one of the rows.")
                cells.fault("serial", say(sentence))
    return tuple(devices.values()), tuple(faults.found)


def _device(cells: Cells) -> Asset | None:
    serial = cells.required("serial")
    kind = cells.code("kind", DeviceKind)
    price = cells.money("purchase_price_eur")
    price_vat = cells.money("purchase_price_vat_eur")
    lease_end = cells.day("lease_end")
    if cells.faulty or kind is None:
        return None
    return Asset(
        serial=Serial(serial),
        model=cells.text("model"),
        kind=kind,
        purchase_price_eur=price,
        purchase_price_vat_eur=price_vat,
        lease_end=lease_end,
    )
