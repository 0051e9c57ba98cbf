"""The cases of the domain, fourth part: death, suspension, holds and disputes (10-12, 33)."""

from fakes.city import TERM_ENDS, City
from fakes.whole_plan import plan_of, written

BEFORE = "2029-05-01"


def councillor(until: str | None = TERM_ENDS) -> City:
    return City().seat("a", until=until).laptop("L", "a")


def test_case_10_a_death_locks_and_destroys_charges_and_writes_nothing() -> None:
    city = City().seat("a", until="2027-02-10", basis="death").seat("a", "board").laptop("L", "a")
    assert plan_of(city, "2027-02-10") == written("""
        a: returns
          laptop until 2027-02-11 by board/ordinary (P8), council/ordinary (P8)
          mailbox until 2027-02-11 by board/ordinary (P9), council/ordinary (P9)
          block_sign_in 2027-02-11 (P20)
          close_mailbox 2027-03-11 (P20) needs confirmation
        L: a; active (P8)
          lock 2027-02-11 (P19)
          wipe 2027-02-12 (P19) needs confirmation
        """)
    assert plan_of(city, "2027-06-01") == written("""
        a: returns
          laptop no until 2027-02-11
          mailbox no until 2027-02-11
          block_sign_in 2027-02-11 (P20)
          close_mailbox 2027-03-11 (P20) needs confirmation
        L: a; locked (P19, P25)
          lock 2027-02-11 (P19)
          wipe 2027-02-12 (P19) needs confirmation
        """)


def test_case_10_a_death_after_the_end_stops_the_notices_and_the_charge() -> None:
    city = councillor().seat("a", "election", until="2029-06-10", basis="death")
    assert plan_of(city, "2029-06-20") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08 (P18)
          close_mailbox 2029-07-03 (P20)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
        """)


def test_case_11_a_suspension_blocks_and_locks_and_destroys_nothing() -> None:
    city = City().seat("a", since="2026-01-01", status="suspended").laptop("L", "a")
    assert plan_of(city, "2028-01-01") == written("""
        a: unknown
          laptop no
          mailbox no
          block_sign_in 2026-01-01 (P20)
        L: a; locked (P19)
          lock 2026-01-01 (P19)
        """)


def test_case_11_a_suspension_is_undone_by_an_active_mandate() -> None:
    city = City().seat("a", since="2026-01-01", status="suspended").seat("a", "board").laptop("L", "a")
    assert plan_of(city, "2028-01-01") == written("""
        a: unknown
          laptop without end by board/ordinary (P8)
          mailbox without end by board/ordinary (P9)
        L: a; active (P8)
        """)


def test_case_11_a_suspension_that_was_lifted_leaves_no_trace() -> None:
    city = City().seat("a", since="2026-01-01", until="2026-03-31", basis="fixed", status="suspended")
    city.seat("a", since="2026-04-01").laptop("L", "a")
    assert plan_of(city, "2028-01-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        """)


def test_case_11_the_confirmed_end_of_a_suspended_mandate_is_an_end() -> None:
    city = City().seat("a", since="2026-01-01", until="2027-05-31", status="suspended").laptop("L", "a")
    assert plan_of(city, "2027-05-01") == written("""
        a: unknown
          laptop no
          mailbox no
          block_sign_in 2026-01-01 (P20)
        L: a; locked (P19)
          lock 2026-01-01 (P19)
        """)
    assert plan_of(city, "2027-06-02") == written("""
        a: returns
          laptop no until 2027-06-01
          mailbox no until 2027-06-01
          notify T-30 2027-05-02, T-14 2027-05-18, T-7 2027-05-25, T-1 2027-05-31 (P14)
          block_sign_in 2027-06-01 (P20)
          notify T+7 2027-06-08, T+21 2027-06-22 (P18)
          notify M-7 2027-06-24 (P20)
          close_mailbox 2027-07-01 (P20)
        L: a; wiped (P19, P25)
          lock 2027-06-01 (P19)
          wipe 2027-06-02 (P19)
          propose_charge 2027-07-01 (P18) needs human_decision
        """)


def test_case_12_a_hold_on_a_person_beats_the_wipe_and_the_closing() -> None:
    city = councillor().hold("a", since="2029-05-15", kind="records")
    assert plan_of(city, "2029-08-01") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
          close_mailbox 2029-07-03 (P20) needs hold_release
        L: a; locked (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs hold_release
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_12_a_hold_on_a_laptop_beats_its_wipe_also_after_the_return() -> None:
    city = councillor().hold("L", on="device", since="2029-06-10")
    assert plan_of(city, "2029-06-11") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs hold_release
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
    city = City().seat("a").laptop("L", "a", until="2029-04-01", reason="returned")
    assert plan_of(city.hold("L", on="device", since="2029-04-02"), BEFORE) == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: nobody; locked (P19, P15)
          wipe 2029-04-01 (P15) needs hold_release
        """)


def test_case_12_a_hold_that_was_lifted_bars_nothing_and_moved_nothing() -> None:
    city = councillor().hold("a", since="2029-05-15", until="2029-07-31")
    assert plan_of(city, "2029-08-01") == written("""
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


def test_case_33_a_disputed_return_pauses_the_charge_and_the_wipe() -> None:
    city = councillor().stay("dispute", "L", on="device", since="2029-06-20")
    assert plan_of(city, "2029-07-10") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P18, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs custody_confirmation
          propose_charge 2029-07-03 (P18) needs custody_confirmation, human_decision
        """)


def test_case_33_the_receipt_decides_a_dispute() -> None:
    city = City().seat("a", until=TERM_ENDS).stay("dispute", "L", on="device", since="2029-06-20")
    city.laptop("L", "a", until="2029-05-30T15:00:00+03:00", reason="returned")
    assert plan_of(city, "2029-07-10") == written("""
        a: none
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: nobody; wiped (P15)
          wipe 2029-05-30 15:00 (P15)
        """)


def test_case_33_a_dispute_that_is_over_lets_everything_go_on() -> None:
    city = councillor().stay("dispute", "L", on="device", since="2029-06-20", until="2029-07-10")
    assert plan_of(city, "2029-07-10") == written("""
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


def test_invariant_1_a_register_that_nobody_renewed_wipes_nothing() -> None:
    city = councillor()
    city.register_date = "2029-05-01"
    assert city.device_at("L", "2029-06-15").desired == "wiped"
    assert plan_of(city, "2029-06-16") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs fresh_register
          propose_charge 2029-07-03 (P18) needs human_decision
        The register is 46 days old, more than 45: nothing is wiped on its word.
        """)


def test_invariant_3_a_gap_between_two_rights_locks_and_destroys_nothing() -> None:
    city = councillor().seat("a", since="2029-08-01")
    assert plan_of(city, "2029-07-15") == written("""
        a: keeps
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          block_sign_in 2029-06-01 (P20)
        L: a; locked (P25, P13)
          lock 2029-06-01 (P19)
        """)
