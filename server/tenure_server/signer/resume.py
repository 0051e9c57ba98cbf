"""Whether a stop may be lifted: one person stops, two resume. Pure: no I/O, no clock."""

from collections.abc import Iterable

from tenure_policies.envelope import (
    EnvelopeError,
    PayloadType,
    SignedDocument,
    open_document,
    read_unverified,
    signed_by,
)
from tenure_policies.payloads import Resume, Role
from tenure_policies.trusted_keys import MIN_APPROVERS, RefusedDocumentError, TrustedKeys
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say


def approvers_of_resume(
    documents: Iterable[SignedDocument], *, stop: str, municipality: str, keys: TrustedKeys
) -> tuple[str, ...]:
    """Return the distinct approvers who signed that this very stop may be lifted.

    Each may have signed a copy of their own, or all of them one.

    Raises:
        RefusedError: Fewer than the threshold did.
    """
    needed = max(keys.threshold(Role.APPROVE), MIN_APPROVERS)
    approve = keys.of(Role.APPROVE)
    signed: set[str] = set()
    for document in documents:
        try:
            open_document(document, PayloadType.RESUME, Resume, keys=approve, threshold=1)
            resume = read_unverified(document, Resume)
        except (EnvelopeError, RefusedDocumentError):
            continue
        if (resume.stop, resume.municipality) == (stop, municipality):
            signed |= signed_by(document, approve)
    if len(signed) < needed:
        raise RefusedError(
            say(
                N_(
                    "Resuming needs the signatures of {needed} approvers over the stop {stop}; {found} found."
                    " Each makes theirs with: tenure approve resume {stop} --key FILE --out FILE"
                ),
                needed=needed,
                stop=stop,
                found=len(signed),
            )
        )
    return tuple(sorted(signed))
