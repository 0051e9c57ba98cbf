"""The city's own routine: sweeps, the sealed log, approvers who sign lists, and the signer's rounds."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tenure_policies.envelope import digest
from tenure_server.domain.errors import TenureError
from tenure_server.domain.message import N_, say
from tenure_server.signer.decide import Hold
from tenure_server.signer.errors import SignerError
from tenure_server.simulation.breach import Rule
from tenure_server.simulation.correspondence import FollowUps
from tenure_server.simulation.days import at_work, begins, day_of, is_over
from tenure_server.simulation.knowledge import Known
from tenure_server.simulation.rules import FRESH_DAYS
from tenure_server.simulation.world import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SWEEP_AT_LEAST = 7 * DAY
"""In earnest a sweep runs every minute; between the moments at which something falls due it finds nothing."""
SEAL_EVERY = 60 * DAY
EXAMINE_EVERY = 180 * DAY
WAITS = frozenset({Hold.HOURLY_CAP, Hold.DAILY_CAP, Hold.CAMPAIGN_RATE, Hold.CAMPAIGN_CEILING,
                   Hold.COOLING_OFF, Hold.NOT_DUE, Hold.STOPPED})  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Office:
    """What goes on by itself."""

    world: World
    sweeps: set[datetime] = field(default_factory=set)
    soon: datetime | None = None
    noticed: set[datetime] = field(default_factory=set)
    swept: datetime | None = None
    next_round: datetime | None = None
    is_waiting: bool = False
    """Whether the signer may have something to look at."""
    signer_down_until: datetime | None = None
    refusing_until: datetime | None = None
    follow_ups: FollowUps
    followed: object = None
    """The rows of the register that was followed up last."""
    followed_at: datetime | None = None
    asked: set[tuple[str, int]] = field(default_factory=set)
    """Which lists were laid before which approver."""

    def begin(self) -> None:
        """Start the routine."""
        self.world.at(self.world.now + SECOND, self._heartbeat)
        self.world.at(self.world.now + DAY, self._seal)
        self.world.at(self.world.now + EXAMINE_EVERY, self._examine)

    def _heartbeat(self) -> None:
        if self.swept is None or self.swept + SWEEP_AT_LEAST <= self.world.now:
            self.sweep()
        due = (self.swept or self.world.now) + SWEEP_AT_LEAST
        self.world.at(max(due, self.world.now + DAY), self._heartbeat)

    def _seal(self) -> None:
        if not self.world.is_down:
            self.world.hall.seal()
        self.world.at(self.world.now + SEAL_EVERY, self._seal)

    def _examine(self) -> None:
        if not self.world.is_down:
            self.world.examine()
        self.world.at(self.world.now + EXAMINE_EVERY, self._examine)

    def sweep_soon(self) -> None:
        """Sweep within the minute, as the scheduler does."""
        if self.soon is None or self.soon <= self.world.now:
            self.soon = self.world.after(5 * SECOND, 60 * SECOND, "sweep")
            self.sweep_at(self.soon)

    def sweep_at(self, moment: datetime) -> None:
        """Sweep at a moment."""
        if moment > self.world.now and moment not in self.sweeps:
            self.sweeps.add(moment)
            self.world.at(moment, self._scheduled)

    def _scheduled(self) -> None:
        self.sweeps.discard(self.world.now)
        self.sweep()

    def sweep(self) -> None:
        """Sweep now, unless the server is down."""
        world = self.world
        if world.is_down:
            return
        result = world.hall.sweep()
        self.swept = world.now
        world.counts["sweeps"] += 1
        world.counts["directives"] += result.signed
        world.oracle.sweep_done(world.now)
        if world.hall.holds_locks_back():
            self.sweep_at(world.now + HOUR + MINUTE)
        self._follow_up()
        if result.prepared:
            self._lay_before_approvers()
            self.is_waiting = True
        if self.is_waiting:
            self.round_soon()

    def _follow_up(self) -> None:
        """Follow timelines up: after each register, and once a day at most for whatever else was told."""
        world = self.world
        rows = world.oracle.known.rows
        if self.followed is not rows or self.followed_at is None or self.followed_at + DAY <= world.now:
            self.followed, self.followed_at = rows, world.now
            self.follow_ups.follow()

    def _notices_due(self) -> None:
        if not self.world.is_down:
            self._follow_up()

    def due(self, known: Known) -> None:
        """Sweep whenever something that is known falls due."""
        for moment in _moments(known):
            if self.world.now < moment <= self.world.script.ends:
                self.sweep_at(moment + SECOND)
        for moment in _notice_moments(known):
            if self.world.now < moment <= self.world.script.ends and moment not in self.noticed:
                self.noticed.add(moment)
                self.world.at(moment, self._notices_due)

    def _lay_before_approvers(self) -> None:
        for draft in self.world.hall.drafts():
            named = digest(draft)
            for approver in range(len(self.world.hall.keys.approvers)):
                if (named, approver) not in self.asked:
                    self.asked.add((named, approver))
                    slow = 8 * DAY if approver else 2 * DAY
                    moment = self.world.after(HOUR, slow, "approves", approver)
                    self.world.at(moment, lambda number=approver: self._approve(number))  # type: ignore[misc]

    def _approve(self, approver: int) -> None:
        """Let one approver sign every list that waits; people sign without looking twice."""
        world = self.world
        if world.is_down or (self.refusing_until is not None and world.now < self.refusing_until):
            world.at(world.now + 2 * DAY, lambda: self._approve(approver))
            return
        for draft in world.hall.drafts():
            try:
                manifest = world.hall.approve(draft, approver)
            except TenureError:
                continue
            world.counts["approvals"] += 1
            for entry in manifest.entries:
                world.oracle.approved.setdefault(entry.lock_id, set()).add(approver)
                if manifest.campaign:
                    holder = world.oracle.known.possession(entry.serial).holder
                    world.oracle.in_campaign[entry.lock_id] = holder
            serials = ", ".join(entry.serial for entry in manifest.entries)
            world.tell(say(N_("Approver {number} signs the list with {serials}."), number=approver + 1,
                           serials=serials))  # fmt: skip
        self.round_soon()

    def round_soon(self) -> None:
        """Let the signer look within the minute."""
        self._round_at(self.world.now + 60 * SECOND)

    def _round_at(self, moment: datetime) -> None:
        if self.next_round is None or moment < self.next_round:
            self.next_round = moment
            self.world.at(moment, lambda: self._round(moment))

    def _round(self, moment: datetime) -> None:
        if moment != self.next_round:
            return
        self.next_round = None
        world = self.world
        down = self.signer_down_until
        if down is not None and world.now < down:
            self._round_at(down)
            return
        if world.is_down:
            self._round_at(world.down_until or world.now + HOUR)
            return
        try:
            done = world.hall.round()
        except SignerError as error:
            world.oracle.breach(Rule.FAILED, world.now, "signer", str(error))
            return
        world.counts["rounds"] += 1
        world.counts["released"] += len(done.released)
        for serial in done.released:
            world.tell(say(N_("The signer releases the wipe of {serial}."), serial=serial))
        if done.released or done.sent:
            self.sweep_soon()
        self.is_waiting = bool(done.held)
        waits = [held.until or world.now + 12 * HOUR for held in done.held if Hold(held.hold) in WAITS]
        if waits:
            self._round_at(max(min(waits) + SECOND, world.now + HOUR))


def _moments(known: Known) -> set[datetime]:
    """Return when something that is known begins, ends, or is a day, a month or a freshness away from it."""
    ends = {is_over(row.last_day) for row in known.rows.values() if row.last_day is not None}
    moments = {begins(row.first_day) for row in known.rows.values()} | set(known.agreements.values())
    orders = (*known.holds, *known.stays)
    moments |= {moment for order in orders for moment in (order.start, order.end) if moment is not None}
    for has in known.possessions.values():
        if has.loan is not None and has.loan.until is not None:
            moments.add(has.loan.until)
    for end in (*ends, *known.agreements.values()):
        day = day_of(end)
        moments |= {end, begins(day + DAY), begins(day - 30 * DAY), begins(day - 21 * DAY)}
    if known.register_taken is not None:
        moments.add(begins(known.register_taken + (FRESH_DAYS + 1) * DAY))
    return moments


def _notice_moments(known: Known) -> set[datetime]:
    """Return the mornings on which somebody may have to be told of an end, or a month may be over."""
    days = {row.last_day + DAY for row in known.rows.values() if row.last_day is not None}
    offsets = (-30, -14, -7, -1, 7, 21, 24, 31, 34)
    return {at_work(day + offset * DAY, 61) for day in days for offset in offsets}
