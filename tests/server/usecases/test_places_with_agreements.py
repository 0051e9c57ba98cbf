"""Places hold devices by agreements and lose the right when the last one ends (V2, V3, V16, V19)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.desk import Desk
from fakes.follow_up import FollowedTown, followed_town
from fakes.town import Laptop
from tenure_policies.payloads import DirectiveState
from tenure_server.usecases.hand_over import NotEntitledError


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[FollowedTown]:
    async with followed_town(tmp_path) as started:
        yield started


def service_point(*ends: str) -> City:
    """A terminal, and an agreement of each party until its last day."""
    city = City().seat("aino").device("T1", "terminal")
    for number, end in enumerate(ends):
        city.agree("point", since=f"2025-09-0{number + 1}", until=end)
    return city


async def open_to_customers(here: FollowedTown, *ends: str) -> tuple[Desk, Laptop]:
    here.town.goes_to("2025-09-15T09:00:00+03:00")
    await here.know(service_point(*ends))
    desk = Desk(here.town)
    await desk.issue("T1", "location:point")
    terminal = await here.town.enrol("T1")
    await here.town.sweep()
    await here.town.visit(terminal)
    await here.follow()
    return desk, terminal


async def test_a_place_loses_the_right_when_its_last_agreement_ends_and_one_party_may_leave_before(
    here: FollowedTown,
) -> None:
    desk, terminal = await open_to_customers(here, "2025-12-31", "2026-02-27")
    assert terminal.directive.lock_at == instant("2026-02-28")

    await here.lives_to("2026-01-02T10:00:00+02:00")
    await here.town.visit(terminal)
    assert terminal.directive.state is DirectiveState.ACTIVE, "the other party's agreement stands"

    await here.lives_to("2026-02-28T00:00:00+02:00")
    await here.town.lock(terminal)

    assert terminal.directive.state is DirectiveState.LOCKED
    assert (await desk.device("T1")).timeline[0].rule == "V2"
    assert await here.charges() == []


async def test_an_extension_in_writing_is_replanned_and_is_registered_within_a_month(
    here: FollowedTown,
) -> None:
    """Case 42, V16, V19."""
    desk, terminal = await open_to_customers(here, "2026-02-27")
    (first,) = await desk.tasks("register_agreement")
    assert first.due == instant("2025-10-16")

    await here.lives_to("2026-02-20T10:00:00+02:00", service_point("2026-08-31"))
    await here.town.visit(terminal)

    assert terminal.directive.lock_at == instant("2026-09-01")
    due = {task.due for task in await desk.tasks("register_agreement")}
    assert due == {first.due, instant("2026-03-21")}
    await here.lives_to("2026-02-21T10:00:00+02:00")
    assert len(await desk.tasks("register_agreement")) == 2, "each version is asked for once"


async def test_a_place_without_an_agreement_gets_nothing(here: FollowedTown) -> None:
    desk, _ = await open_to_customers(here, "2026-02-27")
    await desk.back("T1")
    here.town.goes_to("2026-03-02")
    with pytest.raises(NotEntitledError):
        await desk.issue("T1", "location:point")
