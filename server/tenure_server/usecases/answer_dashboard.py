"""Answer the dashboard's questions from what is stored; each answer is one snapshot."""

from datetime import timedelta

from tenure_server.domain.ids import Serial
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.glance import at_a_glance
from tenure_server.usecases.laptop_page import laptop_page
from tenure_server.usecases.manifest_rows import manifest_rows
from tenure_server.usecases.ports import Clock, Store
from tenure_server.usecases.views import LaptopFilter, LaptopList, LaptopPage, LaptopRow, Manifests


class StoredAnswers:
    """Answers `usecases.dashboard.DashboardQueries` from a municipality's store."""

    def __init__(self, store: Store, clock: Clock, policy: TermPolicy) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    async def laptops(self, wanted: LaptopFilter) -> LaptopList:
        """List the laptops that a filter lets through, by serial."""
        fleet = await self._fleet()
        rows = tuple(fleet.rows())
        return LaptopList(
            at=fleet.at,
            rows=tuple(row for row in rows if _lets_through(wanted, row, fleet)),
            total=len(rows),
            at_a_glance=at_a_glance(fleet, rows),
        )

    async def laptop(self, serial: Serial) -> LaptopPage | None:
        """Return everything known of one laptop, or None for an unknown serial."""
        async with self._store.reading() as tx:
            fleet = await Fleet.read(tx, self._policy, self._clock.now())
            return await laptop_page(tx, fleet, serial)

    async def manifests(self) -> Manifests:
        """Return the wipes that are prepared, approved or under way."""
        async with self._store.reading() as tx:
            fleet = await Fleet.read(tx, self._policy, self._clock.now())
            return await manifest_rows(tx, fleet)

    async def _fleet(self) -> Fleet:
        async with self._store.reading() as tx:
            return await Fleet.read(tx, self._policy, self._clock.now())


def _lets_through(wanted: LaptopFilter, row: LaptopRow, fleet: Fleet) -> bool:
    text = " ".join((row.serial, row.model, row.holder or "", row.borrower or "")).casefold()
    return (
        wanted.text.strip().casefold() in text
        and wanted.desired in (None, row.desired)
        and wanted.reported in (None, row.reported)
        and (wanted.attention is None or wanted.attention in row.attention)
        and _ends_in_time(wanted, row, fleet)
    )


def _ends_in_time(wanted: LaptopFilter, row: LaptopRow, fleet: Fleet) -> bool:
    if wanted.ending_days is None:
        return True
    last = fleet.at + timedelta(days=wanted.ending_days)
    return row.ends is not None and fleet.at < row.ends <= last
