"""A town whose notices, accounts and charges are followed up, day by day or at once.

async with followed_town(tmp_path) as here:
    await here.know(City().seat("aino", until="2029-05-31").laptop("L1", "aino"))
    await here.lives_through("2029-05-01", "2029-07-04")
    assert here.sent("aino") == ["T-30", "T-14", "T-7", "T-1", "T+7", "T+21", "M-7"]
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fakes.city import City, instant
from fakes.directory import FakeDirectory
from fakes.post import FakePost
from fakes.town import Town, town
from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountStep
from tenure_server.domain.charge import CHARGES, Charge
from tenure_server.domain.ids import PersonId
from tenure_server.domain.notice import NOTICES, Notice
from tenure_server.domain.task import TASKS, Task
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.follow_timeline import FollowUp, follow_timeline
from tenure_server.usecases.following import Following
from tenure_server.usecases.notice_words import NoticeWords


@dataclass(slots=True, kw_only=True)
class FollowedTown:
    """A town and what its follow-up reaches."""

    town: Town
    folder: Path
    post: FakePost | None = field(default_factory=FakePost)
    directory: Any = field(default_factory=FakeDirectory)
    staff_address: str = ""
    closing_way: ClosingWay | None = None

    @property
    def following(self) -> Following:
        lock = self.town.enforcement.notice
        return Following(
            store=self.town.store,
            clock=self.town.clock,
            policy=self.town.terms,
            words=NoticeWords(lock=lock, hours="9-15", contact="hallinto@kuntala.example", link="https://t"),
            templates=TemplateFiles(own=self.folder / "notices", default_language="fi"),
            directory=self.directory,
            post=self.post,
            staff_address=self.staff_address,
            closing_way=self.closing_way,
        )

    async def know(self, register: City) -> None:
        """Import a register whose people have addresses, as of today."""
        await self.town.know(with_addresses(register))

    async def follow(self, slot: str | None = None) -> FollowUp:
        return await follow_timeline(self.following, slot=slot)

    async def lives_to(self, moment: str, register: City | None = None) -> FollowUp:
        """Move the clock, import the register of that night and follow up."""
        self.town.goes_to(moment)
        known = register or self.town.register
        assert known is not None
        await self.know(known)
        await self.town.sweep()
        return await self.follow()

    async def lives_through(self, first: str, last: str, *, hour: int = 12) -> None:
        """Follow up at noon of every day."""
        at, end = instant(first) + timedelta(hours=hour), instant(last) + timedelta(hours=hour)
        while at <= end:
            await self.lives_to(at.isoformat())
            at += timedelta(days=1)

    async def notices(self, person: str) -> list[Notice]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(NOTICES, subject=person))

    async def told(self, person: str) -> list[tuple[str, str]]:
        """Key and state of each notice, in time."""
        return [(one.key, one.state.value) for one in await self.notices(person)]

    async def sent(self, person: str) -> list[str]:
        return [key for key, state in await self.told(person) if state == "sent"]

    async def steps(self, person: str) -> list[AccountStep]:
        async with self.town.store.reading() as tx:
            found = await tx.records.all(ACCOUNT_STEPS, subject=person)
        return sorted(found, key=lambda step: step.number)

    async def account(self, person: str) -> list[tuple[str, str]]:
        return [(one.verb.value, one.state.value) for one in await self.steps(person)]

    async def charges(self) -> list[Charge]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(CHARGES))

    async def tasks(self, *, open_only: bool = True) -> list[Task]:
        async with self.town.store.reading() as tx:
            return list(await tx.records.all(TASKS, open_only=open_only))

    async def task_kinds(self) -> list[str]:
        return sorted(task.kind.value for task in await self.tasks())


@asynccontextmanager
async def followed_town(folder: Path, **settings: Any) -> AsyncIterator[FollowedTown]:
    """Start an installation whose timeline is followed up."""
    async with town(folder, **settings) as here:
        yield FollowedTown(town=here, folder=folder)


def city_address(person: str) -> str:
    return f"{person}@kuntala.example"


def private_address(person: str) -> str:
    return f"{person}@home.example"


def with_addresses(register: City) -> City:
    """Give everybody who has none a city and a private address."""
    for key, person in register.people.items():
        if not (person.email_city or person.email_private or person.phone == "protected"):
            register.people[PersonId(key)] = replace(
                person, email_city=city_address(key), email_private=private_address(key)
            )
    return register
