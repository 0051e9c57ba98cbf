"""A town whose trustees' mailboxes are looked at, in a tenant in memory.

async with checked_town(tmp_path) as here:
    await here.know(City().seat("aino", until="2029-05-31"))
    here.tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
    await here.check()
    assert await here.verdict("aino") == "violation"
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fakes.city import City
from fakes.follow_up import FollowedTown
from fakes.tenant import FakeMailboxes, FakePeople, FakeTenant
from fakes.town import town
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import (
    LAST_CHECKS,
    MAILBOX_STATES,
    RULE_FIXES,
    LastCheck,
    LookedAtBy,
    MailboxState,
    RuleFix,
)
from tenure_server.usecases.allow_domains import Allowance, allow_domain, set_fixing
from tenure_server.usecases.check_mailboxes import MailCheck, check_mailboxes
from tenure_server.usecases.checking import Checking


@dataclass(slots=True, kw_only=True)
class CheckedTown(FollowedTown):
    """A town, its follow-up and its tenant."""

    tenant: FakeTenant = field(default_factory=FakeTenant)
    mail_fixer: LookedAtBy = LookedAtBy.SERVER

    @property
    def checking(self) -> Checking:
        return Checking(
            store=self.town.store,
            clock=self.town.clock,
            policy=self.town.terms,
            people=FakePeople(self.tenant),
            mailboxes=FakeMailboxes(self.tenant),
            mail_fixer=self.mail_fixer,
        )

    async def check(self, slot: str | None = None, **more: Any) -> MailCheck:
        result = await check_mailboxes(self.checking, slot=slot, **more)
        self.passes(seconds=1)  # the next one is later
        return result

    async def fixing(self, *, on: bool = True) -> None:
        await set_fixing(self.town.store, self.town.clock, on=on, decision="§ 12" if on else "", by="it")
        self.passes(seconds=1)

    async def allow(self, domain: str, until: Any) -> None:
        asked = Allowance(domain=domain, decision="§ 13", until=until, by="it")
        await allow_domain(self.town.store, self.town.clock, asked)

    async def state(self, person: str) -> MailboxState | None:
        async with self.town.store.reading() as tx:
            return await tx.records.get(MAILBOX_STATES, PersonId(person))

    async def verdict(self, person: str) -> str | None:
        state = await self.state(person)
        return None if state is None else state.verdict.value

    async def fixes(self, person: str) -> list[RuleFix]:
        async with self.town.store.reading() as tx:
            return sorted(await tx.records.all(RULE_FIXES, subject=person), key=lambda fix: fix.id)

    async def fixed(self, person: str) -> list[tuple[str, int, str]]:
        return [(fix.rule, fix.number, fix.state.value) for fix in await self.fixes(person)]

    async def last(self) -> LastCheck:
        async with self.town.store.reading() as tx:
            found = await tx.records.get(LAST_CHECKS, "last")
        assert found is not None
        return found

    async def says_laptop(self, person: str) -> None:
        """Let a laptop's report be the newest word on a mailbox, whatever it says."""
        async with self.town.store.writing() as tx:
            was = await tx.records.get(MAILBOX_STATES, person)
            assert was is not None
            newer = replace(was, by=LookedAtBy.LAPTOP, checked_at=self.town.now)
            await tx.records.replace(MAILBOX_STATES, was, newer)

    def passes(self, **spell: float) -> None:
        """Let time pass."""
        self.town.clock.at += timedelta(**spell)


@asynccontextmanager
async def checked_town(folder: Path, **settings: Any) -> AsyncIterator[CheckedTown]:
    """Start an installation with a tenant."""
    async with town(folder, **settings) as here:
        yield CheckedTown(town=here, folder=folder)


def council(*people: str, until: str = "2029-05-31") -> City:
    """A register in which these people sit in the council."""
    register = City()
    for person in people:
        register.seat(person, until=until)
    return register
