"""The cases whose effects lie beside the laptop: mail, sign-in, mailbox, charges and people's tasks.

Each lives day by day through the follow-up's real entry point, and shows the complete sequence of effects.
"""

from datetime import datetime, timedelta
from pathlib import Path

from fakes.city import City, instant
from fakes.follow_up import FollowedTown, city_address, followed_town
from tenure_server.domain.custody import HolderType
from tenure_server.domain.handover import Receiver
from tenure_server.domain.ids import Serial
from tenure_server.usecases.decide_charge import decide_charge, mark_paid, mark_refunded
from tenure_server.usecases.hand_over import HandOver, hand_over
from tenure_server.usecases.take_back import TakeBack, take_back

BEFORE = ["T-30", "T-14", "T-7", "T-1"]
AFTER = ["T+7", "T+21"]
LAST_DAY = "2029-05-31"
BEGINS = "2029-06-01"


async def returns(here: FollowedTown, serial: str, at: str | None = None) -> None:
    """Write down that a laptop came back, and when."""
    wanted = TakeBack(serial=Serial(serial), at=None if at is None else instant(at))
    await take_back(here.town.store, here.town.clock, wanted)


async def lives(here: FollowedTown, first: str, last: str) -> None:
    """Live day by day with the custody that the town knows by now, as servers do between imports."""
    at = instant(first) + timedelta(hours=12)
    while at <= instant(last) + timedelta(hours=12):
        here.town.goes_to(at)
        await here.town.sweep()
        await here.follow()
        at += timedelta(days=1)


async def begins(here: FollowedTown, register: City, day: str = "2029-04-28") -> None:
    here.town.goes_to(day)
    await here.know(register)
    await here.follow()


def mail(here: FollowedTown) -> list[str]:
    assert here.post is not None
    return [one.to for one in here.post.taken]


async def test_case_03_a_councillor_who_becomes_a_deputy_loses_the_laptop_and_keeps_the_mailbox(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until=LAST_DAY).laptop("L1", "aino")
    register.seat("aino", seat="deputy", since=BEGINS)
    async with followed_town(tmp_path) as here:
        await begins(here, register)
        await lives(here, "2029-04-29", "2029-07-05")
        assert await here.sent("aino") == BEFORE + AFTER
        assert mail(here) == [city_address("aino")] * 6, "sign-in goes on, and so does the city's mailbox"
        assert await here.account("aino") == []
        assert [charge.serial for charge in await here.charges()] == ["L1"]


async def test_case_07_a_resignation_that_is_not_granted_tells_nobody_and_blocks_nothing(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until=LAST_DAY, basis="resignation").laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register)
        await lives(here, "2029-04-29", "2029-07-05")
        assert await here.told("aino") == []
        assert await here.account("aino") == []
        assert await here.charges() == []
        assert await here.tasks(open_only=False) == []


async def test_case_10_after_a_death_nobody_is_written_to_and_staff_speak_with_the_estate(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until="2029-05-10", basis="death").laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register, "2029-05-01")
        await lives(here, "2029-05-12", "2029-07-20")
        assert await here.told("aino") == []
        assert await here.account("aino") == [("block_sign_in", "done")], "sealed: blocked, never closed"
        assert here.directory.calls == [("block_sign_in", "aino")]
        assert await here.charges() == []
        (task,) = await here.tasks(open_only=False)
        assert (task.kind, task.subject, task.is_open) == ("contact_estate", "aino", True)
        assert "L1" in str(task.why)


async def test_case_11_a_suspension_blocks_sign_in_and_its_end_gives_it_back(tmp_path: Path) -> None:
    suspended = City().seat("aino", since="2029-04-01", status="suspended").laptop("L1", "aino")
    reinstated = City().seat("aino", since="2029-04-01").laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-04-02")
        await here.know(suspended)
        await here.follow()
        await lives(here, "2029-04-03", "2029-06-20")
        assert await here.account("aino") == [("block_sign_in", "done")], "blocked, and never closed"
        await here.lives_to("2029-06-21", reinstated)
        await lives(here, "2029-06-22", "2029-07-01")
        assert await here.account("aino") == [("block_sign_in", "done"), ("unblock_sign_in", "done")]
        assert here.directory.blocked == set()
        assert await here.told("aino") == []
        assert await here.charges() == []


async def test_case_12_a_hold_bars_the_closing_until_it_is_lifted_and_silences_the_machine(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until=LAST_DAY).hold("aino", since="2029-06-10", until="2029-08-01")
    async with followed_town(tmp_path) as here:
        await begins(here, register, "2029-05-28")
        await lives(here, "2029-05-29", "2029-07-30")
        assert await here.account("aino") == [("block_sign_in", "done")]
        assert await here.told("aino") == []
        await here.lives_to("2029-08-02T12:00:00+03:00")
        assert await here.account("aino") == [("block_sign_in", "done"), ("close_mailbox", "done")]
        assert [one.due for one in await here.steps("aino")][1] == instant("2029-07-03"), "its own day stays"


async def test_case_16_a_deputy_who_keeps_the_laptop_and_its_holder_are_both_reminded(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until="2029-12-31").seat("bo", seat="deputy").laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register, "2029-03-01")
        await lend(here, "L1", "bo", until="2029-03-05")
        await lives(here, "2029-03-02", "2029-04-10")
        for person in ("aino", "bo"):
            keys = await here.sent(person)
            assert [key for key in keys if key.startswith("LOAN+")] == ["LOAN+1", "LOAN+7", "LOAN+21"], keys
        texts = {one.to: one.text for one in (here.post.taken if here.post else ()) if "2029" in one.text}
        assert "Aino" in texts[city_address("bo")]
        assert "Bo" in texts[city_address("aino")]
        assert await here.account("aino") == []


