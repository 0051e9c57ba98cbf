"""The cases of the domain that are about who has a laptop, as whole sequences of effects.

16, 17 (telling both), 18, 21, 28-31 and 33 of the domain's table; 34-37 stand in
test_cases_of_lost_and_reissued.py, and the plans that facts alone decide in tests/server/domain/.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City, day_end, instant
from fakes.custody import began, committee, council, issued, wiped_and_proven
from fakes.desk import Desk, shipped
from fakes.follow_up import FollowedTown, followed_town
from fakes.town import Laptop
from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.return_receipt import Part
from tenure_server.domain.stay import StayKind, StaySubject
from tenure_server.usecases.set_stay import SetStay, lift_stay, set_stay
from tenure_server.usecases.state_own_device import state_own_device

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[FollowedTown]:
    async with followed_town(tmp_path) as started:
        yield started


async def test_case_16_a_deputy_who_keeps_the_laptop_past_the_meeting_is_reminded_and_so_is_the_primary(
    here: FollowedTown,
) -> None:
    desk, laptop = await issued(here, committee(), "bert")
    loan = await desk.lend("L1", "disa", "bert", "disa", until=day_end("2029-03-05"))

    await here.lives_through("2029-03-02", "2029-03-13")

    assert await here.told("bert") == [("LOAN+1", "sent"), ("LOAN+7", "sent")]
    assert await here.told("disa") == [("LOAN+1", "sent"), ("LOAN+7", "sent")]
    assert await desk.holds("L1") == [("person", "bert", "primary"), ("person", "disa", "temporary")]
    await here.town.visit(laptop)
    assert (laptop.directive.state, (await here.town.latest("L1")).holder) == ("active", "bert")

    await desk.back("L1", loan_only=True)
    await here.lives_through("2029-03-14", "2029-04-01")

    assert len(await here.told("disa")) == 2
    assert await desk.holds("L1") == [("person", "bert", "primary")]
    assert (await desk.loans("L1"))[0].ended_at == instant("2029-03-13T12:00:00+02:00")
    assert (await desk.logged("L1")).count("loan_confirmed") == 2
    assert loan.until == day_end("2029-03-05")


async def test_case_16_a_loan_that_one_has_not_confirmed_stands_and_only_that_one_is_asked(
    here: FollowedTown,
) -> None:
    desk, _ = await issued(here, committee(), "bert")
    await desk.lend("L1", "disa", "bert", until=day_end("2029-03-20"))

    await here.lives_through("2029-03-02", "2029-03-03")

    assert await here.told("bert") == []
    assert await here.told("disa") == [("LOAN-CONFIRM+1", "sent")]
    assert (await desk.device("L1")).borrower == "disa"
    await desk.confirm("L1", "disa")
    await here.lives_through("2029-03-04", "2029-03-12")
    assert len(await here.told("disa")) == 1


async def test_case_17_both_are_told_when_the_primarys_mandate_ends_during_a_loan(
    here: FollowedTown,
) -> None:
    desk, laptop = await issued(here, committee(), "bert")
    await here.lives_to("2029-05-20")
    await desk.lend("L1", "disa", "bert", "disa", until=day_end("2029-06-10"))

    await here.lives_through("2029-05-21", "2029-06-01")

    assert "LOAN-END" in await here.sent("bert")
    assert await here.sent("disa") == ["LOAN-END"]
    await here.town.visit(laptop)
    assert laptop.directive.state is DirectiveState.LOCKED
    assert laptop.directive.lock_at == instant("2029-06-01")
    assert (await desk.device("L1")).holder == "bert"


async def test_case_17_a_borrower_entitled_in_their_own_right_bars_the_wipe_however_late_they_are(
    here: FollowedTown,
) -> None:
    """The loan's day passes, the laptop is not back: it is still the borrower's to be wiped or not."""
    register = committee().seat("disa", "board", until="2029-12-31")
    desk, _ = await issued(here, register, "bert")
    await desk.lend("L1", "disa", until=day_end("2029-05-20"))

    await here.lives_to("2029-06-05")

    planned = await desk.device("L1")
    assert (planned.desired, planned.borrower) == ("locked", "disa")
    (wipe,) = [step for step in planned.timeline if step.verb == "wipe"]
    assert "custody_confirmation" in wipe.needs
    assert await here.town.manifests() == []


async def test_case_18_a_deputy_for_two_members_holds_two_laptops(here: FollowedTown) -> None:
    desk = await began(here, committee())
    await desk.issue("L1", "bert")
    await desk.issue("L2", "carl")

    await desk.lend("L1", "disa", "bert", "disa", until=day_end("2029-03-05"))
    await desk.lend("L2", "disa", "carl", "disa", until=day_end("2029-03-06"))

    assert await desk.holds("L1") == [("person", "bert", "primary"), ("person", "disa", "temporary")]
    assert await desk.holds("L2") == [("person", "carl", "primary"), ("person", "disa", "temporary")]
    await here.lives_through("2029-03-06", "2029-03-07")
    reminded = await here.notices("disa")
    assert [(one.key, one.serial) for one in reminded] == [("LOAN+1", "L1"), ("LOAN+1", "L2")]


async def test_case_21_an_own_device_user_has_the_mailbox_only_and_an_old_city_laptop_opens_a_return_case(
    here: FollowedTown,
) -> None:
    desk, laptop = await issued(here, council())
    choosing = City().seat("aino", until="2029-05-31", choice="own").seat("bert", until="2029-12-31")
    await here.lives_to("2029-03-10T10:00:00+02:00", choosing)

    assert [task.subject for task in await desk.tasks("return_case")] == ["L1"]
    statement, tasks = await state_own_device(
        here.town.store, here.town.clock, here.town.terms, person=PersonId("aino"), text=shipped("own_device")
    )
    assert [task.kind for task in tasks] == ["return_case"]
    assert len(await desk.tasks("return_case")) == 1
    assert statement.text == shipped("own_device").text
    (person,) = [one for one in (await desk.planned()).people if one.person == "aino"]
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, True)
    await here.town.visit(laptop)
    assert laptop.directive.state is DirectiveState.ACTIVE, "a sitting trustee is never locked for a choice"

    await desk.back("L1")
    await here.follow()

    assert await desk.tasks("return_case") == []
    assert await desk.holds("L1") == [("stock", "", "primary")]
    assert await here.charges() == []
    assert "own_device_stated" in await desk.logged("aino")


async def failing(here: FollowedTown) -> tuple[Desk, Laptop]:
    """A laptop that came back and was released to be wiped."""
    desk, laptop = await issued(here, council())
    await desk.back("L1")
    await here.town.sweep()
    await here.town.lock(laptop)
    await here.town.sweep()
    manifest = (await here.town.approve_all())[-1]
    await here.town.release(manifest, "L1")
    await here.town.sweep()
    await here.town.visit(laptop)
    return desk, laptop


async def fails(here: FollowedTown, laptop: Laptop) -> None:
    """Its agent tries, and says that it failed."""
    here.town.clock.at += HOUR
    failed = laptop.receipt(Act.WIPE, Outcome.FAILED, error="the disk does not answer")
    await here.town.visit(laptop, receipts=(failed,))
    await here.town.sweep()


async def test_case_28_a_wipe_that_fails_is_tried_again_and_then_becomes_a_physical_task(
    here: FollowedTown,
) -> None:
    desk, laptop = await failing(here)

    for attempt in range(1, 5):
        await fails(here, laptop)
        assert len(await desk.tasks("physical_wipe")) == (1 if attempt >= 3 else 0)
        assert laptop.directive.state is DirectiveState.WIPED, "it goes on trying"

    (task,) = await desk.tasks("physical_wipe")
    assert (task.subject, task.at) == ("L1", here.town.now - HOUR)
    assert (await here.town.cases())[-1].status is not CaseStatus.PROVEN
    with pytest.raises(RefusedError, match="P15"):
        await desk.issue("L1", "bert")

    await here.town.wipe(laptop)

    assert await desk.tasks("physical_wipe") == []
    assert (await here.town.cases())[-1].status is CaseStatus.PROVEN


async def test_case_28_what_a_person_erased_by_hand_is_proven_and_the_task_is_done(
    here: FollowedTown,
) -> None:
    desk, laptop = await failing(here)
    for _ in range(3):
        await fails(here, laptop)
    assert len(await desk.tasks("physical_wipe")) == 1

    await desk.reimaged("L1")

    assert await desk.tasks("physical_wipe") == []
    assert (await here.town.cases())[-1].status is CaseStatus.PROVEN
    assert (await desk.issue("L1", "bert")).prepared == "confirmed"


async def test_case_29_a_laptop_returned_before_the_end_is_done_and_the_mailbox_goes_on(
    here: FollowedTown,
) -> None:
    desk, laptop = await issued(here, council())
    await here.lives_to("2029-04-20T10:00:00+03:00")
    done = await desk.back("L1", condition="as new")
    await wiped_and_proven(here, laptop)

    await here.lives_through("2029-04-21", "2029-07-05")

    assert done.receipt is not None
    assert done.receipt.number == "00001"
    assert (await here.town.cases())[-1].status is CaseStatus.PROVEN
    assert await here.sent("aino") == ["receipt", "M-7"], "nothing is asked of her about a laptop"
    assert [key for key, _ in await here.account("aino")] == ["block_sign_in", "close_mailbox"]
    assert await here.charges() == []


async def test_case_30_a_missing_charger_is_a_partial_return_and_no_full_charge(here: FollowedTown) -> None:
    desk, _ = await issued(here, council())
    await here.lives_to("2029-06-04T10:00:00+03:00")

    done = await desk.back("L1", missing=(Part.CHARGER,), condition="scratched", received_by="reception")
    await here.lives_through("2029-06-05", "2029-07-10")

    assert done.receipt is not None
    assert (done.receipt.missing, done.receipt.holder) == ((Part.CHARGER,), "aino")
    (task,) = await desk.tasks("missing_parts")
    assert (task.subject, task.reference) == ("L1", "00001")
    assert "charger" in str(task.why)
    assert await here.charges() == []
    assert (await desk.logged("L1"))[-5:].count("return_receipted") == 1


async def test_case_31_left_at_reception_and_registered_later_the_receipts_time_stops_the_clock(
    here: FollowedTown,
) -> None:
    """Received on the last afternoon of the month, written down when the charge was proposed already."""
    desk, _ = await issued(here, council())
    await here.lives_to("2029-07-04T10:00:00+03:00")
    assert [charge.state for charge in await here.charges()] == ["proposed"]
    received = instant("2029-07-02T15:00:00+03:00")

    done = await desk.back("L1", at=received, received_by="reception")
    await here.follow()

    assert [charge.state for charge in await here.charges()] == ["withdrawn"]
    assert done.receipt is not None
    assert (done.receipt.moment, done.receipt.registered_at) == (received, here.town.now)
    assert {row.end for row in await desk.custody("L1") if row.holder == "aino"} == {received}
    assert (await desk.stock())["L1"].since == received


async def test_case_33_a_disputed_return_is_paused_and_the_receipt_decides(here: FollowedTown) -> None:
    desk, _ = await issued(here, council())
    await here.lives_to("2029-06-20T10:00:00+03:00")
    dispute = SetStay(
        kind=StayKind.DISPUTE,
        subject_type=StaySubject.DEVICE,
        subject="L1",
        reference="says that it was left at the library",
    )
    await set_stay(here.town.store, here.town.clock, here.town.terms.zone, dispute)

    await here.lives_to("2029-07-05T10:00:00+03:00")
    assert (await desk.device("L1")).desired == "locked"
    assert "proposed" not in [charge.state for charge in await here.charges()]

    await desk.back("L1", at=instant("2029-06-10T12:00:00+03:00"), received_by="library")
    await here.lives_to("2029-07-06T10:00:00+03:00")

    async with here.town.store.reading() as tx:
        (stay,) = (await tx.register.facts()).stays
    assert stay.end == instant("2029-07-05T10:00:00+03:00")
    assert "proposed" not in [charge.state for charge in await here.charges()]
    assert (await desk.stock())["L1"].since == instant("2029-06-10T12:00:00+03:00")
    log = await desk.logged("L1")
    assert log.index("stay_set") < log.index("taken_back") < log.index("stay_lifted")


async def test_case_33_a_dispute_that_is_dismissed_lets_the_clock_run_on(here: FollowedTown) -> None:
    desk, _ = await issued(here, council())
    await here.lives_to("2029-06-20T10:00:00+03:00")
    dispute = SetStay(
        kind=StayKind.DISPUTE, subject_type=StaySubject.DEVICE, subject="L1", reference="no receipt"
    )
    await set_stay(here.town.store, here.town.clock, here.town.terms.zone, dispute)
    await here.lives_to("2029-07-05T10:00:00+03:00")

    await lift_stay(
        here.town.store,
        here.town.clock,
        kind=StayKind.DISPUTE,
        subject_type=StaySubject.DEVICE,
        subject="L1",
    )
    await here.lives_to("2029-07-06T10:00:00+03:00")

    assert [charge.state for charge in await here.charges()] == ["proposed"]
    assert await desk.holds("L1") == [("person", "aino", "primary")]
