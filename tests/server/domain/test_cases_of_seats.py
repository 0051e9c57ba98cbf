"""The cases of the domain, second part: seats, people and deadlines (13-15, 19, 21-24, 32, 39, 42)."""

from dataclasses import replace

from fakes.city import TERM_ENDS, City
from fakes.tables import places, table
from fakes.whole_plan import plan_of, written
from tenure_server.domain.register import RegisterRead, read_register

BEFORE, AFTER = "2029-05-01", "2029-06-02"


def councillor(until: str | None = TERM_ENDS) -> City:
    return City().seat("a", until=until).laptop("L", "a")


def test_case_13_a_leave_ends_nothing_and_the_laptop_may_be_lent_to_the_substitute() -> None:
    city = City().seat("a", status="leave").seat("b", seat="deputy").laptop("L", "a")
    city.lend("L", "b", since="2027-01-01")
    assert plan_of(city, "2027-02-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        b: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a > b; active (P8)
        """)


def test_case_14_a_substitute_for_a_leave_has_the_right_for_its_dates() -> None:
    city = City().seat("b", since="2027-01-01", until="2027-06-30", basis="fixed")
    city.laptop("L", "b", since="2027-01-07")
    assert plan_of(city, "2027-06-15") == written("""
        b: returns
          laptop until 2027-07-01 by council/ordinary (P8)
          mailbox until 2027-07-01 by council/ordinary (P9)
          notify T-30 2027-06-01, T-14 2027-06-17, T-7 2027-06-24, T-1 2027-06-30 (P14)
          block_sign_in 2027-07-01 (P20)
          notify T+7 2027-07-08, T+21 2027-07-22 (P18)
          notify M-7 2027-07-24 (P20)
          close_mailbox 2027-07-31 (P20)
        L: b; active (P8)
          lock 2027-07-01 (P19)
          wipe 2027-07-02 (P19)
          propose_charge 2027-07-31 (P18) needs human_decision
        """)
    assert plan_of(city, "2027-07-02") == written("""
        b: returns
          laptop no until 2027-07-01
          mailbox no until 2027-07-01
          notify T-30 2027-06-01, T-14 2027-06-17, T-7 2027-06-24, T-1 2027-06-30 (P14)
          block_sign_in 2027-07-01 (P20)
          notify T+7 2027-07-08, T+21 2027-07-22 (P18)
          notify M-7 2027-07-24 (P20)
          close_mailbox 2027-07-31 (P20)
        L: b; wiped (P19, P25)
          lock 2027-07-01 (P19)
          wipe 2027-07-02 (P19)
          propose_charge 2027-07-31 (P18) needs human_decision
        """)


def party_register(party: str) -> RegisterRead:
    return read_register(
        table(
            "person_ext_id;body_ext_id;body_type;seat_type;valid_from;valid_to;end_basis;valtuustoryhmä",
            f"a;council;council;ordinary;2025-06-01;{TERM_ENDS};term;{party}",
        ),
        City().terms.zone,
    )


def test_case_15_who_changes_party_is_planned_as_before_and_no_party_is_stored() -> None:
    before, after = party_register("Ryhmä A"), party_register("Ryhmä B")
    assert before == after
    assert "Ryhmä" not in repr(replace(after, warnings=()))
    assert [(one.row, "valtuustoryhmä" in str(one.why)) for one in after.warnings] == [(1, True)]
    city = City(people=after.people, bodies=after.bodies, mandates=list(after.mandates)).laptop("L", "a")
    assert plan_of(city, "2029-06-01") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_19_who_is_recused_for_one_item_keeps_seat_and_laptop() -> None:
    city = (
        councillor(until=None)
        .seat("b", seat="deputy")
        .lend("L", "b", since="2027-01-12T16:00:00+02:00", until="2027-01-12T17:30:00+02:00")
    )
    assert plan_of(city, "2027-01-12T17:00:00+02:00") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        b: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a > b; active (P8)
        """)
    assert plan_of(city, "2027-01-12T17:30:00+02:00") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        b: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a; active (P8)
        """)


def test_case_19_a_recusal_is_no_status_that_a_register_could_end_a_right_by() -> None:
    read = read_register(
        table(
            "person_ext_id;body_ext_id;body_type;seat_type;valid_from;valid_to;end_basis;status",
            "a;council;council;ordinary;2025-06-01;2029-05-31;term;recused",
        ),
        City().terms.zone,
    )
    assert places(read.findings) == [(2, "status")]


def test_case_21_who_uses_an_own_computer_has_a_mailbox_and_an_old_laptop_to_return() -> None:
    city = City().seat("a", until=TERM_ENDS, choice="own").laptop("L", "a")
    assert plan_of(city, "2027-01-01") == written("""
        a: returns
          laptop no by council/ordinary (P16)
          mailbox until 2029-06-01 by council/ordinary (P9)
          notify 2027-01-01 00:00 (P16)
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; active (P16)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_21_who_uses_an_own_computer_and_holds_nothing_gives_nothing_back() -> None:
    assert plan_of(City().seat("a", choice="own"), "2027-01-01") == written("""
        a: none
          laptop no by council/ordinary (P16)
          mailbox without end by council/ordinary (P9)
        """)


