"""Accounts are blocked, closed and given back by the facts; the directory is asked once for each."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.directory import FakeDirectory
from fakes.follow_up import FollowedTown, city_address, followed_town
from tenure_server.adapters.directory.staff_tasks import StaffTasks
from tenure_server.domain.errors import ConflictError, RefusedError, UnavailableError
from tenure_server.domain.message import say
from tenure_server.domain.stay import StayKind, StaySubject
from tenure_server.domain.task import TaskKind
from tenure_server.usecases.close_accounts import MOST_UNANSWERED
from tenure_server.usecases.set_stay import SetStay, set_stay
from tenure_server.usecases.tasks import close_task

LEAVER = City().seat("aino", until="2029-05-31")
AFTER = "2029-06-01T12:00:00+03:00"


async def at_the_end(here: FollowedTown, register: City = LEAVER, at: str = AFTER) -> None:
    here.town.goes_to("2029-05-20")
    await here.know(register)
    await here.lives_to(at)


async def people_do(here: FollowedTown, kind: TaskKind) -> None:
    (task,) = [one for one in await here.tasks() if one.kind is kind]
    await close_task(here.town.store, here.town.clock, task.id, by="it")
    await here.follow()


async def test_where_people_look_after_accounts_each_step_is_a_task_and_done_when_they_say_so(
    tmp_path: Path,
) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = StaffTasks(here.town.store, here.town.clock)
        await at_the_end(here)
        await here.follow()
        (task,) = await here.tasks()
        assert (task.kind, task.subject, task.due) == ("block_sign_in", "aino", instant("2029-06-01"))
        assert await here.account("aino") == [("block_sign_in", "requested")]
        await people_do(here, TaskKind.BLOCK_SIGN_IN)
        assert await here.account("aino") == [("block_sign_in", "done")]
        await here.lives_to("2029-07-03T12:00:00+03:00")
        assert await here.task_kinds() == ["close_mailbox"]
        assert await here.account("aino") == [("block_sign_in", "done"), ("close_mailbox", "requested")]


async def test_a_task_is_closed_when_the_right_comes_back_before_anybody_did_it(tmp_path: Path) -> None:
    again = City().seat("aino", until="2029-05-31").seat("aino", "committee", since="2029-06-03")
    async with followed_town(tmp_path) as here:
        here.directory = StaffTasks(here.town.store, here.town.clock)
        await at_the_end(here)
        assert await here.task_kinds() == ["block_sign_in"]
        await here.lives_to("2029-06-03T12:00:00+03:00", again)
        assert await here.task_kinds() == []
        assert await here.account("aino") == [("block_sign_in", "cancelled")]


async def test_a_directory_that_does_not_answer_is_asked_again(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = FakeDirectory(answers=[UnavailableError(say("busy"))])
        await at_the_end(here)
        assert await here.account("aino") == [("block_sign_in", "due")]
        await here.lives_to("2029-06-01T12:30:00+03:00")
        assert await here.account("aino") == [("block_sign_in", "done")]
        assert here.directory.calls == [("block_sign_in", "aino")]


async def test_what_the_directory_can_never_do_is_done_by_people(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = FakeDirectory(answers=[RefusedError(say("no such user"))])
        await at_the_end(here)
        assert await here.account("aino") == [("block_sign_in", "failed")]
        await people_do(here, TaskKind.BLOCK_SIGN_IN)
        assert await here.account("aino") == [("block_sign_in", "done")]


async def test_a_mailbox_that_the_directory_does_not_have_needs_no_closing(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = FakeDirectory(known=frozenset({"somebody@kuntala.example"}))
        await at_the_end(here, at="2029-07-03T12:00:00+03:00")
        assert await here.account("aino") == [("block_sign_in", "done"), ("close_mailbox", "done")]
        assert here.directory.calls == [("block_sign_in", "aino")]


async def test_a_mailbox_that_the_directory_has_is_closed_whatever_the_case_of_its_name(
    tmp_path: Path,
) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = FakeDirectory(known=frozenset({city_address("aino")}))
        await at_the_end(here, at="2029-07-03T12:00:00+03:00")
        assert here.directory.closed == {"aino"}


async def test_a_meeting_over_midnight_delays_the_block_until_it_is_over(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-05-31T23:59:00+03:00")
        await here.know(LEAVER)
        meeting = SetStay(
            kind=StayKind.MEETING,
            subject_type=StaySubject.BODY,
            subject="council",
            reference="KV 31.5.",
            until=instant("2029-06-01T02:00:00+03:00"),
        )
        await set_stay(here.town.store, here.town.clock, here.town.terms.zone, meeting)
        await here.lives_to("2029-06-01T01:59:00+03:00")
        assert await here.account("aino") == []
        await here.lives_to("2029-06-01T02:00:00+03:00")
        assert await here.account("aino") == [("block_sign_in", "done")]


async def test_an_extension_in_the_last_minute_wins(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-05-31T23:59:00+03:00")
        await here.know(LEAVER)
        await here.follow()
        await here.lives_to("2029-06-01T00:00:00+03:00", City().seat("aino", until="2029-08-31"))
        assert await here.account("aino") == []


class ReElectingDirectory(FakeDirectory):
    """Before it answers for the first person, the second is re-elected."""

    here: FollowedTown

    async def block_sign_in(self, person, step):  # type: ignore[no-untyped-def]
        answer = await FakeDirectory.block_sign_in(self, person, step)
        if person.id == "aino":
            again = City().seat("aino", until="2029-05-31").seat("bo", until="2029-05-31")
            await self.here.know(again.seat("bo", "committee", since="2029-06-01"))
        return answer


async def test_a_re_election_wins_until_the_directory_is_asked(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        directory = ReElectingDirectory()
        directory.here = here
        here.directory = directory
        await at_the_end(here, City().seat("aino", until="2029-05-31").seat("bo", until="2029-05-31"))
        assert directory.calls == [("block_sign_in", "aino")]
        assert await here.account("bo") == [("block_sign_in", "cancelled")]


@pytest.mark.parametrize("subject", [StaySubject.MUNICIPALITY, StaySubject.BODY])
async def test_an_appeal_bars_the_closing_and_not_the_block(tmp_path: Path, subject: StaySubject) -> None:
    async with followed_town(tmp_path) as here:
        await at_the_end(here)
        appeal = SetStay(
            kind=StayKind.APPEAL,
            subject_type=subject,
            subject="council" if subject is StaySubject.BODY else "",
            reference="HAO 1/2029",
            until=instant("2029-09-01"),
        )
        await set_stay(here.town.store, here.town.clock, here.town.terms.zone, appeal)
        await here.lives_to("2029-07-10")
        assert await here.account("aino") == [("block_sign_in", "done")]
        await here.lives_to("2029-09-02")
        assert await here.account("aino") == [("block_sign_in", "done"), ("close_mailbox", "done")]


class DirectoryOfALongNight(FakeDirectory):
    """Lets the world go on while it looks for its mailboxes."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def mailboxes(self) -> frozenset[str] | None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            await act()
        return self.known


