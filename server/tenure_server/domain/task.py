"""What a person has to do because a machine cannot, or must not. Pure: no I/O, no clock.

A task names what it is about, why, and by when; it is done when a person says so, or when the facts make it
needless. Its id follows from its kind, its subject and the moment that gave rise to it, so that a sweep which
runs twice opens it once.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tenure_server.domain.message import Message
from tenure_server.domain.record import RecordKind


class TaskKind(StrEnum):
    """What is to be done."""

    BREACH_NOTICE = "breach_notice"
    """Judge whether a lost laptop is a personal data breach to notify, within 72 hours (case 34)."""
    PHYSICAL_WIPE = "physical_wipe"
    """Fetch a laptop whose wipe failed, and erase it by hand (case 28)."""
    CONTACT_ESTATE = "contact_estate"
    """Speak with the estate of somebody who died; no machine writes to them (case 10)."""
    BLOCK_SIGN_IN = "block_sign_in"
    UNBLOCK_SIGN_IN = "unblock_sign_in"
    CLOSE_MAILBOX = "close_mailbox"
    REOPEN_MAILBOX = "reopen_mailbox"
    RETURN_CASE = "return_case"
    """Ask for a city laptop that its holder has no use or no right for (cases 21, 29)."""
    SWAP_DEVICE = "swap_device"
    """Replace a laptop whose lease ends in mid-term (case 36)."""
    REFUND = "refund"
    """Pay a charge back: the device was found (case 35)."""
    INCIDENT = "incident"
    """Put right what was carried out on facts that were corrected afterwards (case 26)."""
    ROTATE_RECOVERY_KEYS = "rotate_recovery_keys"
    """A laptop is reissued: what opens it must be new (case 37)."""
    MISSING_PARTS = "missing_parts"
    """Ask for the charger or bag that did not come back (case 30)."""
    LOCKS_HELD_BACK = "locks_held_back"
    """Look at locks beyond the cap before they are ordered."""
    CAMPAIGN_APPROVAL = "campaign_approval"
    """Approve, or not, the list of a term's end."""
    CANARY_FAILED = "canary_failed"
    """A campaign stands still: its canaries were not wiped."""
    NOTIFY_BY_HAND = "notify_by_hand"
    """Tell a person by letter or telephone what no mail could."""
    MAIL_SERVER = "mail_server"
    """Set a mail server, or see why it takes nothing."""
    NOTICE_TEXT = "notice_text"
    """Correct a notice's text that cannot be used."""
    DECIDE_CHARGE = "decide_charge"
    """Decide whether to charge for a laptop that was not returned (P18)."""
    REGISTER_AGREEMENT = "register_agreement"
    """Register an agreement or its change within a month (V16)."""
    MAIL_FORWARD = "mail_forward"
    """Switch off by hand, in Exchange, a forward that the server cannot or must not (P23)."""
    MAIL_UNSEEN = "mail_unseen"
    """See why mailboxes cannot be looked at (P23)."""
    KEPT_ROW = "kept_row"
    """Look at a mandate that goes on although the last file does not have its row."""
    CLOSING_APPROVAL = "closing_approval"
    """Sign, or not, for the mailboxes that are due to be closed."""
    CLOSINGS_HELD_BACK = "closings_held_back"
    """Know that more closings were approved than are carried out in a day."""
    DIRECTORY_SILENT = "directory_silent"
    """See why the directory of accounts takes nothing."""
    CLEAR_FORWARDING = "clear_forwarding"
    """Switch off by hand what still sends a former trustee's mail outside, or may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing for a person to do."""

    kind: TaskKind
    subject: str
    """The person, serial, location or list that it is about."""
    at: datetime
    """When what gave rise to it happened."""
    due: datetime | None
    why: Message
    rule: str = ""
    reference: str = ""
    """The case, decision or record that it belongs to."""
    done_at: datetime | None = None
    done_by: str = ""
    """Who said so; empty where the facts made it needless."""
    note: str = ""
    because: Message | None = None
    """Why a person has to, where a machine could have been expected to."""

    @property
    def id(self) -> str:
        """Name it by what it is about."""
        return f"{self.kind.value}/{self.subject}/{self.at.isoformat()}"

    @property
    def is_open(self) -> bool:
        """Tell whether it is still to be done."""
        return self.done_at is None


TASKS: RecordKind[Task] = RecordKind(name="task", type=Task)


def done(task: Task, at: datetime, *, by: str = "", note: str = "") -> Task:
    """Return the task as done."""
    return replace(task, done_at=at, done_by=by, note=note)
