"""Where the laptop keeps what it remembers about its holder's mailbox: one note of the journal."""

import msgspec

from tenure_agent.mailbox.plan import MailMemory
from tenure_agent.ports import Journal

NOTE = "mail"


def recall(journal: Journal) -> MailMemory | None:
    """Return what is remembered; None: nothing, or nothing that this version can read."""
    noted = journal.noted(NOTE)
    if noted is None:
        return None
    try:
        return msgspec.json.decode(noted, type=MailMemory)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def remember(journal: Journal, memory: MailMemory) -> None:
    """Keep it; wholly there after a crash, or not at all."""
    journal.note(NOTE, msgspec.json.encode(memory).decode("utf-8"))


def mail_document(journal: Journal, epoch: int) -> bytes | None:
    """Return the last report as a visit sends it; None: there is none of this enrolment."""
    memory = recall(journal)
    if memory is None or memory.report is None or memory.epoch != epoch:
        return None
    return msgspec.json.encode(memory.report, order="sorted")
