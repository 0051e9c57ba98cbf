"""Why a device is what it should be: facts and the rules that make them matter. Pure: no I/O, no clock."""

from datetime import UTC, datetime
from enum import Enum

from tenure_server.domain.custody import Asset, DeviceKind, HolderType
from tenure_server.domain.entitlement import Standing
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.plan import Need, Reason
from tenure_server.domain.rights import PersonRights
from tenure_server.domain.whereabouts import Situation, Whereabouts


class Bar(Enum):
    """What keeps a wipe from happening: what it needs, and why."""

    UNCONFIRMED = Need.CONFIRMATION, N_("A person must confirm before it is wiped."), "P19"
    APPEALED = (
        Need.CONFIRMATION,
        N_("The election is appealed: its result is provisional, and nothing is destroyed."),
        "P19",
    )
    HOLD = Need.HOLD_RELEASE, N_("A hold stands: nothing may be destroyed."), "P19"
    LENT = (
        Need.CUSTODY_CONFIRMATION,
        N_("It is lent to a person who is entitled to a laptop in their own right."),
        "P11",
    )
    DISPUTED = (
        Need.CUSTODY_CONFIRMATION,
        N_("Its holder says that it was handed back: the receipt decides."),
        "P18",
    )
    STALE = Need.FRESH_REGISTER, N_("The register is too old to wipe on its word."), "P19"

    def __init__(self, need: Need, fact: str, rule: str) -> None:
        self.need = need
        self.reason = Reason(fact=say(fact), rule=rule)


_WHEREABOUTS: dict[Whereabouts, Reason] = {
    Whereabouts.NEVER_ISSUED: Reason(fact=say(N_("It has not been issued to anybody.")), rule="P21"),
    Whereabouts.IN_TRANSIT: Reason(fact=say(N_("It is with a courier or the police.")), rule="P19"),
    Whereabouts.LOST: Reason(fact=say(N_("It was reported lost or stolen.")), rule="P19"),
}
_PERIPHERAL = Reason(fact=say(N_("A peripheral is neither locked nor wiped.")), rule="P19")


def utc(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def because_whereabouts(asset: Asset, situation: Situation) -> tuple[Reason, ...]:
    """Explain a device that nobody's right decides about."""
    return (_PERIPHERAL if asset.kind is DeviceKind.PERIPHERAL else _WHEREABOUTS[situation.where],)


def because_returned(at: datetime, bars: tuple[Bar, ...]) -> tuple[Reason, ...]:
    """Explain a device that came back."""
    fact = say(N_("It came back on {at}; it is reinstalled before the next trustee."), at=utc(at))
    return (*because_barred(bars), Reason(fact=fact, rule="P15"))


def because_barred(bars: tuple[Bar, ...]) -> tuple[Reason, ...]:
    """Explain what keeps a wipe from happening."""
    return tuple(bar.reason for bar in bars)


def because_delayed(ended: datetime, locks_at: datetime) -> tuple[Reason, ...]:
    """Explain a laptop that stays open over the end of the right, while a meeting goes on."""
    fact = say(
        N_("The right to it ended at {ended}, in a meeting that goes on: it locks at {at}."),
        ended=utc(ended),
        at=utc(locks_at),
    )
    return (Reason(fact=fact, rule="P19"),)


def because_due(at: datetime, *, of_person: bool) -> tuple[Reason, ...]:
    """Explain a wipe that nothing bars."""
    fact = say(N_("Its wipe was due at {at} and nothing bars it."), at=utc(at))
    return (Reason(fact=fact, rule="P19" if of_person else "V2"),)


def because_suspended(since: datetime) -> tuple[Reason, ...]:
    """Explain a lock that can be undone."""
    return (
        Reason(fact=say(N_("The holder is suspended from office, since {at}."), at=utc(since)), rule="P19"),
    )


def because_ended(at: datetime, right: Standing, *, of_person: bool) -> tuple[Reason, ...]:
    """Explain a right that is over, for good or for now."""
    ended = Reason(
        fact=say(N_("The right to it ended at {at}."), at=utc(at)), rule="P25" if of_person else "V2"
    )
    if not right.coming:
        return (ended,)
    begins = say(N_("A new right to it begins at {at}: nothing is wiped."), at=utc(right.coming[0].start))
    return (ended, Reason(fact=begins, rule="P13"))


def because_entitled(
    situation: Situation, right: Standing, rights: PersonRights | None
) -> tuple[Reason, ...]:
    """Explain why a device stays in use."""
    of_person = situation.holder is not None and situation.holder.holder_type is HolderType.PERSON
    if rights is not None and rights.choice and right.live:
        chose = say(N_("The holder chose another computer and has yet to return this one."))
        return (Reason(fact=chose, rule="P16"),)
    if not right.ever:
        return (Reason(fact=say(N_("No right to it is known, and none that has ended.")), rule="P22"),)
    return (Reason(fact=_right_stands(right, of_person=of_person), rule="P8" if of_person else "V2"),)


def _right_stands(right: Standing, *, of_person: bool) -> Message:
    if right.live is None:
        return say(N_("The right to it begins at {at}."), at=utc(right.coming[0].start))
    if right.live.end is None:
        return say(
            N_("The holder's mandates entitle to it; no end is known.")
            if of_person
            else N_("An agreement entitles the place to it; no end is known.")
        )
    return say(N_("The right to it lasts until {at}."), at=utc(right.live.end))
