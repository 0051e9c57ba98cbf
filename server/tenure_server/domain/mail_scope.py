"""Whose mailboxes are looked at, and which account each is. Pure: no I/O, no clock.

Rules (P9, P20, P23; ADR 0029): the mailboxes of those who have a right to one, and of those whose right is
over or suspended while the mailbox still lives; nobody else's. The register's city address says which account
it is. Whoever has no account, no address, or the address of somebody else is told as not known, never as
well. A staff account of a trustee is looked at, and people see to what is found there (case 23).
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenure_policies.forwarding.address import Form, read_address
from tenure_policies.forwarding.tenant import User
from tenure_policies.forwarding.verdicts import MailVerdict
from tenure_server.domain.account_step import AccountState, AccountStep, AccountVerb
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import MailboxState
from tenure_server.domain.mandate import Mandate
from tenure_server.domain.rights import rights_of
from tenure_server.domain.term import TermPolicy

NO_ACCOUNT = "no_account"
"""The tenant has no account with the register's address."""
NO_ADDRESS = "no_address"
"""The register knows no city address."""
SHARED_ADDRESS = "shared_address"
"""Two people of the register have one address: nobody can tell whose mailbox it is."""
SEVERAL_ACCOUNTS = "several_accounts"
"""Several accounts of the tenant have the register's address: nobody can tell which is meant."""
STALE_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class InScope:
    """One trustee whose mailbox is looked at."""

    person: PersonId
    user: str = ""
    """The tenant's id of the account; empty: there is none to look at."""
    error: str = ""
    """Why there is none."""
    staff: bool = False
    """Whether it is a staff account, too."""


def accounts(users: Iterable[User]) -> Mapping[str, str]:
    """Return the account of each address; where mail to it arrives goes before what it signs in with.

    An address that several accounts have is nobody's: it stands with an empty id.
    """
    by_mail: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for user in users:
        for key in {_key(address) for address in (user.mail, *user.proxy_addresses)}:
            by_mail[key] = "" if key in by_mail else user.id
        key = _key(user.user_principal_name)
        by_name[key] = "" if key in by_name else user.id
    found = {**by_name, **by_mail}
    found.pop("", None)
    return found


def in_scope(
    facts: Facts, policy: TermPolicy, closed: Collection[PersonId], users: Iterable[User], now: datetime
) -> tuple[InScope, ...]:
    """Return whose mailboxes are looked at now, in the register's order of ids.

    Args:
        facts: The register.
        policy: Who has a right to a mailbox.
        closed: Those whose mailbox was closed and not opened again.
        users: The tenant's accounts.
        now: The moment.
    """
    known = accounts(users)
    found = []
    for person, theirs in sorted(_by_person(facts).items()):
        mailbox = rights_of(theirs, policy, now).mailbox
        lives = mailbox.past is not None or mailbox.suspended_since is not None
        if mailbox.live is None and (not lives or person in closed):
            continue
        row = facts.people.get(person)
        address = "" if row is None else _key(row.email_city)
        user = known.get(address, "")
        if mailbox.live is None and address not in known:
            continue  # the right is over, and so is the account
        found.append(
            InScope(
                person=person,
                user=user,
                error="" if user else _why_none(address, known),
                staff=any(mandate.is_employee for mandate in theirs),
            )
        )
    return _each_their_own(found)


def entitled(facts: Facts, policy: TermPolicy, now: datetime) -> frozenset[PersonId]:
    """Return who has a right to a mailbox now: each should be looked at."""
    return frozenset(
        person
        for person, theirs in _by_person(facts).items()
        if rights_of(theirs, policy, now).mailbox.live is not None
    )


def closed_mailboxes(steps: Iterable[AccountStep]) -> frozenset[PersonId]:
    """Return whose mailbox was closed, and not opened again."""
    last: dict[PersonId, AccountStep] = {}
    for step in steps:
        if step.state is AccountState.DONE and step.verb in _MAILBOX_VERBS:
            known = last.get(step.person)
            if known is None or known.number < step.number:
                last[step.person] = step
    return frozenset(one.person for one in last.values() if one.verb is AccountVerb.CLOSE_MAILBOX)


def standing_verdict(state: MailboxState, now: datetime) -> MailVerdict:
    """Return what a verdict is worth now: that all is well is worth nothing once nobody looks any more."""
    if state.verdict is MailVerdict.OK and state.checked_at + STALE_AFTER <= now:
        return MailVerdict.UNKNOWN
    return state.verdict


_MAILBOX_VERBS = (AccountVerb.CLOSE_MAILBOX, AccountVerb.REOPEN_MAILBOX)


def _by_person(facts: Facts) -> Mapping[PersonId, list[Mandate]]:
    mandates: defaultdict[PersonId, list[Mandate]] = defaultdict(list)
    for mandate in facts.mandates:
        mandates[mandate.person].append(mandate)
    return mandates


def _each_their_own(found: list[InScope]) -> tuple[InScope, ...]:
    times = Counter(one.user for one in found if one.user)
    shared = {user for user, count in times.items() if count > 1}
    return tuple(
        InScope(person=one.person, error=SHARED_ADDRESS, staff=one.staff) if one.user in shared else one
        for one in found
    )


def _why_none(address: str, known: Mapping[str, str]) -> str:
    if address in known:
        return SEVERAL_ACCOUNTS
    return NO_ACCOUNT if address else NO_ADDRESS


def _key(address: str) -> str:
    """Return what makes two mail addresses equal; empty for what is none, an X.500 name, say."""
    read = read_address(address)
    return read.key if read.form is Form.SMTP else ""
