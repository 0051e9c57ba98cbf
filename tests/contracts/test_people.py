"""Addresses are told alike by the tenant in memory and by Graph's adapter on the simulated one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.graph_simulator import running
from fakes.tenant import CITY
from fakes.tenant_stages import InMemory, Stage, on_simulator, simulated
from tenure_policies.forwarding.tenant import Domain, User
from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.usecases.ports.mailboxes import UserChanges


@pytest.fixture(params=["fake", "graph"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    if request.param == "fake":
        yield InMemory()
        return
    tenant = simulated()
    async with running(tenant) as simulator:
        one = on_simulator(tenant, simulator, tmp_path)
        yield one
        await one.client.close()


async def pages(stage: Stage, bookmark: str | None = None) -> list[UserChanges]:
    return [page async for page in stage.people.changed_users(bookmark)]


def users(told: list[UserChanges]) -> dict[str, User]:
    return {user.id: user for page in told for user in page.changed}


async def test_domains_say_whether_they_are_verified_and_carry_mail(stage: Stage) -> None:
    stage.has_domain("new.example", verified=False)
    stage.has_domain("web.example", email=False)
    assert {one.name: one for one in await stage.people.domains()} == {
        CITY: Domain(name=CITY, verified=True, email=True),
        "new.example": Domain(name="new.example", verified=False, email=True),
        "web.example": Domain(name="web.example", verified=True, email=False),
    }


@pytest.mark.parametrize("count", [0, 1, 7])
async def test_at_first_everybody_is_told_page_by_page_with_one_bookmark_at_the_end(
    stage: Stage, count: int
) -> None:
    for number in range(count):
        stage.has_user(f"u{number}")
    told = await pages(stage)
    assert set(users(told)) == {f"id-u{number}" for number in range(count)}
    assert [page.bookmark is not None for page in told] == [False] * (len(told) - 1) + [True]
    assert not any(page.restart for page in told)


async def test_an_account_is_told_with_every_address(stage: Stage) -> None:
    stage.has_user("aino")
    (user,) = users(await pages(stage)).values()
    assert user == User(
        id="id-aino",
        user_principal_name=f"aino@{CITY}",
        mail=f"aino@{CITY}",
        proxy_addresses=(f"SMTP:aino@{CITY}",),
    )


async def test_after_a_bookmark_only_changes_are_told_each_whole(stage: Stage) -> None:
    for name in ("aino", "bo", "cai"):
        stage.has_user(name)
    bookmark = (await pages(stage))[-1].bookmark
    stage.has_user("aino", address=f"aino.new@{CITY}")
    stage.has_user("dan")
    stage.loses_user("bo")
    told = await pages(stage, bookmark)
    assert set(users(told)) == {"id-aino", "id-dan"}
    assert users(told)["id-aino"].mail == f"aino.new@{CITY}"
    assert users(told)["id-aino"].proxy_addresses == (f"SMTP:aino.new@{CITY}",)
    assert [one for page in told for one in page.removed] == ["id-bo"]


async def test_a_bookmark_with_nothing_new_gives_another_bookmark(stage: Stage) -> None:
    stage.has_user("aino")
    bookmark = (await pages(stage))[-1].bookmark
    (page,) = await pages(stage, bookmark)
    assert (page.changed, page.removed, page.restart) == ((), (), False)
    assert page.bookmark is not None


async def test_a_forgotten_bookmark_begins_anew_and_says_so_once(stage: Stage) -> None:
    for number in range(7):
        stage.has_user(f"u{number}")
    bookmark = (await pages(stage))[-1].bookmark
    stage.loses_user("u3")
    stage.forgets_bookmarks()
    told = await pages(stage, bookmark)
    assert [page.restart for page in told] == [True] + [False] * (len(told) - 1)
    assert set(users(told)) == {f"id-u{number}" for number in range(7) if number != 3}
    assert told[-1].bookmark is not None


async def test_contacts_are_told_with_their_addresses(stage: Stage) -> None:
    stage.has_contact("c1", "clerk@gmail.com")
    (contact,) = await stage.people.contacts()
    assert (contact.id, contact.mail, contact.proxy_addresses) == (
        "c1",
        "clerk@gmail.com",
        ("SMTP:clerk@gmail.com",),
    )


async def test_groups_come_first_and_their_members_when_asked_for(stage: Stage) -> None:
    stage.has_user("aino")
    stage.has_contact("c1", "clerk@gmail.com")
    stage.has_group("g1", f"board@{CITY}", ["id-aino", "c1"])
    (group,) = await stage.people.groups()
    assert (group.id, group.mail, group.members) == ("g1", f"board@{CITY}", None)
    assert set(await stage.people.members("g1") or ()) == {"id-aino", "c1"}


async def test_members_that_cannot_be_seen_are_not_taken_for_none(stage: Stage) -> None:
    stage.has_group("g1", f"board@{CITY}", None)
    stage.has_group("g2", f"empty@{CITY}", [])
    await stage.people.groups()
    assert await stage.people.members("g1") is None
    assert await stage.people.members("g2") == ()
    assert await stage.people.members("nowhere") is None


async def test_a_tenant_that_does_not_answer_is_unavailable(stage: Stage) -> None:
    stage.goes_down()
    for asked in (stage.people.domains, stage.people.contacts, stage.people.groups):
        with pytest.raises(UnavailableError):
            await asked()
    with pytest.raises(UnavailableError):
        await pages(stage)


async def test_a_missing_permission_is_a_refusal_and_no_empty_list(stage: Stage) -> None:
    stage.takes_consent_away()
    for asked in (stage.people.domains, stage.people.contacts, stage.people.groups):
        with pytest.raises(RefusedError):
            await asked()
    with pytest.raises(RefusedError):
        await pages(stage)
