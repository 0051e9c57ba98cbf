"""The cases of the domain, third part: loans, returns, losses and reissues (16-18, 29, 31, 34, 36, 37)."""

from datetime import date

from fakes.city import TERM_ENDS, City
from fakes.whole_plan import plan_of, written

BEFORE, AFTER = "2029-05-01", "2029-06-02"


def councillor(until: str | None = TERM_ENDS) -> City:
    return City().seat("a", until=until).laptop("L", "a")


def test_case_16_a_deputy_who_keeps_the_laptop_past_the_meeting_leaves_the_primary_responsible() -> None:
    city = councillor().seat("b", seat="deputy").lend("L", "b", since="2027-01-12")
    assert plan_of(city, "2027-06-01") == written("""
        a: returns
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a > b; active (P8)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_17_the_primary_s_end_during_a_loan_acts_on_the_device() -> None:
    city = councillor().seat("b", seat="deputy").lend("L", "b", since="2029-05-30")
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a > b; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_17_a_borrower_with_a_right_of_their_own_bars_the_wipe_and_not_the_lock() -> None:
    city = councillor().seat("b").lend("L", "b", since="2029-05-30")
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a > b; locked (P11, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs custody_confirmation
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_17_a_borrower_s_own_computer_bars_nothing() -> None:
    city = councillor().seat("b", choice="own").lend("L", "b", since="2029-05-30")
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: none
          laptop no by council/ordinary (P16)
          mailbox without end by council/ordinary (P9)
        L: a > b; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_17_a_loan_that_is_over_bars_nothing() -> None:
    city = councillor().seat("b").lend("L", "b", since="2029-05-30", until="2029-06-01")
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_18_a_deputy_for_two_members_may_hold_two_laptops() -> None:
    city = councillor(until=None).seat("b").laptop("L2", "b").seat("c", seat="deputy")
    city.lend("L", "c", since="2027-01-01").lend("L2", "c", since="2027-01-01")
    assert plan_of(city, "2027-02-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        b: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        c: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a > c; active (P8)
        L2: b > c; active (P8)
        """)


def test_case_29_who_returns_before_the_end_is_done_and_the_mailbox_goes_on() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-04-01", reason="returned")
    assert plan_of(city, BEFORE) == written("""
        a: none
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: nobody; wiped (P15)
          wipe 2029-04-01 (P15)
        """)


def test_case_31_what_was_left_at_reception_counts_from_its_receipt() -> None:
    city = City().seat("a", until=TERM_ENDS)
    city.laptop("L", "a", until="2029-06-30T15:30:00+03:00", reason="returned")
    city.hand_over("L", since="2029-07-10", holder_type="stock")
    assert plan_of(city, "2029-07-11") == written("""
        a: none
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: nobody; wiped (P15)
          wipe 2029-06-30 15:30 (P15)
        """)


def test_case_34_a_stolen_laptop_locks_now_and_is_not_charged() -> None:
    city = City().seat("a", until=TERM_ENDS)
    city.laptop("L", "a", until="2027-03-01T10:00:00+02:00", reason="stolen")
    assert plan_of(city, "2027-03-01T08:00:00Z") == written("""
        a: none
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P19)
          lock 2027-03-01 10:00 (P19)
        """)
    assert plan_of(city, "2029-08-01") == written("""
        a: none
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P19)
          lock 2027-03-01 10:00 (P19)
        """)


def test_case_34_a_laptop_lost_by_its_borrower_stays_its_holder_s() -> None:
    city = councillor(until=None).seat("b", seat="deputy")
    city.hand_over("L", "b", since="2027-01-01", until="2027-01-12", kind="temporary", reason="lost")
    assert plan_of(city, "2027-01-12") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        b: none
          laptop no
          mailbox without end by council/deputy (P9)
        L: a; locked (P19)
          lock 2027-01-12 (P19)
        """)


def test_case_36_a_lease_that_ends_in_mid_term_is_told_and_takes_nothing_away() -> None:
    city = City().seat("a").device("L", lease_end=date(2028, 1, 31))
    city.hand_over("L", "a", since="2025-06-02")
    assert plan_of(city, "2028-02-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        L: the lease ends on 2028-01-31, the term on 2029-05-31 (P7).
        """)


def test_case_36_a_swapped_laptop_is_wiped_and_the_new_one_follows_the_right() -> None:
    city = City().seat("a").laptop("L1", "a", until="2028-01-20", reason="returned")
    city.laptop("L2", "a", since="2028-01-20")
    assert plan_of(city, "2028-01-21") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L1: nobody; wiped (P15)
          wipe 2028-01-20 (P15)
        L2: a; active (P8)
        """)


def test_case_37_a_reissued_laptop_follows_its_new_holder() -> None:
    city = City().seat("a", until=TERM_ENDS).seat("b", since="2029-06-01")
    city.laptop("L", "a", until="2029-06-05", reason="returned")
    city.hand_over("L", since="2029-06-05", until="2029-06-20", holder_type="stock")
    city.hand_over("L", "b", since="2029-06-20")
    assert plan_of(city, "2029-06-19") == written("""
        a: none
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: nobody; wiped (P15)
          wipe 2029-06-05 (P15)
        """)
    assert plan_of(city, "2029-06-20") == written("""
        a: none
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: b; active (P8)
        """)
