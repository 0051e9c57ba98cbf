"""The rules of the principles (P) and the agreement (V) as the planner applies them, one by one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from fakes.city import TERM_BEGINS, TERM_ENDS, City, day_end, instant, keys, large_city, policy, steps, verbs
from tenure_server.domain.facts import Facts
from tenure_server.domain.plan import Because, Desired, Need, PersonStatus, Plan
from tenure_server.domain.timeline import plan

BEFORE, LAST_DAY, AFTER = "2029-05-01", "2029-05-31", "2029-06-02"
END = day_end(TERM_ENDS)
DEADLINE = instant("2029-07-03")


def leaver(**seat: str) -> City:
    """A councillor with a laptop whose term ends."""
    return City(register_date="2029-05-20").seat("a", until=TERM_ENDS, **seat).laptop("L", "a")


def reasons(planned: Plan) -> list[str]:
    return [str(remark.why) for remark in planned.warnings]


# P1


def test_p1_the_policy_is_bound_to_the_term_and_says_that_it_is_a_proposal() -> None:
    term = policy().term
    assert term is not None
    assert (term.first_day, term.last_day) == (date(2025, 6, 1), date(2029, 5, 31))
    assert (policy().status, policy().decision) == ("proposal", None)


# P7


def test_p7_a_lease_that_ends_on_another_day_than_the_term_is_told() -> None:
    city = City(register_date=BEFORE).device(
        "L", lease_end=date(2027, 12, 31), purchase_price_eur=Decimal(800)
    )
    assert any("2027-12-31" in why for why in reasons(city.plan(BEFORE)))


def test_p7_a_lease_that_ends_with_the_term_is_not_told() -> None:
    city = City(register_date=BEFORE).device("L", lease_end=date(2029, 5, 31))
    assert city.plan(BEFORE).warnings == ()


# P8 and P9


@pytest.mark.parametrize("body", ["council", "board", "committee", "section", "audit"])
@pytest.mark.parametrize("seat", ["ordinary", "chair", "vice_chair"])
def test_p8_an_ordinary_seat_entitles_to_a_laptop_and_a_mailbox(body: str, seat: str) -> None:
    person = City().seat("a", body, seat).person_at("a", BEFORE)
    assert person.laptop.because == (Because(mandate=f"{body}/{seat}", rule="P8"),)
    assert person.mailbox.because == (Because(mandate=f"{body}/{seat}", rule="P9"),)


@pytest.mark.parametrize("body", ["council", "board", "committee", "section", "audit"])
def test_p9_a_deputy_is_entitled_to_a_mailbox_only(body: str) -> None:
    person = City().seat("a", body, "deputy").person_at("a", BEFORE)
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, True)


@pytest.mark.parametrize("body", ["election", "joint", "advisory", "other"])
def test_p9_other_bodies_entitle_to_nothing(body: str) -> None:
    person = City().seat("a", body).person_at("a", BEFORE)
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, False)


def test_p9_a_body_that_entitles_to_nothing_is_told_except_an_election_body() -> None:
    city = City(register_date=BEFORE).seat("a", "election").seat("a", "joint")
    assert [remark.row for remark in city.plan(BEFORE).warnings] == [3]


def test_p9_a_city_that_decides_otherwise_gives_election_bodies_a_mailbox() -> None:
    bodies = policy().mailbox.bodies | {"election"}
    entitling = type(policy().mailbox)(bodies=frozenset(bodies), seats=policy().mailbox.seats)  # type: ignore[arg-type]
    city = City().under(mailbox=entitling).seat("a", "election")
    assert city.person_at("a", BEFORE).mailbox.entitled


def test_p9_because_lists_only_mandates_in_force() -> None:
    city = City().seat("a", until="2027-05-31").seat("a", "board")
    because = city.person_at("a", BEFORE).laptop.because
    assert because == (Because(mandate="board/ordinary", rule="P8"),)


# P11


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


def test_p11_the_borrower_gets_no_notices() -> None:
    city = leaver().lend("L", "b", since="2029-05-30").seat("b", seat="deputy")
    assert keys(city.person_at("b", BEFORE)) == []


# P13 and P14


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


# P15


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


# P16


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


def test_p16_once_the_seats_end_the_old_laptop_goes_the_way_of_any_other() -> None:
    city = leaver(choice="own")
    assert verbs(city.device_at("L", BEFORE)) == ["lock", "wipe", "propose_charge"]
    assert city.device_at("L", "2029-06-01").desired is Desired.LOCKED
    assert city.device_at("L", AFTER).desired is Desired.WIPED


# P18


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
    assert any("until_successor" in why for why in reasons(city.plan(BEFORE)))


# P19


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


def test_p19_a_register_without_a_date_counts_as_fresh_with_a_warning() -> None:
    city = leaver()
    city.register_date = None
    planned = city.plan(AFTER)
    assert planned.devices[0].desired is Desired.WIPED
    assert [remark.row for remark in planned.warnings] == [None]


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


# P20


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
        assert any("staff account" in why for why in reasons(city.plan(at)))
    assert city.device_at("L", AFTER).desired is Desired.WIPED


# P22


def test_p22_the_list_of_who_keeps_returns_and_is_unknown() -> None:
    city = City().seat("keeps", until=TERM_ENDS).seat("keeps", "board")
    city.seat("returns", until=TERM_ENDS).laptop("L1", "returns")
    city.seat("unknown").laptop("L2", "unknown").seat("none", seat="deputy", until=TERM_ENDS)
    assert {person.person: person.status for person in city.plan(BEFORE).people} == {
        "keeps": PersonStatus.KEEPS,
        "returns": PersonStatus.RETURNS,
        "unknown": PersonStatus.UNKNOWN,
        "none": PersonStatus.NONE,
    }


def test_p22_in_a_gap_the_trustee_keeps_and_the_laptop_is_locked() -> None:
    city = leaver().seat("a", "committee", since="2029-09-01")
    person, device = city.person_at("a", "2029-07-01"), city.device_at("L", "2029-07-01")
    assert (person.status, person.laptop.entitled, person.laptop.until) == (PersonStatus.KEEPS, False, END)
    assert (device.desired, verbs(device)) == (Desired.LOCKED, ["lock"])


def test_p22_after_the_end_who_holds_a_laptop_returns_it() -> None:
    city = leaver()
    assert city.person_at("a", "2029-09-01").status is PersonStatus.RETURNS


def test_p22_a_holder_whom_the_register_does_not_know_stays_active_with_a_warning() -> None:
    planned = City(register_date=BEFORE).laptop("L", "stranger").plan(BEFORE)
    assert planned.devices[0].desired is Desired.ACTIVE
    assert "stranger" in reasons(planned)[0]


def test_p22_a_holder_who_was_never_entitled_stays_active_with_a_warning() -> None:
    planned = (
        City(register_date=BEFORE).seat("a", seat="deputy", until="2027-05-31").laptop("L", "a").plan(BEFORE)
    )
    assert (planned.devices[0].desired, planned.devices[0].timeline) == (Desired.ACTIVE, ())
    assert "never been entitled" in reasons(planned)[0]


def test_p22_a_device_that_nobody_ever_had_is_left_alone() -> None:
    assert City().device("L").device_at("L", BEFORE).desired is Desired.NONE


def test_p22_a_peripheral_is_left_alone() -> None:
    city = City().seat("a", until=TERM_ENDS).device("K", "peripheral").hand_over("K", "a", since=TERM_BEGINS)
    device = city.device_at("K", "2029-09-01")
    assert (device.desired, device.timeline, device.holder) == (Desired.NONE, (), "a")


# P25


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


# V2


def place() -> City:
    """A terminal at a service point whose agreement ends."""
    city = City(register_date="2025-09-01").device("T", "terminal")
    city.hand_over("T", "point", since="2025-09-01", holder_type="location")
    return city.agree("point", since="2025-09-01", until="2026-02-27")


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


def test_v2_a_place_without_an_agreement_stays_active_with_a_warning() -> None:
    city = (
        City(register_date=BEFORE).device("T").hand_over("T", "x", since=TERM_BEGINS, holder_type="location")
    )
    planned = city.plan(BEFORE)
    assert planned.devices[0].desired is Desired.ACTIVE
    assert len(planned.warnings) == 1


# The plan as a whole


def test_people_and_devices_come_sorted_by_code_point() -> None:
    city = City()
    for name in ("b", "ä", "B", "a10", "a9"):
        city.seat(name).device(name)
    planned = city.plan(BEFORE)
    assert [person.person for person in planned.people] == ["B", "a10", "a9", "b", "ä"]
    assert [device.serial for device in planned.devices] == ["B", "a10", "a9", "b", "ä"]


def test_what_people_did_not_approve_stays_locked() -> None:
    city = leaver()
    unapproved = city.plan(AFTER, approved=frozenset()).devices[0]
    assert (unapproved.desired, steps(unapproved, "wipe")[0].needs) == (Desired.LOCKED, (Need.CONFIRMATION,))
    assert city.plan(AFTER, approved=frozenset({unapproved.serial})).devices[0].desired is Desired.WIPED


def test_custody_and_holds_that_concern_nobody_known_are_told() -> None:
    city = City(register_date=BEFORE).hand_over("L", "a", since=TERM_BEGINS).hold("x", since=TERM_BEGINS)
    assert len(city.plan(BEFORE).warnings) == 2


def test_empty_facts_give_an_empty_plan() -> None:
    planned = plan(Facts(people={}, bodies={}, mandates=()), policy(), instant(BEFORE))
    assert (planned.people, planned.devices) == ((), ())


def test_a_large_city_is_planned_whole() -> None:
    planned = plan(large_city(300), policy(), instant("2029-06-15"))
    assert len(planned.people) == len(planned.devices) == 300
    assert {device.desired for device in planned.devices} >= {Desired.ACTIVE, Desired.LOCKED, Desired.WIPED}
