"""The chain from facts to proof, read from the real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.city import City
from fakes.town import REAL_PROOF, TERM_END, Town, town
from tenure_policies.payloads import Act, Outcome
from tenure_server.domain.message import say
from tenure_server.domain.stay import Stay, StayKind, StaySubject
from tenure_server.domain.task import Task, TaskKind
from tenure_server.usecases.explain import explain
from tenure_server.usecases.explanation import (
    LaptopExplanation,
    PersonExplanation,
    WipeState,
)
from tenure_server.usecases.tasks import open_task


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(
            City()
            .seat("aino", until="2029-05-31", decided="KV 3 §")
            .seat("bert", until="2033-05-31")
            .laptop("L1", "aino")
            .laptop("L2", "bert")
            .lend("L2", "aino", since="2029-02-01")
        )
        await started.enrol("L1")
        await started.sweep()
        yield started


async def laptop(here: Town, **facts: object) -> LaptopExplanation:
    told = await explain(here.store, here.clock, here.terms, "L1", **facts)  # type: ignore[arg-type]
    assert isinstance(told, LaptopExplanation)
    return told


async def live_to_the_release(here: Town) -> None:
    device = here.laptops["L1"]
    await here.visit(device)
    await here.lives_to("2029-05-20")
    (manifest,) = await here.approve_all()
    await here.lives_to(TERM_END)
    await here.lock(device)
    await here.lives_to(TERM_END + timedelta(days=1))
    await here.release(manifest, "L1")
    await here.sweep()


async def test_the_facts_and_the_rule_come_first(here: Town) -> None:
    told = await laptop(here)

    assert (told.holder, told.holder_name, told.because[0].rule) == ("aino", "Aino Esimerkki", "P8")
    assert [row.end_decision_ref for row in told.mandates] == ["KV 3 §"]
    assert told.wipe.state is WipeState.PLANNED
    assert told.wipe.at == TERM_END + timedelta(days=1)


async def test_every_link_names_its_place_in_the_log(here: Town) -> None:
    await live_to_the_release(here)
    await here.wipe(here.laptops["L1"])

    told = await laptop(here)

    log = {logged.position: logged.entry.kind.value for logged in told.log}
    assert [log[link.audit[0]] for link in told.directives] == ["directive_signed"] * len(told.directives)
    assert [log[link.audit[0]] for link in told.receipts] == ["receipt_stored", "receipt_stored"]
    (authority,) = told.authority
    assert len(authority.approvals) == 2
    assert authority.released == here.now
    assert {log[position] for position in authority.audit} == {
        "manifest_prepared",
        "manifest_approved",
        "release_stored",
    }
    assert [case.decision for case in told.cases] == ["KV 3 §"]


async def test_wiped_is_said_only_when_proven(here: Town) -> None:
    await live_to_the_release(here)
    assert (await laptop(here)).wipe.state is WipeState.UNCONFIRMED

    await here.wipe(here.laptops["L1"])

    told = await laptop(here)
    assert (told.wipe.state, told.reported) == (WipeState.PROVEN, "wiped")
    assert told.wipe.method == "cryptsetup luksErase"


async def test_an_emulated_wipe_is_said_to_be_that(here: Town) -> None:
    await live_to_the_release(here)
    await here.wipe(here.laptops["L1"], msgspec.structs.replace(REAL_PROOF, method="emulated", emulated=True))

    told = await laptop(here)

    assert told.wipe.state is WipeState.EMULATED
    assert "not proven" in str(told.wipe.why)


@pytest.mark.parametrize("outcome", [Outcome.RUNNING, Outcome.FAILED, Outcome.UNCONFIRMED])
async def test_a_wipe_that_was_begun_is_unconfirmed(here: Town, outcome: Outcome) -> None:
    await live_to_the_release(here)
    device = here.laptops["L1"]
    await here.visit(device)
    await here.visit(device, receipts=(device.receipt(Act.WIPE, outcome),))

    assert (await laptop(here)).wipe.state is WipeState.UNCONFIRMED


async def test_a_barred_wipe_says_so_and_names_the_hold(here: Town) -> None:
    register = City().seat("aino", until="2029-05-31").seat("bert", until="2033-05-31").laptop("L1", "aino")
    await here.know(register.hold("aino", since="2029-02-01"))
    await here.lives_to("2029-06-03")

    told = await laptop(here)

    assert told.wipe.state is WipeState.BARRED
    assert [hold.subject for hold in told.holds] == ["aino"]


async def test_a_due_wipe_without_authority_waits_for_people(here: Town) -> None:
    await here.lives_to("2029-06-03")

    assert (await laptop(here)).wipe.state is WipeState.DUE


async def test_another_moment_tells_what_was_known_of_orders_then(here: Town) -> None:
    await live_to_the_release(here)
    await here.wipe(here.laptops["L1"])

    before = await laptop(here, at=TERM_END - timedelta(days=30))

    assert before.desired.value == "active"
    assert before.receipts == ()
    assert all(link.directive.issued <= before.at for link in before.directives)
    assert all(logged.entry.at <= before.at for logged in before.log)
    assert before.wipe.state is WipeState.PLANNED


async def test_a_person_is_explained_with_rights_seats_and_laptops(here: Town) -> None:
    told = await explain(here.store, here.clock, here.terms, "aino")

    assert isinstance(told, PersonExplanation)
    assert told.plan.laptop.until == TERM_END
    assert [(one.serial, one.kind.value) for one in told.laptops] == [
        ("L1", "primary"),
        ("L2", "temporary"),
    ]


@pytest.mark.parametrize(
    ("subject_type", "subject", "told_of_laptop", "told_of_person"),
    [
        (StaySubject.BODY, "council", True, True),
        (StaySubject.BODY, "other", False, False),
        (StaySubject.PERSON, "aino", True, True),
        (StaySubject.PERSON, "bert", False, False),
        (StaySubject.DEVICE, "L1", True, False),
        (StaySubject.MUNICIPALITY, "", True, True),
    ],
)
async def test_what_is_put_off_is_told_where_it_concerns_the_subject(
    here: Town, subject_type: StaySubject, subject: str, *, told_of_laptop: bool, told_of_person: bool
) -> None:
    stay = Stay(subject_type=subject_type, subject=subject, kind=StayKind.APPEAL, start=here.now)
    async with here.store.writing() as tx:
        await tx.register.put_stay(stay, here.now)

    person = await explain(here.store, here.clock, here.terms, "aino")
    assert (stay in (await laptop(here)).stays) is told_of_laptop
    assert person is not None
    assert (stay in person.stays) is told_of_person
    assert (await laptop(here, at=here.now - timedelta(days=1))).stays == ()


async def test_what_people_are_asked_is_told_with_its_subject_from_when_it_began(here: Town) -> None:
    task = Task(kind=TaskKind.BREACH_NOTICE, subject="L1", at=here.now, due=None, why=say("It is lost."))
    async with here.store.writing() as tx:
        await open_task(tx, task, here.now)

    (told,) = (await laptop(here)).records
    assert (told.kind, told.id, told.is_open) == ("task", task.id, True)
    assert [str(one) for one in told.told] == ["It is lost."]
    assert (await laptop(here, at=here.now - timedelta(days=1))).records == ()
    person = await explain(here.store, here.clock, here.terms, "aino")
    assert person is not None
    assert person.records == ()


async def test_nobody_and_nothing_is_none(here: Town) -> None:
    assert await explain(here.store, here.clock, here.terms, "nobody") is None
