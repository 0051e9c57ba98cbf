"""The rules of notices, of sign-in and of the mailbox (P13, P14, P16, P20)."""

import pytest

from fakes.city import TERM_ENDS, City, day_end, instant, keys, leaver, steps, verbs, warnings_of
from tenure_server.domain.plan import Because, Desired, Need, PersonStatus

BEFORE = "2029-05-01"
AFTER = "2029-06-02"
END = day_end(TERM_ENDS)
DEADLINE = instant("2029-07-03")


def test_p11_the_borrower_gets_no_notices() -> None:
    city = leaver().lend("L", "b", since="2029-05-30").seat("b", seat="deputy")
    assert keys(city.person_at("b", BEFORE)) == []


def test_p13_who_continues_keeps_the_laptop_and_nothing_is_planned_for_it() -> None:
    city = leaver().seat("a", "board", since="2029-06-01", until="2033-05-31")
    assert city.person_at("a", BEFORE).status is PersonStatus.KEEPS
    assert city.device_at("L", AFTER).desired is Desired.ACTIVE
    assert [step.at for step in steps(city.device_at("L", AFTER), "lock")] == [day_end("2033-05-31")]


def test_p14_a_leaver_with_a_laptop_returns_it_and_one_without_has_nothing_to_return() -> None:
    city = leaver().seat("b", until=TERM_ENDS)
    assert city.person_at("a", BEFORE).status is PersonStatus.RETURNS
    assert city.person_at("b", BEFORE).status is PersonStatus.NONE


def test_p14_notices_go_out_at_nine_on_the_local_days_of_the_schedule() -> None:
    person = leaver().person_at("a", BEFORE)
    assert [(step.key, step.at) for step in steps(person, "notify")] == [
        ("T-30", instant("2029-05-02T06:00:00Z")),
        ("T-14", instant("2029-05-18T06:00:00Z")),
        ("T-7", instant("2029-05-25T06:00:00Z")),
        ("T-1", instant("2029-05-31T06:00:00Z")),
        ("T+7", instant("2029-06-08T06:00:00Z")),
        ("T+21", instant("2029-06-22T06:00:00Z")),
        ("M-7", instant("2029-06-26T06:00:00Z")),
    ]


def test_p14_a_notice_due_before_the_custody_began_is_left_out() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", since="2029-05-20")
    assert keys(city.person_at("a", "2029-05-21")) == ["T-7", "T-1", "T+7", "T+21", "M-7"]


def test_p14_a_notice_due_before_the_entitlement_began_is_left_out() -> None:
    city = City().seat("a", since="2029-05-20", until=TERM_ENDS).laptop("L", "a")
    assert keys(city.person_at("a", "2029-05-21")) == ["T-7", "T-1", "T+7", "T+21", "M-7"]


def test_p14_one_set_of_notices_goes_out_however_many_laptops_and_seats() -> None:
    city = leaver().laptop("L2", "a").seat("a", "committee", until=TERM_ENDS)
    assert keys(city.person_at("a", BEFORE)).count("T-30") == 1


def test_p14_the_notices_are_for_the_last_of_the_ends() -> None:
    city = leaver().seat("a", "committee", since="2029-09-01", until="2029-12-31")
    first = steps(city.person_at("a", BEFORE), "notify")[0]
    assert (first.key, first.at) == ("T-30", instant("2029-12-02T09:00:00+02:00"))


def test_p14_the_reminders_to_return_drop_out_once_all_is_back() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-06-05", reason="returned")
    assert keys(city.person_at("a", "2029-06-06")) == ["M-7"]


@pytest.mark.parametrize("choice", ["own", "none"])
def test_p16_an_own_computer_ends_the_laptop_right_and_leaves_the_mailbox(choice: str) -> None:
    person = City().seat("a", until=TERM_ENDS, choice=choice).person_at("a", BEFORE)
    assert (person.laptop.entitled, person.laptop.until) == (False, None)
    assert person.laptop.because == (Because(mandate="council/ordinary", rule="P16"),)
    assert (person.mailbox.entitled, person.mailbox.until) == (True, END)
    assert person.status is PersonStatus.NONE


def test_p16_a_sitting_trustee_is_never_locked_for_a_choice_but_told_now() -> None:
    city = leaver(choice="own")
    person, device = city.person_at("a", BEFORE), city.device_at("L", BEFORE)
    assert (device.desired, person.status) == (Desired.ACTIVE, PersonStatus.RETURNS)
    told = [step for step in steps(person, "notify") if step.key is None]
    assert [(step.at, step.rule) for step in told] == [(instant(BEFORE), "P16")]


