"""A town whose laptops look at mailboxes: orders by sweeps, reports by visits.

async with reporting_town(tmp_path) as here:
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.enrol("L1")
    await here.order()
    await here.hear(laptop)
    await here.tell(laptop, verdict="violation")
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from fakes.checked_town import CheckedTown
from fakes.keys import key_id
from fakes.town import Laptop, town
from tenure_policies.envelope import read_unverified
from tenure_policies.forwarding.mail_order import MAIL_DOCUMENT, MailOrder, MailReport
from tenure_server.adapters.signing import DirectiveKeySigning
from tenure_server.domain.ids import KeyThumbprint
from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.mail_order_record import MAIL_ORDERS, MailOrderRecord
from tenure_server.usecases.give_mail_orders import MailOrdersGiven
from tenure_server.usecases.order_mail_checks import MailOrdered, MailOrdering, order_mail_checks
from tenure_server.usecases.visit import Visited, Visiting, visit


@dataclass(slots=True, kw_only=True)
class ReportingTown(CheckedTown):
    """A town, its tenant, and laptops that are asked to look."""

    held: dict[str, MailOrder] = field(default_factory=dict)
    """Serial -> the order that the laptop follows."""
    reports: dict[str, bytes] = field(default_factory=dict)
    given: MailOrdersGiven | None = None

    @property
    def ordering(self) -> MailOrdering:
        return MailOrdering(
            store=self.town.store,
            clock=self.town.clock,
            policy=self.town.terms,
            authority="https://login.microsoftonline.com/tenant",
            client_id="client",
            graph="https://graph.microsoft.com/v1.0",
            mail_fixer=self.mail_fixer,
        )

    async def order(self, slot: str | None = None) -> MailOrdered:
        return await order_mail_checks(self.ordering, slot=slot)

    async def orders(self) -> list[MailOrderRecord]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(MAIL_ORDERS))

    async def visiting(self) -> Visiting:
        if self.given is None:
            signing = DirectiveKeySigning(self.town.keys.directive)
            self.given = MailOrdersGiven(clock=self.town.clock, signing=signing)
        plain = await self.town.visiting()
        return Visiting(
            store=plain.store,
            log=plain.log,
            clock=plain.clock,
            signing=plain.signing,
            municipality=plain.municipality,
            mail_orders=self.given,
        )

    async def hear(self, laptop: Laptop, **facts: Any) -> Visited:
        """Let a laptop visit; it follows the order that it is given."""
        followed = self.held.get(laptop.serial)
        fields = {"mail_order": 0 if followed is None else followed.number, **facts}
        if laptop.serial in self.reports and "digests" not in fields:
            digest = hashlib.sha256(self.reports[laptop.serial]).hexdigest()
            fields["digests"] = {MAIL_DOCUMENT: digest}
        request = laptop.request(self.town.now, **fields)
        visited = await visit(await self.visiting(), request, key=_key(laptop))
        if visited.answer.directive is not None:
            laptop.held = visited.answer.directive
        if visited.answer.mail_order is not None:
            self.held[laptop.serial] = read_unverified(visited.answer.mail_order, MailOrder)
        return visited

    async def tell(self, laptop: Laptop, raw: bytes | None = None, **report: Any) -> Visited:
        """Let a laptop say what it found, under the order that it follows unless told otherwise."""
        if raw is None:
            number = self.held[laptop.serial].number if laptop.serial in self.held else 1
            fields = {"number": number, "state": "checked", "checked_at": self.town.now, **report}
            raw = msgspec.json.encode(MailReport(**fields))
        self.reports[laptop.serial] = raw
        digest = hashlib.sha256(raw).hexdigest()
        return await self.hear(
            laptop, digests={MAIL_DOCUMENT: digest}, documents={MAIL_DOCUMENT: msgspec.Raw(raw)}
        )


def _key(laptop: Laptop) -> KeyThumbprint:
    return KeyThumbprint(key_id(laptop.key))


@asynccontextmanager
async def reporting_town(folder: Path, **settings: Any) -> AsyncIterator[ReportingTown]:
    """Start an installation whose laptops look at mailboxes, and fix where fixing is on."""
    async with town(folder, **settings) as here:
        yield ReportingTown(town=here, folder=folder, mail_fixer=LookedAtBy.LAPTOP)
