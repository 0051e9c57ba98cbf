"""The end of a term drives the tenant in order, whatever happens on the way: the real follow-up on Graph."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City
from fakes.follow_up import FollowedTown, city_address, followed_town
from fakes.graph_simulator import MAIL_SKU, SimulatedTenant, SimulatedUser, running
from fakes.tenant_accounts import SENDER, changes, graph_into, tenant_with
from tenure_server.adapters.graph.accounts import GraphAccounts
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.post import GraphPost
from tenure_server.domain.custody import HoldKind, HoldSubject
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.mandate import EndBasis, Person
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.approve_closings import approve_closings, closings
from tenure_server.usecases.explain import explain
from tenure_server.usecases.set_hold import SetHold, set_hold

LEAVER = City().seat("stays").seat("aino", until="2029-05-31")
BACK = City().seat("stays").seat("aino", until="2029-05-31").seat("aino", "board", since="2029-07-10")
AFTER, DUE, LATER = "2029-06-01T12:00:00+03:00", "2029-07-03T12:00:00+03:00", "2029-07-10T12:00:00+03:00"
BLOCKED = ["PATCH users accountEnabled=False", "POST users revokeSignInSessions"]
GIVEN_BACK = ["PATCH users accountEnabled=True", "POST users assignLicense"]


@dataclass(slots=True)
class Here:
    """A followed town whose accounts and mail are the simulated tenant's."""

    followed: FollowedTown
    tenant: SimulatedTenant
    graph: GraphClient

    @property
    def aino(self) -> SimulatedUser:
        return self.tenant.user(city_address("aino"))

    @property
    def changes(self) -> list[str]:
        """What was changed, the notices apart."""
        return [one for one in changes(self.tenant) if "sendMail" not in one]

    async def approve(self) -> None:
        following = self.followed.following
        (offered,) = (await closings(following)).to_sign
        statement = self.followed.town.resume(offered.name(self.followed.town.id))
        await approve_closings(following, statement)
        await self.followed.follow()


@asynccontextmanager
async def term_end(
    folder: Path, register: City = LEAVER, way: ClosingWay = ClosingWay.LICENCE
) -> AsyncIterator[Here]:
    """The day after the term."""
    tenant = tenant_with("aino", "stays")
    async with (
        followed_town(folder) as followed,
        running(tenant) as simulator,
        graph_into(simulator, folder) as graph,
    ):
        followed.directory = GraphAccounts(graph, followed.town.store, followed.town.clock, way)
        followed.post = GraphPost(graph, sender=SENDER)  # type: ignore[assignment]
        followed.closing_way = way
        followed.town.goes_to("2029-05-31T12:00:00+03:00")
        await followed.know(register)
        await followed.follow()
        assert not [one for one in changes(tenant) if "sendMail" not in one]
        yield Here(followed, tenant, graph)


async def test_blocked_at_the_end_closed_a_month_later_and_given_back_with_a_new_right(
    tmp_path: Path,
) -> None:
    async with term_end(tmp_path) as here:
        here.tenant.add_forward(here.aino, "aino@gmail.example")
        await here.followed.lives_to(AFTER)
        cleared = "PATCH users mailFolders inbox messageRules isEnabled=False"
        assert here.changes == [*BLOCKED, cleared]
        await here.followed.lives_to(DUE)
        assert here.changes == [*BLOCKED, cleared], "it waits for two people"
        await here.approve()
        assert here.changes == [*BLOCKED, cleared, "POST users assignLicense"]
        assert here.aino.licences == {}
        await here.followed.lives_to(LATER, BACK)
        assert here.changes == [*BLOCKED, cleared, "POST users assignLicense", *GIVEN_BACK]
        assert (here.aino.account_enabled, here.aino.licences) == (True, {MAIL_SKU: {None}})
        assert await here.followed.task_kinds() == []


