"""Publish keys documents: root decides, the server passes on. Signs nothing and holds no key that counts."""

from collections.abc import Mapping

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from tenure_policies.envelope import EnvelopeError, SignedDocument, digest
from tenure_policies.payloads import KeysDocument, Role
from tenure_policies.trusted_keys import RefusedDocumentError, TrustedKeys, judge_keys
from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.ceremony import check_roles
from tenure_server.domain.errors import InputError, NotFoundError, RefusedError
from tenure_server.domain.message import N_, say
from tenure_server.domain.signatures import only_valid
from tenure_server.domain.signer_exchange import KNOWN, STORED, OfferAnswer, PublishedKeys
from tenure_server.usecases.ports import Clock, Municipality, Store, Transaction


async def published_keys(store: Store) -> PublishedKeys:
    """Return the municipality's keys documents, oldest first."""
    async with store.reading() as tx:
        municipality = await _municipality(tx)
        documents = await tx.directives.keys_documents()
    return PublishedKeys(
        municipality=municipality.id,
        audience=municipality.audience,
        keys=tuple(_document(signed) for _, signed in documents),
    )


async def publish_keys(store: Store, clock: Clock, offered: SignedDocument) -> OfferAnswer:
    """Store the next keys document and tell every laptop; the present one again changes nothing.

    Raises:
        RefusedError: Not signed by root, not the next, or its roles break a rule of the ceremony.
    """
    named = _digest(offered)
    async with store.reading() as tx:
        # Anybody may offer one: who is not root never gets to the writers' turn.
        if await _following(tx, offered, named) is None:
            return OfferAnswer(outcome=KNOWN)
    async with store.writing() as tx:
        municipality = await _municipality(tx)
        following = await _following(tx, offered, named)
        if following is None:
            return OfferAnswer(outcome=KNOWN)
        current, opened = following
        kept = only_valid(offered, _who_may_sign_keys(current, opened))
        await tx.directives.add_keys_document(opened, msgspec.json.encode(kept))
        await tx.audit.append(
            [
                entry(
                    clock.now(),
                    AuditKind.KEYS_PUBLISHED,
                    municipality.id,
                    number=opened.number,
                    digest=named,
                    profile=opened.profile.value,
                )
            ]
        )
    return OfferAnswer(outcome=STORED)


async def _following(
    tx: Transaction, offered: SignedDocument, named: str
) -> tuple[KeysDocument, KeysDocument] | None:
    """Return the present keys and the ones that follow them; None if the offered ones are known already."""
    municipality = await _municipality(tx)
    documents = await tx.directives.keys_documents()
    if any(digest(_document(signed)) == named for _, signed in documents):
        return None
    current = documents[-1][0]
    try:
        opened = judge_keys(offered, current=current, pinned_root=frozenset(), municipality=municipality.id)
    except RefusedDocumentError as error:
        raise RefusedError(say(N_("The keys document is refused: {why}."), why=error)) from error
    check_roles(opened)
    return current, opened


def _who_may_sign_keys(
    current: KeysDocument, following: KeysDocument
) -> Mapping[str, ec.EllipticCurvePublicKey]:
    """Return the roots of both versions, and the approvers whom a change of their group needs."""
    before, after = TrustedKeys(current), TrustedKeys(following)
    return {**before.of(Role.ROOT), **after.of(Role.ROOT), **before.of(Role.APPROVE)}


def _digest(offered: SignedDocument) -> str:
    try:
        return digest(offered)
    except EnvelopeError as error:
        raise InputError(say(N_("This is not a readable keys document: {why}."), why=error)) from error


async def _municipality(tx: Transaction) -> Municipality:
    municipality = await tx.municipality.get()
    if municipality is None:
        raise NotFoundError(say(N_("This installation has no municipality yet.")))
    return municipality


def _document(signed: bytes) -> SignedDocument:
    return msgspec.json.decode(signed, type=SignedDocument)