async def lend(here: FollowedTown, serial: str, borrower: str, *, until: str) -> None:
    """Lend a laptop to a deputy; nobody confirms."""
    wanted = HandOver(
        serial=Serial(serial),
        to=Receiver(type=HolderType.PERSON, id=borrower),
        loan=True,
        until=instant(until),
        even_though_not_entitled=True,
    )
    await hand_over(here.town.store, here.town.clock, here.town.terms, wanted)


async def test_case_21_an_own_device_user_is_asked_for_the_city_laptop_and_keeps_the_mailbox(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", choice="own").laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register, "2029-03-01")
        await lives(here, "2029-03-02", "2029-03-20")
        assert await here.told("aino") == [("own-device", "sent")], "once, and not every day"
        assert await here.task_kinds() == ["return_case"]
        assert await here.account("aino") == []
        await returns(here, "L1")
        await here.follow()
        assert await here.told("aino") == [("own-device", "sent"), ("receipt", "sent")]
        assert await here.task_kinds() == [], "it is back: nothing to ask for"


async def test_case_23_a_trustee_who_is_an_employee_keeps_the_staff_account(tmp_path: Path) -> None:
    register = City().seat("aino", until=LAST_DAY, employee=True).laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register)
        await lives(here, "2029-04-29", "2029-07-10")
        assert await here.account("aino") == []
        assert here.directory.calls == []
        assert await here.sent("aino") == BEFORE + AFTER, "the laptop is the trustee's, and is to come back"
        assert set(mail(here)) == {city_address("aino")}


async def test_case_29_a_laptop_returned_before_the_end_is_done_and_the_mailbox_goes_on(
    tmp_path: Path,
) -> None:
    register = City().seat("aino", until=LAST_DAY).laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register)
        await lives(here, "2029-04-29", "2029-05-09")
        await returns(here, "L1")
        await lives(here, "2029-05-10", "2029-07-10")
        assert await here.sent("aino") == ["T-30", "receipt", "M-7"]
        assert await here.account("aino") == [("block_sign_in", "done"), ("close_mailbox", "done")]
        assert await here.charges() == []


async def test_case_32_a_deadline_on_a_saturday_is_the_next_working_day(tmp_path: Path) -> None:
    register = City().seat("aino", until=LAST_DAY).laptop("L1", "aino")
    async with followed_town(tmp_path) as here:
        await begins(here, register, "2029-05-28")
        await lives(here, "2029-05-29", "2029-06-30")
        await lives(here, "2029-07-01", "2029-07-02")
        assert ("close_mailbox", "done") not in await here.account("aino")
        assert await here.charges() == []
        await lives(here, "2029-07-03", "2029-07-03")
        closing = (await here.steps("aino"))[1]
        assert closing.due == datetime.fromisoformat("2029-07-02T21:00:00+00:00")
        (charge,) = await here.charges()
        assert charge.deadline == closing.due
        assert "2.7.2029" in next(one.text for one in here.post.taken if "palauttamatta" in one.subject)


async def test_case_35_a_laptop_found_after_payment_is_paid_back(tmp_path: Path) -> None:
    register = City().seat("aino", until=LAST_DAY).device("L1", purchase_price_vat_eur=1129)
    register.hand_over("L1", "aino", since="2025-06-02")
    async with followed_town(tmp_path) as here:
        await begins(here, register, "2029-06-30")
        await lives(here, "2029-07-03", "2029-07-05")
        (charge,) = await here.charges()
        store, clock, terms = here.town.store, here.town.clock, here.town.terms
        await decide_charge(store, clock, terms, charge.id, charges=True, by="KH 1 §", reason="kept it")
        await mark_paid(store, clock, charge.id, by="finance")
        await lives(here, "2029-07-06", "2029-08-01")
        assert [one.state for one in await here.charges()] == ["paid"]
        await returns(here, "L1")
        await lives(here, "2029-08-02", "2029-08-03")
        (charge,) = await here.charges()
        assert charge.state == "refund_due"
        (task,) = [one for one in await here.tasks() if one.kind == "refund"]
        assert task.reference == charge.id
        await mark_refunded(store, clock, charge.id, by="finance")
        await lives(here, "2029-08-04", "2029-08-05")
        assert [one.state for one in await here.charges()] == ["refunded"]
        assert [one.kind for one in await here.tasks()] == []


async def test_case_44_a_new_mailbox_right_within_the_month_cancels_the_closing(tmp_path: Path) -> None:
    leaver = City().seat("aino", until=LAST_DAY)
    elected = City().seat("aino", until=LAST_DAY).seat("aino", "committee", "deputy", since="2029-06-20")
    async with followed_town(tmp_path) as here:
        await begins(here, leaver, "2029-05-28")
        await lives(here, "2029-05-29", "2029-06-14")
        assert await here.account("aino") == [("block_sign_in", "done")]
        await here.lives_to("2029-06-15", elected)
        await lives(here, "2029-06-16", "2029-06-19")
        assert await here.account("aino") == [("block_sign_in", "done")], "the gap is a gap"
        await lives(here, "2029-06-20", "2029-07-20")
        assert await here.account("aino") == [("block_sign_in", "done"), ("unblock_sign_in", "done")]
        assert await here.told("aino") == [], "nothing is closed, so nothing is announced"
        assert here.directory.calls == [("block_sign_in", "aino"), ("unblock_sign_in", "aino")]
