import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import stored
from fakes.databases import Opened
from fakes.stored import AGREEMENT, ASSET, BEGAN, COMMITMENT, CUSTODY, HOLD, NOW, STAY, register
from tenure_server.domain.custody import CustodyKind, CustodyReason, HolderType
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.mandate import BodyType, Seat
from tenure_server.domain.stay import StayKind, StaySubject
from tenure_server.usecases.ports import Store

DAY = timedelta(days=1)


async def test_a_municipality_comes_back_as_it_was_added(store: Store) -> None:
    async with store.reading() as tx:
        assert await tx.municipality.get() == stored.municipality()


async def test_a_municipality_is_added_only_once(store: Store) -> None:
    with pytest.raises(ConflictError):
        async with store.writing() as tx:
            await tx.municipality.add(stored.municipality())


async def test_a_transaction_adds_only_its_own_municipality(store: Store) -> None:
    with pytest.raises(ValueError, match="kuntala"):
        async with store.writing() as tx:
            await tx.municipality.add(stored.municipality("other"))


async def test_rolled_back_is_set_and_cleared(store: Store) -> None:
    async with store.writing() as tx:
        await tx.municipality.mark_rolled_back(NOW, "second origin")
    async with store.writing() as tx:
        assert await tx.municipality.get() == stored.municipality(
            rolled_back_at=NOW, log_origin="second origin"
        )
        await tx.municipality.mark_rolled_back(None, "second origin")
    async with store.reading() as tx:
        assert await tx.municipality.get() == stored.municipality(log_origin="second origin")


