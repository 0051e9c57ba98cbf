"""The invented city's laptops: who has them, who borrowed one, which must not be wiped, and the stock.

Pure and without chance. 60 laptops: 59 are simulated; `REAL_SERIAL` is played by an agent of this machine,
lies in stock at first, and is handed over to `REAL_HOLDER`, a councillor who leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tenure_server.demo.city import (
    FIRST_DAY,
    committee_members,
    deputy_of,
    entitled_now,
    keeps_a_seat,
    mandates_csv,
    person_id,
    write_csv,
)

REAL_SERIAL = "TS-REAL-060"
REAL_HOLDER = 4
LAPTOPS = 60
HELD_PERSON = 8
"""A leaving councillor whose laptop a court asks for: it locks and is not wiped."""
LENT_TO_DEPUTY = (2, 4)
"""Committee and place of a leaving member whose laptop is with a deputy who is entitled to none."""
LENT_TO_TRUSTEE = (4, 3)
"""Committee and place of a leaving member whose laptop is with a re-elected councillor: not wiped (P11)."""
REELECTED_EXAMPLE = 3

DEVICE_COLUMNS = (
    "serial",
    "model",
    "kind",
    "purchase_price_eur",
    "purchase_price_vat_eur",
    "lease_end",
)
CUSTODY_COLUMNS = ("serial", "holder_type", "holder_ext_id", "kind", "from", "to", "reason")
HOLD_COLUMNS = ("subject_type", "subject_id", "kind", "from", "to", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What the city leases."""

    name: str
    price: str
    price_with_vat: str
    lease_end: date


MODELS = (
    Model(name="Kaisla 14 G2", price="940.00", price_with_vat="1179.70", lease_end=date(2029, 6, 30)),
    Model(name="Kaisla 14 G3", price="1015.00", price_with_vat="1273.83", lease_end=date(2029, 8, 31)),
    Model(name="Vass 13 Lite", price="870.00", price_with_vat="1091.85", lease_end=date(2029, 3, 31)),
)


THIS_MACHINE = Model(
    name="Tämä kone - Denna dator - This machine",
    price="1015.00",
    price_with_vat="1273.83",
    lease_end=date(2029, 8, 31),
)


def simulated_serials() -> tuple[str, ...]:
    """Return the serials of the simulated laptops."""
    return tuple(f"TS-{number:04d}" for number in range(1, LAPTOPS))


def model_of(serial: str) -> Model:
    """Return a laptop's model."""
    if serial == REAL_SERIAL:
        return THIS_MACHINE
    number = int(serial.removeprefix("TS-"))
    return MODELS[2] if number % 7 == 0 else MODELS[number % 2]


def held_laptops() -> dict[str, int]:
    """Return serial -> citizen of every laptop that is issued when the demo begins."""
    holders = [citizen for citizen in entitled_now() if citizen != REAL_HOLDER]
    return dict(zip(simulated_serials(), holders, strict=False))


def serial_of(citizen: int) -> str:
    """Return the laptop that a citizen holds when the demo begins."""
    return next(serial for serial, holder in held_laptops().items() if holder == citizen)


def stock() -> tuple[str, ...]:
    """Return the simulated laptops that nobody has."""
    held = held_laptops()
    return tuple(serial for serial in simulated_serials() if serial not in held)


def leaving() -> tuple[str, ...]:
    """Return the simulated laptops whose holders' right ends with the term."""
    return tuple(serial for serial, citizen in held_laptops().items() if not keeps_a_seat(citizen))


def barred() -> frozenset[str]:
    """Return the leaving laptops that lock and are not wiped."""
    committee, place = LENT_TO_TRUSTEE
    return frozenset({serial_of(HELD_PERSON), serial_of(committee_members(committee)[place])})


def away() -> frozenset[str]:
    """Return the leaving laptops that reach no network while the term ends."""
    reachable = [serial for serial in leaving() if serial not in barred()]
    return frozenset({reachable[5], reachable[11]})


def devices_csv() -> str:
    """Write devices.csv."""
    rows = []
    for serial in (*simulated_serials(), REAL_SERIAL):
        model = model_of(serial)
        rows.append(
            {
                "serial": serial,
                "model": model.name,
                "kind": "laptop",
                "purchase_price_eur": model.price,
                "purchase_price_vat_eur": model.price_with_vat,
                "lease_end": model.lease_end.isoformat(),
            }
        )
    return write_csv(DEVICE_COLUMNS, rows)


def custody_csv() -> str:
    """Write custody.csv."""
    return write_csv(CUSTODY_COLUMNS, _custody())


def _custody() -> Iterator[dict[str, str]]:
    for number, (serial, citizen) in enumerate(held_laptops().items()):
        issued = FIRST_DAY + timedelta(days=3 + number % 9)
        yield {
            "serial": serial,
            "holder_type": "person",
            "holder_ext_id": person_id(citizen),
            "kind": "primary",
            "from": issued.isoformat(),
        }
    for committee, place in (LENT_TO_DEPUTY, LENT_TO_TRUSTEE):
        yield {
            "serial": serial_of(committee_members(committee)[place]),
            "holder_type": "person",
            "holder_ext_id": person_id(deputy_of(committee, place)),
            "kind": "temporary",
            "from": "2029-05-02",
        }
    for serial in (*stock(), REAL_SERIAL):
        yield {"serial": serial, "holder_type": "stock", "kind": "primary", "from": FIRST_DAY.isoformat()}


def holds_csv() -> str:
    """Write holds.csv."""
    return write_csv(
        HOLD_COLUMNS,
        [
            {
                "subject_type": "person",
                "subject_id": person_id(HELD_PERSON),
                "kind": "litigation",
                "from": "2029-02-12",
                "reference": "KH 12.2.2029 § 31",
            }
        ],
    )


def write_files(directory: Path) -> None:
    """Write the four files that a user would import."""
    for name, text in (
        ("mandates.csv", mandates_csv()),
        ("devices.csv", devices_csv()),
        ("custody.csv", custody_csv()),
        ("holds.csv", holds_csv()),
    ):
        (directory / name).write_text(text, encoding="utf-8", newline="")
