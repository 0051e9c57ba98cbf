"""The cases of the domain, first part: whose right ends when (1-9).

Each test shows the whole plan, as fakes.whole_plan writes it: all that is due, and by its absence all that is
not. The other parts are test_cases_of_seats.py, test_cases_of_laptops.py, test_cases_of_bars.py and
test_cases_of_stays.py; docs/cases.md lists every case with its tests.
"""

from dataclasses import replace
from datetime import date

from fakes.city import TERM_ENDS, City, instant
from fakes.whole_plan import plan_of, written
from tenure_server.domain.commitment import Commitment, MissingCommitment, missing_commitments
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.term import Term

BEFORE, AFTER = "2029-05-01", "2029-06-02"
NEXT = {"since": "2029-06-01", "until": "2033-05-31"}


def councillor(until: str | None = TERM_ENDS) -> City:
    return City().seat("a", until=until).laptop("L", "a")


def test_case_01_re_elected_nothing_ends() -> None:
    city = councillor().seat("a", since="2029-06-01")
    assert plan_of(city, BEFORE) == written("""
        a: keeps
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        """)
    assert plan_of(city, "2029-06-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        """)


def test_case_01_re_elected_for_a_term_everything_moves_to_its_end() -> None:
    assert plan_of(councillor().seat("a", **NEXT), AFTER) == written("""
        a: returns
          laptop until 2033-06-01 by council/ordinary (P8)
          mailbox until 2033-06-01 by council/ordinary (P9)
          notify T-30 2033-05-02, T-14 2033-05-18, T-7 2033-05-25, T-1 2033-05-31 (P14)
          block_sign_in 2033-06-01 (P20)
          notify T+7 2033-06-08, T+21 2033-06-22 (P18)
          notify M-7 2033-06-24 (P20)
          close_mailbox 2033-07-01 (P20)
        L: a; active (P8)
          lock 2033-06-01 (P19)
          wipe 2033-06-02 (P19)
          propose_charge 2033-07-01 (P18) needs human_decision
        """)


def test_case_01_re_elected_only_a_new_commitment_is_asked_for() -> None:
    city = (
        councillor()
        .seat("a", **NEXT)
        .under(term=Term(first_day=date(2029, 6, 1), last_day=date(2033, 5, 31)))
    )
    old = Commitment(
        serial=Serial("L"),
        signer=PersonId("a"),
        version="2025",
        language="fi",
        text="Sitoudun.",
        signed_at=instant("2025-06-02"),
    )
    signed_again = replace(old, version="2029", signed_at=instant("2029-06-04"))

    def missing(*signed: Commitment) -> list[MissingCommitment]:
        known = {Serial("L"): signed}
        return list(missing_commitments(city.facts(), city.terms, known, (), instant("2029-06-05")))

    assert missing(old) == [
        MissingCommitment(
            person=PersonId("a"),
            serial=Serial("L"),
            held_since=instant("2025-06-02"),
            signed_before=old.signed_at,
        )
    ]
    assert missing(old, signed_again) == []


def test_case_02_who_loses_the_council_and_keeps_an_ordinary_committee_seat_keeps_the_laptop() -> None:
    city = councillor().seat("a", "committee")
    assert plan_of(city, BEFORE) == written("""
        a: keeps
          laptop without end by committee/ordinary (P8), council/ordinary (P8)
          mailbox without end by committee/ordinary (P9), council/ordinary (P9)
        L: a; active (P8)
        """)
    assert plan_of(city, AFTER) == written("""
        a: unknown
          laptop without end by committee/ordinary (P8)
          mailbox without end by committee/ordinary (P9)
        L: a; active (P8)
        """)


def test_case_03_a_councillor_who_becomes_a_deputy_loses_the_laptop_and_keeps_the_mailbox() -> None:
    city = councillor().seat("a", "council", "deputy", since="2029-06-01")
    assert plan_of(city, BEFORE) == written("""
        a: returns
          laptop until 2029-06-01 by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; active (P8)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop no until 2029-06-01
          mailbox without end by council/deputy (P9)
          notify T-30 2029-05-02, T-14 2029-05-18, T-7 2029-05-25, T-1 2029-05-31 (P14)
          notify T+7 2029-06-08, T+21 2029-06-22 (P18)
        L: a; wiped (P19, P25)
          lock 2029-06-01 (P19)
          wipe 2029-06-02 (P19)
          propose_charge 2029-07-03 (P18) needs human_decision
        """)


