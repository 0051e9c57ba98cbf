"""A charge is proposed with its evidence, follows the facts, and is decided by a person only."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.follow_up import FollowedTown, followed_town
from tenure_server.domain.custody import CustodyReason
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.ids import Serial
from tenure_server.domain.stay import StayKind, StaySubject
from tenure_server.usecases.charge_file import charge_file, evidence_document
from tenure_server.usecases.decide_charge import decide_charge, mark_paid, mark_refunded
from tenure_server.usecases.set_stay import SetStay, lift_stay, set_stay
from tenure_server.usecases.take_back import TakeBack, take_back

DUE = "2029-07-03T01:00:00+03:00"


def leaver(**facts: object) -> City:
    prices = {"purchase_price_eur": Decimal("900"), "purchase_price_vat_eur": Decimal("1129.50"), **facts}
    register = City().seat("aino", until="2029-05-31").device("L1", **prices)
    return register.hand_over("L1", "aino", since="2025-06-02")


async def month_over(here: FollowedTown, register: City | None = None) -> None:
    here.town.goes_to("2029-05-20")
    await here.know(register or leaver())
    await here.lives_through("2029-05-24", "2029-06-10")
    here.town.goes_to(DUE)
    await here.follow()


async def later(here: FollowedTown, moment: str) -> None:
    here.town.goes_to(moment)
    await here.follow()


async def decide(here: FollowedTown, *, charges: bool = True, **facts: object) -> None:
    (charge,) = await here.charges()
    said = {"by": "KH 7 §", "reason": "not returned", **facts}
    await decide_charge(here.town.store, here.town.clock, here.town.terms, charge.id, charges=charges, **said)  # type: ignore[arg-type]


async def gone(here: FollowedTown, reason: CustodyReason, at: str | None = None) -> None:
    wanted = TakeBack(serial=Serial("L1"), reason=reason, at=instant(at) if at else None)
    await take_back(here.town.store, here.town.clock, wanted)


async def state(here: FollowedTown) -> str:
    (charge,) = await here.charges()
    return charge.state.value


async def test_a_proposal_carries_its_evidence_and_charges_nobody(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        file = await charge_file(here.town.store, "L1")
        document = evidence_document(file)
        assert document["state"] == "proposed"
        assert document["amount_eur"] is None
        assert (document["price_eur"], document["price_vat_eur"]) == ("900", "1129.50")
        assert document["right_ended"] == "2029-05-31T21:00:00Z"
        assert document["deadline"] == "2029-07-02T21:00:00Z"
        lines = document["evidence"]
        assert isinstance(lines, list)
        topics = [line["topic"] for line in lines]
        assert topics == sorted(topics, key=topics.index)
        assert {"mandate", "custody", "commitment", "notice", "receipt", "price"} <= set(topics)
        notices = [(line["key"], line["state"]) for line in lines if line["topic"] == "notice"]
        assert ("T-1", "sent") in notices
        assert ("T+7", "sent") in notices
        assert {"topic": "commitment", "at": None, "until": None, "missing": "commitment"} in lines
        assert (await here.task_kinds()) == ["decide_charge"]
        log = [one.entry for one in await here.town.log() if one.entry.kind == "charge_proposed"]
        assert [one.fields["evidence"] for one in log] == [file.digest]


async def test_a_price_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here, leaver(purchase_price_eur=None, purchase_price_vat_eur=None))
        (task,) = await here.tasks()
        assert "not known" in str(task.why)
        with pytest.raises(RefusedError, match="amount"):
            await decide(here)
        await decide(here, amount=Decimal("800.00"))
        (charge,) = await here.charges()
        assert (charge.state, charge.amount_eur, charge.decided_by) == (
            "charged",
            Decimal("800.00"),
            "KH 7 §",
        )
        assert await here.tasks() == []


@pytest.mark.parametrize("reason", [CustodyReason.LOST, CustodyReason.STOLEN])
async def test_what_is_lost_is_not_charged_by_itself(tmp_path: Path, reason: CustodyReason) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        await gone(here, reason)
        await here.follow()
        assert await state(here) == "withdrawn"
        assert "decide_charge" not in await here.task_kinds()


async def test_what_comes_back_before_the_decision_takes_the_proposal_with_it(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        await later(here, "2029-07-10")
        await gone(here, CustodyReason.RETURNED)
        with pytest.raises(ConflictError):
            await decide(here)  # no sweep has seen it yet: the facts are looked at all the same
        await here.follow()
        (charge,) = await here.charges()
        assert (charge.state, str(charge.why)) == ("withdrawn", "It came back.")
        with pytest.raises(ConflictError):
            await decide(here)


async def test_a_return_in_time_that_is_written_down_late_says_so(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        await gone(here, CustodyReason.RETURNED, at="2029-06-20")
        await here.follow()
        (charge,) = await here.charges()
        assert (charge.state, str(charge.why)) == ("withdrawn", "It came back in time, as the receipt says.")


async def test_a_return_before_the_deadline_leads_to_no_proposal(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-05-20")
        await here.know(leaver())
        await later(here, "2029-07-02T23:59:00+03:00")
        await gone(here, CustodyReason.RETURNED)
        await later(here, DUE)
        assert await here.charges() == []


async def test_a_dispute_pauses_until_the_receipt_decides(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        dispute = SetStay(
            kind=StayKind.DISPUTE, subject_type=StaySubject.DEVICE, subject="L1", reference="mail 3.7."
        )
        await set_stay(here.town.store, here.town.clock, here.town.terms.zone, dispute)
        await later(here, "2029-07-04")
        assert await state(here) == "paused"
        with pytest.raises(RefusedError, match="receipt"):
            await decide(here)
        here.town.goes_to("2029-07-05")
        await lift_stay(
            here.town.store,
            here.town.clock,
            kind=StayKind.DISPUTE,
            subject_type=StaySubject.DEVICE,
            subject="L1",
        )
        await later(here, "2029-07-06")
        assert await state(here) == "proposed"
        await decide(here)


async def test_a_re_election_that_comes_late_withdraws_the_proposal(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        await here.lives_to("2029-07-05", leaver().seat("aino", "committee", since="2029-06-01"))
        (charge,) = await here.charges()
        assert charge.state == "withdrawn"
        assert "goes on" in str(charge.why)


async def test_a_death_after_the_proposal_withdraws_it(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        dead = leaver().seat("aino", "committee", until="2029-07-04", basis="death")
        await here.lives_to("2029-07-06", dead)
        assert await state(here) == "withdrawn"


async def test_a_charge_that_was_decided_and_not_paid_is_thought_over_when_it_comes_back(
    tmp_path: Path,
) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        await decide(here)
        await later(here, "2029-07-10")
        await gone(here, CustodyReason.RETURNED)
        await here.follow()
        await later(here, "2029-07-11")
        assert await state(here) == "charged", "a person decided, and a person decides again"
        assert await here.task_kinds() == ["decide_charge"]
        await decide(here, charges=False, reason="came back")
        assert await state(here) == "waived"
        assert await here.task_kinds() == []


async def test_what_was_waived_or_is_unknown_cannot_be_paid(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        (charge,) = await here.charges()
        store, clock = here.town.store, here.town.clock
        with pytest.raises(ConflictError):
            await mark_paid(store, clock, charge.id, by="finance")
        await decide(here, charges=False)
        with pytest.raises(ConflictError):
            await mark_refunded(store, clock, charge.id, by="finance")
        with pytest.raises(NotFoundError):
            await mark_paid(store, clock, "unknown", by="finance")
        await later(here, "2029-08-01")
        assert await state(here) == "waived", "what was waived is not proposed again"


async def test_a_right_that_was_found_not_to_have_ended_is_paid_back(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await month_over(here)
        await decide(here)
        (charge,) = await here.charges()
        await mark_paid(here.town.store, here.town.clock, charge.id, by="finance")
        corrected = leaver()
        corrected.mandates[0] = replace(corrected.mandates[0], end=None, basis=None)
        await here.lives_to("2029-07-20", corrected)
        assert await state(here) == "refund_due"