async def test_case_44_a_new_mandate_within_the_month_cancels_the_closing_in_the_tenant(
    tmp_path: Path,
) -> None:
    async with term_end(tmp_path) as here:
        await here.followed.lives_to(AFTER)
        back = City().seat("stays").seat("aino", until="2029-05-31").seat("aino", "board", since="2029-06-20")
        await here.followed.lives_to("2029-06-20T12:00:00+03:00", back)
        await here.followed.lives_to(LATER, back)
        assert here.changes == [*BLOCKED, "PATCH users accountEnabled=True"]
        assert here.aino.licences == {MAIL_SKU: {None}}


async def test_case_12_a_hold_after_the_approval_keeps_the_mailbox(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        await here.followed.lives_to(AFTER)
        here.tenant.quirks.fail_next(times=20, status=503, path="/users")
        await here.followed.lives_to(DUE)
        await here.approve()
        here.tenant.quirks.waiting.clear()
        hold = SetHold(
            kind=HoldKind.RECORDS, subject_type=HoldSubject.PERSON, subject="aino", reference="1", until=None
        )
        await set_hold(here.followed.town.store, here.followed.town.clock, hold)
        await here.followed.lives_to("2029-07-04T12:00:00+03:00")
        assert here.changes == BLOCKED
        assert here.aino.licences == {MAIL_SKU: {None}}


async def test_case_10_the_mailbox_of_somebody_who_died_is_blocked_and_sealed(tmp_path: Path) -> None:
    dead = City().seat("stays").seat("aino", until="2029-05-31", basis=EndBasis.DEATH)
    async with term_end(tmp_path, dead) as here:
        await here.followed.lives_to(AFTER)
        await here.followed.lives_to("2029-09-01")
        assert here.changes == BLOCKED
        assert (await closings(here.followed.following)).to_sign == ()


async def test_case_23_staff_accounts_are_never_looked_for(tmp_path: Path) -> None:
    register = City().seat("stays").seat("aino", until="2029-05-31", employee=True)
    async with term_end(tmp_path, register) as here:
        await here.followed.lives_to(AFTER)
        await here.followed.lives_to(DUE)
        assert not [one for one in here.tenant.log if "sendMail" not in one.path and "token" not in one.path]


async def test_a_role_holder_is_refused_with_the_reason_and_a_task(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        here.aino.directory_roles.append("Exchange Administrator")
        await here.followed.lives_to(AFTER)
        (task,) = await here.followed.tasks()
        assert (task.kind.value, task.subject) == ("block_sign_in", "aino")
        assert "directory role" in str(task.because)
        assert here.changes == []


async def test_a_licence_from_a_group_is_refused_with_the_group_and_a_task(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        group = here.tenant.add_group("Licences", here.aino.id)
        here.aino.licences[MAIL_SKU] = {group.id}
        await here.followed.lives_to(AFTER)
        await here.followed.lives_to(DUE)
        await here.approve()
        (task,) = await here.followed.tasks()
        assert task.kind.value == "close_mailbox"
        assert group.id in str(task.because)
        assert here.changes == BLOCKED


async def test_what_could_not_be_seen_on_the_first_day_is_a_task_of_its_own(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        here.tenant.add_rule(here.aino, isReadOnly=True)
        await here.followed.lives_to(AFTER)
        assert await here.followed.account("aino") == [("block_sign_in", "done")]
        (task,) = await here.followed.tasks()
        assert (task.kind.value, task.subject) == ("clear_forwarding", "aino")


async def test_a_tenant_that_is_away_is_asked_later_and_nothing_is_lost(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        here.tenant.quirks.fail_next(times=1000, status=503)
        await here.followed.lives_to(AFTER)
        assert await here.followed.account("aino") == [("block_sign_in", "due")]
        here.tenant.quirks.waiting.clear()
        await here.followed.lives_to("2029-06-01T12:30:00+03:00")
        assert await here.followed.account("aino") == [("block_sign_in", "done")]
        assert here.changes == BLOCKED


async def test_who_is_re_elected_after_a_block_that_broke_off_is_let_in_and_never_blocked_again(
    tmp_path: Path,
) -> None:
    async with term_end(tmp_path) as here:
        here.tenant.quirks.fail_next(times=1, status=503, method="POST", path="*revokeSignInSessions")
        await here.followed.lives_to(AFTER)
        assert not here.aino.account_enabled
        back = City().seat("stays").seat("aino", until="2029-05-31").seat("aino", "board", since="2029-06-01")
        await here.followed.lives_to("2029-06-01T12:30:00+03:00", back)
        await here.followed.lives_to("2029-06-02", back)
        assert here.aino.account_enabled
        assert [one for one in here.changes if one.startswith("PATCH")] == [
            "PATCH users accountEnabled=False",
            "PATCH users accountEnabled=True",
        ]


class LateAccounts(GraphAccounts):
    """Lets the world go on between the follow-up's last look and the first call."""

    meanwhile: Callable[[], Awaitable[Any]] | None = None

    async def _account(self, person: Person, step: Any) -> Any:
        found = await super()._account(person, step)
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            await act()
        return found


async def test_who_is_re_elected_while_the_tenant_is_asked_is_not_blocked_after_all(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        town = here.followed.town
        accounts = LateAccounts(here.graph, town.store, town.clock, ClosingWay.LICENCE)
        here.followed.directory = accounts
        back = City().seat("stays").seat("aino", until="2029-05-31").seat("aino", "board", since="2029-06-01")

        async def another_node() -> None:
            await here.followed.know(back)
            await here.followed.follow()

        accounts.meanwhile = another_node
        with pytest.raises(ConflictError):
            await here.followed.lives_to(AFTER)
        await here.followed.follow()
        await here.followed.lives_to("2029-06-02", back)
        assert "PATCH users accountEnabled=False" not in here.changes
        assert here.aino.account_enabled


async def test_a_removed_account_comes_back_before_it_is_let_in(tmp_path: Path) -> None:
    async with term_end(tmp_path, way=ClosingWay.USER) as here:
        await here.followed.lives_to(AFTER)
        await here.followed.lives_to(DUE)
        await here.approve()
        assert city_address("aino") not in [one.user_principal_name for one in here.tenant.users.values()]
        await here.followed.lives_to(LATER, BACK)
        assert here.changes == [
            *BLOCKED,
            "DELETE users",
            "POST directory deletedItems restore",
            "PATCH users accountEnabled=True",
        ]
        assert here.aino.account_enabled


async def test_a_shared_mailbox_is_a_task_that_says_exchange(tmp_path: Path) -> None:
    async with term_end(tmp_path, way=ClosingWay.SHARED) as here:
        await here.followed.lives_to(AFTER)
        await here.followed.lives_to(DUE)
        (task,) = await here.followed.tasks()
        assert task.kind.value == "close_mailbox"
        assert "Exchange" in str(task.because)
        assert here.changes == BLOCKED


async def test_notices_go_out_through_the_tenant(tmp_path: Path) -> None:
    register = City().seat("stays").seat("aino", until="2029-05-31").laptop("L1", "aino")
    async with term_end(tmp_path, register) as here:
        await here.followed.lives_to("2029-06-08T12:00:00+03:00")
        assert "T+7" in await here.followed.sent("aino")
        assert {mail.sender for mail in here.tenant.sent} == {SENDER}


async def test_an_explanation_tells_what_was_done_in_the_tenant(tmp_path: Path) -> None:
    async with term_end(tmp_path) as here:
        here.tenant.add_forward(here.aino, "aino@gmail.example")
        await here.followed.lives_to(AFTER)
        town = here.followed.town
        told = str(await explain(town.store, town.clock, town.terms, "aino"))
        assert "Its sign-in was blocked in the tenant." in told
        assert "gmail.example" not in told
