"""Every directory of accounts takes the same things, and being asked again does no harm.

Run on people's tasks, on the fake, and on Graph against the simulated tenant.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.city import City
from fakes.directory import FakeDirectory
from fakes.follow_up import with_addresses
from fakes.graph_simulator import SimulatedTenant, running
from fakes.tenant_accounts import city_address, graph_into, tenant_with
from fakes.town import Town, town
from tenure_server.adapters.directory.staff_tasks import StaffTasks
from tenure_server.adapters.graph.accounts import GraphAccounts
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountStep, AccountVerb, DirectoryAnswer
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.task import TASKS
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.ports import Directory

AINO = PersonId("aino")


@dataclass(slots=True)
class Here:
    """A directory of some kind, and how to look into it."""

    town: Town
    directory: Directory
    tenant: SimulatedTenant | None
    way: ClosingWay = ClosingWay.LICENCE
    number: int = 0

    async def ask(self, verb: AccountVerb, *, times: int = 1) -> DirectoryAnswer:
        """Ask for one step, recorded as the follow-up does it; several times is one step asked again."""
        self.number += 1
        step = AccountStep(
            person=AINO, number=self.number, verb=verb, due=self.town.now, at=self.town.now, rule="P20"
        )
        async with self.town.store.writing() as tx:
            await tx.records.add(ACCOUNT_STEPS, step)
            person = (await tx.register.facts()).people[AINO]
        verbs: dict[AccountVerb, Callable[[Person, AccountStep], Awaitable[DirectoryAnswer]]] = {
            AccountVerb.BLOCK_SIGN_IN: self.directory.block_sign_in,
            AccountVerb.UNBLOCK_SIGN_IN: self.directory.unblock_sign_in,
            AccountVerb.CLOSE_MAILBOX: self.directory.close_mailbox,
            AccountVerb.REOPEN_MAILBOX: self.directory.reopen_mailbox,
        }
        for _ in range(times):
            answer = await verbs[verb](person, step)
        return answer

    def can_sign_in(self) -> bool | None:
        """None: people look after it."""
        if isinstance(self.directory, FakeDirectory):
            return AINO not in self.directory.blocked
        return None if self.tenant is None else self.tenant.user(city_address("aino")).account_enabled

    def has_mailbox(self) -> bool | None:
        if isinstance(self.directory, FakeDirectory):
            return AINO not in self.directory.closed
        if self.tenant is None:
            return None
        user = self.tenant.find_user(city_address("aino"))
        return user is not None and bool(user.licences)

    async def tasks(self) -> list[str]:
        async with self.town.store.reading() as tx:
            return [task.kind.value for task in await tx.records.all(TASKS)]


@pytest.fixture(params=["people", "fake", "licence", "user"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Here]:
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(town(tmp_path))
        await place.know(with_addresses(City().seat("aino", until="2029-05-31")))
        match request.param:
            case "people":
                yield Here(place, StaffTasks(place.store, place.clock), None)
            case "fake":
                yield Here(place, FakeDirectory(), None)
            case way:
                tenant = tenant_with("aino")
                simulator = await stack.enter_async_context(running(tenant))
                graph = await stack.enter_async_context(graph_into(simulator, tmp_path))
                accounts = GraphAccounts(graph, place.store, place.clock, ClosingWay(way))
                yield Here(place, accounts, tenant, ClosingWay(way))


async def settled(here: Here, answer: DirectoryAnswer, kind: str) -> None:
    """Whatever is not done is a task for people."""
    if not answer.done:
        assert answer.reference
        assert kind in await here.tasks()


@pytest.mark.parametrize("times", [1, 3])
async def test_who_is_blocked_cannot_sign_in_until_unblocked(here: Here, times: int) -> None:
    await settled(here, await here.ask(AccountVerb.BLOCK_SIGN_IN, times=times), "block_sign_in")
    assert here.can_sign_in() in (False, None)
    await settled(here, await here.ask(AccountVerb.UNBLOCK_SIGN_IN, times=times), "unblock_sign_in")
    assert here.can_sign_in() in (True, None)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_closed_mailbox_is_gone_until_it_is_reopened(here: Here, times: int) -> None:
    await here.ask(AccountVerb.BLOCK_SIGN_IN)
    await settled(here, await here.ask(AccountVerb.CLOSE_MAILBOX, times=times), "close_mailbox")
    assert here.has_mailbox() in (False, None)
    await settled(here, await here.ask(AccountVerb.REOPEN_MAILBOX, times=times), "reopen_mailbox")
    assert here.has_mailbox() in (True, None)


async def test_asking_again_opens_no_second_task_and_changes_nothing_twice(here: Here) -> None:
    for verb in (AccountVerb.BLOCK_SIGN_IN, AccountVerb.CLOSE_MAILBOX):
        await here.ask(verb, times=3)
    assert len(await here.tasks()) == len(set(await here.tasks()))
    if here.tenant is not None:
        calls = [
            one for one in here.tenant.log if one.method in ("PATCH", "DELETE") or "assignLic" in one.path
        ]
        assert len(calls) == 2


async def test_everything_is_given_back_in_either_order(here: Here) -> None:
    await here.ask(AccountVerb.BLOCK_SIGN_IN)
    await here.ask(AccountVerb.CLOSE_MAILBOX)
    await here.ask(AccountVerb.UNBLOCK_SIGN_IN)
    await here.ask(AccountVerb.REOPEN_MAILBOX)
    assert here.can_sign_in() in (True, None)
    assert here.has_mailbox() in (True, None)


async def test_a_directory_that_cannot_tell_its_mailboxes_says_none(here: Here) -> None:
    found = await here.directory.mailboxes()
    assert found is None or isinstance(found, frozenset)
