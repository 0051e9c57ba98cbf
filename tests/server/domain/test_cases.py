"""The cases of the domain that a plan from files can decide, one test each, by their numbers.

Not here, for a plan cannot decide them: a new commitment (part of 1), imports compared with the last one (25,
26), the laptop's own lease and proof (27, 28, 43), disputes and refunds (30, 33, 35), enrolment (37), signed
delays (40) and two municipalities (41, 45).
"""

from datetime import date, timedelta

from fakes.city import TERM_ENDS, City, day_end, instant, keys, steps, verbs
from tenure_server.domain.plan import Because, Desired, Need, PersonStatus

BEFORE, AFTER = "2029-05-01", "2029-06-02"
END = day_end(TERM_ENDS)
NEXT = {"since": "2029-06-01", "until": "2033-05-31"}


def councillor(until: str | None = TERM_ENDS) -> City:
    return City().seat("a", until=until).laptop("L", "a")


def test_case_1_re_elected_nothing_happens() -> None:
    city = councillor().seat("a", **NEXT)
    assert city.person_at("a", BEFORE).status is PersonStatus.KEEPS
    assert city.device_at("L", "2029-06-01").desired is Desired.ACTIVE
    assert city.person_at("a", BEFORE).laptop.until == day_end("2033-05-31")


def test_case_2_losing_the_council_and_keeping_a_committee_keeps_the_laptop() -> None:
    city = councillor().seat("a", "committee", until="2029-08-31")
    assert city.person_at("a", BEFORE).status is PersonStatus.KEEPS
    assert city.device_at("L", AFTER).desired is Desired.ACTIVE


def test_case_3_a_councillor_who_becomes_a_deputy_loses_the_laptop_and_keeps_the_mailbox() -> None:
    city = councillor().seat("a", "council", "deputy", **NEXT)
    person = city.person_at("a", AFTER)
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, True)
    assert city.device_at("L", AFTER).desired is Desired.WIPED
    assert "close_mailbox" not in [step.verb for step in person.timeline if step.at <= instant("2033-05-31")]


def test_case_4_a_committee_ends_when_its_successors_are_elected() -> None:
    city = City().laptop("L", "a")
    city.seat("a", "committee", until="2029-06-18", basis="until_successor", decided="§ 40")
    assert city.device_at("L", "2029-06-10").desired is Desired.ACTIVE
    assert steps(city.device_at("L", BEFORE), "lock")[0].at == day_end("2029-06-18")


def test_case_5_a_two_year_board_ends_and_the_councillor_continues() -> None:
    city = councillor().seat("a", "board", until="2027-05-31", basis="fixed")
    person = city.person_at("a", "2027-05-01")
    assert (person.status, person.laptop.until) == (PersonStatus.KEEPS, END)
    assert city.device_at("L", "2027-06-10").desired is Desired.ACTIVE


def test_case_6_a_promoted_deputy_is_given_a_laptop() -> None:
    city = City().seat("a", seat="deputy", until="2027-01-14", basis="fixed").seat("a", since="2027-01-15")
    assert not city.person_at("a", "2027-01-14").laptop.entitled
    assert city.person_at("a", "2027-01-15").laptop.entitled
    assert city.person_at("a", "2027-01-15").mailbox.until is None


def test_case_7_a_resignation_filed_and_not_granted_changes_nothing_but_is_told() -> None:
    city = City().seat("a", until="2027-03-31", basis="resignation").laptop("L", "a")
    assert city.person_at("a", "2027-05-01").laptop.entitled
    assert (city.device_at("L", "2027-05-01").desired, city.device_at("L", "2027-05-01").timeline) == (
        Desired.ACTIVE,
        (),
    )
    assert [remark.row for remark in city.plan("2027-05-01").warnings if remark.row] == [2]


def test_case_8_who_leaves_one_of_three_roles_is_recomputed() -> None:
    city = councillor().seat("a", "board", until="2027-05-31").seat("a", "audit", until="2029-08-31")
    assert city.person_at("a", "2027-06-01").laptop.because == (
        Because(mandate="audit/ordinary", rule="P8"),
        Because(mandate="council/ordinary", rule="P8"),
    )


def test_case_9_who_moves_away_loses_the_seat_by_the_decision() -> None:
    city = City().laptop("L", "a")
    city.seat("a", until="2027-02-10T15:00:00+02:00", basis="eligibility_lost", decided="§ 3")
    assert city.device_at("L", "2027-02-10T13:00:00Z").desired is Desired.LOCKED
    assert city.device_at("L", "2027-02-11T13:00:00Z").desired is Desired.WIPED


