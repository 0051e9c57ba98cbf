"""A mailbox is closed only after two people signed for the list that names it, and for nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City, instant
from fakes.directory import FakeDirectory
from fakes.follow_up import FollowedTown, followed_town
from tenure_server.domain.closing_approval import CLOSING_LISTS
from tenure_server.domain.custody import HoldKind, HoldSubject
from tenure_server.domain.errors import NotFoundError, RefusedError, UnavailableError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import say
from tenure_server.domain.plan import Need
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.approve_closings import (
    ApprovedClosings,
    Closings,
    approve_closings,
    closings,
)
from tenure_server.usecases.set_hold import SetHold, lift_hold, set_hold

LEAVERS = ("aino", "bo")
DUE = "2029-07-03T12:00:00+03:00"


def leavers(*people: str) -> City:
    city = City().seat("stays")
    for person in people or LEAVERS:
        city.seat(person, until="2029-05-31")
    return city


@asynccontextmanager
async def when_due(
    folder: Path, *people: str, signer: bool = True, **settings: Any
) -> AsyncIterator[FollowedTown]:
    """A month after the term's end: sign-in was blocked, the mailboxes are due."""
    async with followed_town(folder, signer=signer) as here:
        here.closing_way = ClosingWay.LICENCE
        here.town.goes_to("2029-05-20")
        await here.know(leavers(*people))
        await here.lives_to("2029-06-01T12:00:00+03:00")
        await here.lives_to(DUE)
        yield here


async def listed(here: FollowedTown) -> Closings:
    return await closings(here.following)


async def states(here: FollowedTown) -> dict[str, str]:
    return {row.person: row.state.value for row in (await listed(here)).rows}


async def approve(here: FollowedTown, *, approvers: int = 2, name: str = "") -> ApprovedClosings:
    name = name or (await listed(here)).to_sign[-1].name(here.town.id)
    return await approve_closings(here.following, here.town.resume(name, approvers))


async def hold_on(here: FollowedTown, person: str) -> None:
    hold = SetHold(
        kind=HoldKind.LITIGATION, subject_type=HoldSubject.PERSON, subject=person, reference="L 1", until=None
    )
    await set_hold(here.town.store, here.town.clock, hold)


