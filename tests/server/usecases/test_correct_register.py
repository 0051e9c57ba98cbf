"""What ran on facts that were corrected afterwards, found in a real installation."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.town import Town, town
from tenure_policies.payloads import Act
from tenure_server.domain.account_step import ACCOUNT_STEPS, AccountState, AccountStep, AccountVerb
from tenure_server.domain.charge import CHARGES, Charge, ChargeState
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.task import TASKS
from tenure_server.usecases.correct_register import (
    Reviewer,
    all_incidents,
    close_incident,
    review_what_ran,
)

WRONG, RIGHT = "2029-04-30", "2029-05-31"
END = instant("2029-05-01")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(council(WRONG).laptop("L1", "aino"))
        yield started


def council(until: str) -> City:
    city = City().seat("aino", until=until)
    for number in range(12):
        city.seat(f"p{number:02d}", until="2033-05-31")
    return city


async def reviewed(here: Town) -> list[str]:
    return [one.id for one in await review_what_ran(here.store, here.clock, here.terms)]


async def locked(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.lives_to(END)
    await here.lock(laptop)


async def test_a_lock_that_is_right_is_no_incident(here: Town) -> None:
    await locked(here)
    here.goes_to("2029-05-05")
    assert await reviewed(here) == []


async def test_a_lock_by_its_own_lease_counts_as_any_other(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)
    here.goes_to("2029-05-03")
    await here.visit(laptop)
    await here.visit(laptop, receipts=(laptop.receipt(Act.LOCK, by_lease=True, at=END),))
    await here.know(council(RIGHT))

    (found,) = await review_what_ran(here.store, here.clock, here.terms)

    assert (found.kind, found.ran_at, found.holder) == ("locked", END, "aino")


async def test_what_a_laptop_did_before_it_heard_of_a_correction_is_found_too(here: Town) -> None:
    """The correction was recorded first, and the lock ran on the directive that the laptop had."""
    laptop = await here.enrol("L1")
    await here.lives_to(END)
    await here.visit(laptop)
    here.goes_to("2029-05-02")
    await here.know(council(RIGHT))
    here.goes_to("2029-05-03")
    old = laptop.receipt(Act.LOCK, at=here.now - timedelta(hours=1))
    await here.visit(laptop, receipts=(old,))

    assert len(await reviewed(here)) == 1


async def test_a_sign_in_block_a_closed_mailbox_and_a_charge_are_found(here: Town) -> None:
    here.goes_to("2029-06-05")
    aino = PersonId("aino")
    async with here.store.writing() as tx:
        for number, (verb, at) in enumerate(
            [(AccountVerb.BLOCK_SIGN_IN, END), (AccountVerb.CLOSE_MAILBOX, instant("2029-05-31"))], start=1
        ):
            step = AccountStep(
                person=aino, number=number, verb=verb, due=at, at=at, rule="P20",
                state=AccountState.DONE, done_at=at + timedelta(hours=1),
            )  # fmt: skip
            await tx.records.add(ACCOUNT_STEPS, step)
        charge = Charge(
            person=aino, serial=Serial("L1"), ends=END, deadline=instant("2029-06-01"),
            at=instant("2029-06-02"), price_eur=Decimal(900), price_vat_eur=None, evidence=(),
            state=ChargeState.CHARGED,
        )  # fmt: skip
        await tx.records.add(CHARGES, charge)
    assert await reviewed(here) == []

    await here.know(council("2033-05-31"))

    assert [one.split("/")[0] for one in await reviewed(here)] == [
        "sign_in_blocked",
        "mailbox_closed",
        "charged",
    ]


async def test_a_step_that_was_cancelled_before_anybody_took_it_is_no_incident(here: Town) -> None:
    here.goes_to("2029-06-05")
    step = AccountStep(
        person=PersonId("aino"), number=1, verb=AccountVerb.CLOSE_MAILBOX, due=END, at=END, rule="P20",
        state=AccountState.CANCELLED, done_at=END + timedelta(hours=1),
    )  # fmt: skip
    async with here.store.writing() as tx:
        await tx.records.add(ACCOUNT_STEPS, step)
    await here.know(council("2033-05-31"))
    assert await reviewed(here) == []


async def test_a_charge_that_nobody_decided_on_is_taken_back_by_the_facts_alone(here: Town) -> None:
    here.goes_to("2029-06-05")
    charge = Charge(
        person=PersonId("aino"), serial=Serial("L1"), ends=END, deadline=instant("2029-06-01"),
        at=instant("2029-06-02"), price_eur=Decimal(900), price_vat_eur=None, evidence=(),
    )  # fmt: skip
    async with here.store.writing() as tx:
        await tx.records.add(CHARGES, charge)
    await here.know(council("2033-05-31"))
    assert await reviewed(here) == []


async def test_a_review_that_runs_twice_finds_everything_once(here: Town) -> None:
    await locked(here)
    here.goes_to("2029-05-05")
    await here.know(council(RIGHT))
    assert len(await reviewed(here)) == 1
    log = await here.kinds()
    assert log.count("incident_opened") == 1

    assert await reviewed(here) == []
    assert await here.kinds() == log


async def test_a_closed_incident_does_not_come_back_and_its_task_is_done(here: Town) -> None:
    await locked(here)
    here.goes_to("2029-05-05")
    await here.know(council(RIGHT))
    (id_,) = await reviewed(here)

    await close_incident(here.store, here.clock, id_, by="it", note="unlocked and sorry")

    (incident,) = await all_incidents(here.store)
    assert (incident.is_open, incident.closed_by, incident.note) == (False, "it", "unlocked and sorry")
    async with here.store.reading() as tx:
        assert [task.done_by for task in await tx.records.all(TASKS) if task.reference == id_] == ["it"]
    assert await reviewed(here) == []
    with pytest.raises(ConflictError):
        await close_incident(here.store, here.clock, id_, by="it", note="")
    with pytest.raises(NotFoundError):
        await close_incident(here.store, here.clock, "locked/none/1/x", by="it", note="")


async def test_a_hold_that_is_found_to_have_stood_makes_the_wipe_an_incident(here: Town) -> None:
    laptop = await here.enrol("L1")
    await here.lives_to("2029-04-20")
    (manifest,) = await here.approve_all()
    await here.lives_to(END)
    await here.lock(laptop)
    await here.lives_to("2029-05-02")
    await here.release(manifest, "L1")
    await here.sweep()
    await here.wipe(laptop)
    here.goes_to("2029-05-09")
    await here.know(council(WRONG).hold("aino", since="2029-04-01"))

    (found,) = await review_what_ran(here.store, here.clock, here.terms)

    assert found.kind == "wiped"
    assert any("hold" in str(reason.fact).lower() for reason in found.now)


async def test_a_process_reviews_again_only_after_the_facts_changed(here: Town) -> None:
    await locked(here)
    reviewer = Reviewer(here.store, here.clock, here.terms)
    assert await reviewer.review() == []
    assert await reviewer.review() == ()
    here.goes_to("2029-05-05")
    await here.know(council(RIGHT))

    assert [one.kind for one in await reviewer.review()] == ["locked"]
    assert await reviewer.review() == ()
