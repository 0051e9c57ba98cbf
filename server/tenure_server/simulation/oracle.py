"""The oracle: judges every effect as it happens, and every laptop whenever it has spoken with its server.

It knows three things: what was told (`Known`), what was told at the last sweep that could act, and what each
laptop could know from its last exchange. A lock or a wipe is judged against these, never against a plan.

Time that the product may take: whatever is told counts from the next sweep on (every minute in earnest), and
a laptop learns it at its next exchange. A laptop without a network follows its lease, as far as its own
clocks can know that the end has come.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from tenure_server.domain.facts import Facts
from tenure_server.simulation.breach import Breach, BreachError, Rule
from tenure_server.simulation.days import begins, is_over
from tenure_server.simulation.happenings import Row
from tenure_server.simulation.knowledge import Known
from tenure_server.simulation.rules import must_lock, next_lock, why_not_wiped

SLOW = timedelta(minutes=30)
"""How long after its lease's end a laptop that is on may take to lock: 10 minutes of doubt, and jitter."""
APPROVALS = 2
FEWEST_AT_ONCE = 3
"""So many sudden locks in an hour are never held back."""
LONGEST_TURN = timedelta(days=8)
"""40 laptops, 5 of them a day."""


class NeedsPerson(Enum):
    """Whether a laptop was enrolled again while it was locked."""

    NO = 0
    MAY = 1
    """It was locked, and the city could not know."""
    YES = 2


@dataclass(slots=True, kw_only=True)
class Watched:
    """What the oracle remembers of one laptop."""

    serial: str
    knows: Known | None = None
    """What the city had acted on when the laptop last heard from it; None before the first exchange."""
    enrolled_at: datetime | None = None
    heard_at: datetime | None = None
    needs_person: NeedsPerson = NeedsPerson.NO
    held_lock: str = ""
    history: list[str] = field(default_factory=list)
    """The locks of this enrolment, oldest first."""
    replaced: set[str] = field(default_factory=set)
    wiped: bool = False
    due_since: datetime | None = None
    """Since which sweep it must be locked, by what the city had acted on."""


