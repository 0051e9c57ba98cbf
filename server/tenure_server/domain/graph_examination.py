"""What is missing, too wide or unclear in the tenant's permissions, row by row. Pure: no I/O, no clock.

Rules:
- What Entra consented to stands in the token; it is good for every mailbox unless Exchange limits it.
- What Exchange granted (RBAC for Applications) does not stand in the token: a mailbox that opens without it
  was opened that way. Consent and grant add up, so a consent beside a narrow grant makes it wide again.
- Nothing is written and no mail sent to find out: of rights to write and to send, some stay "cannot tell".
- What cannot be told is never "ok".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tenure_server.domain.graph_permissions import (
    PERMISSIONS,
    Feature,
    Permission,
    features_of,
    needed,
)
from tenure_server.domain.graph_too_wide import too_wide
from tenure_server.domain.message import N_, Message, say


class State(StrEnum):
    """How one thing stands."""

    OK = "ok"
    MISSING = "missing"
    TOO_WIDE = "too_wide"
    WRONG = "wrong"
    """A setting, a key or a clock that keeps the feature from working."""
    NOTE = "note"
    """Works; better otherwise."""
    CANNOT_TELL = "cannot_tell"


FAILING = frozenset({State.MISSING, State.TOO_WIDE, State.WRONG})


class Reach(StrEnum):
    """What came of trying to read something, the most telling first."""

    READABLE = "readable"
    REFUSED = "refused"
    FAILED = "failed"
    """No mailbox there, or no answer."""
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the tenant showed of our rights."""

    roles: frozenset[str] | None
    """Permissions in our own token; None: there is no token."""
    probes: Mapping[str, Reach] = field(default_factory=dict)
    """Permission -> what came of reading that which needs it."""
    trustee: Reach = Reach.NOT_TRIED
    """The rules of a trustee's mailbox."""
    other: Reach = Reach.NOT_TRIED
    """The rules of a mailbox that is no trustee's: it should be refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that was looked at."""

    check: str
    """A permission's name, or the name of a check."""
    state: State
    why: Message
    to_do: Message | None = None
    features: tuple[Feature, ...] = ()


_GRANT = N_("Grant {permission}: `tenure doctor graph --script powershell` prints how.")
_SCOPE = N_(
    "Grant {permission} in Exchange for the trustees' mailboxes only, and take back the consent in Entra: "
    "`tenure doctor graph --script powershell` prints how."
)
_SCOPE_OF_SENDER = N_(
    "Grant {permission} in Exchange for the sender's mailbox only, and take back the consent in Entra: "
    "`tenure doctor graph --script powershell` prints how."
)
_REMOVE = N_("Take {permission} back from the registration.")
_TEST = N_(
    "In Exchange, run Test-ServicePrincipalAuthorization with the app and a mailbox: it names {permission}."
)
_SENDING_UNSEEN = N_(
    "It is not consented to in Entra, as it should be; whether Exchange grants it is not seen here."
)
_READING_UNSEEN = N_(
    "It is not consented to in Entra; whether Exchange grants it shows at a trustee's mailbox."
)
_WRITING_UNSEEN = N_(
    "Exchange grants reading of the trustee's rules; whether also switching one off is not tried."
)
_NAME_ONE = N_("Name a mailbox with --trustee and one that is no trustee's with --other.")


def examine(wanted: frozenset[Feature], seen: Seen) -> tuple[Row, ...]:
    """Return a row for each permission that the features need, then for each that is granted beyond them."""
    needs = needed(wanted)
    rows = [
        Row(check=one.name, state=state, why=why, to_do=to_do, features=features_of(one.name, wanted))
        for one in needs
        for state, why, to_do in [_of(one, seen)]
    ]
    return (*rows, *_beyond(needs, seen.roles or frozenset()))


_Word = tuple[State, Message, Message | None]


def _of(one: Permission, seen: Seen) -> _Word:
    if seen.roles is None:
        why = say(N_("Without signing in nothing can be told of it."))
        return State.CANNOT_TELL, why, say(N_("First let signing in succeed."))
    if one.name in seen.roles:
        return _consented_mailboxes(one, seen) if one.of_mailboxes else _consented(one, seen)
    broader = next((name for name in one.contained_in if name in seen.roles), None)
    if broader is not None:
        why = say(N_("It works through {broader}, which allows more."), broader=broader)
        return State.TOO_WIDE, why, say(_GRANT, permission=one.name)
    if one.of_mailboxes:
        return _granted_in_exchange(one, seen)
    if seen.probes.get(one.name) is Reach.READABLE:
        why = say(
            N_("It is answered without being granted: the app holds a directory role, which allows more.")
        )
        return State.TOO_WIDE, why, say(_GRANT, permission=one.name)
    return State.MISSING, one.why, say(_GRANT, permission=one.name)