def test_case_04_a_committee_whose_successors_are_elected_in_june_ends_then() -> None:
    city = City().laptop("L", "a")
    city.seat("a", "committee", until="2029-06-18", basis="until_successor", decided="§ 40")
    assert plan_of(city, AFTER) == written("""
        a: returns
          laptop until 2029-06-19 by committee/ordinary (P8)
          mailbox until 2029-06-19 by committee/ordinary (P9)
          notify T-30 2029-05-20, T-14 2029-06-05, T-7 2029-06-12, T-1 2029-06-18 (P14)
          block_sign_in 2029-06-19 (P20)
          notify T+7 2029-06-26, T+21 2029-07-10 (P18)
          notify M-7 2029-07-12 (P20)
          close_mailbox 2029-07-19 (P20)
        L: a; active (P8)
          lock 2029-06-19 (P19)
          wipe 2029-06-20 (P19)
          propose_charge 2029-07-19 (P18) needs human_decision
        """)


def test_case_04_a_committee_whose_successors_are_not_elected_goes_on() -> None:
    city = City().laptop("L", "a").seat("a", "committee", until=TERM_ENDS, basis="until_successor")
    assert plan_of(city, AFTER) == written("""
        a: unknown
          laptop without end by committee/ordinary (P8)
          mailbox without end by committee/ordinary (P9)
        L: a; active (P8)
        row 2: end_basis until_successor without end_decision_ref is not confirmed: the mandate goes on.
        """)


def test_case_05_a_two_year_board_ends_and_the_councillor_keeps_the_laptop() -> None:
    city = councillor(until=None).seat("a", "board", until="2027-05-31", basis="fixed")
    assert plan_of(city, "2027-05-01") == written("""
        a: keeps
          laptop without end by board/ordinary (P8), council/ordinary (P8)
          mailbox without end by board/ordinary (P9), council/ordinary (P9)
        L: a; active (P8)
        """)
    assert plan_of(city, "2027-06-10") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        """)


def test_case_06_a_promoted_deputy_may_have_a_laptop_from_that_day() -> None:
    city = City().seat("a", seat="deputy", until="2027-01-14", basis="fixed").seat("a", since="2027-01-15")
    assert plan_of(city, "2027-01-14") == written("""
        a: none
          laptop no
          mailbox without end by council/deputy (P9)
        """)
    assert plan_of(city, "2027-01-15") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        """)


