"""Keep the city's texts that people sign, and tell who has signed nothing for the present term (P13, P17).

Rules: a version in a language is added once and never changed: what people signed under it stays what it was.
The shipped texts stand beside the city's until the city adds its own; the one added last is signed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.commitment import Commitment, MissingCommitment, missing_commitments
from tenure_server.domain.commitment_text import (
    COMMITMENT_TEXTS,
    LANGUAGES,
    CommitmentText,
    TextKind,
    newest,
)
from tenure_server.domain.custody import HolderType
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.note import id_text, note, signed_text
from tenure_server.domain.term import TermPolicy
from tenure_server.domain.whereabouts import situation
from tenure_server.usecases.handover_desk import commitment_fields
from tenure_server.usecases.ports import Clock, Store, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AddText:
    """A text that the city decided on."""

    kind: TextKind
    version: str
    language: str
    text: str
    decision: str = ""
    term_begins: date | None = None


async def add_text(
    store: Store, clock: Clock, wanted: AddText, shipped: Sequence[CommitmentText] = ()
) -> CommitmentText:
    """Add a text.

    Raises:
        InputError: It is empty, too long or holds what cannot be seen; or its version or language is none.
        ConflictError: This version has a text in this language.
        UnavailableError: The database cannot write now; nothing was written.
    """
    if wanted.language not in LANGUAGES:
        raise InputError(say(N_("A text is in one of {languages}."), languages=", ".join(LANGUAGES)))
    now = clock.now()
    text = CommitmentText(
        kind=wanted.kind,
        version=id_text(wanted.version, "--version"),
        language=wanted.language,
        text=signed_text(wanted.text, "FILE"),
        decision=note(wanted.decision, "--decision"),
        term_begins=wanted.term_begins,
        at=now,
    )
    sentence = N_("Version {version} has a text in this language: give the new text a new version.")
    taken = ConflictError(say(sentence, version=text.version))
    if any(one.id == text.id for one in shipped):
        raise taken
    async with store.writing() as tx:
        if not await tx.records.add(COMMITMENT_TEXTS, text):
            raise taken
        logged = entry(
            now,
            AuditKind.COMMITMENT_TEXT_ADDED,
            text.id,
            text=text.kind,
            text_version=text.version,
            language=text.language,
            digest=text.digest,
            decision=text.decision,
        )
        await tx.audit.append([logged])
    return text


async def texts(store: Store, shipped: Sequence[CommitmentText]) -> Sequence[CommitmentText]:
    """Return the shipped texts and the city's own, oldest first."""
    async with store.reading() as tx:
        return [*shipped, *await tx.records.all(COMMITMENT_TEXTS)]


async def text_to_sign(
    store: Store, shipped: Sequence[CommitmentText], kind: TextKind, language: str, version: str = ""
) -> CommitmentText:
    """Return the text of a version, or the one to sign now.

    Raises:
        NotFoundError: There is none.
    """
    known = await texts(store, shipped)
    if not version:
        found = newest(known, kind, language)
    else:
        wanted = (kind, language, version)
        found = next((one for one in known if (one.kind, one.language, one.version) == wanted), None)
    if found is None:
        sentence = N_("There is no text {version} in this language: `tenure commitments texts` lists them.")
        raise NotFoundError(say(sentence, version=version))
    return found


async def sign_commitment(
    store: Store, clock: Clock, *, serial: Serial, signer: PersonId, text: CommitmentText
) -> Commitment:
    """Keep what the holder of a laptop signed without a handover: for a new term, or a new text (P13).

    Raises:
        NotFoundError: The device is not known.
        ConflictError: The signer does not hold it.
        UnavailableError: The database cannot write now; nothing was written.
    """
    now = clock.now()
    async with store.writing() as tx:
        await _check_holder(tx, serial, signer, now)
        commitment = Commitment(
            serial=serial,
            signer=signer,
            version=text.version,
            language=text.language,
            text=text.text,
            signed_at=now,
        )
        await tx.register.add_commitment(commitment)
        fields = {"serial": serial, "holder": signer, **commitment_fields(commitment)}
        await tx.audit.append([entry(now, AuditKind.COMMITMENT_SIGNED, serial, **fields)])
    return commitment


async def _check_holder(tx: Transaction, serial: Serial, signer: PersonId, now: datetime) -> None:
    facts = await tx.register.facts()
    if all(asset.serial != serial for asset in facts.assets):
        raise NotFoundError(say(N_("There is no device {serial}."), serial=serial))
    place = situation([row for row in facts.custody if row.serial == serial], now)
    people = {row.holder for row in (place.holder, *place.loans) if row and _is_person(row.holder_type)}
    if signer not in people:
        raise ConflictError(say(N_("{person} does not hold {serial}."), person=signer, serial=serial))


def _is_person(holder_type: HolderType) -> bool:
    return holder_type is HolderType.PERSON


async def commitments_missing(
    store: Store, clock: Clock, policy: TermPolicy, shipped: Sequence[CommitmentText]
) -> Sequence[MissingCommitment]:
    """Return who holds a laptop by right and has signed nothing for the present term."""
    now = clock.now()
    async with store.reading() as tx:
        facts = await tx.register.facts()
        signed = {
            laptop.serial: await tx.register.commitments(laptop.serial)
            for laptop, _, _ in held_laptops(facts, now)
        }
        known = [*shipped, *await tx.records.all(COMMITMENT_TEXTS)]
    return missing_commitments(facts, policy, signed, known, now)


async def commitments_of(store: Store, serial: Serial) -> Sequence[Commitment]:
    """Return what was signed for a device, oldest first.

    Raises:
        NotFoundError: The device is not known.
    """
    async with store.reading() as tx:
        facts = await tx.register.facts()
        if all(asset.serial != serial for asset in facts.assets):
            raise NotFoundError(say(N_("There is no device {serial}."), serial=serial))
        return await tx.register.commitments(serial)