def test_p16_a_deputy_who_chose_an_own_computer_and_has_the_city_s_is_told_to_return_it() -> None:
    city = City().seat("a", seat="deputy", until=TERM_ENDS, choice="own").laptop("L", "a")
    person = city.person_at("a", BEFORE)
    assert (person.status, city.device_at("L", BEFORE).desired) == (PersonStatus.RETURNS, Desired.ACTIVE)
    assert [step.at for step in steps(person, "notify") if step.rule == "P16"] == [instant(BEFORE)]


def test_p16_once_the_seats_end_the_old_laptop_goes_the_way_of_any_other() -> None:
    city = leaver(choice="own")
    assert verbs(city.device_at("L", BEFORE)) == ["lock", "wipe", "propose_charge"]
    assert city.device_at("L", "2029-06-01").desired is Desired.LOCKED
    assert city.device_at("L", AFTER).desired is Desired.WIPED


def test_p20_sign_in_is_blocked_at_the_end_and_the_mailbox_closed_a_month_later() -> None:
    person = City().seat("a", seat="deputy", until=TERM_ENDS).person_at("a", BEFORE)
    assert [(step.verb, step.at) for step in person.timeline if step.verb != "notify"] == [
        ("block_sign_in", END),
        ("close_mailbox", DEADLINE),
    ]
    assert keys(person) == ["M-7"]


def test_p20_a_hold_keeps_the_mailbox_and_the_machine_writes_to_nobody() -> None:
    person = leaver().hold("a", since="2029-01-01").person_at("a", BEFORE)
    assert keys(person) == []
    assert steps(person, "close_mailbox")[0].needs == (Need.HOLD_RELEASE,)


def test_p20_sign_in_follows_the_mailbox_and_not_the_laptop() -> None:
    city = leaver().seat("a", "committee", "deputy", until="2029-08-31")
    assert steps(city.person_at("a", BEFORE), "block_sign_in")[0].at == day_end("2029-08-31")


def test_p20_a_future_mailbox_cancels_the_closing_and_not_the_wipe() -> None:
    city = leaver().seat("a", "committee", "deputy", since="2029-06-15")
    person, device = city.person_at("a", AFTER), city.device_at("L", AFTER)
    assert verbs(person).count("close_mailbox") == 0
    assert steps(person, "block_sign_in")[0].at == END
    assert device.desired is Desired.WIPED


def test_p20_an_employee_keeps_the_staff_account_with_a_warning() -> None:
    city = City(register_date=BEFORE).seat("a", until=TERM_ENDS, employee=True).laptop("L", "a")
    for at in (BEFORE, "2029-08-01"):
        person = city.person_at("a", at)
        assert {step.verb for step in person.timeline} == {"notify"}
        assert "M-7" not in keys(person)
        assert any("staff account" in why for why in warnings_of(city.plan(at)))
    assert city.device_at("L", AFTER).desired is Desired.WIPED


def test_p20_a_mailbox_closes_whatever_the_register_s_age() -> None:
    city = City(register_date="2028-01-01").seat("a", seat="deputy", until=TERM_ENDS)
    assert steps(city.person_at("a", BEFORE), "close_mailbox")[0].needs == ()


def test_p20_the_notice_of_a_closing_goes_out_however_short_the_right_was() -> None:
    city = City().seat("a", seat="deputy", since="2027-03-01", until="2027-03-01", basis="fixed")
    assert keys(city.person_at("a", "2027-03-02")) == ["M-7"]
    assert steps(city.person_at("a", "2027-03-02"), "notify")[0].at == instant("2027-03-26T09:00:00+02:00")


def test_p20_a_gap_in_the_mailbox_right_blocks_sign_in_and_closes_nothing() -> None:
    city = City().seat("a", seat="deputy", until=TERM_ENDS).seat("a", "board", "deputy", since="2029-09-01")
    person = city.person_at("a", "2029-07-15")
    assert [(step.verb, step.at) for step in person.timeline] == [("block_sign_in", END)]
    assert city.person_at("a", "2029-09-02").timeline == ()


def test_p16_a_choice_without_a_seat_of_one_s_own_changes_nothing_for_the_old_laptop() -> None:
    city = leaver().seat("a", seat="deputy", since="2029-06-01", choice="own")
    assert keys(city.person_at("a", AFTER)) == ["T-30", "T-14", "T-7", "T-1", "T+7", "T+21"]
    assert city.device_at("L", AFTER).desired is Desired.WIPED


def test_p14_only_a_laptop_brings_notices_to_return_a_laptop() -> None:
    city = City().seat("a", until=TERM_ENDS).device("T", "terminal").hand_over("T", "a", since="2025-06-02")
    person = city.person_at("a", BEFORE)
    assert (keys(person), person.status) == (["M-7"], PersonStatus.NONE)
