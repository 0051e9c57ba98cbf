"""Read mailboxes' ways out, and those of the colleagues and groups to which they lead.

What was read is reduced at once to ids, kinds and target addresses, which are kept in memory for one check
and nowhere else. A colleague's mailbox is read only because a trustee's forward leads there, and nothing is
written down about it (ADR 0029).
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tenure_policies.forwarding.judge import colleagues, judge_ways
from tenure_policies.forwarding.resolve import Resolver
from tenure_policies.forwarding.tenant import AddressBook
from tenure_policies.forwarding.verdicts import Judgement, MailboxJudgement
from tenure_policies.forwarding.ways_out import WaysOut, ways_out
from tenure_server.domain.errors import RefusedError
from tenure_server.usecases.ports import Mailboxes, People

_NO_BOOK = AddressBook(domains=())


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMailbox:
    """One mailbox, reduced to its ways out."""

    ways: WaysOut
    error: str
    """A code for why it could not be read; empty: it was."""


@dataclass(slots=True)
class WaysReader:
    """Reads mailboxes in one check: each once, unless it is asked for anew."""

    people: People
    mailboxes: Mailboxes
    book: AddressBook
    read: dict[str, ReadMailbox] = field(default_factory=dict)
    _resolver: Resolver | None = None

    async def stream(self, users: Sequence[str], *, anew: bool = False) -> AsyncIterator[ReadMailbox]:
        """Return these users' ways out, as they arrive.

        Raises:
            UnavailableError: The tenant does not answer now; those not returned were not read.
            RefusedError: No mailbox can be read at all.
        """
        unread = []
        for user in dict.fromkeys(users):
            if user in self.read and not anew:
                yield self.read[user]
            else:
                unread.append(user)
        if not unread:
            return
        found = self.mailboxes.read(unread)
        try:
            async for mailbox in found:
                one = ReadMailbox(ways=ways_out(mailbox), error=mailbox.error or "")
                self.read[mailbox.user] = one
                yield one
        finally:
            close = getattr(found, "aclose", None)
            if close is not None:
                await close()

    async def leads_on(self, ways: WaysOut) -> bool:
        """Tell whether a mailbox can only be judged once those to which it leads are known."""
        if not any(way.active and way.targets for way in ways.ways):
            return False
        if self._resolver is None:
            self._resolver = await asyncio.to_thread(Resolver, self.book)
        leads = [self._resolver.leads(address) for way in ways.ways if way.active for address in way.targets]
        return any(one.groups or set(one.users) - {ways.user} for one in leads)

    async def judge(self, ways: Sequence[WaysOut]) -> Judgement:
        """Judge mailboxes that lead to no colleague and to no group; in their order."""
        plain = [one for one in ways if not one.ways]
        others = [one for one in ways if one.ways]
        judged = [judge_ways(_NO_BOOK, plain)]  # nothing leads anywhere: no address is looked up
        if others:
            judged.append(await asyncio.to_thread(judge_ways, self.book, others))
        return _in_order(judged, ways)

    async def judge_chains(self, ways: Sequence[WaysOut]) -> Judgement:
        """Judge mailboxes together with all those to which they lead; in their order.

        Raises:
            UnavailableError, RefusedError: As `stream`.
        """
        book, known = await self._follow(ways)
        judged = await asyncio.to_thread(judge_ways, book, known)
        return _in_order([judged], ways)

    async def _follow(self, ways: Sequence[WaysOut]) -> tuple[AddressBook, Sequence[WaysOut]]:
        """Read on until nobody new is led to: groups' members first, then colleagues' mailboxes."""
        known = {one.user: one for one in ways}
        members: dict[str, tuple[str, ...] | None] = {}
        while True:
            book = _with_members(self.book, members)
            users, groups = await asyncio.to_thread(_further, book, list(known.values()), members)
            for group in sorted(groups):
                members[group] = await self._members(group)
            if groups:
                continue
            if not users:
                return book, list(known.values())
            async for colleague in self.stream(sorted(users)):
                known[colleague.ways.user] = colleague.ways
            for user in users - known.keys():  # the port owes an answer; without one it is not known
                known[user] = WaysOut(user=user, unreadable=True)

    async def _members(self, group: str) -> tuple[str, ...] | None:
        """Return who is in a group, also through others, without those others themselves."""
        try:
            members = await self.people.members(group)
        except RefusedError:
            return None
        groups = {one.id for one in self.book.groups}
        return None if members is None else tuple(one for one in members if one not in groups)


def _further(
    book: AddressBook, ways: Sequence[WaysOut], members: Mapping[str, object]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the users whose mailboxes were not read, and the groups whose members were not asked for."""
    resolver = Resolver(book)
    groups: set[str] = set()
    for one in ways:
        for way in one.ways:
            for address in way.targets:
                groups.update(resolver.leads(address).groups)
    for group in members:
        groups.update(resolver.group_leads(group).groups)
    return colleagues(book, ways), frozenset(groups) - members.keys()


def _with_members(book: AddressBook, members: Mapping[str, tuple[str, ...] | None]) -> AddressBook:
    if not members:
        return book
    groups = tuple(
        replace(group, members=members[group.id]) if group.id in members else group for group in book.groups
    )
    return replace(book, groups=groups)


def _in_order(judged: Iterable[Judgement], ways: Sequence[WaysOut]) -> Judgement:
    verdicts: dict[str, MailboxJudgement] = {}
    spots = {}
    for judgement in judged:
        verdicts.update({one.user: one for one in judgement.mailboxes})
        if judgement.mailboxes:
            spots.update(dict.fromkeys(judgement.blind_spots))
    return Judgement(mailboxes=tuple(verdicts[one.user] for one in ways), blind_spots=tuple(spots))
