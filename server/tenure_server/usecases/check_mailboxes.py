"""Look at the trustees' mailboxes: read, judge, write down, switch off, and look again where that was done.

Level-triggered and resumable: run twice, late, on two nodes or after a crash, it comes to the same. What was
looked at in a check is not looked at again when it goes on. A tenant that cannot be read leaves the verdicts
that there were, with their age, and says why; what was not read is never *ok* (P23, case 27). After a restore
mailboxes are read, and nothing is switched off until two people have confirmed the register.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tenure_policies.forwarding.tenant import User
from tenure_policies.forwarding.verdicts import Judgement, MailVerdict
from tenure_policies.forwarding.ways_out import WaysOut
from tenure_server.domain.account_step import ACCOUNT_STEPS
from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import MAILBOX_STATES, LastCheck, LookedAtBy
from tenure_server.domain.mail_scope import InScope, closed_mailboxes, in_scope
from tenure_server.domain.message import Message
from tenure_server.usecases.checking import (
    Checking,
    Progress,
    allowed_now,
    begin,
    finish,
    postpone,
    renew,
)
from tenure_server.usecases.fix_forwards import FixCount, switch_off_due
from tenure_server.usecases.read_ways import ReadMailbox, WaysReader
from tenure_server.usecases.record_mailboxes import (
    UNREADABLE,
    Judged,
    ask_people_to_look,
    record,
    retire,
)
from tenure_server.usecases.tenant_copy import refresh_copy

AT_ONCE = 100
"""Mailboxes that are judged and written down together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailCheck:
    """What one look at the mailboxes came to."""

    claimed: bool
    """False: another process had this slot, or is at it."""
    mailboxes: int = 0
    looked_at: int = 0
    verdicts: Mapping[MailVerdict, int] = field(default_factory=dict)
    """Of the mailboxes that were looked at now."""
    fixes: FixCount = field(default_factory=FixCount)
    finished: bool = False
    why: Message | None = None
    """What kept the tenant from being read."""


async def check_mailboxes(
    checking: Checking, *, slot: str | None = None, progress: Progress | None = None
) -> MailCheck:
    """Look at every mailbox once.

    Args:
        checking: Store, clock, policy and the tenant.
        slot: The scheduler's slot; of several processes one does its work. None: whatever the hour.
        progress: Told how far it is.

    Raises:
        ConflictError: Another process has gone on with the check.
        UnavailableError: The database cannot write now; the next look goes on where this one stopped.
    """
    check = await begin(checking, slot)
    if check is None:
        return MailCheck(claimed=False, fixes=await switch_off_due(checking))
    look = _Look(checking, check, progress or _nobody)
    try:
        await look.run()
    except RefusedError as error:
        look.check = await finish(checking, look.check, error.message)
    except UnavailableError as error:
        after = getattr(error, "retry_after_seconds", None)
        look.check = await postpone(checking, look.check, error.message, after)
    return look.told()


def _nobody(_looked_at: int, _mailboxes: int) -> None:
    """Tell nobody."""


