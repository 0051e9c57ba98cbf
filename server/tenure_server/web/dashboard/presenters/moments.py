"""An instant as a page shows it: how long ago, and exactly when. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from tenure_server.language import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One instant in three writings."""

    text: str
    exact: str
    machine: str
    """RFC 3339, for the `datetime` attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scribe:
    """Writes instants for one reader: in their language, their municipality's zone, as seen from `now`."""

    speak: Translator
    zone: tzinfo
    now: datetime

    def ago(self, at: datetime | None) -> Moment | None:
        """Write how long ago it was, or how far ahead it is."""
        return self._moment(at, self.speak.ago(self.now - at)) if at else None

    def day(self, at: datetime | None) -> Moment | None:
        """Write the day."""
        return self._moment(at, self.speak.date(at, self.zone)) if at else None

    def last_day(self, end: datetime | None) -> Moment | None:
        """Write the last day before an exclusive end: 1.6. at 00:00 ends with 31.5."""
        if end is None:
            return None
        return self._moment(end, self.speak.date(end - timedelta(microseconds=1), self.zone))

    def exactly(self, at: datetime | None) -> Moment | None:
        """Write the day and the time."""
        return self._moment(at, self.speak.moment(at, self.zone)) if at else None

    def _moment(self, at: datetime, text: str) -> Moment:
        machine = at.isoformat().replace("+00:00", "Z")
        return Moment(text=text, exact=self.speak.moment(at, self.zone), machine=machine)
