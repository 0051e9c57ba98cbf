"""The cases of the domain, fifth part: appeals, meetings and new rights within the month (38, 40, 44)."""

from fakes.city import TERM_ENDS, City, instant
from fakes.whole_plan import plan_of, written

BEFORE, AFTER = "2029-05-01", "2029-06-02"


def councillor(until: str | None = TERM_ENDS) -> City:
    return City().seat("a", until=until).laptop("L", "a")


def test_case_38_a_provisional_result_ends_nothing() -> None:
    city = City().seat("a", until=TERM_ENDS, basis="until_successor").laptop("L", "a")
    assert plan_of(city, "2029-08-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        row 2: end_basis until_successor without end_decision_ref is not confirmed: the mandate goes on.
        """)


def test_case_38_an_appealed_election_freezes_all_that_destroys() -> None:
    city = councillor().stay("appeal", on="municipality", since="2029-05-20", until="2029-09-01")
    assert plan_of(city, "2029-08-01") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          close_mailbox 2029-07-03 (P20) needs confirmation
        L: a; locked (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs confirmation
          propose_charge 2029-07-03 (P18) needs confirmation, human_decision
        """)
    assert plan_of(city, "2029-09-01") == written("""
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


def test_case_38_an_appeal_of_one_body_concerns_its_members_only() -> None:
    city = councillor().seat("b", "board", until=TERM_ENDS).laptop("L2", "b")
    city.stay("appeal", "board", on="body", since="2029-05-20")
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          close_mailbox 2029-07-03 (P20) needs confirmation
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        L2: b; locked (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19) needs confirmation
          propose_charge 2029-07-03 (P18) needs confirmation, human_decision
        """)


def test_case_38_an_appeal_of_the_whole_election_keeps_what_came_back_from_being_wiped() -> None:
    city = City().seat("a", until=TERM_ENDS).laptop("L", "a", until="2029-05-30", reason="returned")
    city.stay("appeal", on="municipality", since="2029-05-20")
    assert plan_of(city, "2029-05-31") == written("""
        a: none
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          block_sign_in 2029-06-01 (P20)
          close_mailbox 2029-07-03 (P20) needs confirmation
        L: nobody; locked (P19, P15)
          wipe 2029-05-30 (P15) needs confirmation
        """)


def meeting(until: str = "2029-06-01T02:00:00+03:00") -> City:
    return councillor().stay("meeting", "council", on="body", since="2029-05-31T18:00:00+03:00", until=until)


def test_case_40_a_meeting_over_midnight_delays_the_lock_and_nothing_else() -> None:
    assert plan_of(meeting(), "2029-05-31T23:59:59+03:00") == written("""
        a: returns
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox until 2029-06-01 by council/ordinary (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 02:00 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; active (P8)
          lock 2029-06-01 02:00 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
    assert plan_of(meeting(), "2029-06-01T01:59:59+03:00") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 02:00 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; active (P19)
          lock 2029-06-01 02:00 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
    assert plan_of(meeting(), "2029-06-01T02:00:00+03:00") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 02:00 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        L: a; locked (P25)
          lock 2029-06-01 02:00 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_40_a_meeting_puts_off_nobody_who_does_not_sit_in_it() -> None:
    city = meeting().seat("b", "board", until=TERM_ENDS).laptop("L2", "b")
    city.seat("c", since="2029-05-31T20:00:00+03:00", status="suspended").laptop("L3", "c")
    assert plan_of(city, "2029-06-01") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 02:00 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        b: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-06-26 (P20)
          close_mailbox 2029-07-03 (P20)
        c: unknown
          laptop no
          mailbox no
          block_sign_in 2029-05-31 20:00 (P20)
        L: a; active (P19)
          lock 2029-06-01 02:00 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        L2: b; locked (P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        L3: c; locked (P19)
          lock 2029-05-31 20:00 (P19)
        """)


def test_case_40_a_meeting_keeps_the_end_of_the_right_and_moves_when_it_locks() -> None:
    before, during = councillor().device_at("L", BEFORE), meeting().device_at("L", BEFORE)
    assert before.right_ends == before.locks_at == during.right_ends == instant("2029-06-01")
    assert during.locks_at == instant("2029-06-01T02:00:00+03:00")


def test_case_40_nothing_is_destroyed_before_the_lock_however_long_it_is_put_off() -> None:
    assert plan_of(meeting(until="2029-07-20"), AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
          notify M-7 2029-07-13 (P20)
          block_sign_in 2029-07-20 (P20)
          close_mailbox 2029-07-20 (P20)
        L: a; active (P19)
          lock 2029-07-20 (P19)
          wipe 2029-07-20 (P19)
          propose_charge 2029-07-20 (P18) needs human_decision
        """)


def test_case_40_a_death_in_a_meeting_is_not_put_off() -> None:
    city = City().seat("a", until="2029-05-31T22:00:00+03:00", basis="death").laptop("L", "a")
    city.stay(
        "meeting", "council", on="body", since="2029-05-31T18:00:00+03:00", until="2029-06-01T02:00:00+03:00"
    )
    assert plan_of(city, "2029-05-31T22:00:00+03:00") == written("""
        a: returns
          laptop no until 2029-05-31 22:00
          mailbox no until 2029-05-31 22:00
          block_sign_in 2029-05-31 22:00 (P20)
          close_mailbox 2029-07-03 (P20) needs confirmation
        L: a; locked (P25)
          lock 2029-05-31 22:00 (P19)
          wipe 2029-06-01 22:00 (P19) needs confirmation
        """)


def test_case_44_a_new_mailbox_right_within_the_month_cancels_the_closing() -> None:
    city = councillor().seat("a", "committee", "deputy", since="2029-06-20")
    assert plan_of(city, "2029-06-10") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
    assert plan_of(city, "2029-06-20") == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox without end by committee/deputy (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_44_a_new_mailbox_right_after_the_month_cancels_it_too_while_it_is_known() -> None:
    assert plan_of(councillor().seat("a", "committee", "deputy", since="2029-08-01"), AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox no until 2029-06-01
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          block_sign_in 2029-06-01 (P20)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
