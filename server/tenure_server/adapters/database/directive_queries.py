"""Which directive is a laptop's newest, which keys documents there are, which cases run."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, and_, func, select, update

from tenure_policies.payloads import KeysDocument
from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.news_queries import next_news_mark
from tenure_server.adapters.database.tables import (
    device,
    directive,
    keys_document,
    lifecycle_case,
    municipality_head,
)
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.ids import CaseId, DeviceId
from tenure_server.domain.lifecycle import CaseStatus, LifecycleCase
from tenure_server.domain.message import N_, say
from tenure_server.usecases.ports import StoredDirective


class DirectiveQueries:
    """Answers what was signed and why; see `usecases.ports.DirectiveStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def latest(self, device: DeviceId) -> StoredDirective | None:
        """Return the laptop's newest directive."""
        row = await self._connection.row(
            self._directives()
            .where(directive.c.device_id == device)
            .order_by(directive.c.epoch.desc(), directive.c.seq.desc())
            .limit(1)
        )
        return None if row is None else _read_directive(row)

    async def all_latest(self) -> Mapping[DeviceId, StoredDirective]:
        """Return the newest directive of every laptop."""
        newest_first = func.row_number().over(
            partition_by=directive.c.device_id, order_by=(directive.c.epoch.desc(), directive.c.seq.desc())
        )
        ranked = (
            select(directive.c.device_id, directive.c.epoch, directive.c.seq, newest_first.label("rank"))
            .where(self._connection.mine(directive))
            .subquery()
        )
        same = and_(
            ranked.c.device_id == directive.c.device_id,
            ranked.c.epoch == directive.c.epoch,
            ranked.c.seq == directive.c.seq,
        )
        found = await self._connection.rows(self._directives().join(ranked, same).where(ranked.c.rank == 1))
        return {row.device_id: _read_directive(row) for row in found}

    async def history(self, device: DeviceId) -> Sequence[StoredDirective]:
        """Return the laptop's directives, oldest first."""
        found = await self._connection.rows(
            self._directives()
            .where(directive.c.device_id == device)
            .order_by(directive.c.epoch, directive.c.seq)
        )
        return [_read_directive(row) for row in found]

    async def add(self, directive: StoredDirective) -> None:
        """Store a directive; its seq was taken in this transaction.

        Raises:
            ConflictError: This number has a directive already.
        """
        await self._connection.add(
            _directive,
            [
                {
                    "device_id": directive.device,
                    "epoch": directive.epoch,
                    "seq": directive.seq,
                    "lock_id": directive.lock_id,
                    "state": directive.state,
                    "lock_at": directive.lock_at,
                    "holder": directive.holder,
                    "case_id": directive.case,
                    "digest": directive.digest,
                    "plan_digest": directive.plan_digest,
                    "issued": directive.issued,
                    "document": directive.document,
                }
            ],
        )

    async def keys_documents(self) -> Sequence[tuple[KeysDocument, bytes]]:
        """Return all keys documents, oldest first, each with its signed JSON."""
        found = await self._connection.rows(
            select(keys_document).where(self._connection.mine(keys_document)).order_by(keys_document.c.number)
        )
        return [(msgspec.json.decode(row.document, type=KeysDocument), row.signed) for row in found]

    async def add_keys_document(self, document: KeysDocument, signed: bytes) -> None:
        """Store the next keys document and make it news for every laptop.

        Raises:
            ConflictError: Its number is not the next.
        """
        next_one = await self._connection.run(
            update(municipality_head)
            .where(
                self._connection.mine(municipality_head),
                municipality_head.c.keys_number == document.number - 1,
            )
            .values(keys_number=document.number)
        )
        if next_one != 1:
            raise ConflictError(
                say(N_("Keys document {number} is not the next one."), number=document.number)
            )
        await self._connection.add(
            keys_document,
            [
                {
                    "number": document.number,
                    "document": msgspec.json.encode(document, order="deterministic"),
                    "signed": signed,
                }
            ],
        )
        await self._make_news_for_all()

    async def cases(self) -> Sequence[LifecycleCase]:
        """Return all cases, oldest first."""
        found = await self._connection.rows(
            select(lifecycle_case)
            .where(self._connection.mine(lifecycle_case))
            .order_by(lifecycle_case.c.opened_at, lifecycle_case.c.case_id)
        )
        return [_read_case(row) for row in found]

    async def add_case(self, case: LifecycleCase) -> None:
        """Open a case."""
        await self._connection.add(
            lifecycle_case,
            [
                {
                    "case_id": case.id,
                    "serial": case.serial,
                    "holder": case.holder,
                    "lock_id": case.lock_id,
                    "ends_at": case.ends_at,
                    "rule": case.rule,
                    "decision": case.decision,
                    "status": case.status.value,
                    "opened_at": case.opened_at,
                }
            ],
        )

    async def set_case_status(self, case: CaseId, status: CaseStatus) -> None:
        """Store a case's new status.

        Raises:
            NotFoundError: There is no such case.
        """
        changed = await self._connection.run(
            update(lifecycle_case)
            .where(self._connection.mine(lifecycle_case), lifecycle_case.c.case_id == case)
            .values(status=status.value)
        )
        if changed != 1:
            raise NotFoundError(say(N_("There is no such case.")))

    def _directives(self) -> Select[Any]:
        return select(directive).where(self._connection.mine(directive))

    async def _make_news_for_all(self) -> None:
        mark = await next_news_mark(self._connection)
        found = await self._connection.rows(
            update(device)
            .where(self._connection.mine(device))
            .values(news=device.c.news + 1, news_mark=mark)
            .returning(device.c.device_id)
        )
        self._connection.news.update(row.device_id for row in found)


_directive = directive


def _read_directive(row: Any) -> StoredDirective:
    return StoredDirective(
        device=row.device_id,
        epoch=row.epoch,
        seq=row.seq,
        lock_id=row.lock_id,
        state=row.state,
        lock_at=row.lock_at,
        holder=row.holder,
        case=row.case_id,
        digest=row.digest,
        plan_digest=row.plan_digest,
        issued=row.issued,
        document=row.document,
    )


def _read_case(row: Any) -> LifecycleCase:
    return LifecycleCase(
        id=row.case_id,
        serial=row.serial,
        holder=row.holder,
        lock_id=row.lock_id,
        ends_at=row.ends_at,
        rule=row.rule,
        decision=row.decision,
        status=CaseStatus(row.status),
        opened_at=row.opened_at,
    )
