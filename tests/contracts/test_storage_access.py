import asyncio
from datetime import timedelta

import pytest

from fakes import stored
from fakes.databases import Opened
from fakes.stored import NOW, SERIAL
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.ids import Serial, UserId
from tenure_server.usecases.ports import Store

SOON = NOW + timedelta(minutes=5)
USER = UserId("admin")


async def test_an_enrolment_token_is_used_once_before_it_expires(store: Store) -> None:
    async with store.writing() as tx:
        await tx.access.add_enrol_token("any", None, SOON)
        await tx.access.add_enrol_token("old", None, NOW)
        await tx.access.add_enrol_token("bound", SERIAL, SOON)
        await tx.access.add_enrol_token("bound too", SERIAL, SOON)
    async with store.writing() as tx:
        assert not await tx.access.use_enrol_token("any", SERIAL, NOW, named=True)
        assert await tx.access.use_enrol_token("bound too", SERIAL, NOW, named=True)
        assert await tx.access.use_enrol_token("any", SERIAL, NOW)
        assert not await tx.access.use_enrol_token("any", SERIAL, NOW)
        assert not await tx.access.use_enrol_token("old", SERIAL, NOW)
        assert not await tx.access.use_enrol_token("unknown", SERIAL, NOW)
        assert not await tx.access.use_enrol_token("bound", Serial("PF-2"), NOW)
        assert await tx.access.use_enrol_token("bound", SERIAL, NOW)


async def test_a_token_shown_to_two_processes_lets_one_in(store: Store, other_process: Opened) -> None:
    elsewhere = other_process.store(stored.municipality().id)
    async with store.writing() as tx:
        await tx.access.add_enrol_token("any", None, SOON)

    async def use(where: Store) -> bool:
        async with where.writing() as tx:
            return await tx.access.use_enrol_token("any", SERIAL, NOW)

    assert sorted(await asyncio.gather(*(use(where) for where in (store, elsewhere) * 3))) == [
        *[False] * 5,
        True,
    ]


async def test_a_user_has_a_name_and_roles(store: Store) -> None:
    async with store.writing() as tx:
        await tx.access.add_user(USER, "Åsa", ["admin", "auditor"])
    async with store.reading() as tx:
        found = await tx.access.user(USER)
        assert found is not None
        assert (found[0], list(found[1])) == ("Åsa", ["admin", "auditor"])
        assert await tx.access.user(UserId("unknown")) is None
    with pytest.raises(ConflictError):
        async with store.writing() as tx:
            await tx.access.add_user(USER, "Bo", [])


async def test_a_sign_in_link_is_used_once_before_it_expires(store: Store) -> None:
    async with store.writing() as tx:
        await tx.access.add_sign_in_link("link", USER, SOON)
        await tx.access.add_sign_in_link("old", USER, NOW)
    async with store.writing() as tx:
        assert await tx.access.use_sign_in_link("link", NOW) == USER
        assert await tx.access.use_sign_in_link("link", NOW) is None
        assert await tx.access.use_sign_in_link("old", NOW) is None
        assert await tx.access.use_sign_in_link("unknown", NOW) is None


async def test_a_session_lasts_until_it_expires_or_is_ended(store: Store) -> None:
    async with store.writing() as tx:
        await tx.access.add_session("one", USER, SOON)
        await tx.access.add_session("two", USER, SOON)
        await tx.access.end_session("two")
        await tx.access.end_session("unknown")
    async with store.reading() as tx:
        assert await tx.access.session("one", NOW) == USER
        assert await tx.access.session("one", SOON) is None
        assert await tx.access.session("two", NOW) is None
