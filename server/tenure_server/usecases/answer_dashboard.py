"""Answer the dashboard's questions from what is stored; each answer is one snapshot."""

from datetime import timedelta

from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.allowance_rows import allowances
from tenure_server.usecases.fleet import Fleet
from tenure_server.usecases.glance import at_a_glance
from tenure_server.usecases.laptop_page import laptop_page
from tenure_server.usecases.mail_page import mail_glance, mail_list, mailbox_page
from tenure_server.usecases.mail_views import Allowances, MailboxPage, MailFilter, MailList
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
        async with self._store.reading() as tx:
            fleet = await Fleet.read(tx, self._policy, self._clock.now())
            mail = await mail_glance(tx, fleet.at)
        rows = tuple(fleet.rows())
        return LaptopList(
            at=fleet.at,
            rows=tuple(row for row in rows if _lets_through(wanted, row, fleet)),
            total=len(rows),
            at_a_glance=at_a_glance(fleet, rows, mail),
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

    async def mail(self, wanted: MailFilter) -> MailList:
        """List the mailboxes that a filter lets through, the gravest first, one page of them."""
        async with self._store.reading() as tx:
            return await mail_list(tx, self._policy, wanted, self._clock.now())

    async def mailbox(self, person: PersonId) -> MailboxPage | None:
        """Return everything known of one person's mailbox, or None for an unknown person."""
        async with self._store.reading() as tx:
            return await mailbox_page(tx, person, self._clock.now())

    async def allowances(self) -> Allowances:
        """Return the domains that mail may be forwarded to, and those that it no longer may."""
        async with self._store.reading() as tx:
            return await allowances(tx, self._clock.now())


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