class _Look:
    """One check under way."""

    def __init__(self, checking: Checking, check: LastCheck, progress: Progress) -> None:
        self.check = check
        self._checking = checking
        self._progress = progress
        self._verdicts: dict[PersonId, MailVerdict] = {}
        self._fixes = FixCount()
        self._spots: set[str] = set()

    def told(self) -> MailCheck:
        """Say what it came to."""
        counts = dict.fromkeys(MailVerdict, 0)
        for verdict in self._verdicts.values():
            counts[verdict] += 1
        return MailCheck(
            claimed=True,
            mailboxes=self.check.mailboxes,
            looked_at=self.check.looked_at,
            verdicts=counts,
            fixes=self._fixes,
            finished=self.check.finished_at is not None and self.check.why is None,
            why=self.check.why,
        )

    async def run(self) -> None:
        """Look at what was not looked at in this check, switch off, and look at that again."""
        checking = self._checking
        book = await refresh_copy(checking.store, checking.clock, checking.people)
        async with checking.store.reading() as tx:
            book = replace(book, allowed_partner_domains=await allowed_now(tx, checking.clock.now()))
        scope, seen = await self._scope(book.users)
        await self._begin_counting(len(scope), len(seen))
        reader = WaysReader(checking.people, checking.mailboxes, book)
        await self._look_at(reader, [one for one in scope if one.person not in seen])
        self._fixes = await switch_off_due(checking)
        fixed = [one for one in scope if one.person in self._fixes.people]
        await self._look_at(reader, fixed, anew=True)
        await self._end({one.person for one in scope})

    async def _scope(self, users: Sequence[User]) -> tuple[Sequence[InScope], Collection[PersonId]]:
        """Return whose mailboxes are looked at, and whose were in this check before it was cut off."""
        checking = self._checking
        async with checking.store.reading() as tx:
            facts = await tx.register.facts()
            closed = closed_mailboxes(await tx.records.all(ACCOUNT_STEPS))
            states = await tx.records.all(MAILBOX_STATES)
        now = checking.clock.now()
        scope = await asyncio.to_thread(in_scope, facts, checking.policy, closed, users, now)
        people = {one.person: one for one in scope}
        seen = {
            state.person
            for state in states
            if state.by is LookedAtBy.SERVER  # what a laptop says meanwhile spares nobody the look
            and state.checked_at >= self.check.at
            and state.gone_at is None
            and state.person in people
        }
        self._verdicts = {state.person: state.verdict for state in states if state.person in seen}
        return scope, seen

    async def _begin_counting(self, mailboxes: int, looked_at: int) -> None:
        async with self._checking.store.writing() as tx:
            now = self._checking.clock.now()
            self.check = await renew(tx, self.check, now, mailboxes=mailboxes, looked_at=looked_at)
        self._progress(looked_at, mailboxes)

    async def _look_at(self, reader: WaysReader, scope: Sequence[InScope], *, anew: bool = False) -> None:
        """Read, judge and record mailboxes; those that lead on to others come last, with all of those."""
        await self._record([_without_account(one, self._now()) for one in scope if one.error], anew=anew)
        by_user = {one.user: one for one in scope if not one.error}
        ready: list[ReadMailbox] = []
        lead_on: list[ReadMailbox] = []
        unread = set(by_user)
        async for one in reader.stream(list(by_user), anew=anew):
            unread.discard(one.ways.user)
            (lead_on if await reader.leads_on(one.ways) else ready).append(one)
            if len(ready) >= AT_ONCE:
                await self._judge(reader, ready, by_user, anew=anew)
                ready = []
        ready += [_unanswered(user) for user in sorted(unread)]
        await self._judge(reader, ready, by_user, anew=anew)
        if lead_on:
            judgement = await reader.judge_chains([one.ways for one in lead_on])
            await self._record(self._judged(lead_on, judgement, by_user), anew=anew)

    async def _judge(
        self,
        reader: WaysReader,
        mailboxes: Sequence[ReadMailbox],
        by_user: Mapping[str, InScope],
        *,
        anew: bool,
    ) -> None:
        if mailboxes:
            judgement = await reader.judge([one.ways for one in mailboxes])
            await self._record(self._judged(mailboxes, judgement, by_user), anew=anew)

    def _judged(
        self, mailboxes: Sequence[ReadMailbox], judgement: Judgement, by_user: Mapping[str, InScope]
    ) -> Sequence[Judged]:
        self._spots |= {spot.value for spot in judgement.blind_spots}
        return [
            Judged(
                scope=by_user[read.ways.user],
                verdict=judged.verdict,
                findings=judged.findings,
                error=read.error,
                at=self._now(),
            )
            for read, judged in zip(mailboxes, judgement.mailboxes, strict=True)
        ]

    async def _record(self, judged: Sequence[Judged], *, anew: bool) -> None:
        for start in range(0, len(judged), AT_ONCE):
            some = judged[start : start + AT_ONCE]
            looked_at = self.check.looked_at + (0 if anew else len(some))
            spots = tuple(sorted(self._spots))
            self.check = await record(
                self._checking,
                self.check,
                some,
                looked_at=looked_at,
                blind_spots=spots or self.check.blind_spots,
            )
            self._verdicts.update({one.scope.person: one.verdict for one in some})
            self._progress(looked_at, self.check.mailboxes)

    async def _end(self, present: Collection[PersonId]) -> None:
        async with self._checking.store.writing() as tx:
            now = self._now()
            await retire(tx, present, now)
            await ask_people_to_look(tx, now)
        self.check = await finish(self._checking, self.check)

    def _now(self) -> datetime:
        return self._checking.clock.now()


def _without_account(scope: InScope, now: datetime) -> Judged:
    return Judged(scope=scope, verdict=MailVerdict.UNKNOWN, findings=UNREADABLE, error=scope.error, at=now)


def _unanswered(user: str) -> ReadMailbox:
    """Return a mailbox of which the tenant said nothing: not known."""
    return ReadMailbox(ways=WaysOut(user=user, unreadable=True), error="no_answer")
