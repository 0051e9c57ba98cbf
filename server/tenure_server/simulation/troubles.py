"""What goes wrong with machines: laptops away, off or reset, clocks moved, servers down or restored."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tenure_server.simulation.chance import Chance
from tenure_server.simulation.days import TERMS, at_work, is_over
from tenure_server.simulation.happenings import Happening, Kind

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(slots=True, kw_only=True)
class Troubles:
    """Writes what goes wrong in one city."""

    serials: list[str]
    chance: Chance
    first_day: date
    last_day: date
    written: list[Happening] = field(default_factory=list)

    def write(self) -> list[Happening]:
        """Return everything, in no order."""
        for serial in self.serials:
            self._laptop(serial)
        self._server()
        self._signer()
        self._thief()
        return self.written

    @property
    def _years(self) -> float:
        return (self.last_day - self.first_day).days / 365

    def _sometime(self) -> datetime:
        days = self.chance.number(3, max(4, (self.last_day - self.first_day).days - 1))
        return at_work(self.first_day + timedelta(days=days), self.chance.number(-480, 900))

    def _times(self, a_year: float) -> int:
        expected = a_year * self._years
        return int(expected) + self.chance.happens(expected - int(expected))

    def _add(self, at: datetime, kind: Kind, about: str = "", **more: object) -> None:
        self.written.append(Happening(at=at, kind=kind, about=about, **more))  # type: ignore[arg-type]

    def _laptop(self, serial: str) -> None:
        chance = self.chance
        for _ in range(self._times(0.5)):
            at = self._sometime()
            self._add(at, Kind.LAPTOP_AWAY, serial, until=at + chance.spell(HOUR, 40 * DAY))
        for _ in range(self._times(0.3)):
            at = self._sometime()
            self._add(at, Kind.LAPTOP_OFF, serial, until=at + chance.spell(HOUR, 30 * DAY))
        for _ in range(self._times(0.4)):
            self._add(self._sometime(), Kind.REBOOTED, serial)
        for _ in range(self._times(0.1)):
            moved = chance.one_of((-400 * DAY, -30 * DAY, -HOUR, HOUR, 20 * DAY, 3000 * DAY))
            at = self._sometime()
            self._add(at, Kind.CLOCK_MOVED, serial, seconds=moved.total_seconds())
            self._add(at + chance.spell(HOUR, 30 * DAY), Kind.CLOCK_MOVED, serial)
        for _ in range(self._times(0.06)):
            self._reinstall(serial, self._sometime())
        for _, last in TERMS:
            ends = is_over(last)
            if self.first_day < last < self.last_day:
                self._around(serial, ends)

    def _around(self, serial: str, ends: datetime) -> None:
        """Let a laptop be away, off, or tampered with just as the term ends."""
        chance = self.chance
        if chance.happens(0.2):
            at = ends - chance.spell(HOUR, 30 * DAY)
            self._add(at, Kind.LAPTOP_AWAY, serial, until=ends + chance.spell(HOUR, 30 * DAY))
        if chance.happens(0.1):
            at = ends - chance.spell(HOUR, 5 * DAY)
            self._add(at, Kind.LAPTOP_OFF, serial, until=ends + chance.spell(HOUR, 10 * DAY))
        if chance.happens(0.05):
            moved = chance.one_of((-30 * DAY, -400 * DAY, 10 * DAY))
            at = ends - chance.spell(HOUR, 6 * DAY)
            self._add(at, Kind.CLOCK_MOVED, serial, seconds=moved.total_seconds())
        if chance.happens(0.12):
            self._reinstall(serial, ends + chance.spell(HOUR, 12 * DAY))

    def _reinstall(self, serial: str, at: datetime) -> None:
        self._add(at, Kind.REINSTALLED, serial)
        self._add(at + self.chance.spell(DAY, 30 * DAY), Kind.LOOKED_AT, serial)

    def _server(self) -> None:
        chance = self.chance
        for _ in range(self._times(1.5)):
            at = self._sometime()
            self._add(at, Kind.SERVER_DOWN, until=at + chance.spell(HOUR, 3 * DAY))
        for _ in range(self._times(1.0)):
            at = self._sometime()
            self._add(at, Kind.LOSSY, until=at + chance.spell(HOUR, 10 * DAY))
        for number in range(self._times(0.2)):
            self._restore(str(number), self._sometime())
        for _, last in TERMS:
            if self.first_day < last < self.last_day and chance.happens(0.25):
                self._restore("at the end", is_over(last) + chance.spell(-2 * DAY, 5 * DAY))

    def _restore(self, name: str, at: datetime) -> None:
        backup = at - self.chance.spell(HOUR, 4 * DAY)
        self._add(backup, Kind.BACKED_UP, name)
        self._add(at, Kind.RESTORED, name)
        self._add(at + self.chance.spell(HOUR, 12 * DAY), Kind.REGISTER_CONFIRMED)
        self._add(at + self.chance.spell(13 * DAY, 20 * DAY), Kind.REGISTER_CONFIRMED)

    def _signer(self) -> None:
        chance = self.chance
        for _ in range(self._times(0.4)):
            at = self._sometime()
            self._add(at, Kind.SIGNER_DOWN, until=at + chance.spell(HOUR, 10 * DAY))
        for number in range(self._times(0.2)):
            at = self._sometime()
            self._add(at, Kind.SIGNER_STOPPED, f"stop-{number}")
            self._add(at + chance.spell(HOUR, 20 * DAY), Kind.SIGNER_RESUMED, f"stop-{number}")
        for _ in range(self._times(0.3)):
            at = self._sometime()
            self._add(at, Kind.APPROVERS_REFUSE, until=at + chance.spell(DAY, 40 * DAY))

    def _thief(self) -> None:
        for serial in self.serials:
            if self.chance.happens(min(0.9, 0.4 * self._years)):
                self._add(self._sometime(), Kind.OLD_LOCK_OFFERED, serial)
