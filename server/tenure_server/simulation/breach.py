"""What must never happen and did: which rule, when, to what. Values, and the exception that ends a story."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.message import N_, Message, say


class Rule(StrEnum):
    """What the oracle watches; the value is stable, and JSON names it."""

    WRONGLY_WIPED = "wrongly_wiped"
    WIPED_WITHOUT_TWO = "wiped_without_two"
    WIPED_AFTER_ROLLBACK = "wiped_after_rollback"
    WIPED_UNLOCKED = "wiped_unlocked"
    SITTING_LOCKED = "sitting_locked"
    LEAVER_FORGOTTEN = "leaver_forgotten"
    NOT_WIPED = "not_wiped"
    RESTORE_UNNOTICED = "restore_unnoticed"
    TWO_CUSTODIANS = "two_custodians"
    IMPORT_TOOK_TOO_MUCH = "import_took_too_much"
    REGISTER_DIFFERS = "register_differs"
    OLD_LOCK_ACCEPTED = "old_lock_accepted"
    REENROLLED_UNLOCKED = "reenrolled_unlocked"
    UNEXPLAINED = "unexplained"
    SITTING_BLOCKED = "sitting_blocked"
    MAILBOX_EARLY = "mailbox_early"
    DEAD_WRITTEN_TO = "dead_written_to"
    CHARGED = "charged"
    LOG_BROKEN = "log_broken"
    FAILED = "failed"


SENTENCES = {
    Rule.WRONGLY_WIPED: N_("{subject} was wiped although it must not be: {detail}."),
    Rule.WIPED_WITHOUT_TWO: N_("{subject} was wiped without two approvals: {detail}."),
    Rule.WIPED_AFTER_ROLLBACK: N_("{subject} was wiped before people confirmed the restored register."),
    Rule.WIPED_UNLOCKED: N_("{subject} was wiped without being locked under the same lock: {detail}."),
    Rule.SITTING_LOCKED: N_("{subject} is locked, and nothing that is known justifies it: {detail}."),
    Rule.LEAVER_FORGOTTEN: N_("{subject} is not locked although the right to it is over: {detail}."),
    Rule.NOT_WIPED: N_("{subject} is not wiped although nothing has barred it since {detail}."),
    Rule.RESTORE_UNNOTICED: N_(
        "{subject} showed an order that the restored server does not know, and it did not notice."
    ),
    Rule.TWO_CUSTODIANS: N_("{subject} has two responsible holders at once."),
    Rule.IMPORT_TOOK_TOO_MUCH: N_("An import that must change nothing was taken in: {detail}."),
    Rule.REGISTER_DIFFERS: N_("The register is not what was imported and kept: {detail}."),
    Rule.OLD_LOCK_ACCEPTED: N_("{subject} accepted an order under a lock that was replaced."),
    Rule.REENROLLED_UNLOCKED: N_("{subject} was reinstalled while locked and opened before anybody looked."),
    Rule.UNEXPLAINED: N_("{subject}: nothing explains what was done ({detail})."),
    Rule.SITTING_BLOCKED: N_("The sign-in of {subject} was blocked, who has a right to a mailbox."),
    Rule.MAILBOX_EARLY: N_("The mailbox of {subject} was closed too early: {detail}."),
    Rule.DEAD_WRITTEN_TO: N_("A notice was written to {subject}, who is dead."),
    Rule.CHARGED: N_("{subject} was charged without a person's decision."),
    Rule.LOG_BROKEN: N_("The audit log does not hold: {detail}."),
    Rule.FAILED: N_("Something failed that must not: {detail}."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One breach of one rule."""

    rule: Rule
    at: datetime
    subject: str
    detail: str = ""

    @property
    def message(self) -> Message:
        """Say it in a sentence."""
        return say(SENTENCES[self.rule], subject=self.subject, detail=self.detail)


class BreachError(Exception):
    """A rule was broken; the story ends here."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(str(breach.message))
        self.breach = breach
