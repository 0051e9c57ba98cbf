"""An instant as a page shows it: how long ago, and exactly when. Pure: no I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from tenure_server.domain.message import Message
from tenure_server.language import Translator

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]|$)")


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

    def say(self, message: Message) -> str:
        """Say a message of the core, with the dates and instants inside it written for the reader."""
        params = {name: self.written(value) for name, value in message.params.items()}
        return self.speak.say(Message(message.sentence, params))

    def written(self, value: str) -> str:
        """Write a text that is a machine's date or instant for the reader; leave any other as it is."""
        if not _DATE.match(value):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        if at.tzinfo is not None:
            return self.speak.moment(at, self.zone)
        # A plain day belongs to no zone.
        is_day = len(value) == len("2029-06-01")
        return self.speak.date(at.replace(hour=12, tzinfo=UTC), UTC) if is_day else value

    def _moment(self, at: datetime, text: str) -> Moment:
        machine = at.isoformat().replace("+00:00", "Z")
        return Moment(text=text, exact=self.speak.moment(at, self.zone), machine=machine)
