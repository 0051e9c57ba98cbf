"""A laptop lent to a deputy: who lends, who borrows, who confirmed, and whom to remind of what (P11).

Pure: no I/O, no clock. States, which follow from the moments that a loan knows::

    proposed --lender and borrower confirm--> confirmed
       |                                          |
       +------------> over <----------------------+     (back with its holder, in stock, or gone)

Rules:

- A loan exists from the handover on, confirmed or not: whoever has the laptop has it. Both are reminded until
  both have confirmed. The primary stays responsible all the time.
- A loan is over when a handover says that the laptop is back, never because its day has come (ADR 0021): a
  deputy who keeps it past the meeting still has it, and both are reminded (case 16).
- When the primary's right ends during a loan, both are told (case 17): it is the deputy who has the laptop
  in hand. After a death, and of a suspension, people tell, not machines.
- A reminder depends on what is known now, not on when anybody woke: of the reminders of one kind that are
  due, only the newest is given; whoever sends them remembers what was sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tenure_server.domain.civil_time import NOTICE_TIME, last_day, local_day, local_time
from tenure_server.domain.custody import CustodyKind
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandates_of import rights_of_people
from tenure_server.domain.record import RecordKind
from tenure_server.domain.rights import PersonRights
from tenure_server.domain.term import TermPolicy


class LoanStatus(StrEnum):
    """How far a loan has come."""

    PROPOSED = "proposed"
    """It stands, and lender or borrower has not confirmed it yet."""
    CONFIRMED = "confirmed"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """One laptop lent by its holder to a deputy."""

    serial: Serial
    lender: PersonId
    """The primary, who stays responsible."""
    borrower: PersonId
    start: datetime
    until: datetime | None = None
    """When the borrower should have given it back, exclusive; None: nobody said."""
    lender_confirmed_at: datetime | None = None
    borrower_confirmed_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def id(self) -> str:
        """Name it by the laptop and the handover."""
        return f"{self.serial}/{self.start.isoformat()}"

    @property
    def subject(self) -> str:
        """The laptop."""
        return self.serial

    @property
    def at(self) -> datetime:
        """When it began."""
        return self.start

    @property
    def is_open(self) -> bool:
        """Tell whether the laptop is not known to be back."""
        return self.ended_at is None

    @property
    def status(self) -> LoanStatus:
        """Tell how far it has come."""
        if self.ended_at is not None:
            return LoanStatus.OVER
        return LoanStatus.PROPOSED if self.unconfirmed else LoanStatus.CONFIRMED

    @property
    def unconfirmed(self) -> tuple[PersonId, ...]:
        """Return who has not confirmed it yet."""
        said = ((self.lender, self.lender_confirmed_at), (self.borrower, self.borrower_confirmed_at))
        return tuple(person for person, at in said if at is None)

    def overdue(self, now: datetime) -> bool:
        """Tell whether the borrower should have given it back."""
        return self.is_open and self.until is not None and self.until <= now


LOANS: RecordKind[Loan] = RecordKind(name="loan", type=Loan)


class LoanKey(StrEnum):
    """Which reminder: to confirm, to give back, and that the laptop is about to lock."""

    CONFIRM_1 = "LOAN-CONFIRM+1"
    CONFIRM_7 = "LOAN-CONFIRM+7"
    OVERDUE_1 = "LOAN+1"
    OVERDUE_7 = "LOAN+7"
    OVERDUE_21 = "LOAN+21"
    RIGHT_ENDS = "LOAN-END"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanReminder:
    """One reminder that is due to one person."""

    person: PersonId
    other: PersonId
    """The other of lender and borrower."""
    borrows: bool
    """Whether the person is the borrower."""
    serial: Serial
    key: LoanKey
    due: datetime
    about: datetime
    """What it speaks of: when the loan began, its `until`, or when the lender's right ends."""
    rule: str = "P11"


_CONFIRM = ((LoanKey.CONFIRM_1, 1), (LoanKey.CONFIRM_7, 7))
_OVERDUE = ((LoanKey.OVERDUE_1, 1), (LoanKey.OVERDUE_7, 7), (LoanKey.OVERDUE_21, 21))
_DAYS_BEFORE_END = 7


def loan_reminders(
    facts: Facts, loans: Sequence[Loan], policy: TermPolicy, now: datetime
) -> Sequence[LoanReminder]:
    """Return every reminder of a standing loan that is due now, sent before or not.

    Args:
        facts: What is known now; a loan that no custody bears out any more reminds nobody.
        loans: The loans' records.
        policy: For the zone and for whose right ends.
        now: The present moment.
    """
    standing = {
        (row.serial, row.holder, row.start)
        for row in facts.custody
        if row.kind is CustodyKind.TEMPORARY and (row.end is None or now < row.end)
    }
    open_loans = [
        loan for loan in loans if loan.is_open and (loan.serial, loan.borrower, loan.start) in standing
    ]
    people = {person for loan in open_loans for person in (loan.lender, loan.borrower)}
    rights = rights_of_people(facts, people, policy, now)
    found = [
        reminder
        for loan in open_loans
        for reminder in _reminders(loan, rights, policy, now)
        if not _dead(rights[reminder.person], now)
    ]
    return sorted(found, key=lambda one: (one.due, one.serial, one.person, one.key))


def _reminders(
    loan: Loan, rights: Mapping[PersonId, PersonRights], policy: TermPolicy, now: datetime
) -> Iterator[LoanReminder]:
    both = (loan.lender, loan.borrower)
    asked = _newest(_CONFIRM, loan.start, policy, now)
    if asked is not None:
        yield from (_to(person, loan, *asked, loan.start) for person in loan.unconfirmed)
    if loan.until is not None and loan.overdue(now):
        last = local_time(last_day(loan.until, policy.zone), NOTICE_TIME, policy.zone)
        overdue = _newest(_OVERDUE, last, policy, now)
        if overdue is not None:
            yield from (_to(person, loan, *overdue, loan.until) for person in both)
    ends = _right_ends(loan, rights[loan.lender])
    if ends is not None:
        day = local_day(ends, policy.zone) - timedelta(days=_DAYS_BEFORE_END)
        due = max(local_time(day, NOTICE_TIME, policy.zone), loan.start)
        if due <= now:
            yield from (_to(person, loan, LoanKey.RIGHT_ENDS, due, ends) for person in both)


def _newest(
    keys: Sequence[tuple[LoanKey, int]], since: datetime, policy: TermPolicy, now: datetime
) -> tuple[LoanKey, datetime] | None:
    """Return the last of the reminders so many days after a day that is due, if any is."""
    day = local_day(since, policy.zone)
    dues = [(key, local_time(day + timedelta(days=days), NOTICE_TIME, policy.zone)) for key, days in keys]
    return next(((key, due) for key, due in reversed(dues) if due <= now), None)


def _right_ends(loan: Loan, rights: PersonRights) -> datetime | None:
    """Return when the lender's right to the laptop ends, if that is a machine's to tell."""
    if rights.laptop.suspended_since is not None:
        return None
    ends = next((ending.at for ending in rights.laptop.endings if ending.at > loan.start), None)
    return None if ends == rights.death else ends


def _to(person: PersonId, loan: Loan, key: LoanKey, due: datetime, about: datetime) -> LoanReminder:
    borrows = person == loan.borrower
    return LoanReminder(
        person=person,
        other=loan.lender if borrows else loan.borrower,
        borrows=borrows,
        serial=loan.serial,
        key=key,
        due=due,
        about=about,
    )


def _dead(rights: PersonRights, now: datetime) -> bool:
    return rights.death is not None and rights.death <= now