def test_case_10_a_death_locks_and_destroys_charges_and_writes_nothing() -> None:
    city = City().seat("a", until="2027-02-10", basis="death").seat("a", "board").laptop("L", "a")
    person, device = city.person_at("a", "2027-06-01"), city.device_at("L", "2027-06-01")
    assert (device.desired, verbs(device)) == (Desired.LOCKED, ["lock", "wipe"])
    assert steps(device, "wipe")[0].needs == (Need.CONFIRMATION,)
    assert verbs(person) == ["block_sign_in", "close_mailbox"]
    assert steps(person, "close_mailbox")[0].needs == (Need.CONFIRMATION,)


def test_case_10_a_death_after_the_end_stops_the_notices_and_the_charge() -> None:
    city = councillor().seat("a", "election", until="2029-06-10", basis="death")
    person, device = city.person_at("a", "2029-06-20"), city.device_at("L", "2029-06-20")
    assert keys(person) == ["T-30", "T-14", "T-7", "T-1", "T+7"]
    assert "propose_charge" not in verbs(device)


def test_case_11_a_suspension_blocks_and_locks_and_destroys_nothing() -> None:
    city = City().seat("a", since="2026-01-01", status="suspended").laptop("L", "a")
    person, device = city.person_at("a", "2028-01-01"), city.device_at("L", "2028-01-01")
    assert (device.desired, person.status) == (Desired.LOCKED, PersonStatus.UNKNOWN)
    assert [(step.verb, step.at) for step in device.timeline] == [("lock", instant("2026-01-01"))]
    assert [(step.verb, step.at) for step in person.timeline] == [("block_sign_in", instant("2026-01-01"))]


def test_case_11_a_suspension_is_undone_by_an_active_mandate() -> None:
    city = City().seat("a", status="suspended").laptop("L", "a").seat("a", "board")
    assert city.device_at("L", "2028-01-01").desired is Desired.ACTIVE


def test_case_11_the_confirmed_end_of_a_suspension_is_an_end_like_any_other() -> None:
    city = City().seat("a", until="2027-05-31", status="suspended").laptop("L", "a")
    assert steps(city.device_at("L", "2027-05-01"), "wipe") == []
    assert city.device_at("L", "2027-06-02").desired is Desired.WIPED
    assert city.person_at("a", "2027-06-02").status is PersonStatus.RETURNS


def test_case_12_a_hold_beats_the_wipe_and_the_closing() -> None:
    city = councillor().hold("a", since="2029-05-15", kind="records")
    assert steps(city.device_at("L", AFTER), "wipe")[0].needs == (Need.HOLD_RELEASE,)
    assert steps(city.person_at("a", AFTER), "close_mailbox")[0].needs == (Need.HOLD_RELEASE,)
    assert city.device_at("L", AFTER).desired is Desired.LOCKED


def test_case_13_a_leave_ends_nothing_and_allows_a_loan() -> None:
    city = City().seat("a", status="leave").seat("b", seat="deputy").laptop("L", "a")
    device = city.lend("L", "b", since="2027-01-01").device_at("L", "2027-02-01")
    assert (device.desired, device.holder, device.borrower) == (Desired.ACTIVE, "a", "b")


def test_case_14_a_substitute_for_a_leave_has_a_dated_mandate() -> None:
    city = City().seat("a", since="2027-01-01", until="2027-06-30", basis="fixed").laptop("L", "a")
    assert city.person_at("a", "2027-02-01").laptop.until == day_end("2027-06-30")
    assert city.device_at("L", "2027-07-02").desired is Desired.WIPED


def test_case_16_a_loan_that_goes_on_leaves_the_primary_responsible() -> None:
    city = councillor().seat("b", seat="deputy").lend("L", "b", since="2027-01-01")
    assert city.device_at("L", "2027-06-01").holder == "a"
    assert "T-30" in keys(city.person_at("a", BEFORE))
    assert "T-30" not in keys(city.person_at("b", BEFORE))


def test_case_17_the_primary_s_end_during_a_loan_acts_on_the_device() -> None:
    city = councillor().seat("b", seat="deputy").lend("L", "b", since="2029-05-30")
    assert city.device_at("L", AFTER).desired is Desired.WIPED


def test_case_17_a_borrower_with_a_right_of_their_own_bars_the_wipe_and_not_the_lock() -> None:
    city = councillor().seat("b").lend("L", "b", since="2029-05-30")
    device = city.device_at("L", AFTER)
    assert (device.desired, verbs(device)) == (Desired.LOCKED, ["lock", "wipe", "propose_charge"])


def test_case_18_a_deputy_for_two_members_may_borrow_two_laptops() -> None:
    city = councillor().seat("b").laptop("L2", "b").seat("c", seat="deputy")
    city.lend("L", "c", since="2027-01-01").lend("L2", "c", since="2027-01-01")
    assert [device.borrower for device in city.plan("2027-02-01").devices] == ["c", "c"]