def _consented(one: Permission, seen: Seen) -> _Word:
    if seen.probes.get(one.name) is Reach.REFUSED:
        why = say(N_("It is granted, and yet refused: a new grant takes effect within an hour or so."))
        return State.CANNOT_TELL, why, say(N_("Wait an hour and look again."))
    return State.OK, one.why, None


def _consented_mailboxes(one: Permission, seen: Seen) -> _Word:
    scope = say(_SCOPE_OF_SENDER if one.name == "Mail.Send" else _SCOPE, permission=one.name)
    if seen.other is Reach.READABLE:
        why = say(N_("It opens mailboxes that are no trustee's: the consent in Entra holds for all of them."))
        return State.TOO_WIDE, why, scope
    if seen.other is not Reach.REFUSED or not (_reads_rules(seen)):
        why = say(
            N_("The consent in Entra holds for every mailbox, unless an access policy in Exchange limits it.")
        )
        return State.CANNOT_TELL, why, scope
    if seen.trustee is Reach.READABLE:
        return State.OK, say(N_("An access policy in Exchange limits the consent to some mailboxes.")), None
    if seen.trustee is Reach.REFUSED:
        why = say(
            N_("It is granted, and yet a trustee's mailbox is refused: a policy in Exchange leaves it out.")
        )
        return State.MISSING, why, scope
    why = say(N_("A mailbox that is no trustee's is refused; whether a trustee's opens was not seen."))
    return State.CANNOT_TELL, why, say(_NAME_ONE)


def _reads_rules(seen: Seen) -> bool:
    # Only then does a refusal elsewhere show a limit on the consent, and not merely the want of one.
    return bool((seen.roles or frozenset()) & {"MailboxSettings.Read", "MailboxSettings.ReadWrite"})


def _granted_in_exchange(one: Permission, seen: Seen) -> _Word:
    scope = say(_SCOPE, permission=one.name)
    if one.name == "Mail.Send":
        return State.CANNOT_TELL, say(_SENDING_UNSEEN), say(_TEST, permission=one.name)
    if seen.other is Reach.READABLE:
        return State.TOO_WIDE, say(N_("Exchange grants it for mailboxes that are no trustee's.")), scope
    if seen.trustee is Reach.REFUSED:
        return State.MISSING, one.why, scope
    if seen.trustee is not Reach.READABLE:
        return State.CANNOT_TELL, say(_READING_UNSEEN), say(_NAME_ONE)
    return _opened_by_exchange(one, seen)


def _opened_by_exchange(one: Permission, seen: Seen) -> _Word:
    if one.name == "MailboxSettings.ReadWrite":
        return State.CANNOT_TELL, say(_WRITING_UNSEEN), say(_TEST, permission=one.name)
    if seen.other is Reach.REFUSED:
        return State.OK, say(N_("Exchange grants it, and not for a mailbox that is no trustee's.")), None
    why = say(N_("Exchange grants it for a trustee's mailbox; whether only for trustees' was not seen."))
    return State.CANNOT_TELL, why, say(_NAME_ONE)


def _beyond(needs: tuple[Permission, ...], roles: frozenset[str]) -> list[Row]:
    names = {one.name for one in needs}
    return [_extra(role, names) for role in sorted(roles - names)]


def _extra(role: str, needs: set[str]) -> Row:
    remove = say(_REMOVE, permission=role)
    if role == "MailboxSettings.Read" and "MailboxSettings.ReadWrite" in needs:
        why = say(N_("Nothing needs it: MailboxSettings.ReadWrite contains it."))
        return Row(check=role, state=State.NOTE, why=why, to_do=remove)
    if role == "MailboxSettings.ReadWrite" and "MailboxSettings.Read" in needs:
        why = say(N_("It can change rules, and only looking at them is wanted."))
        return Row(check=role, state=State.TOO_WIDE, why=why, to_do=remove)
    reason = too_wide(role)
    if role in PERMISSIONS and reason is not None:
        reason = say(N_("No feature that is switched on needs it."))
    if reason is not None:
        return Row(check=role, state=State.TOO_WIDE, why=reason, to_do=remove)
    why = say(N_("It only reads, but no feature that is switched on needs it."))
    return Row(check=role, state=State.NOTE, why=why, to_do=remove)
