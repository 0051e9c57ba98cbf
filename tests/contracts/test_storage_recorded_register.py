"""What the register said at a past moment: re-imports, ends, rows that come back, and one instant's edge."""

from dataclasses import replace
from datetime import datetime, timedelta

from fakes import stored
from fakes.stored import NOW, PERSON, register
from tenure_server.domain.mandate import Mandate
from tenure_server.usecases.ports import Store

INSTANT = timedelta(microseconds=1)


def day(number: int) -> datetime:
    return NOW + timedelta(days=number)


async def take_in(store: Store, at: datetime, *mandates: Mandate) -> None:
    async with store.writing() as tx:
        await tx.register.replace_register(register(*mandates), at)


async def mandates_at(store: Store, at: datetime) -> tuple[Mandate, ...]:
    async with store.reading() as tx:
        return (await tx.register.facts_as_recorded(at)).mandates


async def test_the_same_register_again_is_no_new_version(store: Store) -> None:
    for number in range(3):
        await take_in(store, day(number), stored.mandate(row=number + 2))
    async with store.reading() as tx:
        versions = await tx.register.history(PERSON)
    assert [(one.recorded_from, one.recorded_to) for one in versions] == [(day(0), None)] * 2


async def test_an_end_is_known_from_when_it_was_recorded_and_not_from_when_it_is_valid(store: Store) -> None:
    open_ended = stored.mandate(end=None, basis=None, end_decision_ref="")
    ended = replace(open_ended, end=day(-300))
    await take_in(store, day(0), open_ended)
    await take_in(store, day(1), ended)
    assert await mandates_at(store, day(1) - INSTANT) == (open_ended,)
    assert await mandates_at(store, day(1)) == (ended,)
    assert await mandates_at(store, day(9)) == (ended,)


async def test_a_row_that_goes_and_comes_back_was_not_there_between(store: Store) -> None:
    kept, coming = stored.mandate(), stored.mandate(start=day(-400))
    await take_in(store, day(0), kept, coming)
    await take_in(store, day(1), kept)
    await take_in(store, day(2), kept, coming)
    found = [set(await mandates_at(store, day(number))) for number in range(3)]
    assert found == [{kept, coming}, {kept}, {kept, coming}]


async def test_of_two_registers_at_one_instant_the_later_stands_and_the_earlier_never_did(
    store: Store,
) -> None:
    first, second = stored.mandate(end_decision_ref="one"), stored.mandate(end_decision_ref="two")
    await take_in(store, day(0), first)
    await take_in(store, day(0), second)
    assert await mandates_at(store, day(0)) == (second,)
    assert await mandates_at(store, day(0) - INSTANT) == ()


async def test_a_correction_of_a_correction_leaves_all_three_versions(store: Store) -> None:
    rows = [stored.mandate(end=day(-number)) for number in (10, 20, 10)]
    for number, row in enumerate(rows):
        await take_in(store, day(number), row)
    assert [await mandates_at(store, day(number)) for number in range(3)] == [(row,) for row in rows]
    async with store.reading() as tx:
        told = [one for one in await tx.register.history(PERSON) if isinstance(one.fact, Mandate)]
    assert [(one.fact, one.recorded_from, one.recorded_to) for one in told] == [
        (rows[0], day(0), day(1)),
        (rows[1], day(1), day(2)),
        (rows[2], day(2), None),
    ]
