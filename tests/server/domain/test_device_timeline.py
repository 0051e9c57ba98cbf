"""The rules of what a device should be (P11, P15, P18, P19, P22, P25, V2)."""

from datetime import timedelta

import pytest

from fakes.city import (
    TERM_BEGINS,
    TERM_ENDS,
    City,
    day_end,
    instant,
    leaver,
    place,
    steps,
    verbs,
    warnings_of,
)
from tenure_server.domain.plan import Desired, Need, PersonStatus

BEFORE = "2029-05-01"
LAST_DAY = "2029-05-31"
AFTER = "2029-06-02"
END = day_end(TERM_ENDS)
DEADLINE = instant("2029-07-03")


def test_p25_a_meeting_over_the_end_is_said_in_words() -> None:
    city = leaver().stay(
        "meeting", "council", on="body", since="2029-05-31", until="2029-06-01T02:00:00+03:00"
    )
    device = city.device_at("L", "2029-06-01")
    (reason,) = device.because
    assert str(reason.fact) == (
        "The right to it ended at 2029-05-31T21:00:00Z, in a meeting that goes on: it locks at"
        " 2029-05-31T23:00:00Z."
    )


@pytest.mark.parametrize(
    ("kind", "on", "subject", "said"),
    [
        ("dispute", "device", "L", "Its holder says that it was handed back: the receipt decides."),
        (
            "appeal",
            "municipality",
            "",
            "The election is appealed: its result is provisional, and nothing is destroyed.",
        ),
    ],
)
def test_p18_what_bars_a_wipe_by_a_stay_is_said_in_words(kind: str, on: str, subject: str, said: str) -> None:
    device = leaver().stay(kind, subject, on=on, since="2029-06-01").device_at("L", AFTER)
    assert str(device.because[0].fact) == said


def test_p11_a_borrower_entitled_in_their_own_right_bars_the_wipe() -> None:
    city = leaver().lend("L", "b", since="2029-05-30").seat("b")
    device = city.device_at("L", "2029-06-10")
    assert (device.desired, device.borrower, device.holder) == (Desired.LOCKED, "b", "a")
    assert steps(device, "wipe")[0].needs == (Need.CUSTODY_CONFIRMATION,)


def test_p11_a_borrower_without_a_laptop_right_bars_nothing() -> None:
    city = leaver().lend("L", "b", since="2029-05-30").seat("b", seat="deputy")
    assert city.device_at("L", "2029-06-10").desired is Desired.WIPED


def test_p11_a_borrower_who_chose_an_own_computer_bars_nothing() -> None:
    city = leaver().lend("L", "b", since="2029-05-30").seat("b", choice="own")
    assert city.device_at("L", "2029-06-10").desired is Desired.WIPED


def test_p11_a_loan_that_is_over_bars_nothing() -> None:
    city = leaver().lend("L", "b", since="2029-05-30", until="2029-06-10").seat("b")
    device = city.device_at("L", "2029-06-10")
    assert (device.desired, device.borrower) == (Desired.WIPED, None)


def test_p15_what_came_back_is_wiped_from_the_moment_of_its_return() -> None:
    city = City(register_date="2028-01-01").seat("a").laptop("L", "a", until="2027-03-01", reason="returned")
    device = city.device_at("L", "2029-01-01")
    assert (device.desired, device.holder) == (Desired.WIPED, None)
    assert [(step.verb, step.at, step.rule) for step in device.timeline] == [
        ("wipe", instant("2027-03-01"), "P15")
    ]


def test_p15_a_hold_on_the_device_keeps_what_came_back_locked() -> None:
    city = City().seat("a").laptop("L", "a", until="2027-03-01", reason="returned")
    device = city.hold("L", on="device", since="2027-03-05").device_at("L", "2027-04-01")
    assert device.desired is Desired.LOCKED
    assert steps(device, "wipe")[0].needs == (Need.HOLD_RELEASE,)


def test_p15_a_hold_on_the_person_does_not_reach_what_they_returned() -> None:
    city = City().seat("a").laptop("L", "a", until="2027-03-01", reason="returned")
    assert city.hold("a", since="2027-02-01").device_at("L", "2027-04-01").desired is Desired.WIPED


def test_p15_a_reissued_laptop_starts_afresh() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-06-01")
    city.hand_over("L", since="2029-06-01", until="2029-06-05", holder_type="stock")
    city.hand_over("L", "b", since="2029-06-05").seat("b")
    device = city.device_at("L", "2029-06-10")
    assert (device.desired, device.holder, device.timeline) == (Desired.ACTIVE, "b", ())