class Oracle:
    """Watches one city."""

    def __init__(self) -> None:
        self.known = Known()
        self.swept = Known()
        self.swept_at: datetime | None = None
        self.is_rolled_back = False
        self.was_restored = False
        """Whether a restore happened that people have not confirmed, noticed or not."""
        self.laptops: dict[str, Watched] = {}
        self.approved: dict[str, set[int]] = {}
        """lock_id -> which approvers signed a list that names it."""
        self.in_campaign: dict[str, str] = {}
        """lock_id -> holder, for laptops on a campaign's list."""

    def watch(self, serial: str) -> Watched:
        """Return what is remembered of a laptop."""
        return self.laptops.setdefault(serial, Watched(serial=serial))

    def breach(self, rule: Rule, at: datetime, subject: str, detail: str = "") -> None:
        """End the story with a breach.

        Raises:
            BreachError: Always.
        """
        raise BreachError(Breach(rule=rule, at=at, subject=subject, detail=detail))

    def restored(self, known: Known, backup_at: datetime) -> None:
        """Note that the city knows again what it knew at a backup, and nothing since."""
        for watched in self.laptops.values():
            forgot = watched.enrolled_at is not None and watched.enrolled_at > backup_at
            if forgot and watched.needs_person is NeedsPerson.YES:
                watched.needs_person = NeedsPerson.MAY  # it no longer knows that the laptop was reinstalled
        self.known = self.swept = known
        self.swept_at = None
        self.was_restored = True

    def noticed(self, at: datetime) -> None:
        """Note that the server found out that it is older than the truth."""
        if not self.was_restored:
            self.breach(Rule.FAILED, at, "server", "it takes itself for restored, and was not")
        self.is_rolled_back = True

    def confirmed(self) -> None:
        """Note that two people confirmed the register."""
        self.is_rolled_back = self.was_restored = False
        self.swept_at = None

    def sweep_done(self, at: datetime) -> None:
        """Note that the city has acted on everything that was told."""
        if not self.is_rolled_back:
            self.swept, self.swept_at = self.known, at
            for watched in self.laptops.values():
                if not must_lock(self.swept, watched.serial, at):
                    watched.due_since = None
                elif watched.due_since is None:
                    watched.due_since = at

    def heard(self, serial: str, at: datetime) -> None:
        """Note that a laptop received an answer: what the city has acted on since it enrolled."""
        watched = self.watch(serial)
        if self.is_rolled_back:
            return
        if self.swept_at is None:
            watched.knows = None  # what a backup had ordered; told anew by the next sweep
        elif watched.enrolled_at is not None and watched.enrolled_at <= self.swept_at:
            watched.knows, watched.heard_at = self.swept, at

    def wiped(self, serial: str, lock_id: str, locked_under: str | None, at: datetime) -> None:
        """Judge a wipe at the moment at which it begins."""
        watched = self.watch(serial)
        why = why_not_wiped(self.swept, serial, at)
        if why is not None and why_not_wiped(self.known, serial, at) is not None:
            self.breach(Rule.WRONGLY_WIPED, at, serial, why)
        if len(self.approved.get(lock_id, ())) < APPROVALS:
            self.breach(Rule.WIPED_WITHOUT_TWO, at, serial, str(len(self.approved.get(lock_id, ()))))
        if self.is_rolled_back:
            self.breach(Rule.WIPED_AFTER_ROLLBACK, at, serial)
        if locked_under != lock_id:
            self.breach(Rule.WIPED_UNLOCKED, at, serial, lock_id[:8])
        watched.wiped = True

    def accepted(self, serial: str, lock_id: str, at: datetime) -> None:
        """Judge the lock that a laptop's newest order names."""
        watched = self.watch(serial)
        if lock_id == watched.held_lock:
            return
        if lock_id in watched.replaced:
            self.breach(Rule.OLD_LOCK_ACCEPTED, at, serial)
        if watched.held_lock:
            watched.replaced.add(watched.held_lock)
        watched.held_lock = lock_id
        watched.history.append(lock_id)

    def locked(self, serial: str, at: datetime, *, clock_runs_ahead: bool) -> None:
        """Judge a lock at the moment at which it falls."""
        self.check_lock(serial, at, is_locked=True, answered=False, clock_runs_ahead=clock_runs_ahead)

    def check_lock(
        self, serial: str, at: datetime, *, is_locked: bool, answered: bool, clock_runs_ahead: bool
    ) -> None:
        """Judge whether a laptop is as it must be, by what it could know.

        Args:
            serial: The laptop.
            at: The moment.
            is_locked: What it shows.
            answered: Whether it has just heard from a server that may act.
            clock_runs_ahead: Whether its user's clock may make it believe that its end has come.
        """
        watched = self.watch(serial)
        if watched.wiped or watched.knows is None or watched.needs_person is NeedsPerson.MAY:
            return
        wanted = must_lock(watched.knows, serial, at)
        if watched.needs_person is NeedsPerson.YES:
            if not is_locked and answered:
                self.breach(Rule.REENROLLED_UNLOCKED, at, serial)
            return
        # A right that began since is news: what had to be locked when it last heard stays so till it hears.
        heard_at = watched.heard_at
        unheard = not answered and heard_at is not None and must_lock(watched.knows, serial, heard_at)
        if is_locked and not wanted and not unheard and not (clock_runs_ahead and not answered):
            self.breach(Rule.SITTING_LOCKED, at, serial, self._who(watched.knows, serial))
        if answered and wanted and not is_locked and not self._waits_its_turn(watched, at):
            self.breach(Rule.LEAVER_FORGOTTEN, at, serial, self._who(watched.knows, serial))

    def _waits_its_turn(self, watched: Watched, at: datetime) -> bool:
        """Tell whether so many laptops must lock out of the blue that this one may have to wait."""
        if watched.due_since is None or at >= watched.due_since + LONGEST_TURN:
            return False
        due = (one.due_since for one in self.laptops.values())
        near = [one for one in due if one is not None and abs(one - watched.due_since) <= LONGEST_TURN]
        return len(near) > FEWEST_AT_ONCE

    def check_lease(self, serial: str, at: datetime, *, is_locked: bool, since: datetime) -> None:
        """Judge a laptop that is on, whose clocks must know that its end came by `since`."""
        watched = self.watch(serial)
        if is_locked or watched.wiped or watched.knows is None or at < since + SLOW:
            return
        if must_lock(watched.knows, serial, since) and must_lock(watched.knows, serial, at):
            self.breach(Rule.LEAVER_FORGOTTEN, at, serial, self._who(watched.knows, serial))

    def _who(self, known: Known, serial: str) -> str:
        has = known.possession(serial)
        return f"{has.place.value} {has.holder}".strip()

    def lease_ends(self, serial: str, at: datetime) -> datetime | None:
        """Return when a laptop must lock by itself, by what it could know; None: not that it knew."""
        watched = self.watch(serial)
        if watched.knows is None or watched.wiped or watched.needs_person is not NeedsPerson.NO:
            return None
        return next_lock(watched.knows, serial, at)

    def check_register(self, facts: Facts, at: datetime) -> None:
        """Judge whether the register is what was told, no more and no less."""
        stored = {
            (row.person, row.body, row.seat.value, row.start, row.end, row.status.value,
             row.laptop_choice.value, row.end_decision_ref)
            for row in facts.mandates
        }  # fmt: skip
        told = {_as_stored(row) for row in self.known.rows.values()}
        if stored != told:
            lost, extra = sorted(told - stored, key=str), sorted(stored - told, key=str)
            self.breach(Rule.REGISTER_DIFFERS, at, "register", _difference(lost, extra))

    def check_custody(self, facts: Facts, at: datetime) -> None:
        """Judge whether any device has two responsible holders at once."""
        ends: dict[str, datetime | None] = {}
        for row in sorted(facts.custody, key=lambda row: (row.serial, row.start, row.end is None)):
            if row.kind.value != "primary":
                continue
            if row.serial in ends:
                before = ends[row.serial]
                if before is None or before > row.start:
                    self.breach(Rule.TWO_CUSTODIANS, at, row.serial)
            ends[row.serial] = row.end


def _as_stored(row: Row) -> tuple[object, ...]:
    end = None if row.last_day is None else is_over(row.last_day)
    return (
        row.person, row.body, row.seat, begins(row.first_day), end, row.status, row.choice, row.end_decision
    )  # fmt: skip


def _difference(lost: Iterable[tuple[object, ...]], extra: Iterable[tuple[object, ...]]) -> str:
    first = [" ".join(str(part) for part in row[:5]) for row in (*lost, *extra)][:2]
    return "; ".join(first)
