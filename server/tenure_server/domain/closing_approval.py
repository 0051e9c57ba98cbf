"""Which mailboxes may be closed now: two people signed for exactly this list. Pure: no I/O, no clock.

Rules (ADR 0028): closing destroys, so a due closing waits until two approvers have signed for a list that
names it; what they signed is the person, the step, the address, the moment and the way, and whatever of that
changes voids their word for that person only. A list can be signed for 30 days after it was offered, and
holds for 30 days after it was signed. No more than `most_a_day` are closed within a day.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import msgspec

from tenure_server.domain.account_step import AccountStep
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.record import RecordKind
from tenure_server.domain.tenant_account import ClosingWay, normalised

VALID_FOR = timedelta(days=30)
DAY = timedelta(days=1)
FEWEST_A_DAY = 10
PER_CENT_A_DAY = 5
NAME_DIGITS = 40
"""Hex digits of the digest in a list's name: too many to find two lists with one name."""


class ListState(StrEnum):
    """What became of a list; the value is what the database stores."""

    OFFERED = "offered"
    """It waits for two approvers."""
    APPROVED = "approved"
    VOID = "void"
    """Nothing on it waits any more, or it waited too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One mailbox on a list: what an approver answers for."""

    person: PersonId
    step: str
    """Another right in between makes another step."""
    address: str
    """Hex SHA-256 of the normalised address."""
    domain: str
    due: datetime
    way: ClosingWay


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingList:
    """Mailboxes that wait to be closed, as they were put before the approvers."""

    at: datetime
    """When it was offered."""
    closings: tuple[Closing, ...]
    state: ListState = ListState.OFFERED
    approved_at: datetime | None = None
    approvers: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Name it by everything that is signed for, and the moment it was offered."""
        document = msgspec.json.encode((self.at, self.closings), order="sorted")
        return hashlib.sha256(document).hexdigest()[:NAME_DIGITS]

    @property
    def subject(self) -> str:
        """It is about the whole municipality."""
        return "mailboxes"

    @property
    def is_open(self) -> bool:
        """Tell whether approvers are still to sign it."""
        return self.state is ListState.OFFERED

    def name(self, municipality: str) -> str:
        """Return what approvers sign over: `tenure approve resume` takes it as a stop."""
        return f"{municipality}/closings-{self.id}"

    def can_be_signed(self, now: datetime) -> bool:
        """Tell whether approvers may still sign it."""
        return self.state is ListState.OFFERED and now < self.holds_until

    @property
    def holds_until(self) -> datetime:
        """Return until when the approvers' word holds, or a signature is waited for."""
        return (self.approved_at or self.at) + VALID_FOR

    def holds(self, now: datetime) -> bool:
        """Tell whether two people's word for it stands."""
        return self.state is ListState.APPROVED and now < self.holds_until


CLOSING_LISTS: RecordKind[ClosingList] = RecordKind(name="closing_list", type=ClosingList)


class Ruling(StrEnum):
    """What is to become of a due closing now."""

    CLOSE = "close"
    WAIT_FOR_APPROVAL = "wait_for_approval"
    WAIT_FOR_TOMORROW = "wait_for_tomorrow"
    """As many as may be in one day were closed."""
    BY_STAFF = "by_staff"
    """This city has no approvers: people do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What decides over closings at one moment."""

    has_approvers: bool
    approved: frozenset[Closing]
    """What two people's word stands for."""
    begun: frozenset[str]
    """Steps that the tenant was asked for."""
    left_today: int
    """How many more may be begun now."""

    def ruling(self, closing: Closing) -> Ruling:
        """Return what is to become of a due closing; one that was begun goes on whatever the cap."""
        if not self.has_approvers:
            return Ruling.BY_STAFF
        if closing not in self.approved:
            return Ruling.WAIT_FOR_APPROVAL
        goes_on = closing.step in self.begun or self.left_today > 0
        return Ruling.CLOSE if goes_on else Ruling.WAIT_FOR_TOMORROW


def gate_at(
    now: datetime,
    *,
    has_approvers: bool,
    lists: Sequence[ClosingList],
    asked_at: Mapping[str, datetime],
    people: int,
) -> Gate:
    """Return the gate as it stands at a moment.

    Args:
        now: The moment.
        has_approvers: Whether anybody could sign.
        lists: All lists.
        asked_at: Step and last moment of every closing that the tenant was asked for.
        people: How many people the register has.
    """
    return Gate(
        has_approvers=has_approvers,
        approved=frozenset(closing for one in lists if one.holds(now) for closing in one.closings),
        begun=frozenset(asked_at),
        left_today=most_a_day(people) - sum(1 for at in asked_at.values() if at > now - DAY),
    )


def most_a_day(people: int) -> int:
    """Return how many mailboxes may be closed within a day."""
    return max(FEWEST_A_DAY, people * PER_CENT_A_DAY // 100)


def closing_of(step: AccountStep, person: Person, way: ClosingWay) -> Closing:
    """Return what approvers are to answer for, as the facts are now."""
    address = normalised(person.email_city)
    return Closing(
        person=step.person,
        step=step.id,
        address=hashlib.sha256(address.encode()).hexdigest(),
        domain=address.rpartition("@")[2],
        due=step.due.astimezone(UTC),
        way=way,
    )


def offer(waiting: Sequence[Closing], lists: Sequence[ClosingList], now: datetime) -> ClosingList | None:
    """Return the list that approvers are to sign for what waits; None if nothing waits.

    A list that was offered before and names all that waits stands: approvers may be at it.
    """
    if not waiting:
        return None
    wanted = set(waiting)
    standing = [one for one in lists if one.can_be_signed(now) and wanted <= set(one.closings)]
    if standing:
        return max(standing, key=lambda one: one.at)
    return ClosingList(at=now, closings=tuple(sorted(waiting, key=lambda one: (one.due, one.person))))


def approved(one: ClosingList, approvers: tuple[str, ...], now: datetime) -> ClosingList:
    """Return the list as two approvers signed it."""
    return replace(one, state=ListState.APPROVED, approved_at=now, approvers=approvers)


def void_lists(lists: Sequence[ClosingList], waiting: Sequence[Closing], now: datetime) -> list[ClosingList]:
    """Return the offered lists that nobody needs to sign any more."""
    wanted = set(waiting)
    return [
        one for one in lists if one.is_open and not (one.can_be_signed(now) and wanted & set(one.closings))
    ]