def test_p18_a_charge_is_proposed_as_the_month_is_over_and_always_needs_a_person() -> None:
    charge = steps(leaver().device_at("L", BEFORE), "propose_charge")[0]
    assert (charge.at, charge.needs) == (DEADLINE, (Need.HUMAN_DECISION,))


def test_p18_nothing_is_charged_for_what_came_back() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-06-05", reason="returned")
    assert steps(city.device_at("L", "2029-09-01"), "propose_charge") == []


def test_p18_only_a_confirmed_end_leads_anywhere() -> None:
    city = City().seat("a", until=TERM_ENDS, basis="until_successor").laptop("L", "a")
    device = city.device_at("L", "2029-09-01")
    assert (device.desired, device.timeline) == (Desired.ACTIVE, ())
    assert any("until_successor" in why for why in warnings_of(city.plan(BEFORE)))


def test_p19_a_laptop_locks_at_the_end_and_is_wiped_a_day_later() -> None:
    city = leaver()
    assert city.device_at("L", LAST_DAY).desired is Desired.ACTIVE
    assert city.device_at("L", "2029-06-01").desired is Desired.LOCKED
    assert city.device_at("L", "2029-06-01T23:59:59+03:00").desired is Desired.LOCKED
    assert city.device_at("L", AFTER).desired is Desired.WIPED


def test_p19_the_day_before_the_wipe_is_a_calendar_day_when_the_clocks_change() -> None:
    city = City().seat("a", until="2028-10-28", basis="fixed").laptop("L", "a")
    lock, wipe, _ = city.device_at("L", "2028-10-01").timeline
    assert wipe.at - lock.at == timedelta(hours=25)


def test_p19_the_days_before_the_wipe_are_a_setting() -> None:
    city = leaver().under(wipe_after=timedelta(days=3))
    assert city.device_at("L", "2029-06-03").desired is Desired.LOCKED
    assert city.device_at("L", "2029-06-04").desired is Desired.WIPED


def test_p19_a_hold_bars_the_wipe_and_does_not_lock() -> None:
    city = leaver().hold("a", since="2029-01-01")
    assert city.device_at("L", BEFORE).desired is Desired.ACTIVE
    device = city.device_at("L", AFTER)
    assert device.desired is Desired.LOCKED
    assert steps(device, "wipe")[0].needs == (Need.HOLD_RELEASE,)


def test_p19_a_hold_that_began_after_the_wipe_was_due_still_bars_it() -> None:
    city = leaver().hold("a", since="2029-06-20")
    assert city.device_at("L", "2029-06-10").desired is Desired.WIPED
    assert city.device_at("L", "2029-06-20").desired is Desired.LOCKED


def test_p19_a_step_keeps_its_moment_while_barred_and_after() -> None:
    city = leaver().hold("a", since="2029-01-01", until="2029-08-31")
    city.register_date = None
    moments = {steps(city.device_at("L", at), "wipe")[0].at for at in (BEFORE, AFTER, "2029-09-01")}
    assert moments == {instant("2029-06-02")}
    assert city.device_at("L", "2029-09-01").desired is Desired.WIPED


def test_p19_a_hold_on_the_borrower_covers_the_borrowed_laptop() -> None:
    city = leaver().lend("L", "b", since="2029-05-01").seat("b", seat="deputy").hold("b", since="2029-01-01")
    assert city.device_at("L", AFTER).desired is Desired.LOCKED


@pytest.mark.parametrize(
    ("taken", "desired"), [("2029-05-20", Desired.WIPED), ("2029-05-19", Desired.LOCKED)]
)
def test_p19_a_register_of_45_days_is_fresh_and_one_of_46_is_not(taken: str, desired: Desired) -> None:
    city = leaver()
    city.register_date = taken
    assert city.device_at("L", "2029-07-04").desired is desired


def test_p19_a_stale_register_is_what_the_wipe_needs_renewed() -> None:
    city = leaver()
    city.register_date = "2029-01-01"
    assert steps(city.device_at("L", AFTER), "wipe")[0].needs == (Need.FRESH_REGISTER,)


def test_p19_more_ends_than_the_setting_make_a_campaign() -> None:
    city = City(register_date="2029-05-20")
    for number in range(4):
        city.seat(f"p{number}", until=TERM_ENDS).laptop(f"L{number}", f"p{number}")
    assert [steps(one, "wipe")[0].needs for one in city.plan(BEFORE).devices] == [(Need.CAMPAIGN,)] * 4
    assert {one.desired for one in city.plan(AFTER).devices} == {Desired.WIPED}


