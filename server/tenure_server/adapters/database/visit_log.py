"""The hot path: how many laptops' visits become one statement and one commit.

Rules: a visit counts only under its device's present key and epoch, and only if its counter is greater than
the last of that epoch; a new epoch starts anew and an older one never comes back. Of two visits of one laptop
in one batch the second is judged after the first. A batch that fails wrote nothing and fails all its visits.

PostgreSQL gets one statement that is its own transaction: an upsert from `unnest`, sorted by device so that
two nodes' batches cannot deadlock; each `OFFSET 0` keeps it one index lookup for each laptop, whatever the
planner knows of the tables. SQLite gets a read and an upsert in one IMMEDIATE transaction; there CROSS JOIN
fixes the order in which the planner looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from tenure_server.adapters.database.column_types import map_text, moment_text
from tenure_server.adapters.database.connection import begun
from tenure_server.adapters.database.failures import translated
from tenure_server.adapters.database.natural_batch import NaturalBatch
from tenure_server.adapters.storable_visit import refuse_what_cannot_be_stored
from tenure_server.domain.device import LastVisit
from tenure_server.domain.errors import TenureError
from tenure_server.domain.ids import DeviceId, KeyThumbprint, MunicipalityId
from tenure_server.usecases.ports import VisitOutcome

BATCH = 1000
"""Most visits of one statement."""

UNKNOWN = VisitOutcome(
    valid=False, fresh=False, last_visit=0, seq=0, news=0, keys_number=0, stored_digests={}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    visit: LastVisit
    key: KeyThumbprint


class DatabaseVisitLog:
    """Records visits of one municipality's laptops; one object per process."""

    def __init__(self, engine: AsyncEngine, municipality: MunicipalityId) -> None:
        self._engine = engine
        self._municipality = municipality
        self._batch = NaturalBatch(self._record_batch, BATCH)
        self._on_sqlite = engine.dialect.name == "sqlite"
        self._record_round = _on_sqlite if self._on_sqlite else _on_postgresql

    async def record(self, visit: LastVisit, key: KeyThumbprint) -> VisitOutcome:
        """Record a visit signed by `key`; returns after its batch has been committed.

        Raises:
            UnavailableError: The database cannot write now.
            InputError: A value that no database stores; refused here so that it fails nobody else's visit.
        """
        refuse_what_cannot_be_stored(visit)
        return await self._batch.submit(_Signed(visit=visit, key=key))

    async def close(self) -> None:
        """Finish what is queued."""
        await self._batch.close()

    async def _record_batch(self, visits: Sequence[_Signed]) -> Sequence[VisitOutcome]:
        try:
            return await self._commit(visits)
        except TenureError:
            raise
        except Exception:
            if len(visits) == 1:
                raise
        return [(await self._commit([visit]))[0] for visit in visits]  # only the culprit's round fails

    async def _commit(self, visits: Sequence[_Signed]) -> Sequence[VisitOutcome]:
        outcomes: dict[int, VisitOutcome] = {}
        rounds = _rounds(visits)
        alone = {"isolation_level": "AUTOCOMMIT"} if len(rounds) == 1 and not self._on_sqlite else {}
        with translated():
            async with begun(self._engine, **alone) as connection:
                for places in rounds:
                    found = await self._record_round(
                        connection, self._municipality, [visits[place] for place in places]
                    )
                    for place in places:
                        outcomes[place] = found.get(visits[place].visit.device, UNKNOWN)
        return [outcomes[place] for place in range(len(visits))]


def _rounds(visits: Sequence[_Signed]) -> list[list[int]]:
    """Return the places of visits such that each round has one of each laptop, in order and sorted by it."""
    rounds: list[list[int]] = []
    seen: dict[DeviceId, int] = {}
    for place, signed in enumerate(visits):
        number = seen.get(signed.visit.device, 0)
        seen[signed.visit.device] = number + 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(place)
    for places in rounds:
        places.sort(key=lambda place: visits[place].visit.device)
    return rounds


_COLUMNS = (
    "device_id, epoch, visit, seen_at, agent_version, keys_number, held_seq, held_digest, locked, lock_id, "
    "by_lease, digests, clock_trusted, clock_wall"
)
_OVERWRITTEN = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ")[1:])

