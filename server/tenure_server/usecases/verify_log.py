"""Recompute the audit log: does every entry stand where it was put, saying what it said?

Reads only. Rules: positions run from 0 without gaps; an entry's leaf is the hash of its body, and the body is
what the entry's columns say; every checkpoint is signed by the `directive` key and names the tree hash of as
many entries. A checkpoint that a laptop was shown proves more than one of our own: who rewrites the database
cannot rewrite it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import EnvelopeError, PayloadType, SignedDocument, open_document
from tenure_policies.payloads import Role
from tenure_policies.trusted_keys import TrustedKeys
from tenure_server.domain.audit import GrowingTree, LoggedEntry, canonical, leaf_hash
from tenure_server.domain.message import N_, Message, say
from tenure_server.usecases.ports import AuditStore, Municipality, Store
from tenure_server.usecases.restore import Checkpoint

PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The first thing that does not hold."""

    position: int | None
    """Of the entry; None if a checkpoint is at fault."""
    why: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class LogVerdict:
    """What the log is, recomputed, and what of it does not hold."""

    origin: str
    size: int
    """Entries that hold."""
    root: str
    """Hex RFC 6962 tree hash over them."""
    checkpoints: int
    """Checkpoints that hold."""
    fault: Fault | None


class _FaultError(Exception):
    def __init__(self, position: int | None, why: Message) -> None:
        super().__init__(str(why))
        self.fault = Fault(position=position, why=why)


async def verify_log(
    store: Store, municipality: Municipality, *, shown: SignedDocument | None = None
) -> LogVerdict:
    """Recompute the log and its checkpoints.

    Args:
        store: The municipality's store.
        municipality: Whose log it is.
        shown: A checkpoint from elsewhere, for example from a laptop.
    """
    tree, checked = GrowingTree(), 0
    async with store.reading() as tx:
        current = await tx.municipality.get() or municipality
        keys = _directive_keys(
            [TrustedKeys(document) for document, _ in await tx.directives.keys_documents()]
        )
        fault = None
        try:
            waiting = _checkpoints(await tx.audit.checkpoints(), keys)
            waiting += [] if shown is None else [_shown(shown, keys, current.log_origin)]
            waiting.sort(key=lambda checkpoint: checkpoint.size, reverse=True)
            checked += _take_due(waiting, tree)
            async for logged in _entries(tx.audit):
                _check(logged, tree.size)
                tree.add(logged.leaf)
                checked += _take_due(waiting, tree)
            _check_rest(waiting, tree.size)
        except _FaultError as error:
            fault = error.fault
    return LogVerdict(
        origin=current.log_origin, size=tree.size, root=tree.root().hex(), checkpoints=checked, fault=fault
    )


def _directive_keys(trusted: Iterable[TrustedKeys]) -> Mapping[str, ec.EllipticCurvePublicKey]:
    """Return every key that ever was the `directive` key: old checkpoints were signed by old ones."""
    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    for one in trusted:
        keys.update(one.of(Role.DIRECTIVE))
    return keys


def _checkpoints(
    stored: Sequence[tuple[int, bytes]], keys: Mapping[str, ec.EllipticCurvePublicKey]
) -> list[Checkpoint]:
    found = []
    for size, signed in stored:
        try:
            checkpoint = _opened(msgspec.json.decode(signed, type=SignedDocument), keys)
        except (EnvelopeError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise _FaultError(
                None, say(N_("The checkpoint over {size} entries is not signed by us."), size=size)
            ) from error
        if checkpoint.size != size:
            raise _FaultError(
                None, say(N_("The checkpoint over {size} entries is filed under another size."), size=size)
            )
        found.append(checkpoint)
    return found


def _shown(
    document: SignedDocument, keys: Mapping[str, ec.EllipticCurvePublicKey], origin: str
) -> Checkpoint:
    try:
        checkpoint = _opened(document, keys)
    except EnvelopeError as error:
        raise _FaultError(
            None, say(N_("The given checkpoint is not signed by this municipality."))
        ) from error
    if checkpoint.origin != origin:
        raise _FaultError(
            None,
            say(
                N_("The given checkpoint is of another log, {theirs}: the database was restored since."),
                theirs=checkpoint.origin,
            ),
        )
    return checkpoint


def _opened(document: SignedDocument, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> Checkpoint:
    return open_document(document, PayloadType.CHECKPOINT, Checkpoint, keys=keys, threshold=1)


async def _entries(audit: AuditStore) -> AsyncIterator[LoggedEntry]:
    start = 0
    while page := await _page(audit, start):
        for logged in page:
            yield logged
        start = page[-1].position + 1


async def _page(audit: AuditStore, start: int) -> Sequence[LoggedEntry]:
    try:
        return await audit.page(start, PAGE)
    except ValueError as error:
        # Among these is one whose kind no version of ours ever wrote; read up to it.
        try:
            return await audit.page(start, 1)
        except ValueError:
            raise _FaultError(
                start, say(N_("The entry at {position} cannot be read."), position=start)
            ) from error


def _check(logged: LoggedEntry, expected: int) -> None:
    if logged.position != expected:
        raise _FaultError(expected, say(N_("There is no entry at {position}."), position=expected))
    if leaf_hash(logged.body) != logged.leaf:
        raise _FaultError(
            expected, say(N_("The hash of the entry at {position} is not its own."), position=expected)
        )
    if canonical(logged.position, logged.entry) != logged.body:
        raise _FaultError(
            expected,
            say(N_("What the entry at {position} shows is not what was hashed."), position=expected),
        )


def _take_due(waiting: list[Checkpoint], tree: GrowingTree) -> int:
    """Compare the checkpoints of exactly this size, which stand at the list's end; return how many."""
    count = 0
    while waiting and waiting[-1].size == tree.size:
        checkpoint = waiting.pop()
        if checkpoint.root != tree.root().hex():
            position = max(checkpoint.size - 1, 0)
            sentence = N_("The first {size} entries are not those that the checkpoint was signed over.")
            raise _FaultError(position, say(sentence, size=checkpoint.size))
        count += 1
    return count


def _check_rest(waiting: Sequence[Checkpoint], size: int) -> None:
    if waiting:
        sentence = N_("A checkpoint was signed over {signed} entries, and the log has only {size}.")
        raise _FaultError(size, say(sentence, signed=waiting[0].size, size=size))
