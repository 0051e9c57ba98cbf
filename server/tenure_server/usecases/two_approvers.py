"""Tell whether two approvers signed that something stopped may go on; a signature, never a column."""

from collections.abc import Sequence

from tenure_policies.envelope import PayloadType, SignedDocument, signed_by
from tenure_policies.payloads import KeysDocument, Resume, Role
from tenure_policies.trusted_keys import MIN_APPROVERS, RefusedDocumentError, TrustedKeys
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say

APPROVED_DIGITS = 40
"""Hex digits of a digest in what approvers sign over: too many to find two files with one name."""


def approvers_of(
    documents: Sequence[tuple[KeysDocument, bytes]], statement: SignedDocument, about: str
) -> tuple[str, ...]:
    """Return the keys that signed a `Resume` about this, if they are enough.

    Raises:
        RefusedError: Signed over something else, by too few, or the keys name no approvers.
    """
    if not documents:
        raise RefusedError(say(N_("There are no keys yet: nobody can approve.")))
    keys = TrustedKeys(documents[-1][0])
    why = ""
    try:
        resume = keys.open(statement, PayloadType.RESUME, Resume, Role.APPROVE)
    except RefusedDocumentError as error:
        why = str(error)
    else:
        if resume.municipality != keys.document.municipality:
            why = f"signed for {resume.municipality}"
        elif resume.stop != about:
            why = f"signed for {resume.stop}"
        elif keys.threshold(Role.APPROVE) < MIN_APPROVERS:
            why = "the keys document lets one approver decide"
    if why:
        raise RefusedError(
            say(
                N_("Two approvers must sign over {origin} with `tenure approve resume`: {why}"),
                origin=about,
                why=why,
            )
        )
    return tuple(sorted(signed_by(statement, keys.of(Role.APPROVE))))


def has_approvers(documents: Sequence[tuple[KeysDocument, bytes]]) -> bool:
    """Tell whether there are people who could sign at all."""
    if not documents:
        return False
    keys = TrustedKeys(documents[-1][0])
    return len(keys.of(Role.APPROVE)) >= keys.threshold(Role.APPROVE) >= MIN_APPROVERS