_UPSERT_FROM_UNNEST = f"""
WITH shown AS (
  SELECT * FROM unnest(
    $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[], $8::bigint[],
    $9::bigint[], $10::text[], $11::boolean[], $12::text[], $13::boolean[], $14::text[], $15::timestamptz[],
    $16::timestamptz[]
  ) AS shown (signer, {_COLUMNS})
), known AS MATERIALIZED (
  SELECT shown.*, found.seq, found.news, found.document_digests
  FROM shown CROSS JOIN LATERAL (
    SELECT seq, news, document_digests FROM device
    WHERE municipality_id = $1 AND device_id = shown.device_id AND epoch = shown.epoch
      AND key = shown.signer AND revoked_at IS NULL
    OFFSET 0
  ) AS found
), written AS (
  INSERT INTO device_visit (municipality_id, {_COLUMNS})
  SELECT $1, {_COLUMNS} FROM known ORDER BY device_id
  ON CONFLICT (municipality_id, device_id) DO UPDATE SET {_OVERWRITTEN}
  WHERE (excluded.epoch, excluded.visit) > (device_visit.epoch, device_visit.visit)
  RETURNING device_id, visit
)
SELECT false AS fresh, known.device_id, known.seq, known.news, known.document_digests,
  COALESCE(before.visit, 0) AS last_visit,
  COALESCE((SELECT keys_number FROM municipality_head WHERE municipality_id = $1), 0) AS keys_number
FROM known LEFT JOIN LATERAL (
  SELECT visit FROM device_visit
  WHERE municipality_id = $1 AND device_id = known.device_id AND epoch = known.epoch
  OFFSET 0
) AS before ON true
UNION ALL SELECT true, device_id, 0, 0, NULL, visit, 0 FROM written
"""  # noqa: S608 - only the module's own column names are filled in


async def _on_postgresql(
    connection: AsyncConnection, municipality: MunicipalityId, visits: Sequence[_Signed]
) -> Mapping[DeviceId, VisitOutcome]:
    columns = zip(*((signed.key, *_values(signed.visit)) for signed in visits), strict=True)
    found = await connection.exec_driver_sql(
        _UPSERT_FROM_UNNEST, (municipality, *(list(column) for column in columns))
    )
    rows = found.all()
    written = {row.device_id: row.last_visit for row in rows if row.fresh}
    return {
        row.device_id: _outcome(
            row, fresh=row.device_id in written, last_visit=written.get(row.device_id, row.last_visit)
        )
        for row in rows
        if not row.fresh
    }


_KNOWN_OF_JSON = text("""
SELECT device.device_id, device.seq, device.news, device.document_digests,
  device_visit.epoch AS last_epoch, device_visit.visit AS last_visit,
  COALESCE((SELECT keys_number FROM municipality_head WHERE municipality_id = :municipality), 0)
    AS keys_number
FROM json_each(:shown) AS shown
CROSS JOIN device ON device.municipality_id = :municipality
  AND device.device_id = json_extract(shown.value, '$[0]') AND device.key = json_extract(shown.value, '$[1]')
  AND device.epoch = json_extract(shown.value, '$[2]') AND device.revoked_at IS NULL
LEFT JOIN device_visit
  ON device_visit.municipality_id = :municipality AND device_visit.device_id = device.device_id
""")

_UPSERT_OF_ROW = f"""
INSERT INTO device_visit (municipality_id, {_COLUMNS})
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (municipality_id, device_id) DO UPDATE SET {_OVERWRITTEN}
"""  # noqa: S608 - only the module's own column names are filled in


async def _on_sqlite(
    connection: AsyncConnection, municipality: MunicipalityId, visits: Sequence[_Signed]
) -> Mapping[DeviceId, VisitOutcome]:
    shown = [(signed.visit.device, signed.key, signed.visit.epoch) for signed in visits]
    rows = await connection.execute(
        _KNOWN_OF_JSON, {"municipality": municipality, "shown": msgspec.json.encode(shown).decode()}
    )
    known = {row.device_id: row for row in rows}
    outcomes: dict[DeviceId, VisitOutcome] = {}
    fresh = []
    for signed in visits:
        row = known.get(signed.visit.device)
        if row is None:
            continue
        last = row.last_visit if row.last_epoch == signed.visit.epoch else 0
        is_fresh = (signed.visit.epoch, signed.visit.visit) > (row.last_epoch or 0, row.last_visit or 0)
        if row.last_epoch is None or is_fresh:
            fresh.append((municipality, *_as_sqlite(_values(signed.visit))))
            last, is_fresh = signed.visit.visit, True
        outcomes[signed.visit.device] = _outcome(row, fresh=is_fresh, last_visit=last)
    if fresh:
        await connection.exec_driver_sql(_UPSERT_OF_ROW, fresh)
    return outcomes


def _values(visit: LastVisit) -> tuple[Any, ...]:
    return (
        visit.device,
        visit.epoch,
        visit.visit,
        visit.seen_at,
        visit.agent_version,
        visit.keys_number,
        visit.held_seq,
        visit.held_digest,
        visit.locked,
        visit.lock_id,
        visit.by_lease,
        map_text(visit.digests),
        visit.clock_trusted,
        visit.clock_wall,
    )


def _as_sqlite(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(moment_text(value) if hasattr(value, "tzinfo") else value for value in values)


def _outcome(row: Any, *, fresh: bool, last_visit: int) -> VisitOutcome:
    return VisitOutcome(
        valid=True,
        fresh=fresh,
        last_visit=last_visit,
        seq=row.seq,
        news=row.news,
        keys_number=row.keys_number,
        stored_digests=msgspec.json.decode(row.document_digests, type=dict[str, str]),
    )
