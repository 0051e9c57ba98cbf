"""Loans to deputies: who is reminded of what, and when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes.city import City, day_end, instant, policy
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.loan import LOANS, Loan, LoanReminder, LoanStatus, loan_reminders
from tenure_server.domain.record import decode_record, encode_record

START = instant("2029-03-01T12:00:00+02:00")


def loan(**facts: object) -> Loan:
    known = Loan(
        serial=Serial("L"),
        lender=PersonId("bert"),
        borrower=PersonId("disa"),
        start=START,
        until=day_end("2029-03-05"),
        lender_confirmed_at=START,
        borrower_confirmed_at=START,
    )
    return replace(known, **facts)  # type: ignore[arg-type]


def city(*, until: str | None = None) -> City:
    built = City().seat("bert", "committee", until=until).seat("disa", "committee", "deputy")
    return built.laptop("L", "bert").lend("L", "disa", since="2029-03-01T12:00:00+02:00")


def reminders(at: str, *loans: Loan, of: City | None = None) -> list[LoanReminder]:
    return list(loan_reminders((of or city()).facts(), loans or (loan(),), policy(), instant(at)))


def told(found: list[LoanReminder]) -> list[tuple[str, str, str]]:
    return sorted((one.person, one.key.value, one.due.isoformat()) for one in found)


def test_a_loan_is_proposed_until_both_have_confirmed_it_and_over_when_it_is_back() -> None:
    assert loan(borrower_confirmed_at=None).status is LoanStatus.PROPOSED
    assert loan(lender_confirmed_at=None).unconfirmed == ("bert",)
    assert loan().status is LoanStatus.CONFIRMED
    assert loan(ended_at=START).status is LoanStatus.OVER


def test_a_loan_is_kept_as_a_document() -> None:
    assert decode_record(LOANS, encode_record(loan())) == loan()
    assert (loan().id, loan().subject, loan().is_open) == ("L/2029-03-01T10:00:00+00:00", "L", True)


def test_nobody_is_reminded_of_a_confirmed_loan_before_its_day_is_over() -> None:
    assert reminders("2029-03-06T08:59:59+02:00") == []


@pytest.mark.parametrize(
    ("at", "key", "due"),
    [
        ("2029-03-06T09:00:00+02:00", "LOAN+1", "2029-03-06T07:00:00+00:00"),
        ("2029-03-12T08:59:59+02:00", "LOAN+1", "2029-03-06T07:00:00+00:00"),
        ("2029-03-12T09:00:00+02:00", "LOAN+7", "2029-03-12T07:00:00+00:00"),
        ("2029-04-30", "LOAN+21", "2029-03-26T06:00:00+00:00"),
    ],
)
def test_both_are_reminded_when_the_deputy_keeps_it_past_its_day(at: str, key: str, due: str) -> None:
    """Case 16; the newest reminder only, at nine in the morning also after the clocks have changed."""
    assert told(reminders(at)) == [("bert", key, due), ("disa", key, due)]
    assert [one.borrows for one in sorted(reminders(at), key=lambda one: one.person)] == [False, True]


def test_who_has_not_confirmed_is_asked_and_who_has_is_not() -> None:
    found = reminders("2029-03-02T09:00:00+02:00", loan(borrower_confirmed_at=None))

    assert told(found) == [("disa", "LOAN-CONFIRM+1", "2029-03-02T07:00:00+00:00")]
    assert found[0].other == "bert"


def test_a_loan_without_a_day_is_never_overdue() -> None:
    assert reminders("2029-12-01", loan(until=None)) == []


def test_nobody_is_reminded_of_a_loan_that_is_over() -> None:
    assert reminders("2029-04-30", loan(ended_at=START + timedelta(days=1))) == []


def test_a_loan_that_no_custody_bears_out_reminds_nobody() -> None:
    back = City().seat("bert", "committee").seat("disa", "committee", "deputy").laptop("L", "bert")

    assert reminders("2029-04-30", of=back) == []


def test_both_are_told_a_week_before_the_primarys_right_ends() -> None:
    """Case 17."""
    ending = city(until="2029-05-31")
    open_ended = loan(until=None)

    assert reminders("2029-05-25T08:59:59+03:00", open_ended, of=ending) == []
    found = reminders("2029-05-25T09:00:00+03:00", open_ended, of=ending)
    assert told(found) == [
        ("bert", "LOAN-END", "2029-05-25T06:00:00+00:00"),
        ("disa", "LOAN-END", "2029-05-25T06:00:00+00:00"),
    ]
    assert {one.about for one in found} == {instant("2029-06-01")}


def test_an_end_that_is_known_late_is_told_at_once() -> None:
    ending = city(until="2029-03-03")

    assert {one.due for one in reminders("2029-03-02", loan(until=None), of=ending)} == {START}


def test_an_end_before_the_loan_is_not_told_as_the_loans() -> None:
    assert reminders("2029-03-02", loan(until=None), of=city(until="2029-02-01")) == []


def test_after_a_death_nobody_is_written_to_by_a_machine() -> None:
    gone = City().seat("bert", "committee", until="2029-03-03", basis="death")
    gone.seat("disa", "committee", "deputy").laptop("L", "bert")
    gone.lend("L", "disa", since="2029-03-01T12:00:00+02:00")

    assert told(reminders("2029-03-06T09:00:00+02:00", of=gone)) == [
        ("disa", "LOAN+1", "2029-03-06T07:00:00+00:00")
    ]


def test_a_suspension_is_not_told_to_the_deputy() -> None:
    suspended = City().seat("bert", "committee", until="2029-05-31", status="suspended")
    suspended.seat("disa", "committee", "deputy").laptop("L", "bert")
    suspended.lend("L", "disa", since="2029-03-01T12:00:00+02:00")

    assert reminders("2029-05-30", loan(until=None), of=suspended) == []
