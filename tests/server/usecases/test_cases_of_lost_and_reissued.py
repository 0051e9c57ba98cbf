"""What is lost, found, swapped or issued again (cases 34-37), as whole sequences of effects."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from fakes.city import day_end
from fakes.custody import council, issued, wiped_and_proven
from fakes.desk import signature
from fakes.follow_up import FollowedTown, followed_town
from fakes.keys import key_id
from fakes.town import Laptop
from tenure_policies.directive import Identity, judge_wipe
from tenure_policies.envelope import SignedDocument
from tenure_policies.payloads import DirectiveState
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError
from tenure_server.domain.custody import CustodyReason, HolderType
from tenure_server.domain.ids import Serial
from tenure_server.domain.stock import StockNeed, StockState
from tenure_server.usecases.decide_charge import decide_charge, mark_paid

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[FollowedTown]:
    async with followed_town(tmp_path) as started:
        yield started


@pytest.mark.parametrize("reason", [CustodyReason.LOST, CustodyReason.STOLEN])
async def test_case_34_what_is_lost_or_stolen_locks_now_and_opens_a_breach_task_without_a_charge(
    here: FollowedTown, reason: CustodyReason
) -> None:
    desk, laptop = await issued(here, council())
    here.town.clock.at += 30 * HOUR
    happened, discovered = here.town.now - 20 * HOUR, here.town.now - 2 * HOUR

    done = await desk.lost(
        "L1", reason=reason, at=happened, discovered_at=discovered, reference="police 5590/R/1"
    )
    await here.town.sweep()
    await here.town.visit(laptop)

    (task,) = await desk.tasks("breach_notice")
    assert done.tasks == (task,)
    assert (task.at, task.due, task.reference) == (discovered, discovered + 72 * HOUR, "police 5590/R/1")
    assert (laptop.directive.state, laptop.directive.lock_at) == ("locked", happened)
    assert await desk.receipts() == []
    await here.lives_through("2029-06-01", "2029-07-10", hour=10)
    assert await here.charges() == []
    assert (await desk.device("L1")).desired == "locked"
    assert await here.town.manifests() == []


async def test_case_34_a_lost_laptop_that_is_found_goes_back_to_its_holder_and_opens(
    here: FollowedTown,
) -> None:
    desk, laptop = await issued(here, council())
    here.town.clock.at += HOUR
    await desk.lost("L1")
    await here.town.sweep()
    await here.town.lock(laptop)
    here.town.clock.at += DAY

    found = await desk.found("L1")
    await here.town.sweep()
    await here.town.visit(laptop)

    assert (found.holder_type, found.holder, found.lost_at) == (
        HolderType.PERSON,
        "aino",
        here.town.now - DAY,
    )
    assert await desk.holds("L1") == [("person", "aino", "primary")]
    assert laptop.directive.state is DirectiveState.ACTIVE
    assert len(await desk.tasks("breach_notice")) == 1, "whether it was a breach stays for a person to judge"


async def test_case_35_what_is_found_after_payment_goes_to_stock_and_is_to_be_refunded(
    here: FollowedTown,
) -> None:
    desk, _ = await issued(here, council(purchase_price_eur=Decimal(900)))
    await here.lives_to("2029-07-05T10:00:00+03:00")
    (charge,) = await here.charges()
    here.town.clock.at += HOUR
    await decide_charge(
        here.town.store,
        here.town.clock,
        here.town.terms,
        charge.id,
        charges=True,
        by="clerk",
        reason="KH 4.7.2029",
    )
    await mark_paid(here.town.store, here.town.clock, charge.id, by="clerk")
    here.town.clock.at += DAY
    await desk.lost("L1")
    here.town.clock.at += 30 * DAY

    found = await desk.found("L1")
    await here.follow()

    assert (found.holder_type, found.holder) == (HolderType.STOCK, "")
    assert await desk.holds("L1") == [("stock", "", "primary")]
    assert [one.state for one in await here.charges()] == ["refund_due"]
    assert [task.subject for task in await desk.tasks("refund")] != []
    assert (await desk.logged("L1"))[-1] == "device_found"


async def test_case_36_a_lease_that_ends_in_mid_term_is_a_swap_in_one_step(here: FollowedTown) -> None:
    register = council(until="2029-12-31", lease_end=date(2029, 6, 30))
    desk, old = await issued(here, register)
    new = await here.town.enrol("L2")
    await here.lives_to("2029-05-01T10:00:00+03:00")
    assert await desk.tasks("swap_device") == []

    await here.lives_to("2029-05-10T10:00:00+03:00")
    (task,) = await desk.tasks("swap_device")
    assert (task.subject, task.due) == ("L1", day_end("2029-06-30"))

    back, out = await desk.swap("L1", "L2", signature=signature("sv"))
    await here.lives_to("2029-05-11T10:00:00+03:00")
    await here.town.visit(new)
    await here.town.visit(old)

    assert await desk.tasks("swap_device") == []
    assert await desk.holds("L1") == [("stock", "", "primary")]
    assert await desk.holds("L2") == [("person", "aino", "primary")]
    assert back.receipt is not None
    assert back.receipt.serial == "L1"
    assert out.custody.start == back.at
    async with here.town.store.reading() as tx:
        (signed,) = await tx.register.commitments(Serial("L2"))
    assert (signed.signer, signed.language) == ("aino", "sv")
    assert (old.directive.state, new.directive.state) == ("locked", "active")
    assert (await desk.device("L1")).desired == "wiped"
    assert await here.told("aino") == [("receipt", "sent")]


async def test_case_37_a_reissued_laptop_has_a_new_epoch_and_nothing_signed_for_the_old_one_holds(
    here: FollowedTown,
) -> None:
    desk, laptop = await issued(here, council())
    await desk.back("L1")
    await wiped_and_proven(here, laptop)
    (old,) = await here.town.manifests()
    assert (await desk.stock())["L1"].needs == (StockNeed.IMAGE, StockNeed.ENROL)

    here.town.clock.at += DAY
    await desk.reimaged("L1")
    again = await here.town.enrol("L1")
    assert (await desk.stock())["L1"].state is StockState.READY
    await desk.issue("L1", "bert", signature=signature())
    await here.town.sweep()
    await here.town.visit(again)

    assert again.answer.epoch == laptop.answer.epoch + 1
    assert again.answer.device == laptop.answer.device, "the same asset"
    assert (again.directive.state, again.directive.epoch) == ("active", again.answer.epoch)
    assert again.directive.lock_id not in {entry.lock_id for entry in old.entries}
    (task,) = await desk.tasks("rotate_recovery_keys")
    assert (task.subject, task.reference) == ("L1", "aino")

    # Years later Bert leaves too: the old list and its release are for another epoch and another lock.
    await here.lives_to("2029-12-31T12:00:00+02:00")
    await here.lives_to("2030-01-02T12:00:00+02:00")
    await here.town.lock(again)
    await here.town.sweep()
    await here.town.visit(again)
    assert again.directive.state is DirectiveState.LOCKED
    assert again.directive.lock_id not in {entry.lock_id for entry in old.entries}
    fresh = (await here.town.manifests())[-1]
    (entry,) = fresh.entries
    assert (entry.epoch, entry.device_key != old.entries[0].device_key) == (again.answer.epoch, True)


async def test_case_37_an_old_list_and_its_release_wipe_nothing_in_the_new_epoch(here: FollowedTown) -> None:
    """Also not by a directive for the new epoch under the old lock, as a thief of the directive key would."""
    desk, laptop = await issued(here, council())
    await desk.back("L1")
    await wiped_and_proven(here, laptop)
    released = here.town.now
    async with here.town.store.reading() as tx:
        manifest = msgspec.json.decode((await tx.campaigns.manifests())[0].document, type=SignedDocument)
        release = msgspec.json.decode((await tx.campaigns.releases())[0].document, type=SignedDocument)
    old_lock = laptop.directive.lock_id
    here.town.clock.at += HOUR
    await desk.reimaged("L1")
    again = await here.town.enrol("L1")
    await desk.issue("L1", "bert")
    await here.town.sweep()
    await here.town.visit(again)

    def judge(whose: Laptop) -> None:
        forged = msgspec.structs.replace(
            whose.directive, state=DirectiveState.WIPED, lock_id=old_lock, case=laptop.directive.case
        )
        judge_wipe(
            forged,
            manifest,
            release,
            identity=Identity(
                municipality=here.town.id,
                device=whose.answer.device,
                device_key=key_id(whose.key),
                epoch=whose.answer.epoch,
                serial="L1",
            ),
            keys=here.town.keys.trusted,
            locked_under=old_lock,
            unlock_code_runs=False,
            signed_now=released + HOUR,
            real_enforcer=False,
        )

    judge(laptop)  # they are real: they wiped the laptop in its old epoch
    with pytest.raises(RefusedDocumentError) as refused:
        judge(again)
    assert refused.value.refusal in (Refusal.OTHER_EPOCH, Refusal.OTHER_DEVICE_KEY)
    assert (await here.town.latest("L1")).state == "active"