async def test_a_closing_that_was_tried_before_is_not_tried_again_once_a_right_has_come(
    tmp_path: Path,
) -> None:
    left = City().seat("aino", until="2029-05-31").seat("other")
    back = City().seat("aino", until="2029-05-31").seat("other").seat("aino", "board", since="2029-07-03")
    directory = DirectoryOfALongNight()
    async with followed_town(tmp_path) as here:
        here.directory = directory
        await here.lives_to("2029-06-01T12:00:00+03:00", left)
        directory.answers = [UnavailableError(say("busy"))]
        await here.lives_to("2029-07-03T12:00:00+03:00", left)
        assert (await here.account("aino"))[-1] == ("close_mailbox", "due")
        here.town.goes_to("2029-07-03T15:00:00+03:00")
        directory.meanwhile = lambda: here.know(back)
        await here.follow()
        assert ("close_mailbox", "aino") not in directory.calls
        await here.lives_to("2029-07-03T15:30:00+03:00", back)
        assert directory.calls[-2:] == [("unblock_sign_in", "aino"), ("reopen_mailbox", "aino")]
        assert directory.closed == set()


class SlowDirectory(FakeDirectory):
    """Lets the world go on before it does what it was asked for."""

    meanwhile: Callable[[], Awaitable[None]]

    async def block_sign_in(self, person, step):  # type: ignore[no-untyped-def]
        await self.meanwhile()
        return await FakeDirectory.block_sign_in(self, person, step)


async def test_a_block_that_arrives_after_the_re_election_is_undone(tmp_path: Path) -> None:
    """One process waits for the tenant while another follows up what the register says by now."""
    back = City().seat("aino", until="2029-05-31").seat("aino", "board", since="2029-06-01")
    async with followed_town(tmp_path) as here:
        directory = SlowDirectory()

        async def meanwhile() -> None:
            await here.know(back)
            await here.follow()

        directory.meanwhile = meanwhile
        here.directory = directory
        here.town.goes_to("2029-05-20")
        await here.know(LEAVER)
        with pytest.raises(ConflictError):
            await here.lives_to(AFTER)
        assert directory.blocked == {"aino"}
        await here.lives_to("2029-06-01T12:30:00+03:00", back)
        assert directory.blocked == set()
        assert await here.account("aino") == [("block_sign_in", "done"), ("unblock_sign_in", "done")]


async def test_a_directory_that_answers_nobody_keeps_no_notice_waiting(tmp_path: Path) -> None:
    council = City()
    for number in range(8):
        council.seat(f"p{number}", until="2029-05-31")
    async with followed_town(tmp_path) as here:
        directory = FakeDirectory(answers=[UnavailableError(say("busy"))] * MOST_UNANSWERED)
        here.directory = directory
        await at_the_end(here, council)
        assert directory.calls == []
        assert [(await here.steps(f"p{number}"))[0].attempts for number in range(8)] == [1, 1, 1, *[0] * 5]
        await here.follow()
        assert len(directory.calls) == 5
        await here.lives_to("2029-06-01T12:30:00+03:00")
        assert len(directory.blocked) == 8
