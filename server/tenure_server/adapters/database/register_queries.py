"""The bitemporal register, custody, agreements and holds: what is recorded as true now, and what changed.

A version is never overwritten: a change ends the current version's recorded time and adds another. Only the
row number that points into the register's last file is refreshed in place: it is no fact.

Every transaction that changes what `facts` returns raises the municipality's register mark, so a process that
has read the facts of a mark need not read them again (100,000 rows a minute in every sweep otherwise).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, or_, select, update

from tenure_server.adapters.database import register_rows as rows
from tenure_server.adapters.database.connection import Connection, Values
from tenure_server.adapters.database.tables import (
    agreement,
    asset,
    body,
    commitment,
    custody,
    hold,
    mandate,
    municipality,
    municipality_head,
    person,
    register_import,
    register_remark,
    stay,
)
from tenure_server.domain.commitment import Commitment
from tenure_server.domain.custody import Agreement, Asset, Custody, CustodyKind, Hold
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.stay import Stay
from tenure_server.usecases.ports import RecordedFact, StoredImport

PERSON_KEY = ("person_id",)
BODY_KEY = ("body_id",)
MANDATE_KEY = ("person_id", "body_id", "seat", "valid_from")
AGREEMENT_KEY = ("location_id", "reference", "valid_from")
CUSTODY_KEY = ("serial", "holder_type", "holder", "kind", "valid_from")
STAY_KEY = ("subject_type", "subject", "kind", "valid_from")
HOLD_KEY = ("subject_type", "subject", "kind", "valid_from")


class KnownFacts:
    """The facts that a process read last of one municipality, and the register mark they are of."""

    def __init__(self) -> None:
        self.mark: int | None = None
        self.facts: Facts | None = None


class RegisterQueries:
    """Answers what the register says now; see `usecases.ports.RegisterStore`."""

    def __init__(self, connection: Connection, known: KnownFacts) -> None:
        self._connection = connection
        self._known = known
        self._changed = False

    async def facts(self) -> Facts:
        """Return everything that a plan is a function of, as recorded now."""
        if self._changed:
            return await self._read_facts()  # not committed yet: of no use to anybody else
        mark = await self._connection.value(
            select(municipality_head.c.register_mark).where(self._connection.mine(municipality_head))
        )
        if self._known.facts is None or mark is None or mark != self._known.mark:
            facts = await self._read_facts()
            self._known.mark, self._known.facts = mark, facts
            return facts
        return self._known.facts

    async def facts_as_recorded(self, at: datetime) -> Facts:
        """Return what was recorded at a past moment; see `RegisterStore.facts_as_recorded`."""
        return await self._versions_at(at)

    async def _read_facts(self) -> Facts:
        quarantine, warnings = await self._remarks()
        return replace(await self._versions_at(None), quarantine=quarantine, warnings=warnings)

    async def _versions_at(self, at: datetime | None) -> Facts:
        """Return the facts of a recorded moment; None: of now."""
        people = [rows.read_person(row) for row in await self._current(person, *PERSON_KEY, at=at)]
        bodies = [rows.read_body(row) for row in await self._current(body, *BODY_KEY, at=at)]
        mandates = await self._current(mandate, *MANDATE_KEY, at=at)
        assets = await self._connection.rows(self._all(asset, "serial"))
        holdings = await self._current(custody, "serial", "valid_from", "kind", at=at)
        agreements = await self._current(agreement, *AGREEMENT_KEY, at=at)
        return Facts(
            people={found.id: found for found in people},
            bodies={found.id: found for found in bodies},
            mandates=tuple(rows.read_mandate(row) for row in mandates),
            assets=tuple(rows.read_asset(row) for row in assets),
            custody=tuple(rows.read_custody(row) for row in holdings),
            agreements=tuple(rows.read_agreement(row) for row in agreements),
            holds=tuple(rows.read_hold(row) for row in await self._current(hold, *HOLD_KEY, at=at)),
            stays=tuple(rows.read_stay(row) for row in await self._current(_stay, *STAY_KEY, at=at)),
            register_date=await self._connection.value(
                select(municipality.c.register_date).where(self._connection.mine(municipality))
            ),
        )

    async def history(self, subject: str) -> Sequence[RecordedFact]:
        """Return every version recorded about a person or a device, in the order they were recorded."""
        kinds: tuple[tuple[Table, Any, Any], ...] = (
            (person, rows.read_person, person.c.person_id == subject),
            (mandate, rows.read_mandate, mandate.c.person_id == subject),
            (custody, rows.read_custody, or_(custody.c.serial == subject, custody.c.holder == subject)),
            (hold, rows.read_hold, hold.c.subject == subject),
            (stay, rows.read_stay, stay.c.subject == subject),
        )
        found = [
            RecordedFact(fact=read(row), recorded_from=row.recorded_from, recorded_to=row.recorded_to)
            for table, read, about in kinds
            for row in await self._connection.rows(self._all(table, "recorded_from", "row_id").where(about))
        ]
        return sorted(found, key=lambda one: one.recorded_from)

    async def imports(self) -> Sequence[StoredImport]:
        """Return every import and its outcome, oldest first."""
        found = await self._connection.rows(self._all(register_import, "at", "row_id"))
        return [
            StoredImport(at=row.at, file_digest=row.file_digest, outcome=row.outcome, summary=row.summary)
            for row in found
        ]

    async def replace_register(self, facts: Facts, recorded_at: datetime) -> None:
        """Make people, bodies, mandates, remarks and the register's date of `facts` the current ones."""
        await self._note_change()
        await self._replace(person, PERSON_KEY, map(rows.person_values, facts.people.values()), recorded_at)
        await self._replace(body, BODY_KEY, map(rows.body_values, facts.bodies.values()), recorded_at)
        await self._replace(mandate, MANDATE_KEY, map(rows.mandate_values, facts.mandates), recorded_at)
        await self._connection.run(delete(register_remark).where(self._connection.mine(register_remark)))
        await self._connection.add(register_remark, rows.remark_values(facts))
        await self._connection.run(
            update(municipality)
            .where(self._connection.mine(municipality))
            .values(register_date=facts.register_date)
        )

    async def replace_agreements(self, agreements: Sequence[Agreement], recorded_at: datetime) -> None:
        """Make these the current agreements, as `replace_register` does for mandates."""
        await self._note_change()
        await self._replace(agreement, AGREEMENT_KEY, map(rows.agreement_values, agreements), recorded_at)

    async def add_import(
        self, at: datetime, file_digest: str, outcome: str, summary: Mapping[str, str]
    ) -> None:
        """Remember an import and its outcome."""
        await self._connection.add(
            register_import, [{"at": at, "file_digest": file_digest, "outcome": outcome, "summary": summary}]
        )

    async def put_assets(self, assets: Sequence[Asset]) -> None:
        """Insert or update devices by serial."""
        await self._note_change()
        statement = self._connection.insert(asset)
        changed = {name: statement.excluded[name] for name in rows.ASSET_FACTS}
        await self._connection.run_many(
            statement.on_conflict_do_update(index_elements=["municipality_id", "serial"], set_=changed),
            [self._connection.owned(**rows.asset_values(one)) for one in assets],
        )

    async def put_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """Begin a custody; the same one put again changes nothing.

        Raises:
            ConflictError: The device already has a primary custodian then (invariant 5).
        """
        values = rows.custody_values(custody)
        current = await self._version(_custody, CUSTODY_KEY, values)
        if current is not None and rows.read_custody(current) == custody:
            return
        if custody.kind is CustodyKind.PRIMARY:
            await self._refuse_second_custodian(custody, current.row_id if current else None)
        await self._put_version(_custody, CUSTODY_KEY, values, recorded_at)

    async def end_custody(self, custody: Custody, recorded_at: datetime) -> None:
        """End the open custody of the same serial, holder, kind and start with this one's end and reason.

        Raises:
            NotFoundError: There is no such open custody.
        """
        values = rows.custody_values(custody)
        current = await self._version(_custody, CUSTODY_KEY, values)
        if current is None or (current.valid_to is not None and current.valid_to != custody.end):
            raise NotFoundError(say(N_("Nobody has {serial} like that now."), serial=custody.serial))
        values["register_row"] = current.register_row
        await self._put_version(_custody, CUSTODY_KEY, values, recorded_at)

    async def put_hold(self, hold: Hold, recorded_at: datetime) -> None:
        """Set a hold, or change its end."""
        await self._put_version(_hold, HOLD_KEY, rows.hold_values(hold), recorded_at)

    async def put_stay(self, stay: Stay, recorded_at: datetime) -> None:
        """Set a stay, or change its end."""
        await self._put_version(_stay, STAY_KEY, rows.stay_values(stay), recorded_at)

    async def add_commitment(self, commitment: Commitment) -> None:
        """Keep what a receiver signed; it is never changed."""
        await self._connection.add(_commitment, [rows.commitment_values(commitment)])

    async def commitments(self, serial: Serial) -> Sequence[Commitment]:
        """Return what was signed for one device, oldest first."""
        signed = self._all(commitment, "signed_at", "row_id").where(commitment.c.serial == serial)
        return [rows.read_commitment(row) for row in await self._connection.rows(signed)]

    async def _remarks(self) -> tuple[Any, Any]:
        found = await self._connection.rows(self._all(register_remark, "position"))
        return rows.read_remarks(found)

    def _all(self, table: Table, *order: str) -> Any:
        return select(table).where(self._connection.mine(table)).order_by(*(table.c[name] for name in order))

    async def _current(self, table: Table, *order: str, at: datetime | None = None) -> Sequence[Any]:
        """Return the versions that are current, or that were at a moment."""
        versions = self._all(table, *order)
        if at is None:
            return await self._connection.rows(versions.where(table.c.recorded_to.is_(None)))
        stood = or_(table.c.recorded_to.is_(None), table.c.recorded_to > at)
        return await self._connection.rows(versions.where(table.c.recorded_from <= at, stood))

    async def _version(self, table: Table, key: Sequence[str], values: Values) -> Any:
        same = and_(*(table.c[name] == values[name] for name in key))
        return await self._connection.row(self._all(table).where(table.c.recorded_to.is_(None), same))

    async def _note_change(self) -> None:
        if not self._changed:
            self._changed = True
            await self._connection.run(
                update(municipality_head)
                .where(self._connection.mine(municipality_head))
                .values(register_mark=municipality_head.c.register_mark + 1)
            )

    async def _put_version(
        self, table: Table, key: Sequence[str], values: Values, recorded_at: datetime
    ) -> None:
        await self._note_change()
        current = await self._version(table, key, values)
        if current is not None:
            if rows.same_facts(current, values):
                return
            await self._connection.run(
                update(table).where(table.c.row_id == current.row_id).values(recorded_to=recorded_at)
            )
        await self._connection.add(table, [{**values, "recorded_from": recorded_at}])

    async def _replace(
        self, table: Table, key: Sequence[str], wanted: Iterable[Values], recorded_at: datetime
    ) -> None:
        new = {tuple(values[name] for name in key): values for values in wanted}
        ended: list[Values] = []
        renumbered: list[Values] = []
        for current in await self._current(table, *key):
            found = new.get(tuple(getattr(current, name) for name in key))
            if found is None or not rows.same_facts(current, found):
                ended.append({"ended": current.row_id, "at": recorded_at})
                continue
            if found.get("register_row") != getattr(current, "register_row", None):
                renumbered.append({"ended": current.row_id, "at_row": found["register_row"]})
            del new[tuple(getattr(current, name) for name in key)]
        row = table.c.row_id == bindparam("ended")
        await self._connection.run_many(update(table).where(row).values(recorded_to=bindparam("at")), ended)
        if renumbered:
            await self._connection.run_many(
                update(table).where(row).values(register_row=bindparam("at_row")), renumbered
            )
        await self._connection.add(
            table, [{**values, "recorded_from": recorded_at} for values in new.values()]
        )

    async def _refuse_second_custodian(self, wanted: Custody, same: int | None) -> None:
        query = self._all(_custody).where(
            _custody.c.recorded_to.is_(None),
            _custody.c.serial == wanted.serial,
            _custody.c.kind == CustodyKind.PRIMARY.value,
            or_(_custody.c.valid_to.is_(None), _custody.c.valid_to > wanted.start),
            _custody.c.row_id != (same if same is not None else 0),
        )
        if wanted.end is not None:
            query = query.where(_custody.c.valid_from < wanted.end)
        if await self._connection.row(query) is not None:
            raise ConflictError(
                say(
                    N_("{serial} has a responsible holder already; take it back first."), serial=wanted.serial
                )
            )


_commitment = commitment
_custody = custody
_hold = hold
_stay = stay
