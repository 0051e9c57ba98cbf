"""Follow the next keys documents as far as the rules of `trust` let, and remember the ones that wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tenure_policies.envelope import SignedDocument, digest, merge_signatures, read_unverified
from tenure_policies.payloads import KeysDocument, Role
from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.domain.signatures import only_valid
from tenure_server.signer.journal import Journal
from tenure_server.signer.trust import counting, judge_next, open_next


class KeysFollower:
    """The keys documents of one signer at one moment."""

    def __init__(self, journal: Journal, now: datetime, *, delay: timedelta) -> None:
        self._journal = journal
        self._now = now
        self._delay = delay
        self.waiting: tuple[int, ...] = ()
        """Numbers of the documents that are not followed yet."""

    def follow(self, offered: Sequence[SignedDocument]) -> TrustedKeys:
        """Follow the next keys documents as far as the rules of `trust` let; return the keys that count."""
        current = read_keys(self._journal.pinned_keys())
        while True:
            for document in offered:
                self._note_waiting(document, current)
            following = self._pin_next(current)
            if following is None:
                break
            current = following
        opened = [open_next(waiting.document, current) for waiting in self._journal.waiting_keys()]
        waiting = [document for document in opened if document is not None]
        self.waiting = tuple(document.number for document in waiting)
        return counting(current, waiting)

    def _note_waiting(self, offered: SignedDocument, current: KeysDocument) -> None:
        """Remember a valid next keys document with every good signature that it ever came with."""
        opened = open_next(offered, current)
        if opened is None:
            return
        known = {
            **TrustedKeys(current).of(Role.ROOT),
            **TrustedKeys(opened).of(Role.ROOT),
            **TrustedKeys(current).of(Role.APPROVE),
        }
        kept, named = only_valid(offered, known), digest(offered)
        for waiting in self._journal.waiting_keys():
            if digest(waiting.document) == named:
                # The same bytes, perhaps spelled otherwise in base64: keep our spelling.
                respelled = msgspec.structs.replace(kept, payload=waiting.document.payload)
                kept = merge_signatures(waiting.document, respelled)
        self._journal.note_waiting_keys(named, opened.number, kept, self._now)

    def _pin_next(self, current: KeysDocument) -> KeysDocument | None:
        """Pin the first waiting document that counts now, if there is one."""
        for waiting in self._journal.waiting_keys():
            opened = open_next(waiting.document, current)
            if opened is None:
                continue
            judged = judge_next(
                waiting.document,
                opened,
                current,
                first_seen=waiting.first_seen,
                delay=self._delay,
            )
            if judged.counts(self._now):
                self._journal.pin_keys(opened.number, waiting.document, self._now)
                return opened
        return None


def read_keys(document: SignedDocument) -> KeysDocument:
    """Read a document that the journal vouches for."""
    return read_unverified(document, KeysDocument)
