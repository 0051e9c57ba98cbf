"""Laptops are ordered to look at their holders' mailboxes: who, when anew, and with which lease."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.checked_town import council
from fakes.databases import MemoryDatabase
from fakes.mail_reporting import ReportingTown, reporting_town
from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.domain.mail_ordering import LEASE_LIVES, ORDER_LIVES
from tenure_server.usecases.enrol_device import revoke_device_key


@pytest.fixture(params=["memory", "sqlite"])
async def here(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReportingTown]:
    memory = MemoryDatabase() if request.param == "memory" else None
    async with reporting_town(tmp_path, memory=memory) as made:
        yield made


async def test_a_holders_laptop_is_asked_at_its_next_visit_and_only_once(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    assert (await here.order()).given == 1
    first = (await here.hear(laptop)).answer.mail_order
    assert first is not None
    order = here.held["L1"]
    assert order.address.startswith("aino@")
    assert (order.authority, order.client_id) == ("https://login.microsoftonline.com/tenant", "client")
    assert order.expires == here.town.now + ORDER_LIVES
    assert order.fix_until is None
    assert (await here.hear(laptop)).answer.mail_order is None
    assert (await here.order()).given == 0


async def test_an_order_wakes_the_laptop_and_costs_a_visit_without_news_nothing(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    before = (await here.town.device("L1")).news
    await here.order()
    assert (await here.town.device("L1")).news == before + 1
    await here.hear(laptop)
    reads = 0
    visiting = await here.visiting()
    reading = visiting.store.reading

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(here.town.store, name)

        def reading(self) -> object:
            nonlocal reads
            reads += 1
            return reading()

    here.town.store = Counting()  # type: ignore[assignment]
    visiting = replace(await here.visiting(), store=here.town.store)
    reads = 0
    outcome = await here.hear(laptop)
    assert outcome.answer.mail_order is None
    assert reads == 1, "the fake's own look at the municipality, and nothing of the visit"


async def test_an_answer_that_was_lost_is_given_again(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    await here.order()
    assert (await here.hear(laptop)).answer.mail_order is not None
    here.held.clear()
    assert (await here.hear(laptop)).answer.mail_order is not None
    here.given = None  # another process, which remembers nothing
    assert (await here.hear(laptop)).answer.mail_order is None


async def test_nobody_is_asked_about_whom_there_is_nothing_to_ask(here: ReportingTown):
    register = council("aino", "bert", "cecilia", "dan")
    register.laptop("L1", "aino").laptop("L2", "eero").laptop("L4", "cecilia").laptop("L5", "dan")
    await here.know(register)
    person = register.people["aino"]  # type: ignore[index]
    for serial in ("L1", "L2", "L4", "L5"):
        await here.town.enrol(serial)
    register.people["aino"] = replace(person, email_city="")  # type: ignore[index]
    register.people["dan"] = replace(register.people["dan"], email_city="not an address")  # type: ignore[index]
    await here.town.know(register)
    await revoke_device_key(here.town.store, here.town.clock, serial=(await here.town.device("L4")).serial)
    await here.order()
    assert [record.person for record in await here.orders()] == []


async def test_of_two_laptops_of_one_person_one_is_asked_and_it_stays_the_one(here: ReportingTown):
    await here.know(council("aino").laptop("L2", "aino"))
    await here.town.enrol("L2")
    await here.order()
    await here.know(council("aino").laptop("L2", "aino").laptop("L1", "aino"))
    await here.town.enrol("L1")
    await here.order()
    device = await here.town.device("L2")
    assert [(record.device, record.is_open) for record in await here.orders()] == [(device.id, True)]


async def test_an_order_is_renewed_before_half_of_it_is_over(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    await here.town.enrol("L1")
    await here.order()
    first = (await here.orders())[0].order
    here.passes(seconds=ORDER_LIVES.total_seconds() * 0.39)
    assert (await here.order()).given == 0
    here.passes(seconds=ORDER_LIVES.total_seconds() * 0.12)
    assert (await here.order()).given == 1
    (record,) = await here.orders()
    assert record.order.number > first.number
    assert (await here.town.kinds()).count("mail_ordered") == 1, "a renewal is no event"


async def test_a_new_holder_is_a_new_order_at_once_and_the_old_one_ends(here: ReportingTown):
    await here.know(council("aino", "bert").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    await here.order()
    await here.hear(laptop)
    first = here.held["L1"]
    here.passes(minutes=1)
    register = council("aino", "bert").device("L1")
    register.hand_over("L1", "aino", since="2025-06-02", until="2029-02-01", reason="returned")
    await here.know(register.hand_over("L1", "bert", since="2029-02-02"))
    assert await here.order() == replace(await here.order(), given=1, ended=1)
    await here.hear(laptop)
    assert here.held["L1"].address.startswith("bert@")
    assert here.held["L1"].number > first.number
    assert {record.person: record.is_open for record in await here.orders()} == {"aino": False, "bert": True}


async def test_a_re_enrolled_laptop_gets_an_order_of_its_new_epoch(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    await here.town.enrol("L1")
    await here.order()
    laptop = await here.town.enrol("L1")
    assert (await here.hear(laptop)).answer.mail_order is None, "that of the epoch before is void"
    here.passes(seconds=5)
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].epoch == 2


async def test_the_allow_list_reaches_the_laptop_and_leaves_it_when_it_ends(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    await here.order()
    await here.allow("partner.example", here.town.now + timedelta(days=2))
    here.passes(minutes=1)
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].partner_domains == ("partner.example",)
    here.passes(days=2)
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].partner_domains == ()


async def test_a_lease_is_given_where_laptops_fix_and_fixing_is_on(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    await here.fixing()
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].fix_until == here.town.now + LEASE_LIVES
    await here.fixing(on=False)
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].fix_until is None
    (record,) = await here.orders()
    assert record.leased_until is not None, "what was given before is not forgotten"
    assert record.leased_until > here.town.now


async def test_where_the_server_fixes_no_laptop_gets_a_lease(here: ReportingTown):
    here.mail_fixer = LookedAtBy.SERVER
    await here.know(council("aino").laptop("L1", "aino"))
    laptop = await here.town.enrol("L1")
    await here.fixing()
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].fix_until is None


async def test_a_staff_account_is_looked_at_and_never_touched(here: ReportingTown):
    register = council("aino").laptop("L1", "aino")
    register.seat("aino", "board", until="2029-05-31", employee=True)
    await here.know(register)
    laptop = await here.town.enrol("L1")
    await here.fixing()
    await here.order()
    await here.hear(laptop)
    assert here.held["L1"].fix_until is None


async def test_a_sweep_is_done_once_for_each_slot(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    await here.town.enrol("L1")
    assert (await here.order("slot-1")).given == 1
    assert not (await here.order("slot-1")).claimed


async def test_an_order_is_logged_by_ids_alone(here: ReportingTown):
    await here.know(council("aino").laptop("L1", "aino"))
    await here.town.enrol("L1")
    await here.order()
    (told,) = [one.entry for one in await here.town.log() if one.entry.kind.value == "mail_ordered"]
    assert (told.subject, told.fields["person"], told.fields["fixing"]) == ("L1", "aino", "False")
    assert "@" not in repr(told)


async def test_orders_rise_above_what_a_forgotten_database_gave_out(here: ReportingTown):
    """The number follows the clock: after a restore it is greater than any that a laptop has seen."""
    await here.know(council("aino").laptop("L1", "aino"))
    await here.town.enrol("L1")
    await here.order()
    assert (await here.orders())[0].order.number >= int(here.town.now.timestamp())
