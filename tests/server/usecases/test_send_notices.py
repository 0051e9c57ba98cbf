"""Notices are sent once, in time, to the right address; what fails is tried again, told or given away."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City, instant
from fakes.follow_up import FollowedTown, city_address, followed_town, private_address
from fakes.post import FakePost
from tenure_server.adapters.directory.staff_tasks import StaffTasks
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail import PostRefusedError, PostUncertainError
from tenure_server.domain.message import say
from tenure_server.usecases.follow_timeline import follow_timeline

T_30 = "2029-05-02T12:00:00+03:00"
LEAVER = "aino"


def leaver(until: str = "2029-05-31") -> City:
    return City().seat(LEAVER, until=until).laptop("L1", LEAVER)


async def until_notice(here: FollowedTown, register: City | None = None) -> None:
    """Live to the day of the T-30 notice without following up."""
    here.town.goes_to(T_30)
    await here.know(register or leaver())


def post_of(here: FollowedTown) -> FakePost:
    assert here.post is not None
    return here.post


async def later(here: FollowedTown, **spell: float) -> None:
    here.town.goes_to(here.town.now + timedelta(**spell))
    await here.follow()


async def test_a_server_that_takes_nothing_now_is_asked_again_later_and_later(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await until_notice(here)
        post_of(here).answers = [UnavailableError(say("busy")), UnavailableError(say("busy"))]
        await here.follow()
        (notice,) = await here.notices(LEAVER)
        assert (notice.state, notice.attempts) == ("planned", 1)
        await later(here, minutes=1)
        assert (await here.notices(LEAVER))[0].attempts == 1, "not before its time"
        await later(here, minutes=1, seconds=5)
        await later(here, minutes=4)
        assert await here.told(LEAVER) == [("T-30", "sent")]
        assert len(post_of(here).taken) == 1


async def test_a_mail_server_that_is_down_is_asked_once_a_sweep_and_at_last_a_person_is(
    tmp_path: Path,
) -> None:
    register = leaver().seat("bo", until="2029-05-31").laptop("L2", "bo")
    async with followed_town(tmp_path) as here:
        await until_notice(here, register)
        down = [UnavailableError(say("down")) for _ in range(40)]
        post_of(here).answers = list(down)
        await here.follow()
        assert len(post_of(here).answers) == 39, "the others would fare no better"
        for _ in range(30):
            await later(here, hours=2)
        assert await here.task_kinds() == ["mail_server"]
        post_of(here).answers = []
        await later(here, hours=2)
        await later(here, hours=2)
        assert await here.sent(LEAVER) == ["T-30"]
        assert await here.sent("bo") == ["T-30"]
        assert await here.task_kinds() == []


async def test_a_mail_that_is_refused_for_good_is_told_by_people(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await until_notice(here)
        post_of(here).answers = [PostRefusedError(say("no such user"))]
        await here.follow()
        assert await here.told(LEAVER) == [("T-30", "failed")]
        (task,) = await here.tasks()
        assert (task.kind, task.subject) == ("notify_by_hand", LEAVER)
        await later(here, hours=3)
        assert await here.told(LEAVER) == [("T-30", "failed")]


async def test_a_mail_that_may_have_arrived_is_sent_once_more_under_the_same_id(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await until_notice(here)
        post_of(here).takes_before_failing = True
        post_of(here).answers = [PostUncertainError(say("gone")), PostUncertainError(say("gone"))]
        await here.follow()
        assert await here.told(LEAVER) == [("T-30", "unconfirmed")]
        await later(here, minutes=5)
        assert len(post_of(here).taken) == 1, "not at once"
        await later(here, minutes=15)
        await later(here, hours=1)
        await later(here, hours=10)
        assert len({mail.id for mail in post_of(here).taken}) == 1
        assert len(post_of(here).taken) == 2, "once more, and never a third time"
        assert await here.told(LEAVER) == [("T-30", "unconfirmed")]


async def test_without_a_mail_server_notices_wait_and_one_task_says_why(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.post = None
        await until_notice(here)
        await here.follow()
        await later(here, hours=1)
        (notice,) = await here.notices(LEAVER)
        assert notice.state == "planned"
        assert str(notice.why) == "Not sent: no mail server is set."
        assert await here.task_kinds() == ["mail_server"]
        here.post = FakePost()
        await later(here, hours=1)
        assert await here.sent(LEAVER) == ["T-30"]
        await later(here, hours=1)
        assert await here.task_kinds() == []


async def test_after_a_long_outage_only_what_still_makes_sense_is_sent(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-05-29T12:00:00+03:00")
        await here.know(leaver())
        await here.follow()
        assert await here.told(LEAVER) == [("T-30", "skipped"), ("T-14", "skipped"), ("T-7", "sent")]
        here.town.goes_to("2029-06-01T09:00:00+03:00")
        await here.follow()
        assert (await here.told(LEAVER))[3] == ("T-1", "skipped"), "never after the lock"
        here.town.goes_to("2029-07-20")
        await here.follow()
        assert [state for key, state in await here.told(LEAVER) if key[:2] in ("T+", "M-")] == ["skipped"] * 3


async def test_when_the_end_moves_the_old_ends_notices_stop_and_the_new_ends_begin(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await here.town.know(leaver())
        here.town.goes_to("2029-05-02T08:00:00+03:00")
        await here.lives_to("2029-05-26T12:00:00+03:00", leaver())
        assert await here.sent(LEAVER) == ["T-7"]
        await here.lives_to("2029-05-31T12:00:00+03:00", leaver(until="2029-08-31"))
        assert await here.sent(LEAVER) == ["T-7"], "nothing more of the old end"
        await here.lives_to("2029-08-03T12:00:00+03:00")
        sent = [one for one in await here.notices(LEAVER) if one.state == "sent"]
        assert [(one.key, one.about) for one in sent] == [
            ("T-7", instant("2029-06-01")),
            ("T-30", instant("2029-09-01")),
        ]


@pytest.mark.parametrize("re_elected", [True, False])
async def test_a_re_election_wins_until_the_mail_is_handed_over(tmp_path: Path, re_elected: bool) -> None:
    """Two are to be told; while the first mail is on its way, the second is re-elected."""
    both = leaver().seat("bo", until="2029-05-31").laptop("L2", "bo")
    async with followed_town(tmp_path) as here:
        await until_notice(here, both)
        post = post_of(here)
        first = post.send

        async def send(mail):  # type: ignore[no-untyped-def]
            await first(mail)
            if re_elected and len(post.taken) == 1:
                again = leaver().seat("bo", until="2029-05-31").laptop("L2", "bo")
                await here.know(again.seat("bo", since="2029-06-01"))

        here.post = type("Post", (), {"send": staticmethod(send)})()  # type: ignore[assignment]
        await here.follow()
        assert await here.sent(LEAVER) == ["T-30"]
        assert await here.told("bo") == [("T-30", "skipped" if re_elected else "sent")]


async def test_protected_contact_data_is_a_task_for_people(tmp_path: Path) -> None:
    register = leaver()
    register.people[PersonId(LEAVER)] = replace(register.people[PersonId(LEAVER)], phone="protected")
    async with followed_town(tmp_path) as here:
        await until_notice(here, register)
        await here.follow()
        await here.follow()
        assert await here.told(LEAVER) == [("T-30", "by_hand")]
        assert await here.task_kinds() == ["notify_by_hand"]
        assert post_of(here).taken == []


async def test_one_person_with_two_laptops_and_two_roles_gets_one_notice(tmp_path: Path) -> None:
    register = leaver().seat(LEAVER, "committee", until="2029-05-31").laptop("L2", LEAVER)
    async with followed_town(tmp_path) as here:
        await until_notice(here, register)
        await here.lives_to("2029-05-18T12:00:00+03:00")
        assert await here.told(LEAVER) == [("T-30", "skipped"), ("T-14", "sent")]
        (mail,) = post_of(here).taken
        assert "L1, L2" in mail.text


async def test_a_notice_names_the_last_day_the_lock_and_the_sum_in_the_readers_language(
    tmp_path: Path,
) -> None:
    register = City().seat(LEAVER, until="2029-05-31").device("L1", purchase_price_vat_eur=1129)
    register.hand_over("L1", LEAVER, since="2025-06-02")
    register.people[PersonId(LEAVER)] = replace(register.people[PersonId(LEAVER)], language="sv")
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-04-29")
        await here.know(register)
        await here.lives_through("2029-05-01", "2029-06-10")
        texts = {mail.subject: mail.text for mail in post_of(here).taken}
        assert all(mail.language == "sv" for mail in post_of(here).taken)
        (first, *_, seven, one, after) = texts.values()
        assert "upphör 31 maj 2029" in first
        assert "låses 1 juni 2029 kl. 00:00" in seven
        assert "I morgon 1 juni 2029" in one
        assert "senast 2 juli 2029" in after
        assert "1\u00a0129,00" in after
        assert not any("{" in text for text in texts.values())


async def test_a_name_with_a_line_break_stays_a_name(tmp_path: Path) -> None:
    register = leaver()
    bad = replace(register.people[PersonId(LEAVER)], given_name="Aino\r\nBcc: all@example.org")
    register.people[PersonId(LEAVER)] = bad
    async with followed_town(tmp_path) as here:
        (here.folder / "notices" / "fi").mkdir(parents=True)
        own = "Subject: Hei {name}\n\n{date} {link} {name}\n"
        (here.folder / "notices" / "fi" / "T-30.txt").write_text(own, encoding="utf-8")
        await until_notice(here, register)
        await here.follow()
        (mail,) = post_of(here).taken
        assert mail.subject == "Hei Aino Bcc: all@example.org Esimerkki"


async def test_a_broken_text_of_the_citys_own_stops_nothing_and_is_a_task_until_it_is_mended(
    tmp_path: Path,
) -> None:
    async with followed_town(tmp_path) as here:
        folder = here.folder / "notices" / "fi"
        folder.mkdir(parents=True)
        (folder / "T-30.txt").write_text("Subject: {unknown}\n\nx\n", encoding="utf-8")
        await until_notice(here)
        await here.follow()
        assert await here.sent(LEAVER) == ["T-30"]
        assert await here.task_kinds() == ["notice_text"]
        (folder / "T-30.txt").unlink()
        await later(here, minutes=1)
        assert await here.task_kinds() == []


async def test_staff_are_mailed_new_and_overdue_tasks_once_a_day(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.staff_address = "it@kuntala.example"
        register = City().seat("bo", choice="own").laptop("L2", "bo")
        here.town.goes_to("2029-03-01T07:00:00+02:00")
        await here.know(register)
        await here.follow()
        staff = post_of(here).to("it@kuntala.example")
        assert staff == [], "it is not yet morning"
        await later(here, hours=3)
        await later(here, hours=1)
        staff = post_of(here).to("it@kuntala.example")
        assert len(staff) == 1
        assert "L2" in staff[0].text
        await later(here, days=1)
        assert len(post_of(here).to("it@kuntala.example")) == 1, "nothing new, nothing overdue"


async def test_what_is_urgent_is_mailed_at_once_and_at_most_once_a_day(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.staff_address = "it@kuntala.example"
        here.directory = StaffTasks(here.town.store, here.town.clock)
        here.town.goes_to("2029-05-31T12:00:00+03:00")
        await here.know(City().seat("bo", until="2029-05-31"))
        await here.follow()
        await here.lives_to("2029-06-01T00:01:00+03:00")
        await later(here, minutes=1)
        await later(here, minutes=1)
        (mail,) = post_of(here).to("it@kuntala.example")
        assert "bo" in mail.text
        await later(here, hours=10)
        assert len(post_of(here).to("it@kuntala.example")) == 2, "overdue in the morning's list"


async def test_after_a_restore_nothing_is_sent_until_the_register_is_confirmed(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await until_notice(here)
        async with here.town.store.writing() as tx:
            await tx.municipality.mark_rolled_back(here.town.now, "another-origin")
        result = await here.follow()
        assert result.claimed
        assert not result.did_anything
        assert post_of(here).taken == []


async def test_a_private_address_is_used_only_once_sign_in_is_blocked(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-05-30T12:00:00+03:00")
        await here.know(leaver())
        await here.lives_through("2029-05-30", "2029-06-10")
        assert [mail.to for mail in post_of(here).taken] == [
            city_address(LEAVER), city_address(LEAVER), private_address(LEAVER)
        ]  # fmt: skip


async def test_of_two_processes_one_sends(tmp_path: Path) -> None:
    async with followed_town(tmp_path) as here:
        await until_notice(here)
        results = [await follow_timeline(here.following, slot="s") for _ in range(2)]
        assert [one.claimed for one in results] == [True, False]
        assert len(post_of(here).taken) == 1


async def test_what_waits_for_the_mail_server_is_not_sent_once_a_death_is_known(tmp_path: Path) -> None:
    def known(**end: str) -> City:
        city = leaver().seat(LEAVER, "advisory", **end)
        for number in range(12):
            city.seat(f"p{number}")
        return city

    async with followed_town(tmp_path) as here:
        here.town.goes_to("2029-06-08T12:00:00+03:00")
        await here.know(known())
        post_of(here).answers = [UnavailableError(say("busy"))]
        await here.follow()
        assert (await here.told(LEAVER))[-1] == ("T+7", "planned")
        here.town.goes_to("2029-06-10T12:00:00+03:00")
        await here.know(known(until="2029-06-09", basis="death"))
        await here.follow()
        assert (await here.told(LEAVER))[-1] == ("T+7", "skipped")
        assert post_of(here).taken == []


async def test_whoever_chose_an_own_computer_is_told_once_whatever_seat_ends_or_laptop_comes_back(
    tmp_path: Path,
) -> None:
    def chose() -> City:
        city = City().seat(LEAVER, "board", until="2027-05-31", choice="own")
        return city.seat(LEAVER, since="2025-08-01", until="2029-05-31", choice="own").seat("other")

    both = chose().laptop("L1", LEAVER).laptop("L2", LEAVER, since="2025-09-01")
    one = chose().device("L1").laptop("L2", LEAVER, since="2025-09-01")
    one.hand_over("L1", LEAVER, since="2025-06-02", until="2027-06-03", reason="returned")
    one.hand_over("L1", since="2027-06-03", holder_type="stock")
    async with followed_town(tmp_path) as here:
        await here.lives_to("2027-05-20T12:00:00+03:00", both)
        await here.lives_to("2027-06-02T12:00:00+03:00", both)
        await here.lives_to("2027-06-04T12:00:00+03:00", one)
        assert await here.sent(LEAVER) == ["own-device", "receipt"]
