"""A follow-up does each thing once, on both databases, with two processes that do not know of each other."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from fakes.city import City, instant, policy
from fakes.directory import FakeDirectory
from fakes.follow_up import with_addresses
from fakes.post import FakePost
from fakes.stored import municipality
from fakes.town import HandClock
from tenure_server.adapters.database.engine import Database
from tenure_server.adapters.notices.template_files import TemplateFiles
from tenure_server.domain.account_step import ACCOUNT_STEPS
from tenure_server.domain.charge import CHARGES
from tenure_server.domain.notice import NOTICES
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.task import TASKS
from tenure_server.usecases.directive_words import Notice as LockWords
from tenure_server.usecases.follow_timeline import FollowUp, follow_timeline
from tenure_server.usecases.following import Following
from tenure_server.usecases.import_files import Batch, import_files
from tenure_server.usecases.import_register import RegisterFile
from tenure_server.usecases.notice_words import NoticeWords
from tenure_server.usecases.ports import Store

PEOPLE = ("aino", "bo", "cai")
AT = "2029-07-03T01:00:00+03:00"


def register() -> City:
    city = City()
    for number, person in enumerate(PEOPLE):
        city.seat(person, until="2029-05-31").laptop(f"L{number}", person)
    return with_addresses(city)


def following(store: Store, clock: HandClock, post: FakePost, directory: FakeDirectory) -> Following:
    terms = policy()
    lock = LockWords(city="Kuntala", city_sv="", place="Town hall", phone="+358 1", zone=terms.zone)
    return Following(
        store=store,
        clock=clock,
        policy=terms,
        words=NoticeWords(lock=lock),
        templates=TemplateFiles(own=Path("nowhere"), default_language="fi"),
        directory=directory,
        post=post,
    )


@pytest.fixture
def clock() -> HandClock:
    return HandClock(instant("2029-06-26T12:00:00+03:00"))


@pytest.fixture
async def stores(database: Database, store: Store, other_process: Database, clock: HandClock) -> list[Store]:
    facts = register().facts()
    read = RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)
    file = RegisterFile(read=read, digest="d", taken=clock.now())
    await import_files(store, clock, Batch(register=file, lists=facts, lists_digest="d"))
    return [store, other_process.store(municipality().id)]


async def both(
    stores: list[Store], clock: HandClock, slot: str | None
) -> tuple[list[FollowUp], Counter[str]]:
    """Follow up in both at once; return what each did and how often each mail and call went out."""
    post, directory = FakePost(), FakeDirectory()
    results = await asyncio.gather(
        *(follow_timeline(following(one, clock, post, directory), slot=slot) for one in stores),
        return_exceptions=True,
    )
    done = [one for one in results if isinstance(one, FollowUp)]
    out = Counter([mail.id for mail in post.taken] + [f"{verb} {who}" for verb, who in directory.calls])
    return done, out


async def test_of_two_processes_with_one_slot_one_works(stores: list[Store], clock: HandClock) -> None:
    done, out = await both(stores, clock, "slot")
    assert sorted(one.claimed for one in done) == [False, True]
    assert set(out.values()) == {1}
    assert len(out) == 3 * len(PEOPLE), "T+21, M-7 and the block"


async def test_two_that_are_kicked_at_once_send_and_ask_each_thing_once(
    stores: list[Store], clock: HandClock
) -> None:
    _, out = await both(stores, clock, None)
    assert set(out.values()) == {1}
    assert len(out) == 3 * len(PEOPLE)


async def test_a_second_follow_up_finds_nothing_to_do(stores: list[Store], clock: HandClock) -> None:
    await both(stores, clock, "one")
    _, again = await both(stores, clock, "two")
    assert not again


async def test_everything_that_was_done_is_on_record_once(stores: list[Store], clock: HandClock) -> None:
    await both(stores, clock, None)
    clock.at = clock.at.fromisoformat(AT)
    await both(stores, clock, None)
    await both(stores, clock, None)
    async with stores[1].reading() as tx:
        closings = [one for one in await tx.records.all(NOTICES) if one.key == "M-7"]
        assert [(one.person, one.state) for one in closings] == [(person, "sent") for person in PEOPLE]
        steps = [(one.person, one.verb.value, one.state.value) for one in await tx.records.all(ACCOUNT_STEPS)]
        assert sorted(steps) == sorted(
            (person, verb, "done") for person in PEOPLE for verb in ("block_sign_in", "close_mailbox")
        )
        assert sorted(one.serial for one in await tx.records.all(CHARGES)) == ["L0", "L1", "L2"]
        tasks = Counter(one.kind.value for one in await tx.records.all(TASKS))
        assert tasks["decide_charge"] == len(PEOPLE)