def test_case_22_a_member_of_an_election_body_only_has_neither_laptop_nor_mailbox() -> None:
    assert plan_of(City().seat("a", "election", "chair"), BEFORE) == written("""
        a: none
          laptop no
          mailbox no
        """)


def test_case_22_an_election_body_takes_nothing_from_another_seat() -> None:
    assert plan_of(City().seat("a", "election", "chair", until=TERM_ENDS).seat("a"), AFTER) == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        """)


def test_case_23_a_trustee_who_is_an_employee_keeps_the_staff_account() -> None:
    city = City().seat("a", until=TERM_ENDS, employee=True).laptop("L", "a")
    assert plan_of(city, BEFORE) == written("""
        a: returns
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; active (P8)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        row 2: a is also an employee: the staff account stays.
        """)
    assert plan_of(city, "2029-08-01") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        row 2: a is also an employee: the staff account stays.
        """)


def test_case_24_two_ids_with_one_name_are_two_people() -> None:
    city = City().seat("a1", until=TERM_ENDS).seat("a2").laptop("L1", "a1").laptop("L2", "a2")
    for person in city.people:
        city.people[person] = replace(city.people[person], given_name="Aino")
    assert plan_of(city, AFTER) == written("""
        a1: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        a2: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L1: a1; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        L2: a2; active (P8)
        """)


def test_case_32_a_deadline_on_a_weekend_moves_to_the_next_weekday() -> None:
    assert plan_of(councillor(), BEFORE) == written("""
        a: returns
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; active (P8)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_32_a_deadline_on_a_holiday_moves_past_it() -> None:
    city = City().seat("a", until="2026-11-25", basis="fixed").laptop("L", "a")
    assert plan_of(city, "2026-11-26") == written("""
        a: returns
          laptop no until 2026-11-26
          mailbox no until 2026-11-26
          notify T-30 2026-10-27, T-14 2026-11-12, T-7 2026-11-19, T-1 2026-11-25 (P14)
          block_sign_in 2026-11-26 (P20)
          notify T+7 2026-12-03, T+21 2026-12-17 (P18)
          notify M-7 2026-12-22 (P20)
          close_mailbox 2026-12-29 (P20)
        L: a; locked (P25)
          lock 2026-11-26 (P19)
          wipe 2026-11-27 (P19)
          propose_charge 2026-12-29 (P18) needs human_decision
        """)


def last_term(ends: str) -> City:
    city = City().seat("a", since="2017-06-01", until=ends)
    return city.laptop("L", "a", since="2017-06-02")


def test_case_39_a_term_that_the_law_moves_is_replanned() -> None:
    assert plan_of(last_term("2021-05-31"), "2021-06-01") == written("""
        a: returns
          laptop no until 2021-06-01
          mailbox no until 2021-06-01
          notify T-30 2021-05-02, T-14 2021-05-18, T-7 2021-05-25, T-1 2021-05-31 (P14)
          block_sign_in 2021-06-01 (P20)
          notify T+7 2021-06-08, T+21 2021-06-22 (P18)
          notify M-7 2021-06-24 (P20)
          close_mailbox 2021-07-01 (P20)
        L: a; locked (P25)
          lock 2021-06-01 (P19)
          wipe 2021-06-02 (P19)
          propose_charge 2021-07-01 (P18) needs human_decision
        """)
    assert plan_of(last_term("2021-07-31"), "2021-06-01") == written("""
        a: returns
          laptop until 2021-08-01 by council/ordinary (P8)
          mailbox until 2021-08-01 by council/ordinary (P9)
          notify T-30 2021-07-02, T-14 2021-07-18, T-7 2021-07-25, T-1 2021-07-31 (P14)
          block_sign_in 2021-08-01 (P20)
          notify T+7 2021-08-08, T+21 2021-08-22 (P18)
          notify M-7 2021-08-25 (P20)
          close_mailbox 2021-09-01 (P20)
        L: a; active (P8)
          lock 2021-08-01 (P19)
          wipe 2021-08-02 (P19)
          propose_charge 2021-09-01 (P18) needs human_decision
        """)


def test_case_42_an_agreement_extended_in_writing_is_replanned() -> None:
    city = City().device("T", "terminal").agree("point", since="2025-09-01", until="2026-02-27")
    city.hand_over("T", "point", since="2025-09-01", holder_type="location")
    assert plan_of(city, "2026-02-28") == written("""
        T: point; locked (V2)
          lock 2026-02-28 (V2)
          wipe 2026-03-01 (V2)
        """)
    assert plan_of(city, "2026-03-05") == written("""
        T: point; wiped (V2, V2)
          lock 2026-02-28 (V2)
          wipe 2026-03-01 (V2)
        """)
    city.agree("point", since="2026-02-28", until="2026-12-31")
    assert plan_of(city, "2026-03-05") == written("""
        T: point; active (V2)
          lock 2027-01-01 (V2)
          wipe 2027-01-02 (V2)
        """)