async def test_facts_come_back_as_they_were_recorded(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
        await tx.register.put_assets([ASSET])
        await tx.register.put_custody(CUSTODY, NOW)
        await tx.register.replace_agreements([AGREEMENT], NOW)
        await tx.register.put_hold(HOLD, NOW)
    async with store.reading() as tx:
        assert await tx.register.facts() == replace(
            register(), assets=(ASSET,), custody=(CUSTODY,), agreements=(AGREEMENT,), holds=(HOLD,)
        )


async def test_the_register_of_the_last_import_is_the_current_one(store: Store) -> None:
    kept, changed, dropped = (stored.mandate(start=BEGAN + timedelta(days=day)) for day in range(3))
    added = stored.mandate(seat=Seat.CHAIR)
    after = replace(changed, end_decision_ref="", row=9)
    async with store.writing() as tx:
        await tx.register.replace_register(register(kept, changed, dropped), NOW)
        await tx.register.replace_register(
            register(added, after, replace(kept, row=20), quarantine=(), warnings=(), register_date=NOW),
            NOW + timedelta(days=1),
        )
    async with store.reading() as tx:
        facts = await tx.register.facts()
    assert set(facts.mandates) == {added, after, replace(kept, row=20)}
    assert (facts.quarantine, facts.warnings, facts.register_date) == ((), (), NOW)


async def test_the_same_register_again_records_nothing_new(store: Store) -> None:
    for day in range(2):
        async with store.writing() as tx:
            await tx.register.replace_register(register(), NOW + timedelta(days=day))
    async with store.reading() as tx:
        assert await tx.register.facts() == register()


async def test_a_body_that_changes_its_type_and_a_person_who_leaves_are_recorded(store: Store) -> None:
    bodies = {body.id: replace(body, type=BodyType.BOARD) for body in register().bodies.values()}
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
        await tx.register.replace_register(register(people={}, bodies=bodies), NOW + timedelta(days=1))
    async with store.reading() as tx:
        facts = await tx.register.facts()
    assert (facts.people, facts.bodies) == ({}, bodies)


async def test_agreements_are_replaced_as_a_set(store: Store) -> None:
    longer = replace(AGREEMENT, end=None)
    other = replace(AGREEMENT, reference="§ 10")
    async with store.writing() as tx:
        await tx.register.replace_agreements([AGREEMENT], NOW)
        await tx.register.replace_agreements([longer, other], NOW)
    async with store.reading() as tx:
        assert set((await tx.register.facts()).agreements) == {longer, other}


async def test_an_asset_put_again_is_updated(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.put_assets([ASSET, replace(ASSET, serial="PF-0")])
        await tx.register.put_assets([replace(ASSET, model="", purchase_price_eur=None, lease_end=None)])
    async with store.reading() as tx:
        assert (await tx.register.facts()).assets == (
            replace(ASSET, serial="PF-0"),
            replace(ASSET, model="", purchase_price_eur=None, lease_end=None),
        )


async def test_a_device_never_has_two_primary_custodians(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.put_custody(CUSTODY, NOW)
    for second in (
        replace(CUSTODY, holder="p-2", start=NOW),
        replace(CUSTODY, holder="p-2", start=BEGAN - timedelta(days=1)),
    ):
        with pytest.raises(ConflictError):
            async with store.writing() as tx:
                await tx.register.put_custody(second, NOW)
    async with store.reading() as tx:
        assert (await tx.register.facts()).custody == (CUSTODY,)


async def test_custodies_that_touch_or_are_of_another_kind_or_device_do_not_conflict(store: Store) -> None:
    before = replace(CUSTODY, holder="p-2", start=BEGAN - timedelta(days=9), end=BEGAN)
    borrowed = replace(CUSTODY, holder="p-2", kind=CustodyKind.TEMPORARY, start=NOW)
    other = replace(CUSTODY, serial="PF-0")
    async with store.writing() as tx:
        for custody in (CUSTODY, before, borrowed, other, CUSTODY):
            await tx.register.put_custody(custody, NOW)
    async with store.reading() as tx:
        assert (await tx.register.facts()).custody == (other, before, CUSTODY, borrowed)


async def test_an_ended_custody_keeps_its_end_and_reason_and_makes_room(store: Store) -> None:
    ended = replace(CUSTODY, end=NOW, reason=CustodyReason.LOST)
    stock = replace(CUSTODY, holder_type=HolderType.STOCK, holder="", start=NOW, row=None)
    async with store.writing() as tx:
        await tx.register.put_custody(CUSTODY, NOW)
        await tx.register.end_custody(replace(ended, row=None), NOW)
        await tx.register.put_custody(stock, NOW)
    async with store.reading() as tx:
        assert (await tx.register.facts()).custody == (ended, stock)


async def test_only_an_open_custody_can_be_ended(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.put_custody(CUSTODY, NOW)
        await tx.register.end_custody(replace(CUSTODY, end=NOW), NOW)
    for wrong in (replace(CUSTODY, end=NOW + timedelta(1)), replace(CUSTODY, holder="p-9", end=NOW)):
        with pytest.raises(NotFoundError):
            async with store.writing() as tx:
                await tx.register.end_custody(wrong, NOW)


async def test_a_hold_put_again_changes_its_end(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.put_hold(HOLD, NOW)
        await tx.register.put_hold(replace(HOLD, end=NOW), NOW + timedelta(days=1))
    async with store.reading() as tx:
        assert (await tx.register.facts()).holds == (replace(HOLD, end=NOW),)


async def test_commitments_are_kept_as_they_were_signed(store: Store) -> None:
    later = replace(COMMITMENT, version="2", signed_at=NOW)
    async with store.writing() as tx:
        for one in (later, COMMITMENT, replace(COMMITMENT, serial="PF-0")):
            await tx.register.add_commitment(one)
    async with store.reading() as tx:
        assert await tx.register.commitments(COMMITMENT.serial) == [COMMITMENT, later]


async def test_two_who_hand_over_the_same_device_at_once_leave_one_custodian(store: Store) -> None:
    async def hand_over(holder: str) -> None:
        async with store.writing() as tx:
            await tx.register.put_custody(replace(CUSTODY, holder=holder), NOW)

    results = await asyncio.gather(*(hand_over(f"p-{n}") for n in range(4)), return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [ConflictError] * 3
    async with store.reading() as tx:
        assert len((await tx.register.facts()).custody) == 1


async def test_imports_are_remembered_oldest_first_with_what_became_of_them(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.add_import(NOW, "bb" * 32, "applied", {"added": "3", "ended": "0"})
        await tx.register.add_import(BEGAN, "aa" * 32, "quarantined", {})
        await tx.register.add_import(NOW, "cc" * 32, "unchanged", {})
    async with store.reading() as tx:
        found = await tx.register.imports()
    assert [(one.at, one.file_digest[:2], one.outcome) for one in found] == [
        (BEGAN, "aa", "quarantined"),
        (NOW, "bb", "applied"),
        (NOW, "cc", "unchanged"),
    ]
    assert dict(found[1].summary) == {"added": "3", "ended": "0"}


async def test_stays_stand_in_the_facts_in_their_order(store: Store) -> None:
    later, person, town = (
        replace(STAY, start=NOW, end=None),
        replace(STAY, subject_type=StaySubject.PERSON, subject="p-1", kind=StayKind.DISPUTE),
        replace(STAY, subject_type=StaySubject.MUNICIPALITY, subject="", kind=StayKind.APPEAL),
    )
    async with store.writing() as tx:
        for stay in (person, later, town, STAY):
            await tx.register.put_stay(stay, NOW)
    async with store.reading() as tx:
        assert (await tx.register.facts()).stays == (STAY, later, town, person)


async def test_a_stay_put_again_changes_its_end_and_what_was_recorded_before_is_kept(store: Store) -> None:
    open_ended, closed = replace(STAY, end=None), replace(STAY, end=NOW - DAY)
    for stay, recorded in ((open_ended, BEGAN), (open_ended, BEGAN + DAY), (closed, BEGAN + 2 * DAY)):
        async with store.writing() as tx:
            await tx.register.put_stay(stay, recorded)
    async with store.reading() as tx:
        assert (await tx.register.facts()).stays == (closed,)
        recorded_at = [BEGAN - DAY, BEGAN, BEGAN + DAY, BEGAN + 2 * DAY, NOW]
        told = [(await tx.register.facts_as_recorded(at)).stays for at in recorded_at]
    assert told == [(), (open_ended,), (open_ended,), (closed,), (closed,)]


async def test_what_was_recorded_at_a_moment_is_told_as_it_was(store: Store) -> None:
    kept, changed, ended = (stored.mandate(start=BEGAN + timedelta(days=day)) for day in range(3))
    moved = replace(changed, end=NOW + DAY)
    before = register(kept, changed, ended)
    left = register(kept, moved, people={}, quarantine=(), warnings=(), register_date=NOW)
    borrowed = replace(CUSTODY, kind=CustodyKind.TEMPORARY)
    async with store.writing() as tx:
        await tx.register.replace_register(before, BEGAN)
        await tx.register.put_assets([ASSET])
        await tx.register.put_custody(CUSTODY, BEGAN)
        await tx.register.put_custody(borrowed, BEGAN)
        await tx.register.replace_agreements([AGREEMENT], BEGAN)
        await tx.register.put_hold(HOLD, BEGAN)
    async with store.writing() as tx:
        await tx.register.replace_register(left, NOW)
        await tx.register.end_custody(replace(CUSTODY, end=NOW, reason=CustodyReason.RETURNED), NOW)
        await tx.register.replace_agreements([], NOW)
        await tx.register.put_hold(replace(HOLD, end=NOW), NOW)
    async with store.reading() as tx:
        now = await tx.register.facts()
        then = await tx.register.facts_as_recorded(NOW - timedelta(microseconds=1))
        assert await tx.register.facts_as_recorded(NOW) == now
    assert now == replace(
        left, assets=(ASSET,), holds=(replace(HOLD, end=NOW),),
        custody=(replace(CUSTODY, end=NOW, reason=CustodyReason.RETURNED), borrowed),
    )  # fmt: skip
    assert then == replace(
        before, assets=(ASSET,), custody=(CUSTODY, borrowed), agreements=(AGREEMENT,), holds=(HOLD,),
        register_date=NOW, quarantine=(), warnings=(),
    )  # fmt: skip


async def test_every_version_about_a_person_or_a_device_is_told_in_the_order_of_recording(
    store: Store,
) -> None:
    seat, other = stored.mandate(row=2), stored.mandate(person="p-2", row=3)
    ended, resigned = replace(CUSTODY, end=NOW), replace(seat, end=NOW - DAY)
    async with store.writing() as tx:
        await tx.register.put_custody(CUSTODY, BEGAN)
        await tx.register.replace_register(register(seat, other), BEGAN + DAY)
    async with store.writing() as tx:
        await tx.register.end_custody(ended, NOW)
        await tx.register.replace_register(register(resigned, other), NOW)
        await tx.register.put_hold(HOLD, NOW + DAY)
    async with store.reading() as tx:
        person = await tx.register.history(CUSTODY.holder)
        device = await tx.register.history(CUSTODY.serial)
        assert await tx.register.history("unknown") == []
    (name,) = register().people.values()
    assert [(one.fact, one.recorded_from, one.recorded_to) for one in person] == [
        (CUSTODY, BEGAN, NOW),
        (name, BEGAN + DAY, None),
        (seat, BEGAN + DAY, NOW),
        (resigned, NOW, None),
        (ended, NOW, None),
        (HOLD, NOW + DAY, None),
    ]
    assert [(one.fact, one.recorded_to) for one in device] == [(CUSTODY, NOW), (ended, None)]


async def test_before_anything_was_recorded_nothing_was(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
        await tx.register.put_custody(CUSTODY, NOW)
    async with store.reading() as tx:
        before = await tx.register.facts_as_recorded(NOW - DAY)
    assert (before.people, before.bodies, before.mandates, before.custody) == ({}, {}, (), ())


async def test_a_past_that_was_asked_for_changes_nothing_now(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
        await tx.register.facts_as_recorded(BEGAN)
        await tx.register.put_hold(HOLD, NOW)
        assert (await tx.register.facts_as_recorded(NOW)).holds == (HOLD,)
    async with store.reading() as tx:
        assert await tx.register.facts() == replace(register(), holds=(HOLD,))


async def test_facts_that_did_not_change_are_not_read_again(store: Store) -> None:
    async with store.writing() as tx:
        await tx.register.replace_register(register(), NOW)
    async with store.reading() as tx:
        first = await tx.register.facts()
        assert await tx.register.facts() is first
    async with store.writing() as tx:
        assert await tx.register.facts() is first
        await tx.register.put_hold(HOLD, NOW)
        assert (await tx.register.facts()).holds == (HOLD,)


async def test_facts_that_another_process_changed_are_seen(store: Store, other_process: Opened) -> None:
    elsewhere = other_process.store(stored.municipality().id)
    for change in (
        lambda tx: tx.register.replace_register(register(), NOW),
        lambda tx: tx.register.put_assets([ASSET]),
        lambda tx: tx.register.put_custody(CUSTODY, NOW),
        lambda tx: tx.register.end_custody(replace(CUSTODY, end=NOW), NOW),
        lambda tx: tx.register.replace_agreements([AGREEMENT], NOW),
        lambda tx: tx.register.put_hold(HOLD, NOW),
        lambda tx: tx.register.put_stay(STAY, NOW),
    ):
        async with store.reading() as tx:
            before = await tx.register.facts()
        async with elsewhere.writing() as tx:
            await change(tx)
        async with store.reading() as tx:
            assert await tx.register.facts() != before


async def test_facts_that_were_rolled_back_are_never_shown_again(store: Store) -> None:
    async def fail() -> None:
        async with store.writing() as tx:
            await tx.register.put_hold(HOLD, NOW)
            assert (await tx.register.facts()).holds == (HOLD,)
            raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError):
        await fail()
    async with store.reading() as tx:
        assert (await tx.register.facts()).holds == ()
    async with store.writing() as tx:
        await tx.register.put_assets([ASSET])
    async with store.reading() as tx:
        facts = await tx.register.facts()
    assert (facts.holds, facts.assets) == ((), (ASSET,))
