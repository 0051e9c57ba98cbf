"""Carries out what was decided: journalled before, receipted after; decides nothing.

An act is begun in the journal before the machine is touched. What the machine then shows becomes a receipt
under the device key, in the transaction that closes the act. A lock or unlock has one receipt; a wipe has
one when accepted, one when it begins and one when it is over.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec

from tenure_agent.decide import AcceptWipe, ActRecord, Erase, Lock, Resume, Step, Unlock, Withdraw
from tenure_agent.errors import EnforcerError
from tenure_agent.ports import Enforcer, Enrolment, Journal, LockOrder, SealReceipt
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.payloads import Act, Directive, Outcome, Proof, Receipt, Sentences

_NO_WORDS = Sentences(fi="", sv="", en="")
_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryingOut:
    """What acting needs."""

    journal: Journal
    enforcer: Enforcer
    enrolment: Enrolment
    key: ec.EllipticCurvePrivateKey
    now: Callable[[], datetime]
    """The moment that receipts name: trusted if known."""

    def perform(self, step: Step, directive: Directive | None) -> bool:
        """Carry out a step and tell whether to decide again; False after a failure, or for no act."""
        match step:
            case Resume(record=record):
                return self._resume(record, directive)
            case Withdraw(record=record):
                self.journal.advance(record, Outcome.FAILED, self._sealing(error="a newer directive came"))
                return True
            case Erase(record=record):
                return self._erase(record)
        return directive is not None and self._begin(step, directive)

    def _begin(self, step: Step, directive: Directive) -> bool:
        match step:
            case Lock(by_lease=by_lease):
                record = _new(Act.LOCK, Outcome.RUNNING, directive, directive.lock_id, by_lease=by_lease)
                return self._lock(self.journal.begin(record, None), directive)
            case Unlock(lock_id=lock_id):
                record = _new(Act.UNLOCK, Outcome.RUNNING, directive, lock_id)
                return self._unlock(self.journal.begin(record, None))
            case AcceptWipe():
                record = _new(Act.WIPE, Outcome.ACCEPTED, directive, directive.lock_id)
                self.journal.begin(record, self._sealing())
                return True
            case _:
                return False

    def _resume(self, record: ActRecord, directive: Directive | None) -> bool:
        match record.act:
            case Act.LOCK:
                return self._lock(record, directive)
            case Act.UNLOCK:
                return self._unlock(record)
            case Act.WIPE:
                return self._wipe(record)

    def _lock(self, record: ActRecord, directive: Directive | None) -> bool:
        order = LockOrder(
            lock_id=record.lock_id,
            since=self.now(),
            by_lease=record.by_lease,
            reason=_NO_WORDS if directive is None else directive.reason,
            instructions=_NO_WORDS if directive is None else directive.instructions,
        )
        return self._try(record, lambda: self.enforcer.lock(order))

    def _unlock(self, record: ActRecord) -> bool:
        return self._try(record, self.enforcer.unlock)

    def _erase(self, record: ActRecord) -> bool:
        try:
            opened = self.enforcer.opens()
        except EnforcerError as error:
            return self._failed(record, error)
        begun = replace(record, opened_before=opened)
        return self._wipe(self.journal.advance(begun, Outcome.RUNNING, self._sealing()))

    def _wipe(self, record: ActRecord) -> bool:
        try:
            proof = self.enforcer.wipe(opened_before=bool(record.opened_before))
        except EnforcerError as error:
            return self._failed(record, error)
        if proof.opens_after:
            outcome = Outcome.FAILED
        else:
            outcome = Outcome.DONE if proof.proven else Outcome.UNCONFIRMED
        self.journal.advance(record, outcome, self._sealing(proof=proof))
        return outcome is not Outcome.FAILED

    def _try(self, record: ActRecord, touch: Callable[[], None]) -> bool:
        try:
            touch()
        except EnforcerError as error:
            return self._failed(record, error)
        self.journal.advance(record, Outcome.DONE, self._sealing())
        return True

    def _failed(self, record: ActRecord, error: EnforcerError) -> bool:
        self.journal.advance(record, Outcome.FAILED, self._sealing(error=str(error)[:_LONGEST_ERROR]))
        return False

    def _sealing(self, *, proof: Proof | None = None, error: str = "") -> SealReceipt:
        me = self.enrolment.identity

        def sealed(number: int, record: ActRecord) -> SignedDocument:
            receipt = Receipt(
                municipality=me.municipality,
                device=me.device,
                serial=me.serial,
                device_key=me.device_key,
                epoch=me.epoch,
                number=number,
                act=record.act,
                outcome=record.outcome,
                lock_id=record.lock_id,
                seq=record.seq,
                by_lease=record.by_lease,
                at=self.now(),
                proof=proof,
                error=error,
            )
            return seal(receipt, PayloadType.RECEIPT, signer_for(self.key))

        return sealed


def _new(
    act: Act, outcome: Outcome, directive: Directive, lock_id: str, *, by_lease: bool = False
) -> ActRecord:
    return ActRecord(id=0, act=act, outcome=outcome, lock_id=lock_id, seq=directive.seq, by_lease=by_lease)