def test_p19_as_many_ends_as_the_setting_are_no_campaign() -> None:
    city = City()
    for number in range(3):
        city.seat(f"p{number}", until=TERM_ENDS).laptop(f"L{number}", f"p{number}")
    assert {steps(one, "wipe")[0].needs for one in city.plan(BEFORE).devices} == {()}


def test_p19_laptops_that_came_back_or_stay_do_not_count_towards_a_campaign() -> None:
    city = leaver().laptop("L2", "a").laptop("L3", "a").laptop("L4", "b").seat("b")
    city.laptop("L5", "a", until="2029-05-10", reason="returned")
    assert {steps(one, "wipe")[0].needs for one in city.plan("2029-05-11").devices if one.timeline} == {()}


@pytest.mark.parametrize("reason", ["lost", "stolen"])
def test_p19_a_lost_or_stolen_laptop_locks_at_once_and_is_not_charged(reason: str) -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2027-03-01", reason=reason)
    device = city.device_at("L", "2027-03-02")
    assert (device.desired, device.holder, verbs(device)) == (Desired.LOCKED, "a", ["lock"])
    assert device.timeline[0].at == instant("2027-03-01")
    assert city.person_at("a", "2029-05-01").status is PersonStatus.NONE


def test_p19_a_laptop_lost_after_the_end_was_locked_by_the_end() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-06-20", reason="lost")
    assert city.device_at("L", "2029-07-01").timeline[0].at == END


@pytest.mark.parametrize("holder_type", ["courier", "police"])
def test_p19_with_a_courier_or_the_police_it_is_locked_and_nobody_s(holder_type: str) -> None:
    city = City().device("L").hand_over("L", since="2027-01-01", holder_type=holder_type)
    device = city.device_at("L", "2027-02-01")
    assert (device.desired, device.holder, device.timeline) == (Desired.LOCKED, None, ())


def test_p22_in_a_gap_the_trustee_keeps_and_the_laptop_is_locked() -> None:
    city = leaver().seat("a", "committee", since="2029-09-01")
    person, device = city.person_at("a", "2029-07-01"), city.device_at("L", "2029-07-01")
    assert (person.status, person.laptop.entitled, person.laptop.until) == (PersonStatus.KEEPS, False, END)
    assert (device.desired, verbs(device)) == (Desired.LOCKED, ["lock"])


def test_p22_a_device_that_nobody_ever_had_is_left_alone() -> None:
    assert City().device("L").device_at("L", BEFORE).desired is Desired.NONE


def test_p22_a_peripheral_is_left_alone() -> None:
    city = City().seat("a", until=TERM_ENDS).device("K", "peripheral").hand_over("K", "a", since=TERM_BEGINS)
    device = city.device_at("K", "2029-09-01")
    assert (device.desired, device.timeline, device.holder) == (Desired.NONE, (), "a")


def test_p25_the_right_ends_at_the_midnight_that_ends_the_last_day() -> None:
    person = leaver().person_at("a", BEFORE)
    assert person.laptop.until == instant("2029-05-31T21:00:00Z")
    assert leaver().device_at("L", "2029-05-31T20:59:59Z").desired is Desired.ACTIVE
    assert leaver().device_at("L", "2029-05-31T21:00:00Z").desired is Desired.LOCKED


def test_p25_an_end_given_as_an_instant_is_exclusive_and_taken_as_it_is() -> None:
    city = City().seat("a", until="2029-05-31T12:00:00+03:00").laptop("L", "a")
    assert city.device_at("L", BEFORE).right_ends == instant("2029-05-31T09:00:00Z")
    assert steps(city.device_at("L", BEFORE), "propose_charge")[0].at == DEADLINE


def test_p25_the_lease_is_the_end_of_the_holder_s_right() -> None:
    assert leaver().device_at("L", BEFORE).right_ends == END
    assert City().seat("a").laptop("L", "a").device_at("L", BEFORE).right_ends is None


def test_v2_an_agreement_ends_the_right_to_a_device_and_is_never_charged() -> None:
    device = place().device_at("T", "2026-01-01")
    assert [(step.verb, step.at, step.rule) for step in device.timeline] == [
        ("lock", day_end("2026-02-27"), "V2"),
        ("wipe", instant("2026-03-01"), "V2"),
    ]


def test_v2_a_stale_register_does_not_bar_the_wipe_of_a_place() -> None:
    assert place().device_at("T", "2026-06-01").desired is Desired.WIPED


def test_v2_an_extension_in_writing_replans() -> None:
    city = place().agree("point", since="2026-02-28", until="2026-08-31")
    device = city.device_at("T", "2026-03-15")
    assert (device.desired, device.timeline[0].at) == (Desired.ACTIVE, day_end("2026-08-31"))
