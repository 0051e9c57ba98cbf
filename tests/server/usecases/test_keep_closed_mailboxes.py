"""A hold that comes after a mailbox was closed is told to people while its content can be saved."""

from pathlib import Path

from fakes.city import City, instant
from fakes.directory import FakeDirectory
from fakes.follow_up import FollowedTown, followed_town
from tenure_server.usecases.tasks import close_task


def leaver() -> City:
    return City().seat("aino", until="2029-05-31").seat("other")


def held(until: str = "2029-12-31") -> City:
    return leaver().hold("aino", since="2029-07-05", until=until)


async def closed(here: FollowedTown) -> None:
    await here.lives_to("2029-06-01T12:00:00+03:00", leaver())
    await here.lives_to("2029-07-03T12:00:00+03:00", leaver())
    assert (await here.account("aino"))[-1] == ("close_mailbox", "done")


async def test_a_hold_on_whoever_has_a_closed_mailbox_is_a_task_while_the_tenant_keeps_it(
    tmp_path: Path,
) -> None:
    async with followed_town(tmp_path) as here:
        await closed(here)
        assert await here.task_kinds() == []
        await here.lives_to("2029-07-06T12:00:00+03:00", held())
        await here.follow()
        (task,) = await here.tasks()
        assert (task.kind, task.subject, task.due) == (
            "reopen_mailbox",
            "aino",
            instant("2029-08-02T12:00:00+03:00"),
        )
        assert "save its content" in str(task.why)
        assert (await here.account("aino"))[-1] == ("close_mailbox", "done"), "nothing opens by itself"
        await here.lives_to("2029-08-03T12:00:00+03:00", held())
        assert await here.task_kinds() == []


async def test_it_is_asked_for_once_and_again_only_with_another_hold(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await closed(here)
        await here.lives_to("2029-07-06T12:00:00+03:00", held(until="2029-07-08"))
        await here.lives_to("2029-07-10T12:00:00+03:00", held(until="2029-07-08"))
        assert await here.task_kinds() == []
        await here.lives_to("2029-07-12T12:00:00+03:00", held())
        (task,) = await here.tasks()
        await close_task(here.town.store, here.town.clock, task.id, by="it")
        await here.follow()
        assert await here.task_kinds() == []


async def test_whoever_had_no_mailbox_has_nothing_to_save(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.directory = FakeDirectory(known=frozenset())
        await closed(here)
        await here.lives_to("2029-07-06T12:00:00+03:00", held())
        assert await here.task_kinds() == []
