"""What happens to laptops in people's hands: issued, lent, brought back or not, lost, found, held back.

Rests on who will in truth have a right until when, as the finished register tells; what the product knows of
it at the time is another matter.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tenure_server.simulation.chance import Chance
from tenure_server.simulation.days import A_DAY, TERMS, at_work, begins, day_of, is_over
from tenure_server.simulation.happenings import Happening, Kind, Row
from tenure_server.simulation.town import Town

LAPTOP_BODIES = frozenset({"council", "board", "committee", "section", "audit"})
LAPTOP_SEATS = frozenset({"ordinary", "chair", "vice_chair"})
HOLD_KINDS = ("litigation", "records", "suspension_review")


@dataclass(slots=True, kw_only=True)
class Handlings:
    """Writes what happens to one city's laptops."""

    town: Town
    chance: Chance
    first_day: date
    last_day: date
    founding: list[Happening] = field(default_factory=list)
    written: list[Happening] = field(default_factory=list)
    serials: list[str] = field(default_factory=list)
    terminals: list[str] = field(default_factory=list)
    holders: dict[str, str] = field(default_factory=dict)
    """Serial -> who was given it last."""

    def write(self) -> None:
        """Write everything; `founding` is what had happened before the story begins."""
        spare: list[str] = []
        for person in self.town.people:
            self._holdings_of(person, spare)
        for _ in range(2):
            self.serials.append(f"T{len(self.serials) + 1:03d}")
        for serial in list(self.serials):
            self._mishaps(serial)
        self._holds()
        self._places()
        self._stays()

    def _tell(self, day: date, kind: Kind, about: str, **more: str | datetime | None) -> Happening:
        happened = Happening(
            at=at_work(day, self.chance.number(0, 480)),
            kind=kind,
            about=about,
            **more,  # type: ignore[arg-type]
        )
        if self.first_day <= day < self.last_day:
            self.written.append(happened)
        return happened

    def _later(self, day: date, least: int, most: int) -> date:
        return day + timedelta(days=self.chance.number(least, most))

    def _holdings_of(self, person: str, spare: list[str]) -> None:
        """Give a person a laptop while they have a right, and let them bring it back some time."""
        for first, last in spells_of(self.town.of(person)):
            if self.town.choices.get(person) == "own" and not self.chance.happens(0.2):
                continue
            if last is not None and last < self.first_day:
                continue
            if first < self.first_day:
                serial = self._next_serial(spare)
                self.founding.append(
                    Happening(at=begins(self.first_day), kind=Kind.ISSUED, about=serial, who=person)
                )
            else:
                serial = self._next_serial(spare)
                day = self._later(first, -3, 14)
                self._tell(day, Kind.ISSUED, serial, who=person)
                self._tell(self._later(day, 3, 9), Kind.ISSUED, serial, who=person)
            self.holders[serial] = person
            self._loans(serial, person, max(first, self.first_day), last)
            if last is not None and last < self.last_day:
                self._return(serial, last, spare)

    def _next_serial(self, spare: list[str]) -> str:
        if spare and self.chance.happens(0.5):
            return spare.pop(0)
        self.serials.append(f"T{len(self.serials) + 1:03d}")
        return self.serials[-1]

    def _return(self, serial: str, last: date, spare: list[str]) -> None:
        if self.chance.happens(0.12):
            return  # never comes back
        early, late = self.chance.happens(0.15), self.chance.happens(0.2)
        day = (
            self._later(last, -9, -1)
            if early
            else self._later(last, 31, 90)
            if late
            else self._later(last, 1, 28)
        )
        written_down = self._later(day, 1, 6) if self.chance.happens(0.25) else day
        self._tell(written_down, Kind.RETURNED, serial, until=at_work(day, 5))
        if day + 20 * A_DAY < self.last_day:
            spare.append(serial)

    def _loans(self, serial: str, holder: str, first: date, last: date | None) -> None:
        deputies = [row.person for row in self.town.rows.values() if row.deputy_for == holder]
        if not deputies:
            return
        day = self._later(first, 10, 200)
        while day < (last or self.last_day) + 5 * A_DAY and day < self.last_day:
            back = self._later(day, 1, 21)
            told_until = self._later(day, 1, 14)
            until = is_over(told_until) if self.chance.happens(0.7) else None
            self._tell(day, Kind.LENT, serial, who=self.chance.one_of(deputies), until=until)
            self._tell(back, Kind.LOAN_BACK, serial)
            day = self._later(back, 30, 400)
        if last is not None and self.chance.happens(0.3):
            self._tell(self._later(last, -6, 0), Kind.LENT, serial, who=self.chance.one_of(deputies))
            self._tell(self._later(last, 5, 30), Kind.LOAN_BACK, serial)

    def _mishaps(self, serial: str) -> None:
        years = (self.last_day - self.first_day).days / 365
        if self.chance.happens(min(0.5, 0.02 * years)):
            day = self._later(self.first_day, 5, max(6, (self.last_day - self.first_day).days - 5))
            kind = Kind.LOST if self.chance.happens(0.6) else Kind.STOLEN
            self._tell(day, kind, serial, until=at_work(self._later(day, -3, 0), 0))
            if self.chance.happens(0.4):
                self._tell(self._later(day, 5, 120), Kind.RETURNED, serial)

    def _holds(self) -> None:
        """Set holds on people and laptops, most of them around the end of a term."""
        for person in self.town.people:
            if self.chance.happens(0.12):
                self._hold("person", person)
        for serial in self.serials:
            if self.chance.happens(0.06):
                self._hold("device", serial)

    def _hold(self, kind: str, subject: str) -> None:
        around = [last for _, last in TERMS if self.first_day < last < self.last_day]
        if around and self.chance.happens(0.7):
            day = self._later(around[-1], -60, 3)
        else:
            day = self._later(self.first_day, 5, max(6, (self.last_day - self.first_day).days))
        word = self.chance.one_of(HOLD_KINDS)
        happened = self._tell(day, Kind.HOLD_SET, subject, who=kind, word=word)
        if self.chance.happens(0.6):
            lifted = self._later(day, 20, 120)
            self._tell(lifted, Kind.HOLD_LIFTED, subject, who=kind, word=word, until=happened.at)

    def _places(self) -> None:
        """Let each place have a terminal under an agreement that ends, and is sometimes extended too late."""
        for place in self.town.places:
            serial = f"P{len(self.terminals) + 1:02d}"
            self.terminals.append(serial)
            first = self.first_day - 30 * A_DAY
            ends = self._later(self.first_day, 60, max(90, (self.last_day - self.first_day).days - 40))
            at = begins(self.first_day)
            self.founding.append(
                Happening(at=at, kind=Kind.AGREED, about=place, who=first.isoformat(), until=is_over(ends))
            )
            self.founding.append(Happening(at=at, kind=Kind.ISSUED, about=serial, who=place, word="location"))
            if self.chance.happens(0.6):
                self._tell(
                    self._later(ends, -30, 6), Kind.AGREED, place, who=first.isoformat(),
                    until=is_over(self._later(ends, 100, 400)),
                )  # fmt: skip
            else:
                self._tell(self._later(ends, 2, 30), Kind.RETURNED, serial)

    def _stays(self) -> None:
        """Let a meeting run over midnight, an election be appealed and a return be disputed, now and then."""
        for _, last in TERMS:
            if not self.first_day < last < self.last_day:
                continue
            midnight = is_over(last)
            if self.chance.happens(0.2):
                self._stay(
                    midnight - timedelta(hours=3), midnight + timedelta(hours=3), "body", "VALT", "meeting"
                )
            if self.chance.happens(0.15):
                start = at_work(self._later(last, -20, 2), 30)
                end = at_work(self._later(day_of(start), 15, 60), 30)
                self._stay(start, end, "municipality", "", "appeal")
            for serial in self.serials:
                if self.chance.happens(0.05):
                    start = at_work(self._later(last, 2, 25), 60)
                    self._stay(start, start + timedelta(days=20), "device", serial, "dispute")

    def _stay(self, start: datetime, end: datetime, kind: str, subject: str, word: str) -> None:
        meeting = end if word == "meeting" else None
        if begins(self.first_day) <= start < begins(self.last_day):
            self.written.append(
                Happening(at=start, kind=Kind.STAY_SET, about=subject, who=kind, word=word, until=meeting)
            )
            if meeting is None:
                self.written.append(
                    Happening(at=end, kind=Kind.STAY_ENDED, about=subject, who=kind, word=word, until=start)
                )


def spells_of(rows: list[Row]) -> list[tuple[date, date | None]]:
    """Return the stretches of days in which a person's seats give a right to a laptop, joined."""
    days = sorted(
        ((row.first_day, row.last_day) for row in rows
         if row.body_type in LAPTOP_BODIES and row.seat in LAPTOP_SEATS
         and (row.last_day is None or row.last_day >= row.first_day)),
        key=lambda spell: (spell[0], spell[1] or date.max),
    )  # fmt: skip
    joined: list[tuple[date, date | None]] = []
    for first, last in days:
        before = joined[-1] if joined else None
        if before is None or (before[1] is not None and before[1] + A_DAY < first):
            joined.append((first, last))
        elif before[1] is not None and (last is None or last > before[1]):
            joined[-1] = before[0], last
    return joined
