"""Switch off what still sends a former trustee's mail outside, on the day the right ends.

Rules: a blocked account's mailbox still receives and its rules still run. A rule is switched off, never
deleted; which one and to which domain is recorded first. What cannot be read or switched off is said, and
people are asked. The city's allowed partner domains do not count here: who needed them has left.
"""

from collections.abc import Sequence
from dataclasses import replace

from tenure_policies.forwarding.judge import judge_ways
from tenure_policies.forwarding.resolve import Resolver
from tenure_policies.forwarding.tenant import AddressBook, Mailbox
from tenure_policies.forwarding.verdicts import Finding, FindingKind
from tenure_policies.forwarding.ways_out import WaysOut, ways_out
from tenure_server.adapters.graph.client import GraphClient
from tenure_server.adapters.graph.errors import GraphRefusedError, SignInRefusedError
from tenure_server.adapters.graph.mailboxes import GraphMailboxes, rules_path
from tenure_server.adapters.graph.people import GraphPeople
from tenure_server.domain.account_facts import RuleCleared
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.tenant_copy import TENANT_BOOKS, TENANT_USERS, TenantBook, users_of
from tenure_server.usecases.ports import Store

NO_REST = "MailboxNotEnabledForRESTAPI"
_BOOK = "book"


class LeaversRules:
    """The inbox rules of somebody whose right has ended."""

    def __init__(self, client: GraphClient, store: Store) -> None:
        self._client = client
        self._people = GraphPeople(client)
        self._mailboxes = GraphMailboxes(client)
        self._store = store

    async def leading_outside(self, user: str) -> tuple[tuple[RuleCleared, ...], Message | None]:
        """Return the rules in force that lead outside, and what could not be seen.

        Raises:
            UnavailableError: The tenant does not answer now.
        """
        try:
            rules = tuple([one async for one in self._client.items(rules_path(user))])
        except SignInRefusedError:
            raise
        except GraphRefusedError as error:
            return (), unreadable(error.code)
        ways = ways_out(Mailbox(user=user, rules=rules))
        if not ways.ways:
            return (), None
        judged = judge_ways(await self._book(ways), [ways]).mailboxes
        findings = [finding for one in judged for finding in one.findings if finding.active]
        return _outside(findings), _unseen(findings)

    async def switch_off(self, user: str, rules: Sequence[RuleCleared]) -> Message | None:
        """Switch rules off; return what could not be.

        Raises:
            UnavailableError: The tenant does not answer now.
        """
        failed = []
        for rule in rules:
            outcome = await self._mailboxes.switch_off(user, rule.rule)
            if not outcome.done:
                failed.append(outcome.why)
        if not failed:
            return None
        sentence = N_("Rules that send mail outside could not be switched off ({why}): do it in the mailbox.")
        return say(sentence, why=", ".join(sorted(set(failed))))

    async def _book(self, ways: WaysOut) -> AddressBook:
        """Return what addresses lead to: the copy of the tenant's directory, or its domains alone.

        Without the copy an address of the city's may be a contact's that leads outside: it is not known.
        """
        async with self._store.reading() as tx:
            book = await tx.records.get(TENANT_BOOKS, _BOOK)
            users = users_of(await tx.records.all(TENANT_USERS))
        if book is None:
            return AddressBook(domains=tuple(await self._people.domains()), lists_missing=True)
        known = AddressBook(
            domains=book.domains, users=tuple(users.values()), groups=book.groups, contacts=book.contacts
        )
        resolver = Resolver(known)
        led_to = {group for way in ways.ways for to in way.targets for group in resolver.leads(to).groups}
        members = {group: await self._members(group, book) for group in sorted(led_to)}
        groups = tuple(replace(one, members=members.get(one.id)) for one in book.groups)
        return replace(known, groups=groups)

    async def _members(self, group: str, book: TenantBook) -> tuple[str, ...] | None:
        """Return who is in a group, also through others, without those others themselves."""
        try:
            members = await self._people.members(group)
        except SignInRefusedError:
            raise
        except GraphRefusedError:
            return None
        groups = {one.id for one in book.groups}
        return None if members is None else tuple(one for one in members if one not in groups)


def unreadable(code: str) -> Message:
    """Return what people have to do about a mailbox whose rules cannot be read."""
    sentence = N_("The mailbox's rules could not be read ({why}): see by hand that it forwards nothing.")
    return say(sentence, why=code)


def _outside(findings: Sequence[Finding]) -> tuple[RuleCleared, ...]:
    domains: dict[str, set[str]] = {}
    for finding in findings:
        if finding.outside and finding.rule_id and finding.kind is FindingKind.RULE:
            domains.setdefault(finding.rule_id, set()).update({finding.target_domain or ""} - {""})
    return tuple(RuleCleared(rule=rule, target_domains=tuple(sorted(to))) for rule, to in domains.items())


def _unseen(findings: Sequence[Finding]) -> Message | None:
    count = len([finding for finding in findings if finding.kind is FindingKind.UNREADABLE])
    if not count:
        return None
    sentence = N_(
        "Where rules of the mailbox lead could not be seen: {count}. Look at them, and switch off what goes "
        "outside."
    )
    return say(sentence, count=count)
