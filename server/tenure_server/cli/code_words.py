"""The words of codes that custody, charges, stays and holds have; translated where they are printed."""

from collections.abc import Iterable, Mapping

from tenure_server.domain.charge import ChargeState
from tenure_server.domain.custody import CustodyReason, HolderType, HoldKind, HoldSubject
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.return_receipt import Part
from tenure_server.domain.stay import StayKind, StaySubject
from tenure_server.language import Translator
from tenure_server.usecases.notice_words import PARTS, SEATS

CHARGE_STATES: Mapping[ChargeState, str] = {
    ChargeState.PROPOSED: N_("proposed"),
    ChargeState.PAUSED: N_("paused"),
    ChargeState.WITHDRAWN: N_("withdrawn"),
    ChargeState.WAIVED: N_("waived"),
    ChargeState.CHARGED: N_("charged"),
    ChargeState.PAID: N_("paid"),
    ChargeState.REFUND_DUE: N_("refund due"),
    ChargeState.REFUNDED: N_("refunded"),
}
STAY_KINDS: Mapping[StayKind, str] = {
    StayKind.MEETING: N_("meeting"),
    StayKind.DISPUTE: N_("dispute"),
    StayKind.APPEAL: N_("appeal"),
}
STAY_SUBJECTS: Mapping[StaySubject, str] = {
    StaySubject.PERSON: N_("person"),
    StaySubject.BODY: N_("body"),
    StaySubject.DEVICE: N_("device"),
    StaySubject.MUNICIPALITY: N_("municipality"),
}
HOLD_KINDS: Mapping[HoldKind, str] = {
    HoldKind.LITIGATION: N_("litigation"),
    HoldKind.RECORDS: N_("records"),
    HoldKind.DEATH: N_("death"),
    HoldKind.SUSPENSION_REVIEW: N_("suspension review"),
    HoldKind.LOST: N_("lost"),
}
HOLD_SUBJECTS: Mapping[HoldSubject, str] = {
    HoldSubject.PERSON: N_("person"),
    HoldSubject.DEVICE: N_("device"),
}
HOLDERS: Mapping[HolderType, str] = {
    HolderType.PERSON: N_("person"),
    HolderType.LOCATION: N_("place"),
    HolderType.STOCK: N_("stock"),
    HolderType.COURIER: N_("courier"),
    HolderType.POLICE: N_("police"),
}
CUSTODY_REASONS: Mapping[CustodyReason, str] = {
    CustodyReason.RETURNED: N_("returned"),
    CustodyReason.LOST: N_("lost"),
    CustodyReason.STOLEN: N_("stolen"),
}
_LISTED: Mapping[str, Mapping[str, str]] = {
    "parts": {part.value: word for part, word in PARTS.items()},
    "seats": {seat.value: word for seat, word in SEATS.items()},
}
"""Placeholders of stored sentences whose values are lists of codes."""


def parts_in_words(parts: Iterable[Part], speak: Translator) -> str:
    """Name parts in the reader's language; `-` for none."""
    return ", ".join(speak.gettext(PARTS[part]) for part in parts) or "-"


def with_words(message: Message, speak: Translator) -> Message:
    """Return a sentence whose lists of parts and seats are words of the reader's language."""
    params = {
        name: _in_words(text, _LISTED[name], speak) if name in _LISTED else text
        for name, text in message.params.items()
    }
    return say(message.sentence, **params)


def _in_words(text: str, known: Mapping[str, str], speak: Translator) -> str:
    told = []
    for one in text.split(", "):
        before, slash, code = one.rpartition("/")
        told.append(f"{before}{slash}{speak.gettext(known[code])}" if code in known else one)
    return ", ".join(told)
