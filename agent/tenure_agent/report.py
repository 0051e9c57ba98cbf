"""What a laptop says at a visit, and what it may forget once the server has it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import Final

import msgspec

from tenure_agent.mailbox.order import held_order
from tenure_agent.ports import Clock, Enforcer, Enrolment, Journal
from tenure_policies.directive import Held
from tenure_policies.wire import (
    MAX_BODY_BYTES,
    ClockReport,
    HeldEcho,
    LockReport,
    VisitAnswer,
    VisitRequest,
)

RECEIPTS_AT_ONCE: Final = 50
REFUSALS_AT_ONCE: Final = 50
DOCUMENT_BYTES: Final = MAX_BODY_BYTES * 3 // 4
"""How much of a message documents may take; what does not fit waits for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What a report is made of."""

    journal: Journal
    enforcer: Enforcer
    clock: Clock
    enrolment: Enrolment

    def request(
        self,
        *,
        held: Held | None,
        keys_number: int,
        clock: ClockReport,
        documents: Mapping[str, bytes],
        with_held: bool,
    ) -> VisitRequest:
        """Write the next report; takes a number of the visit counter.

        `documents` are all that were observed; empty before the laptop looked around, which repeats what
        the server has.
        """
        acknowledged = self.journal.acknowledged()
        digests = {name: sha256(body).hexdigest() for name, body in documents.items()}
        unknown = {name: documents[name] for name in digests if acknowledged.get(name) != digests[name]}
        checkpoint, was_echoed = self.journal.checkpoint()
        me = self.enrolment.identity
        mail = held_order(self.journal.mail_order())
        return VisitRequest(
            device=me.device,
            epoch=me.epoch,
            visit=self.journal.next_visit(),
            nonce=secrets.token_urlsafe(24),
            agent_version=_own_version(),
            keys_number=keys_number,
            held=self._held(held, whole=with_held),
            lock=self._lock(),
            clock=clock,
            checkpoint=None if was_echoed else checkpoint,
            digests={**acknowledged, **digests},
            documents={name: msgspec.Raw(body) for name, body in _that_fit(unknown)},
            receipts=tuple(document for _, document in self.journal.receipts()[:RECEIPTS_AT_ONCE]),
            refusals=self.journal.refusals()[:REFUSALS_AT_ONCE],
            mail_order=0 if mail is None else mail.order.number,
        )

    def delivered(self, request: VisitRequest, answer: VisitAnswer) -> None:
        """Forget what the server has now; receipts are acknowledged by number, in `accept`."""
        if request.refusals:
            self.journal.acknowledge_refusals(len(request.refusals))
        if request.checkpoint is not None:
            self.journal.checkpoint_was_echoed()
        sent = {name: request.digests[name] for name in request.documents}
        if sent or answer.want:
            self.journal.acknowledge(sent, answer.want)

    def _held(self, held: Held | None, *, whole: bool) -> HeldEcho | None:
        if held is None:
            return None
        document = self.journal.held() if whole else None
        return HeldEcho(seq=held.directive.seq, digest=held.digest, document=document)

    def _lock(self) -> LockReport:
        locked_under = self.enforcer.locked_under()
        if locked_under is None:
            return LockReport(locked=False)
        lock = self.journal.last_lock()
        by_lease = lock is not None and lock.lock_id == locked_under and lock.by_lease
        return LockReport(locked=True, lock_id=locked_under, by_lease=by_lease)


def _that_fit(documents: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    fitting, room = [], DOCUMENT_BYTES
    for name, body in sorted(documents.items(), key=lambda item: len(item[1])):
        if len(body) <= room:
            fitting.append((name, body))
            room -= len(body)
    return fitting


@cache
def _own_version() -> str:
    """Return the installed agent's version; looked for once, on the disk, in a worker's life."""
    return version("tenure-agent")
