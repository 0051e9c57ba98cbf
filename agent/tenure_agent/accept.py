"""What of the server's answer the laptop takes in; everything else is refused, noted and reported.

Order, each step with what the one before established:
1. keys: a rotation signed by the root of both versions, so that a replaced directive key counts for nothing,
   and neither does the time it said: with the rotation the clock's floor begins anew;
2. time: signed by the directive key, for this laptop, over this visit's nonce; without it the whole rest of
   the answer is left alone;
3. the audit checkpoint, then manifest and release, and the directive: whatever a `wiped` directive
   needs is in the journal before it, since no document is sent twice;
4. the mail order, which no lock or wipe rests on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tenure_agent.mailbox.order import held_order, judge_order
from tenure_agent.ports import Enrolment, Journal
from tenure_policies.directive import Held, Identity, judge_directive, open_manifest
from tenure_policies.envelope import (
    EnvelopeError,
    Payload,
    PayloadType,
    SignedDocument,
    digest,
    read_unverified,
)
from tenure_policies.payloads import Directive, KeysDocument, Release, Role, TimeStatement
from tenure_policies.trusted_keys import Refusal, RefusedDocumentError, TrustedKeys, judge_keys
from tenure_policies.wire import VisitAnswer

LAST_PLAUSIBLE_YEAR = 2199
"""Beyond it the laptop's own arithmetic would end before the lease does."""


class ShownCheckpoint(Payload, frozen=True, kw_only=True):
    """What the laptop reads of an audit checkpoint: of which log, and how long it was."""

    origin: str
    size: int


@dataclass(slots=True, kw_only=True)
class Taken:
    """What came of an answer."""

    signed_now: datetime | None = None
    """The server's time; None: the answer was not for us, and nothing of it was used."""
    refused: list[RefusedDocumentError] = field(default_factory=list)


def trusted_keys(
    documents: tuple[SignedDocument, ...], *, root: frozenset[str], municipality: str
) -> TrustedKeys:
    """Return the keys that count after a chain of keys documents, oldest first.

    Raises:
        RefusedDocumentError: A link does not hold, or there is none.
    """
    current: KeysDocument | None = None
    for document in documents:
        current = judge_keys(document, current=current, pinned_root=root, municipality=municipality)
    if current is None:
        raise RefusedDocumentError(Refusal.BAD_SIGNATURE, "no keys document")
    return TrustedKeys(current)


def held_directive(journal: Journal) -> Held | None:
    """Return the directive that the journal holds; it was verified before it was written there."""
    document = journal.held()
    if document is None:
        return None
    return Held(directive=read_unverified(document, Directive), digest=digest(document))


class Accepting:
    """Takes in the answers of one laptop's server."""

    def __init__(self, journal: Journal, enrolment: Enrolment, keys: TrustedKeys) -> None:
        self._journal = journal
        self._identity: Identity = enrolment.identity
        self.keys = keys

    def time_of(self, answer: VisitAnswer, nonce: str, wall: datetime) -> Taken:
        """Take in new keys, then the server's time; without a time of ours, refuse the rest."""
        taken = Taken()
        for document in answer.keys:
            self._try(taken, document, wall, self._rotate)
        self._try(taken, answer.time, wall, lambda signed: self._time(taken, signed, nonce))
        return taken

    def documents_of(self, answer: VisitAnswer, taken: Taken, now: datetime) -> None:
        """Take in what an answer with signed time brings, judged at the laptop's trusted time."""
        if answer.checkpoint is not None:
            self._try(taken, answer.checkpoint, now, self._checkpoint)
        if answer.manifest is not None:
            self._try(taken, answer.manifest, now, self._manifest)
        if answer.release is not None:
            self._try(taken, answer.release, now, self._release)
        if answer.directive is not None:
            self._try(taken, answer.directive, now, lambda signed: self._directive(signed, now))
        if answer.mail_order is not None:
            self._try(taken, answer.mail_order, now, lambda signed: self._mail_order(signed, now))
        self._journal.acknowledge_receipts(answer.receipts_through)

    def _try(
        self, taken: Taken, document: SignedDocument, at: datetime, take: Callable[[SignedDocument], None]
    ) -> None:
        try:
            take(document)
        except RefusedDocumentError as error:
            taken.refused.append(error)
            self._journal.note_refusal(
                error.refusal, error.detail, alarm=error.alarm, subject=_subject(document), at=at
            )

    def _rotate(self, document: SignedDocument) -> None:
        current = self.keys.document
        judged = judge_keys(
            document, current=current, pinned_root=frozenset(), municipality=current.municipality
        )
        self._journal.add_keys(document)
        self.keys = TrustedKeys(judged)

    def _time(self, taken: Taken, document: SignedDocument, nonce: str) -> None:
        statement = self.keys.open(document, PayloadType.TIME, TimeStatement, Role.DIRECTIVE)
        if statement.municipality != self._identity.municipality:
            raise RefusedDocumentError(Refusal.OTHER_MUNICIPALITY, statement.municipality)
        if statement.device != self._identity.device:
            raise RefusedDocumentError(Refusal.OTHER_DEVICE, statement.device)
        if statement.nonce != nonce:
            raise RefusedDocumentError(Refusal.NO_SIGNED_TIME, "the time answers another nonce")
        if statement.now.tzinfo is None or statement.now.year > LAST_PLAUSIBLE_YEAR:
            raise RefusedDocumentError(Refusal.UNREADABLE, "the time is none that a server could mean")
        taken.signed_now = statement.now

    def _checkpoint(self, document: SignedDocument) -> None:
        shown = self.keys.open(document, PayloadType.CHECKPOINT, ShownCheckpoint, Role.DIRECTIVE)
        held, _ = self._journal.checkpoint()
        if held is not None:
            known = read_unverified(held, ShownCheckpoint)
            if known.origin == shown.origin and shown.size <= known.size:
                return
        self._journal.put_checkpoint(document)

    def _manifest(self, document: SignedDocument) -> None:
        manifest = open_manifest(document, self.keys)
        if all(entry.serial != self._identity.serial for entry in manifest.entries):
            raise RefusedDocumentError(Refusal.NOT_IN_MANIFEST, self._identity.serial)
        self._journal.put_manifest(document)

    def _release(self, document: SignedDocument) -> None:
        release = self.keys.open(document, PayloadType.RELEASE, Release, Role.RELEASE)
        if release.device != self._identity.device:
            raise RefusedDocumentError(Refusal.OTHER_DEVICE, release.device)
        self._journal.put_release(document)

    def _directive(self, document: SignedDocument, now: datetime) -> None:
        judged = judge_directive(
            document,
            held=held_directive(self._journal),
            replaced_locks=self._journal.replaced_locks(),
            identity=self._identity,
            keys=self.keys,
            now=now,
        )
        if judged is not None:
            self._journal.accept_directive(document, judged.directive)

    def _mail_order(self, document: SignedDocument, now: datetime) -> None:
        held = held_order(self._journal.mail_order())
        judged = judge_order(document, held=held, identity=self._identity, keys=self.keys, now=now)
        if judged is not None:
            self._journal.put_mail_order(document)


def _subject(document: SignedDocument) -> str:
    try:
        return digest(document)
    except EnvelopeError:
        return "unreadable"
