"""What happens to a city from outside: the script of a simulation, in order of time. Pure values.

A script is written ahead from a seed and knows nothing of what the product does with it, so that any of its
happenings can be left out and the rest be played again: that is how a breach's story is made short.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of happenings; the value is what a summary counts."""

    ENTERED = "entered"
    """The secretary enters a mandate, or corrects one."""
    IMPORTED = "imported"
    ISSUED = "issued"
    LENT = "lent"
    LOAN_BACK = "loan_back"
    RETURNED = "returned"
    LOST = "lost"
    STOLEN = "stolen"
    HOLD_SET = "hold_set"
    HOLD_LIFTED = "hold_lifted"
    STAY_SET = "stay_set"
    STAY_ENDED = "stay_ended"
    AGREED = "agreed"
    LAPTOP_AWAY = "laptop_away"
    """No network until it is back."""
    LAPTOP_OFF = "laptop_off"
    REBOOTED = "rebooted"
    CLOCK_MOVED = "clock_moved"
    REINSTALLED = "reinstalled"
    LOOKED_AT = "looked_at"
    """A person looks at a laptop that was reinstalled while it was locked."""
    LOSSY = "lossy"
    """The network loses what it carries, for a while."""
    SERVER_DOWN = "server_down"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    REGISTER_CONFIRMED = "register_confirmed"
    SIGNER_DOWN = "signer_down"
    SIGNER_STOPPED = "signer_stopped"
    SIGNER_RESUMED = "signer_resumed"
    APPROVERS_REFUSE = "approvers_refuse"
    """They sign nothing for a while."""
    OLD_LOCK_OFFERED = "old_lock_offered"
    """Whoever has the directive key signs an order under a lock that was replaced."""


class ImportFault(StrEnum):
    """What is wrong with a file that is imported."""

    NONE = ""
    EMPTY = "empty"
    HALVED = "halved"
    SHIFTED = "shifted"
    """The columns of its rows are moved by one."""
    OLD = "old"
    """A file of weeks ago, told to be of that day."""
    SOME_MISSING = "some_missing"
    """A few rows are not there: fewer than trip the breaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mandate as the secretary has it; days, not instants, as a register has them."""

    person: str
    body: str
    body_type: str
    seat: str
    first_day: date
    last_day: date | None = None
    basis: str = ""
    decision: str = ""
    end_decision: str = ""
    status: str = "active"
    choice: str = "city"
    employee: bool = False
    deputy_for: str = ""

    @property
    def key(self) -> tuple[str, str, str, date]:
        """Return what makes two rows the same mandate."""
        return self.person, self.body, self.seat, self.first_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happens at one moment."""

    at: datetime
    kind: Kind
    about: str = ""
    """The laptop, person, body or place that it concerns."""
    who: str = ""
    """The other party: the receiver, the borrower, the subject's type."""
    until: datetime | None = None
    seconds: float = 0.0
    """For a clock: how far it is moved."""
    word: str = ""
    """What more there is to say: a fault, a hold's kind, an id."""
    row: Row | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that happens to one city, oldest first, and between which moments it is watched."""

    seed: str
    starts: datetime
    ends: datetime
    founding: tuple[Happening, ...]
    """What the city is when the story begins; never left out."""
    happenings: tuple[Happening, ...] = field(default=())
    laptops: tuple[str, ...] = ()
    """All serials of laptops and terminals."""
    terminals: frozenset[str] = frozenset()

    @property
    def years(self) -> float:
        """Return how long it is."""
        return (self.ends - self.starts).total_seconds() / (365.25 * 24 * 3600)