def test_case_21_an_own_device_user_has_a_mailbox_and_an_old_laptop_to_return() -> None:
    city = City().seat("a", until=TERM_ENDS, choice="own").laptop("L", "a")
    person = city.person_at("a", "2027-01-01")
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, True)
    assert (person.status, city.device_at("L", "2027-01-01").desired) == (
        PersonStatus.RETURNS,
        Desired.ACTIVE,
    )


def test_case_22_a_member_of_an_election_body_only_has_neither() -> None:
    person = City().seat("a", "election", "chair").person_at("a", BEFORE)
    assert (person.laptop.entitled, person.mailbox.entitled) == (False, False)


def test_case_23_a_trustee_who_is_an_employee_keeps_the_staff_account() -> None:
    person = City().seat("a", until=TERM_ENDS, employee=True).person_at("a", BEFORE)
    assert person.timeline == ()
    assert (person.mailbox.entitled, person.mailbox.until) == (True, END)


def test_case_24_two_ids_are_two_people_even_with_one_name() -> None:
    city = City().seat("a1", until=TERM_ENDS).seat("a2").laptop("L1", "a1").laptop("L2", "a2")
    assert [device.desired for device in city.plan(AFTER).devices] == [Desired.WIPED, Desired.ACTIVE]


def test_case_29_who_returns_before_the_end_is_done_and_the_mailbox_goes_on() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-04-01", reason="returned")
    person = city.person_at("a", BEFORE)
    assert city.device_at("L", BEFORE).desired is Desired.WIPED
    assert (person.mailbox.entitled, person.status) == (True, PersonStatus.NONE)


def test_case_31_what_was_left_at_reception_counts_from_its_receipt() -> None:
    city = City().seat("a", until=TERM_ENDS)
    city.laptop("L", "a", until="2029-06-30T15:30:00+03:00", reason="returned")
    city.hand_over("L", since="2029-07-10", holder_type="stock")
    device = city.device_at("L", "2029-07-11")
    assert [(step.verb, step.at) for step in device.timeline] == [("wipe", instant("2029-06-30T12:30:00Z"))]


def test_case_32_a_deadline_on_a_weekend_moves_to_the_next_weekday() -> None:
    assert steps(councillor().device_at("L", BEFORE), "propose_charge")[0].at == day_end("2029-07-02")


def test_case_34_a_stolen_laptop_locks_now_and_is_not_charged() -> None:
    city = City().seat("a").laptop("L", "a", until="2027-03-01T10:00:00+02:00", reason="stolen")
    device = city.device_at("L", "2027-03-01T08:00:00Z")
    assert (device.desired, verbs(device)) == (Desired.LOCKED, ["lock"])


def test_case_36_a_lease_that_ends_mid_term_is_told() -> None:
    city = City(register_date=BEFORE).seat("a").device("L", lease_end=date(2028, 1, 31))
    city.hand_over("L", "a", since="2025-06-02")
    assert [str(remark.why) for remark in city.plan(BEFORE).warnings if "L:" in str(remark.why)]


def test_case_38_a_provisional_result_ends_nothing() -> None:
    city = City().seat("a", until=TERM_ENDS, basis="until_successor").laptop("L", "a")
    assert city.device_at("L", "2029-08-01").desired is Desired.ACTIVE


def test_case_39_a_moved_term_is_replanned() -> None:
    city = City().seat("a", until="2029-07-31").laptop("L", "a")
    assert city.device_at("L", AFTER).desired is Desired.ACTIVE
    assert steps(city.device_at("L", AFTER), "lock")[0].at == day_end("2029-07-31")


def test_case_42_an_extended_agreement_is_replanned() -> None:
    city = City().device("T", "terminal").agree("point", since="2025-09-01", until="2026-02-27")
    city.hand_over("T", "point", since="2025-09-01", holder_type="location")
    assert city.device_at("T", "2026-03-05").desired is Desired.WIPED
    city.agree("point", since="2026-02-28", until="2026-12-31")
    assert city.device_at("T", "2026-03-05").desired is Desired.ACTIVE


def test_case_44_a_new_mailbox_right_within_the_month_cancels_the_closing() -> None:
    city = councillor().seat("a", "committee", "deputy", since="2029-06-20", until="2033-05-31")
    closings = [step.at for step in steps(city.person_at("a", "2029-06-10"), "close_mailbox")]
    assert all(at > instant("2033-05-31") for at in closings)
    assert city.device_at("L", "2029-06-10").desired is Desired.WIPED
    assert closings[0] - day_end("2033-05-31") > timedelta(days=28)
