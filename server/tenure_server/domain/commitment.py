"""What a receiver of a laptop committed to: the exact text, its language, who signed and when (P10, P17).

Pure: no I/O, no clock. A commitment is kept as it was signed and never changed; a new term or a new text is a
new commitment.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.civil_time import start_of_day
from tenure_server.domain.commitment_text import CommitmentText
from tenure_server.domain.facts import Facts
from tenure_server.domain.held_laptops import held_laptops
from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.mandates_of import rights_of_people
from tenure_server.domain.term import TermPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One signature under one text, for one laptop."""

    serial: Serial
    signer: PersonId
    version: str
    """Which version of the city's text."""
    language: str
    text: str
    """Exactly what was signed."""
    signed_at: datetime

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of the text, for the audit log."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingCommitment:
    """A laptop whose holder has signed nothing for the present term."""

    person: PersonId
    serial: Serial
    held_since: datetime
    signed_before: datetime | None
    """When the holder last signed for this laptop, for an earlier term."""


def missing_commitments(
    facts: Facts,
    policy: TermPolicy,
    signed: Mapping[Serial, Sequence[Commitment]],
    texts: Sequence[CommitmentText],
    now: datetime,
) -> Sequence[MissingCommitment]:
    """Return who holds a laptop by right and has signed nothing for the present term (P13, P17, case 1).

    Args:
        facts: What is known now.
        policy: Whose term is the present one; without a term, any signature for the laptop counts.
        signed: What was signed for each laptop.
        texts: The texts that there are; one for a term counts for it also when signed before it began.
        now: The present moment.
    """
    begins = None if policy.term is None else policy.term.first_day
    ahead = {(one.version, one.language) for one in texts if begins is not None and one.term_begins == begins}
    start = None if begins is None else start_of_day(begins, policy.zone)
    missing = []
    for laptop, person, since in held_laptops(facts, now):
        theirs = [one for one in signed.get(laptop.serial, ()) if one.signer == person]
        if any(start is None or one.signed_at >= start or _of(one) in ahead for one in theirs):
            continue
        last = max((one.signed_at for one in theirs), default=None)
        missing.append(
            MissingCommitment(person=person, serial=laptop.serial, held_since=since, signed_before=last)
        )
    rights = rights_of_people(facts, {one.person for one in missing}, policy, now)
    return [one for one in missing if rights[one.person].entitled_to_laptop]


def _of(commitment: Commitment) -> tuple[str, str]:
    return commitment.version, commitment.language
