"""Which keys a signer follows, and when it follows the next ones. Pure: no I/O, no clock.

Rules (case 28; guard rail "a new approver waits"):

- A signer follows the document it pinned, and from it only the next number, signed by root.
- A document with the same approvers counts at once.
- One that adds approvers counts after the delay, by the signer's clock from when it first saw it.
- One that removes an approver or asks for fewer approvals counts after the delay *and* only if the old
  group's threshold signed it too.
- While one waits, an approver whom it removes already counts no more: towards safety nothing waits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tenure_policies.envelope import SignedDocument, signed_by
from tenure_policies.payloads import KeysDocument, Role, RoleKeys
from tenure_policies.trusted_keys import RefusedDocumentError, TrustedKeys, judge_keys
from tenure_server.domain.ceremony import check_roles
from tenure_server.domain.errors import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class NextKeys:
    """A valid next keys document and what it still waits for."""

    document: KeysDocument
    counts_from: datetime | None
    """None: it counts at once."""
    needs_old_group: bool
    """It shrinks the group, and the old group has not signed it yet."""

    def counts(self, now: datetime) -> bool:
        """Tell whether the signer follows it now."""
        return not self.needs_old_group and (self.counts_from is None or now >= self.counts_from)


def open_next(offered: SignedDocument, current: KeysDocument) -> KeysDocument | None:
    """Return a document that may follow the current one, or None."""
    try:
        document = judge_keys(
            offered, current=current, pinned_root=frozenset(), municipality=current.municipality
        )
        check_roles(document)
    except (RefusedDocumentError, RefusedError):
        return None
    return document


def judge_next(
    offered: SignedDocument,
    document: KeysDocument,
    current: KeysDocument,
    *,
    first_seen: datetime,
    delay: timedelta,
) -> NextKeys:
    """Say from when a document that `open_next` returned counts."""
    old, new = _approvers(current), _approvers(document)
    if (set(old.keyids), old.threshold) == (set(new.keyids), new.threshold):
        return NextKeys(document=document, counts_from=None, needs_old_group=False)
    shrinks = not set(old.keyids) <= set(new.keyids) or new.threshold < old.threshold
    agreed = len(signed_by(offered, TrustedKeys(current).of(Role.APPROVE))) >= old.threshold
    return NextKeys(document=document, counts_from=first_seen + delay, needs_old_group=shrinks and not agreed)


def counting(current: KeysDocument, waiting: Iterable[KeysDocument]) -> TrustedKeys:
    """Return the keys that count now: the pinned ones, without approvers that a waiting document removes."""
    approve = _approvers(current)
    keyids = set(approve.keyids)
    for document in waiting:
        keyids &= set(_approvers(document).keyids)
    kept = RoleKeys(keyids=tuple(sorted(keyids)), threshold=approve.threshold)
    return TrustedKeys(msgspec.structs.replace(current, roles={**current.roles, Role.APPROVE: kept}))


def _approvers(document: KeysDocument) -> RoleKeys:
    return document.roles.get(Role.APPROVE, RoleKeys(keyids=(), threshold=2))