async def test_what_is_due_waits_and_one_task_asks_for_the_approval(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        await here.follow()
        await here.follow()
        assert here.directory.closed == set()
        assert await states(here) == {"aino": "waits_for_approval", "bo": "waits_for_approval"}
        (task,) = [one for one in await here.tasks() if one.kind.value == "closing_approval"]
        (offered,) = (await listed(here)).to_sign
        assert f"tenure approve resume {offered.name(here.town.id)}" in str(task.why)
        assert [closing.person for closing in offered.closings] == ["aino", "bo"]


async def test_after_two_signed_the_list_is_closed_and_the_task_is_gone(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        done = await approve(here)
        assert (done.count, done.void) == (2, 0)
        await here.follow()
        assert here.directory.closed == set(LEAVERS)
        assert await states(here) == {"aino": "done", "bo": "done"}
        assert await here.task_kinds() == []
        assert {"closings_offered", "closings_approved"} <= set(await here.town.kinds())


@pytest.mark.parametrize("approvers", [1])
async def test_one_signature_closes_nothing(tmp_path: Path, approvers: int) -> None:
    async with when_due(tmp_path) as here:
        with pytest.raises(RefusedError, match="Two approvers must sign"):
            await approve(here, approvers=approvers)
        await here.follow()
        assert here.directory.closed == set()


@pytest.mark.parametrize("name", ["kuntala/import-0a1b", "kuntala/closings-" + "0" * 40])
async def test_a_statement_over_something_else_closes_nothing(tmp_path: Path, name: str) -> None:
    async with when_due(tmp_path) as here:
        with pytest.raises(NotFoundError):
            await approve(here, name=name)


async def test_a_statement_for_another_municipality_closes_nothing(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        (offered,) = (await listed(here)).to_sign
        with pytest.raises(RefusedError):
            await approve(here, name=offered.name("naapurila"))


async def test_a_statement_is_good_once(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        (offered,) = (await listed(here)).to_sign
        await approve(here)
        with pytest.raises(RefusedError, match="not to be signed any more"):
            await approve(here, name=offered.name(here.town.id))


async def test_who_is_re_elected_after_the_approval_keeps_the_mailbox(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        await approve(here)
        again = leavers().seat("aino", "board", since="2029-07-03")
        await here.know(again)
        await here.follow()
        assert here.directory.closed == {"bo"}


async def test_a_hold_after_the_approval_bars_it_and_its_end_needs_a_new_word(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        await approve(here)
        await hold_on(here, "aino")
        await here.follow()
        assert here.directory.closed == {"bo"}
        (row,) = [row for row in (await listed(here)).rows if row.person == "aino"]
        assert (row.state.value, row.needs) == ("barred", (Need.HOLD_RELEASE,))
        await lift_hold(
            here.town.store, here.town.clock, subject_type=HoldSubject.PERSON, subject="aino", kind=None
        )
        await here.lives_to("2029-07-05T12:00:00+03:00")
        assert here.directory.closed == {"bo"}
        assert (await states(here))["aino"] == "waits_for_approval"
        await approve(here)
        await here.follow()
        assert here.directory.closed == {"aino", "bo"}


async def test_another_address_voids_the_word_for_that_person_only(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        (offered,) = (await listed(here)).to_sign
        city = leavers()
        aino = PersonId("aino")
        city.people[aino] = replace(city.people[aino], email_city="other@kuntala.example")
        await here.know(city)
        done = await approve(here, name=offered.name(here.town.id))
        assert (done.count, done.void) == (2, 1)
        await here.follow()
        assert here.directory.closed == {"bo"}


async def test_a_word_that_is_thirty_days_old_is_none(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        here.directory.answers = [UnavailableError(say("busy"))] * 2
        await approve(here)
        await here.follow()
        here.town.goes_to("2029-08-03T12:00:00+03:00")
        await here.follow()
        assert here.directory.closed == set()
        assert set((await states(here)).values()) == {"waits_for_approval"}


async def test_a_list_that_nobody_signed_in_time_is_offered_anew(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        (old,) = (await listed(here)).to_sign
        await here.lives_to("2029-08-04T12:00:00+03:00")
        (new,) = (await listed(here)).to_sign
        assert new.id != old.id
        assert [one for one in await here.task_kinds() if one == "closing_approval"] == ["closing_approval"]
        with pytest.raises(RefusedError):
            await approve(here, name=old.name(here.town.id))


async def test_who_becomes_due_later_is_asked_for_and_a_list_being_signed_stays_good(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.closing_way = ClosingWay.LICENCE
        here.town.goes_to("2029-05-20")
        await here.know(leavers("aino").seat("bo", until="2029-06-05"))
        await here.lives_to(DUE)
        (first,) = (await listed(here)).to_sign
        await here.lives_to("2029-07-10T12:00:00+03:00")
        assert len((await listed(here)).to_sign) == 2
        await approve(here, name=first.name(here.town.id))
        await here.follow()
        assert here.directory.closed == {"aino"}
        assert await states(here) == {"aino": "done", "bo": "waits_for_approval"}


async def test_a_city_without_approvers_has_its_people_close_mailboxes(tmp_path: Path) -> None:
    async with when_due(tmp_path, signer=False) as here:
        assert here.directory.closed == set()
        (task,) = [
            one for one in await here.tasks() if one.kind.value == "close_mailbox" and one.subject == "aino"
        ]
        assert "two approvers" in str(task.because)
        assert await states(here) == {"aino": "with_staff", "bo": "with_staff"}
        async with here.town.store.reading() as tx:
            assert not await tx.records.all(CLOSING_LISTS)


async def test_more_than_a_days_share_is_spread_over_days(tmp_path: Path) -> None:
    people = [f"p{number:02d}" for number in range(13)]
    async with when_due(tmp_path, *people) as here:
        await approve(here)
        await here.follow()
        await here.follow()
        assert len(here.directory.closed) == 10
        assert await here.task_kinds() == ["closings_held_back"]
        assert sorted((await states(here)).values()) == ["done"] * 10 + ["waits_for_tomorrow"] * 3
        await here.lives_to("2029-07-04T13:00:00+03:00")
        assert len(here.directory.closed) == 13
        await here.follow()
        assert await here.task_kinds() == []


async def test_what_is_not_due_yet_is_told_and_asks_nobody(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.closing_way = ClosingWay.LICENCE
        here.town.goes_to("2029-05-20")
        await here.know(leavers("aino"))
        await here.follow()
        (row,) = (await listed(here)).rows
        assert (row.state.value, row.due, row.domain) == ("not_due", instant("2029-07-03"), "kuntala.example")
        assert (await listed(here)).to_sign == ()
        assert await here.task_kinds() == []


async def test_where_people_close_mailboxes_nobody_signs(tmp_path: Path) -> None:
    async with when_due(tmp_path) as here:
        here.closing_way = None
        await here.follow()
        assert here.directory.closed == set(LEAVERS)


async def test_a_directory_that_is_silent_for_long_is_a_task_until_it_speaks(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = FakeDirectory(answers=[UnavailableError(say("certificate expired"))] * 6)
        here.town.goes_to("2029-05-20")
        await here.know(leavers("aino"))
        for day in range(1, 7):
            await here.lives_to(f"2029-06-{day:02d}T12:00:00+03:00")
        await here.follow()
        (task,) = await here.tasks()
        assert (task.kind.value, str(task.because)) == ("directory_silent", "certificate expired")
        await here.lives_to("2029-06-08T12:00:00+03:00")
        await here.follow()
        assert await here.task_kinds() == []
        assert here.directory.blocked == {"aino"}
