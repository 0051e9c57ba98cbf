"""What freshly read lists of devices, custody, agreements and holds would change. Pure: no I/O, no clock.

Rules: a missing row changes nothing; a list never reopens what a handover or a release has closed since, and
never ends a hold sooner than the person said who made it longer; one device never gets two primary custodians
at once (invariant 5), and what was handed over as a laptop never becomes a peripheral, which would not lock:
such a list is refused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from tenure_server.domain.custody import Agreement, Asset, Custody, CustodyKind, DeviceKind, Hold
from tenure_server.domain.errors import Finding
from tenure_server.domain.facts import Facts
from tenure_server.domain.message import N_, say


@dataclass(frozen=True, slots=True, kw_only=True)
class PossessionChange:
    """The rows that are new or say something else than what is known."""

    assets: tuple[Asset, ...] = ()
    custody: tuple[Custody, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    """Empty, or the full set to be current."""
    changed_agreements: int = 0
    holds: tuple[Hold, ...] = ()
    kept: tuple[Custody, ...] = ()
    """Custodies that the list still shows as open although they are known to be over: they stay over."""
    findings: tuple[Finding, ...] = ()
    """Not empty: the lists are refused whole."""

    @property
    def nothing(self) -> bool:
        """Tell whether nothing would change."""
        return not (self.assets or self.custody or self.changed_agreements or self.holds)


def possession_change(current: Facts, read: Facts) -> PossessionChange:
    """Compare the lists that were read with what is known."""
    known_assets = {asset.serial: asset for asset in current.assets}
    custody, kept = _custody(current, read)
    agreements = {_agreement_key(row): row for row in current.agreements}
    new_agreements = [
        row for row in read.agreements if _plain(agreements.get(_agreement_key(row))) != _plain(row)
    ]
    holds = {_hold_key(row): row for row in current.holds}
    return PossessionChange(
        assets=tuple(asset for asset in read.assets if known_assets.get(asset.serial) != asset),
        custody=tuple(sorted(custody, key=lambda row: (row.start, row.end is None))),
        agreements=tuple({**agreements, **{_agreement_key(row): row for row in new_agreements}}.values())
        if new_agreements
        else (),
        changed_agreements=len(new_agreements),
        holds=tuple(
            row
            for row in read.holds
            if _plain(before := holds.get(_hold_key(row))) != _plain(row) and not _shortens(before, row)
        ),
        kept=tuple(kept),
        findings=(*_second_custodians(current.custody, custody), *_no_laptops_any_more(current, read)),
    )


def _shortens(before: Hold | None, row: Hold) -> bool:
    """Tell whether a list would end a hold sooner that a person set since: only a list's own has a row."""
    if before is None or before.row is not None or row.row is None or row.end is None:
        return False
    return before.end is None or row.end < before.end


def _custody(current: Facts, read: Facts) -> tuple[list[Custody], list[Custody]]:
    known = {_custody_key(row): row for row in current.custody}
    changed, kept = [], []
    for row in read.custody:
        before = known.get(_custody_key(row))
        if before is None or (_plain(before) != _plain(row) and before.end is None):
            changed.append(row)
        elif before.end is not None and (before.end, before.reason) != (row.end, row.reason):
            kept.append(before)
    return changed, kept


def _second_custodians(known: Iterable[Custody], changed: Iterable[Custody]) -> Iterable[Finding]:
    rows = {_custody_key(row): row for row in (*known, *changed) if row.kind is CustodyKind.PRIMARY}
    by_serial: dict[str, list[Custody]] = {}
    for row in sorted(rows.values(), key=lambda row: row.start):
        by_serial.setdefault(row.serial, []).append(row)
    sentence = N_("{serial} has a responsible holder already, since {day}: take it back first.")
    for custodies in by_serial.values():
        for earlier, later in pairwise(custodies):
            if earlier.end is None or earlier.end > later.start:
                yield Finding(
                    file="custody",
                    row=later.row if later.row is not None else earlier.row,
                    column="from",
                    why=say(sentence, serial=later.serial, day=earlier.start.isoformat()),
                )


def _no_laptops_any_more(current: Facts, read: Facts) -> Iterable[Finding]:
    """Find laptops that a list calls peripherals: a leaver's would never lock."""
    handed_over = {row.serial for row in current.custody}
    kinds = {asset.serial: asset.kind for asset in current.assets if asset.serial in handed_over}
    sentence = N_("{serial} was handed over as a {kind} and cannot become a peripheral: correct its kind.")
    for asset in read.assets:
        before = kinds.get(asset.serial, DeviceKind.PERIPHERAL)
        if asset.kind is DeviceKind.PERIPHERAL and before is not DeviceKind.PERIPHERAL:
            why = say(sentence, serial=asset.serial, kind=before.value)
            yield Finding(file="devices", row=None, column="kind", why=why)


def _plain(row: Custody | Agreement | Hold | None) -> Custody | Agreement | Hold | None:
    """Return a row without its place in the file, which is no fact."""
    return None if row is None else replace(row, row=None)


def _custody_key(row: Custody) -> tuple[object, ...]:
    return row.serial, row.holder_type, row.holder, row.kind, row.start


def _agreement_key(row: Agreement) -> tuple[object, ...]:
    return row.location, row.reference, row.start


def _hold_key(row: Hold) -> tuple[object, ...]:
    return row.subject_type, row.subject, row.kind, row.start
