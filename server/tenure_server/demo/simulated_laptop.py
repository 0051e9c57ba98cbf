"""One simulated laptop: what it says, what it accepts, what it does. No I/O; the time is an argument.

It judges everything it is sent by the same rules as a real agent (`tenure_policies.directive`), signs with a
key of its own, and destroys nothing: its wipe is emulated, says so, and is therefore never proven.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.directive import Held, Identity, judge_directive, judge_wipe
from tenure_policies.envelope import PayloadType, SignedDocument, public_pem, seal, signer_for, thumbprint
from tenure_policies.payloads import (
    Act,
    Directive,
    DirectiveState,
    KeysDocument,
    Outcome,
    Proof,
    Receipt,
    Role,
    TimeStatement,
)
from tenure_policies.trusted_keys import RefusedDocumentError, TrustedKeys, judge_keys
from tenure_policies.wire import (
    ClockReport,
    EnrolAnswer,
    EnrolRequest,
    HeldEcho,
    LockReport,
    RefusalReport,
    VisitAnswer,
    VisitRequest,
)

AGENT_VERSION = "0.1.0+simulated"
EMULATED = Proof(method="emulated", emulated=True, opened_before=True, opens_after=False, key_slots=0)


@dataclass(slots=True, kw_only=True)
class SimulatedLaptop:
    """A laptop of the demo; `root` is the pinned thumbprint of the city's root key."""

    serial: str
    model: str
    platform: str
    root: str
    documents: dict[str, bytes]
    """Its inventory: document -> JSON."""
    key: ec.EllipticCurvePrivateKey
    audience: str = ""
    ticket: str = ""
    visit: int = 0
    locked_under: str | None = None
    by_lease: bool = False
    _identity: Identity | None = None
    _keys: TrustedKeys | None = None
    _held: Held | None = None
    _held_document: SignedDocument | None = None
    _show_held: bool = False
    _replaced: set[str] = field(default_factory=set)
    _manifest: SignedDocument | None = None
    _release: SignedDocument | None = None
    _checkpoint: SignedDocument | None = None
    _known: set[str] = field(default_factory=set)
    """Inventory documents that the server has."""
    _receipts: list[tuple[int, SignedDocument]] = field(default_factory=list)
    _number: int = 0
    _acknowledged: int = 0
    _refusals: list[RefusalReport] = field(default_factory=list)
    _accepted: tuple[str, int] | None = None
    """The lock_id whose wipe was accepted, and the number of the receipt that says so."""
    _wiped_under: str | None = None

    @property
    def keyid(self) -> str:
        """Return the thumbprint of its key."""
        return thumbprint(self.key.public_key())

    @property
    def lock_at(self) -> datetime | None:
        """Return when it will lock by itself; None if it never will or has."""
        directive = None if self._held is None else self._held.directive
        return None if directive is None or self.locked_under == directive.lock_id else directive.lock_at

    def enrol_request(self, token: str) -> EnrolRequest:
        """Say who it is."""
        return EnrolRequest(
            token=token,
            public_key=public_pem(self.key.public_key()),
            serial=self.serial,
            platform=self.platform,
            model=self.model,
            agent_version=AGENT_VERSION,
            key_protection="software",
        )

    def enrolled(self, answer: EnrolAnswer) -> None:
        """Pin the keys that the pinned root vouches for.

        Raises:
            RefusedDocumentError: The keys are not the city's.
        """
        current: KeysDocument | None = None
        for document in answer.keys:
            current = judge_keys(
                document,
                current=current,
                pinned_root=frozenset({self.root}),
                municipality=answer.municipality,
            )
        if current is not None:
            self._keys = TrustedKeys(current)
        self.audience = answer.audience
        self._identity = Identity(
            municipality=answer.municipality,
            device=answer.device,
            device_key=self.keyid,
            epoch=answer.epoch,
            serial=self.serial,
        )

    def visit_request(self, now: datetime) -> VisitRequest:
        """Report."""
        identity, keys = self._known_identity(), self._known_keys()
        self.visit += 1
        digests = {name: hashlib.sha256(body).hexdigest() for name, body in self.documents.items()}
        return VisitRequest(
            device=identity.device,
            epoch=identity.epoch,
            visit=self.visit,
            nonce=secrets.token_urlsafe(16),
            agent_version=AGENT_VERSION,
            keys_number=keys.document.number,
            held=self._echo(),
            lock=LockReport(
                locked=self.locked_under is not None, lock_id=self.locked_under, by_lease=self.by_lease
            ),
            clock=ClockReport(trusted=now, wall=now),
            checkpoint=self._checkpoint,
            digests=digests,
            documents={
                name: msgspec.Raw(body) for name, body in self.documents.items() if name not in self._known
            },
            receipts=tuple(document for _, document in self._receipts),
            refusals=tuple(self._refusals),
        )

    def take(self, request: VisitRequest, answer: VisitAnswer, now: datetime) -> bool:
        """Take in an answer and act on it; tell whether there is something to report at once."""
        self._refusals, self._checkpoint, self.ticket = [], None, answer.ticket
        self._known = (self._known | set(request.documents)) - set(answer.want)
        held, signed_now = self._held, None
        try:
            self._rotate(answer)
            signed_now = self._signed_time(answer, request.nonce)
            self._take_documents(answer, signed_now)
        except RefusedDocumentError as error:
            self._refuse(error, now)
        self.act(now if signed_now is None else max(now, signed_now), signed_now=signed_now)
        self._show_held = answer.want_held
        follows_another = self._held is not held
        return bool(self._receipts or self._refusals or answer.want) or answer.want_held or follows_another

    def act(self, now: datetime, *, signed_now: datetime | None = None) -> None:
        """Do what the held directive says at this moment; works without any server."""
        if self._held is None:
            return
        directive = self._held.directive
        is_locked_here = self.locked_under == directive.lock_id
        match directive.state:
            case DirectiveState.ACTIVE:
                is_over = directive.lock_at is not None and now >= directive.lock_at
                if is_over and not is_locked_here:
                    self._lock(directive, now, by_lease=True)
                elif not is_over and self.locked_under is not None:
                    self._unlock(directive, now)
            case DirectiveState.LOCKED | DirectiveState.WIPED if not is_locked_here:
                self._lock(directive, now, by_lease=False)
            case DirectiveState.WIPED:
                self._wipe(directive, now, signed_now)
            case DirectiveState.LOCKED:
                pass

    def _rotate(self, answer: VisitAnswer) -> None:
        for document in answer.keys:
            current = self._known_keys().document
            judged = judge_keys(
                document, current=current, pinned_root=frozenset(), municipality=current.municipality
            )
            self._keys = TrustedKeys(judged)

    def _signed_time(self, answer: VisitAnswer, nonce: str) -> datetime | None:
        statement = self._known_keys().open(answer.time, PayloadType.TIME, TimeStatement, Role.DIRECTIVE)
        answers_us = (statement.device, statement.nonce) == (self._known_identity().device, nonce)
        return statement.now if answers_us else None

    def _take_documents(self, answer: VisitAnswer, signed_now: datetime | None) -> None:
        self._checkpoint = answer.checkpoint
        self._manifest = answer.manifest or self._manifest
        self._release = answer.release or self._release
        self._acknowledged = max(self._acknowledged, answer.receipts_through)
        self._receipts = [item for item in self._receipts if item[0] > self._acknowledged]
        if answer.directive is None or signed_now is None:
            return
        judged = judge_directive(
            answer.directive,
            held=self._held,
            replaced_locks=frozenset(self._replaced),
            identity=self._known_identity(),
            keys=self._known_keys(),
            now=signed_now,
        )
        if judged is None:
            return
        if self._held is not None and self._held.directive.lock_id != judged.directive.lock_id:
            self._replaced.add(self._held.directive.lock_id)
        self._held, self._held_document = judged, answer.directive

    def _lock(self, directive: Directive, now: datetime, *, by_lease: bool) -> None:
        self.locked_under, self.by_lease = directive.lock_id, by_lease
        self._receipt(Act.LOCK, Outcome.DONE, directive, directive.lock_id, now)

    def _unlock(self, directive: Directive, now: datetime) -> None:
        lock_id, self.locked_under = self.locked_under or "", None
        self._receipt(Act.UNLOCK, Outcome.DONE, directive, lock_id, now)
        self.by_lease = False

    def _wipe(self, directive: Directive, now: datetime, signed_now: datetime | None) -> None:
        if self._wiped_under == directive.lock_id or signed_now is None:
            return
        try:
            judge_wipe(
                directive,
                self._manifest,
                self._release,
                identity=self._known_identity(),
                keys=self._known_keys(),
                locked_under=self.locked_under,
                unlock_code_runs=False,
                signed_now=signed_now,
                real_enforcer=False,
            )
        except RefusedDocumentError as error:
            self._refuse(error, now)
            return
        if self._accepted is None or self._accepted[0] != directive.lock_id:
            self._receipt(Act.WIPE, Outcome.ACCEPTED, directive, directive.lock_id, now)
            self._accepted = (directive.lock_id, self._number)
        elif self._acknowledged >= self._accepted[1]:
            self._receipt(Act.WIPE, Outcome.RUNNING, directive, directive.lock_id, now)
            self._receipt(Act.WIPE, Outcome.UNCONFIRMED, directive, directive.lock_id, now, proof=EMULATED)
            self._wiped_under = directive.lock_id

    def _receipt(
        self,
        act: Act,
        outcome: Outcome,
        directive: Directive,
        lock_id: str,
        at: datetime,
        *,
        proof: Proof | None = None,
    ) -> None:
        identity = self._known_identity()
        self._number += 1
        receipt = Receipt(
            municipality=identity.municipality,
            device=identity.device,
            serial=identity.serial,
            device_key=identity.device_key,
            epoch=identity.epoch,
            number=self._number,
            act=act,
            outcome=outcome,
            lock_id=lock_id,
            seq=directive.seq,
            by_lease=self.by_lease,
            at=at,
            proof=proof,
        )
        self._receipts.append((self._number, seal(receipt, PayloadType.RECEIPT, signer_for(self.key))))

    def _refuse(self, error: RefusedDocumentError, at: datetime) -> None:
        self._refusals.append(
            RefusalReport(refusal=error.refusal.value, detail=error.detail, alarm=error.alarm, at=at)
        )

    def _echo(self) -> HeldEcho | None:
        if self._held is None:
            return None
        document = self._held_document if self._show_held else None
        return HeldEcho(seq=self._held.directive.seq, digest=self._held.digest, document=document)

    def _known_identity(self) -> Identity:
        if self._identity is None:
            raise RuntimeError(f"{self.serial} is not enrolled")
        return self._identity

    def _known_keys(self) -> TrustedKeys:
        if self._keys is None:
            raise RuntimeError(f"{self.serial} has no keys of its city")
        return self._keys