def test_case_07_a_resignation_filed_and_not_granted_changes_nothing_and_is_told() -> None:
    city = City().seat("a", until="2027-03-31", basis="resignation").laptop("L", "a")
    assert plan_of(city, "2027-05-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        row 2: end_basis resignation without end_decision_ref is not confirmed: the mandate goes on.
        """)


def test_case_07_a_resignation_that_is_granted_ends() -> None:
    city = City().seat("a", until="2027-03-31", basis="resignation", decided="KV 12 §").laptop("L", "a")
    assert plan_of(city, "2027-05-02") == written("""
        a: returns
          laptop no until 2027-04-01
          mailbox no until 2027-04-01
          notify T-30 2027-03-02, T-14 2027-03-18, T-7 2027-03-25, T-1 2027-03-31 (P14)
          block_sign_in 2027-04-01 (P20)
          notify T+7 2027-04-08, T+21 2027-04-22 (P18)
          notify M-7 2027-04-24 (P20)
          close_mailbox 2027-05-01 (P20)
        L: a; wiped (P19, P25)
          lock 2027-04-01 (P19)
          wipe 2027-04-02 (P19)
          propose_charge 2027-05-01 (P18) needs human_decision
        """)


def test_case_08_who_leaves_one_of_three_roles_is_recomputed() -> None:
    city = councillor().seat("a", "board", until="2027-05-31").seat("a", "audit", until="2029-08-31")
    assert plan_of(city, "2027-05-31") == written("""
        a: keeps
          laptop until 2029-09-01 by audit/ordinary (P8), board/ordinary (P8), council/ordinary (P8)
          mailbox until 2029-09-01 by audit/ordinary (P9), board/ordinary (P9), council/ordinary (P9)
          notify T-30 2029-08-02, T-14 2029-08-18, T-7 2029-08-25, T-1 2029-08-31 (P14)
          block_sign_in 2029-09-01 (P20)
          notify T+7 2029-09-08, T+21 2029-09-22 (P18)
          notify M-7 2029-09-25 (P20)
          close_mailbox 2029-10-02 (P20)
        L: a; active (P8)
          lock 2029-09-01 (P19)
          wipe 2029-09-02 (P19)
          propose_charge 2029-10-02 (P18) needs human_decision
        """)
    assert plan_of(city, "2027-06-01") == written("""
        a: keeps
          laptop until 2029-09-01 by audit/ordinary (P8), council/ordinary (P8)
          mailbox until 2029-09-01 by audit/ordinary (P9), council/ordinary (P9)
          notify T-30 2029-08-02, T-14 2029-08-18, T-7 2029-08-25, T-1 2029-08-31 (P14)
          block_sign_in 2029-09-01 (P20)
          notify T+7 2029-09-08, T+21 2029-09-22 (P18)
          notify M-7 2029-09-25 (P20)
          close_mailbox 2029-10-02 (P20)
        L: a; active (P8)
          lock 2029-09-01 (P19)
          wipe 2029-09-02 (P19)
          propose_charge 2029-10-02 (P18) needs human_decision
        """)


def test_case_09_who_moves_away_loses_the_seat_at_the_decision() -> None:
    city = City().laptop("L", "a")
    city.seat("a", until="2027-02-10T15:00:00+02:00", basis="eligibility_lost", decided="KV 3 §")
    assert plan_of(city, "2027-02-10T12:59:59Z") == written("""
        a: returns
          laptop until 2027-02-10 15:00 by council/ordinary (P8)
          mailbox until 2027-02-10 15:00 by council/ordinary (P9)
          notify T-30 2027-01-11, T-14 2027-01-27, T-7 2027-02-03, T-1 2027-02-09 (P14)
          block_sign_in 2027-02-10 15:00 (P20)
          notify T+7 2027-02-17, T+21 2027-03-03 (P18)
          notify M-7 2027-03-04 (P20)
          close_mailbox 2027-03-11 (P20)
        L: a; active (P8)
          lock 2027-02-10 15:00 (P19)
          wipe 2027-02-11 15:00 (P19)
          propose_charge 2027-03-11 (P18) needs human_decision
        """)
    assert plan_of(city, "2027-02-10T13:00:00Z") == written("""
        a: returns
          laptop no until 2027-02-10 15:00
          mailbox no until 2027-02-10 15:00
          notify T-30 2027-01-11, T-14 2027-01-27, T-7 2027-02-03, T-1 2027-02-09 (P14)
          block_sign_in 2027-02-10 15:00 (P20)
          notify T+7 2027-02-17, T+21 2027-03-03 (P18)
          notify M-7 2027-03-04 (P20)
          close_mailbox 2027-03-11 (P20)
        L: a; locked (P25)
          lock 2027-02-10 15:00 (P19)
          wipe 2027-02-11 15:00 (P19)
          propose_charge 2027-03-11 (P18) needs human_decision
        """)
    assert plan_of(city, "2027-02-11T13:00:00Z") == written("""
        a: returns
          laptop no until 2027-02-10 15:00
          mailbox no until 2027-02-10 15:00
          notify T-30 2027-01-11, T-14 2027-01-27, T-7 2027-02-03, T-1 2027-02-09 (P14)
          block_sign_in 2027-02-10 15:00 (P20)
          notify T+7 2027-02-17, T+21 2027-03-03 (P18)
          notify M-7 2027-03-04 (P20)
          close_mailbox 2027-03-11 (P20)
        L: a; wiped (P19, P25)
          lock 2027-02-10 15:00 (P19)
          wipe 2027-02-11 15:00 (P19)
          propose_charge 2027-03-11 (P18) needs human_decision
        """)


def test_case_09_a_move_that_no_body_has_declared_ends_nothing() -> None:
    city = City().seat("a", until="2027-02-10", basis="eligibility_lost").laptop("L", "a")
    assert plan_of(city, "2027-03-01") == written("""
        a: unknown
          laptop without end by council/ordinary (P8)
          mailbox without end by council/ordinary (P9)
        L: a; active (P8)
        row 2: end_basis eligibility_lost without end_decision_ref is not confirmed: the mandate goes on.
        """)
