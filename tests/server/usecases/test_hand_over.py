"""Laptops change hands, on the real database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import Town, town
from tenure_policies.payloads import DirectiveState
from tenure_server.domain.custody import Custody, CustodyKind, CustodyReason, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import Serial
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.domain.loan import LOANS
from tenure_server.usecases.hand_over import HandedOver, HandOver, NotEntitledError, Signature, hand_over
from tenure_server.usecases.take_back import TakeBack, TakenBack, take_back


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(
            City()
            .seat("aino", until="2029-05-31")
            .seat("bert", "committee", until="2029-05-31")
            .seat("disa", "committee", "deputy", until="2029-05-31")
            .seat("own", until="2029-05-31", choice="own")
            .agree("point", since="2025-09-01", until="2029-12-31")
            .device("L1")
            .device("L2")
        )
        yield started


async def issue(here: Town, serial: str, to: str, **facts: object) -> HandedOver:
    kind, _, name = to.rpartition(":")
    receiver = Receiver(type=HolderType(kind or "person"), id=name)
    wanted = HandOver(serial=Serial(serial), to=receiver, **facts)  # type: ignore[arg-type]
    return await hand_over(here.store, here.clock, here.terms, wanted)


async def back(here: Town, serial: str, **facts: object) -> TakenBack:
    wanted = TakeBack(serial=Serial(serial), **facts)  # type: ignore[arg-type]
    return await take_back(here.store, here.clock, wanted)


async def custody(here: Town, serial: str) -> list[Custody]:
    async with here.store.reading() as tx:
        return [row for row in (await tx.register.facts()).custody if row.serial == serial]


async def test_an_entitled_trustee_is_issued_a_laptop_and_told_by_which_seat(here: Town) -> None:
    done = await issue(here, "L1", "aino")

    assert (done.entitled, done.prepared) == (True, "never_held")
    assert [reason.rule for reason in done.told] == ["P8"]
    assert "council/ordinary" in str(done.told[0].fact)
    assert [row.holder for row in await custody(here, "L1")] == ["aino"]
    fields = (await here.log())[-1].entry.fields
    assert (fields["holder"], fields["custody"], fields["entitled"]) == ("aino", "primary", "True")


@pytest.mark.parametrize(("who", "rule"), [("disa", "P8"), ("own", "P16"), ("location:nowhere", "V2")])
async def test_nobody_without_a_right_gets_one_unless_a_person_says_so(
    here: Town, who: str, rule: str
) -> None:
    with pytest.raises(NotEntitledError) as refused:
        await issue(here, "L1", who)
    assert refused.value.rule == rule
    assert await custody(here, "L1") == []

    done = await issue(here, "L1", who, even_though_not_entitled=True)

    assert not done.entitled
    assert (await here.log())[-1].entry.fields["entitled"] == "False"


async def test_a_place_with_an_agreement_is_issued_a_terminal(here: Town) -> None:
    done = await issue(here, "L1", "location:point")

    assert done.entitled
    assert done.custody.holder_type is HolderType.LOCATION


async def test_a_laptop_has_never_two_responsible_holders(here: Town) -> None:
    await issue(here, "L1", "aino")

    with pytest.raises(ConflictError, match="take it back first"):
        await issue(here, "L1", "bert")
    assert [row.holder for row in await custody(here, "L1")] == ["aino"]


@pytest.mark.parametrize(("serial", "to"), [("unknown", "aino"), ("L1", "unknown")])
async def test_what_is_not_known_is_not_handed_over(here: Town, serial: str, to: str) -> None:
    with pytest.raises(NotFoundError):
        await issue(here, serial, to)


async def test_a_second_laptop_is_told_and_not_refused(here: Town) -> None:
    """Case 18."""
    await issue(here, "L1", "aino")

    done = await issue(here, "L2", "aino")

    assert any("L1" in str(reason.fact) for reason in done.told)


async def test_what_the_receiver_signed_is_kept_word_for_word(here: Town) -> None:
    """P17."""
    text = "Sitoudun noudattamaan ohjeita.\n"

    await issue(here, "L1", "aino", signature=Signature(version="2025-06", language="fi", text=text))

    async with here.store.reading() as tx:
        (kept,) = await tx.register.commitments(Serial("L1"))
    fields = (await here.log())[-1].entry.fields
    assert (kept.signer, kept.version, kept.language, kept.text) == ("aino", "2025-06", "fi", text)
    assert kept.signed_at == here.now
    assert fields["commitment"] == kept.digest
    assert text not in "".join(fields.values())


async def test_a_laptop_that_another_had_is_not_issued_without_proof_of_a_wipe(here: Town) -> None:
    """P15."""
    await issue(here, "L1", "aino")
    await back(here, "L1")

    with pytest.raises(RefusedError, match="P15"):
        await issue(here, "L1", "bert")

    done = await issue(here, "L1", "bert", reinstalled=True)
    assert done.prepared == "confirmed"


async def test_its_former_holder_gets_a_laptop_back_as_it_is(here: Town) -> None:
    await issue(here, "L1", "aino")
    await back(here, "L1")

    assert (await issue(here, "L1", "aino")).prepared == "never_held"


async def test_a_proven_wipe_lets_a_laptop_be_issued_again(here: Town) -> None:
    await issue(here, "L1", "aino")
    laptop = await here.enrol("L1")
    await here.sweep()
    await here.visit(laptop)
    await back(here, "L1")
    await here.sweep()
    await here.lock(laptop)
    (manifest,) = await here.approve_all()
    await here.release(manifest, "L1")
    await here.sweep()
    await here.wipe(laptop)

    done = await issue(here, "L1", "bert")
    await here.sweep()

    assert done.prepared == "proven"
    assert (await here.latest("L1")).state == DirectiveState.ACTIVE.value


async def test_a_wipe_from_before_the_last_holder_proves_nothing_for_the_next(here: Town) -> None:
    await test_a_proven_wipe_lets_a_laptop_be_issued_again(here)
    await back(here, "L1")

    with pytest.raises(RefusedError, match="P15"):
        await issue(here, "L1", "aino")


async def test_a_deputy_borrows_and_the_holder_stays_responsible(here: Town) -> None:
    """P11."""
    await issue(here, "L1", "bert")

    done = await issue(here, "L1", "disa", loan=True, until=here.now + timedelta(days=3))

    rows = {row.kind: row for row in await custody(here, "L1")}
    assert rows[CustodyKind.PRIMARY].holder == "bert"
    assert (rows[CustodyKind.TEMPORARY].holder, rows[CustodyKind.TEMPORARY].end) == ("disa", None)
    async with here.store.reading() as tx:
        (loan,) = await tx.records.all(LOANS)
    assert (loan.lender, loan.borrower, loan.until) == ("bert", "disa", here.now + timedelta(days=3))
    assert [reason.rule for reason in done.told] == ["P11", "P11"]


async def test_only_a_deputy_of_the_holders_body_borrows(here: Town) -> None:
    await issue(here, "L1", "aino")

    with pytest.raises(NotEntitledError):
        await issue(here, "L1", "disa", loan=True)


async def test_what_nobody_has_is_not_lent_nor_twice(here: Town) -> None:
    with pytest.raises(ConflictError):
        await issue(here, "L1", "disa", loan=True)
    await issue(here, "L1", "bert")
    await issue(here, "L1", "disa", loan=True)
    with pytest.raises(ConflictError):
        await issue(here, "L1", "disa", loan=True)


async def test_giving_a_loan_back_leaves_the_holder(here: Town) -> None:
    await issue(here, "L1", "bert")
    await issue(here, "L1", "disa", loan=True)
    here.clock.at += timedelta(hours=5)

    done = await back(here, "L1", loan_only=True)

    rows = {row.kind: row for row in await custody(here, "L1")}
    assert [row.holder for row in done.ended] == ["disa"]
    assert rows[CustodyKind.PRIMARY].end is None
    assert rows[CustodyKind.TEMPORARY].end == here.now


async def test_a_return_ends_holder_and_loan_and_puts_the_laptop_in_stock(here: Town) -> None:
    await issue(here, "L1", "bert")
    await issue(here, "L1", "disa", loan=True)
    here.clock.at += timedelta(days=1)

    await back(here, "L1")

    rows = await custody(here, "L1")
    open_rows = [row for row in rows if row.end is None]
    assert [row.holder_type for row in open_rows] == [HolderType.STOCK]
    assert {row.reason for row in rows if row.end} == {CustodyReason.RETURNED}
    assert (await here.kinds())[-2:] == ["taken_back", "return_receipted"]


async def test_the_moment_of_receipt_stops_the_clock(here: Town) -> None:
    """Case 31."""
    await issue(here, "L1", "aino")
    received = here.now + timedelta(days=1)
    here.clock.at += timedelta(days=4)

    await back(here, "L1", at=received)

    assert {row.end for row in await custody(here, "L1") if row.holder == "aino"} == {received}


async def test_nothing_is_returned_in_the_future_or_before_it_was_issued(here: Town) -> None:
    await issue(here, "L1", "aino")

    with pytest.raises(RefusedError):
        await back(here, "L1", at=here.now + timedelta(hours=1))
    with pytest.raises(ConflictError):
        await back(here, "L1", at=here.now - timedelta(hours=1))


async def test_what_is_in_stock_cannot_come_back(here: Town) -> None:
    with pytest.raises(ConflictError):
        await back(here, "L1")


@pytest.mark.parametrize("reason", [CustodyReason.LOST, CustodyReason.STOLEN])
async def test_what_is_gone_locks_at_once_and_keeps_its_last_holder(
    here: Town, reason: CustodyReason
) -> None:
    """Case 34."""
    await issue(here, "L1", "aino")
    await here.enrol("L1")
    await here.sweep()
    here.clock.at += timedelta(hours=1)

    await back(here, "L1", reason=reason)
    await here.sweep()

    latest = await here.latest("L1")
    assert (latest.state, latest.holder, latest.lock_at) == ("locked", "aino", here.now)


async def test_what_was_lost_and_found_comes_back_to_stock(here: Town) -> None:
    await issue(here, "L1", "aino")
    here.clock.at += timedelta(hours=1)
    await back(here, "L1", reason=CustodyReason.LOST)
    here.clock.at += timedelta(days=2)

    await back(here, "L1")

    assert [row.holder_type for row in await custody(here, "L1") if row.end is None] == [HolderType.STOCK]
    with pytest.raises(RefusedError, match="P15"):
        await issue(here, "L1", "bert")


async def test_a_return_marks_the_open_case_and_the_sweep_does_not_cancel_it(here: Town) -> None:
    await issue(here, "L1", "aino")
    laptop = await here.enrol("L1")
    here.goes_to("2029-06-01")
    await here.sweep()
    await here.lock(laptop)
    here.clock.at += timedelta(hours=2)

    await back(here, "L1")
    await here.sweep()

    assert (await here.cases())[0].status is CaseStatus.RETURNED


async def test_a_laptop_reinstalled_while_locked_opens_when_a_person_hands_it_over(here: Town) -> None:
    """Invariant 5."""
    await issue(here, "L1", "aino")
    laptop = await here.enrol("L1")
    await here.sweep()
    await back(here, "L1", reason=CustodyReason.LOST)
    await here.sweep()
    await here.lock(laptop)
    await here.enrol("L1")
    await back(here, "L1")
    assert (await here.device("L1")).needs_person

    await issue(here, "L1", "aino")
    await here.sweep()

    assert not (await here.device("L1")).needs_person
    assert (await here.latest("L1")).state == "active"
