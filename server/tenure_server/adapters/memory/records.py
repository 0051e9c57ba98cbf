"""Small records of every kind, in memory; each is written and read back once, as a database would."""

from collections.abc import Sequence

from tenure_server.adapters.memory.moments import in_utc
from tenure_server.adapters.memory.state import Kept, no_records, record_rows
from tenure_server.adapters.memory.work import Work
from tenure_server.domain.errors import ConflictError
from tenure_server.domain.message import N_, say
from tenure_server.domain.record import R, Record, RecordKind, decode_record, encode_record


class MemoryRecords:
    """Answers which records there are of a kind, about a subject, still open; see `ports.RecordStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def get(self, kind: RecordKind[R], record: str) -> R | None:
        """Return the record with this id."""
        kept = self._work.state.records.get(kind.name)
        found = None if kept is None else kept.all.get(record)
        return None if found is None else found[2]

    async def all(
        self, kind: RecordKind[R], *, subject: str | None = None, open_only: bool = False
    ) -> Sequence[R]:
        """Return the records of a kind, oldest first: all, those about one subject, or those still open."""
        kept = self._work.state.records.get(kind.name)
        if kept is None:
            return []
        if subject is None:
            return [row[2] for row in (kept.open if open_only else kept.all).ordered()]
        rows = (kept.about.get(subject) or record_rows()).ordered()
        return [row[2] for row in rows if not open_only or row[1] in kept.open]

    async def add(self, kind: RecordKind[R], record: R) -> bool:
        """Add a record; False if its id is taken, and nothing was written."""
        state = self._work.changing()
        kept = state.records.get(kind.name) or no_records()
        if record.id in kept.all:
            return False
        read_back = decode_record(kind, encode_record(record))
        state.records = {**state.records, kind.name: self._with(kept, read_back)}
        return True

    async def replace(self, kind: RecordKind[R], was: R, now: R) -> None:
        """Put a record in the place of the one that was read.

        Raises:
            ConflictError: It is not as it was read any more, or has another id.
        """
        if await self.get(kind, was.id) != was or now.id != was.id:
            raise ConflictError(say(N_("{record} was changed meanwhile: look at it again."), record=was.id))
        state = self._work.changing()
        kept = self._without(state.records[kind.name], was)
        read_back = decode_record(kind, encode_record(now))
        state.records = {**state.records, kind.name: self._with(kept, read_back)}

    def _with(self, kept: Kept, record: Record) -> Kept:
        by, name = self._work.by, record.id
        row = (in_utc(record.at), name, record)
        mine = kept.about.get(record.subject) or record_rows()
        return Kept(
            all=kept.all.put(name, row, by=by),
            open=kept.open.put(name, row, by=by) if record.is_open else kept.open,
            about=kept.about.put(record.subject, mine.put(name, row, by=by), by=by),
        )

    def _without(self, kept: Kept, record: Record) -> Kept:
        by, name = self._work.by, record.id
        mine = kept.about.get(record.subject) or record_rows()
        return Kept(
            all=kept.all.without(name, by=by),
            open=kept.open.without(name, by=by),
            about=kept.about.put(record.subject, mine.without(name, by=by), by=by),
        )
