"""Write down what was found in mailboxes and what is to be done about it, before anything is done.

One transaction writes verdicts, fixes, people's tasks and how far the check has come: a check that is cut off
afterwards goes on behind them. Of a finding stand in it the rule's id and the target's domain (P23).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tenure_policies.forwarding.verdicts import Finding, FindingKind, MailVerdict, Reason
from tenure_server.domain.audit import AuditEntry, AuditKind, entry
from tenure_server.domain.forward_fixes import (
    NOT_FOUND_ANY_MORE,
    Looked,
    advance,
    by_hand,
    left_to_people,
    plan_fixes,
)
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import (
    MAILBOX_STATES,
    RULE_FIXES,
    FixState,
    LastCheck,
    LookedAtBy,
    MailboxState,
    RuleFix,
)
from tenure_server.domain.mail_fixer import may_fix
from tenure_server.domain.mail_order_record import MAIL_ORDERS, leases
from tenure_server.domain.mail_scope import InScope
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.checking import Checking, fixing_is_on, renew
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.tasks import close_needless, open_task

UNREADABLE = (Finding(kind=FindingKind.UNREADABLE, reason=Reason.MAILBOX_UNREADABLE),)
LAPTOPS_WORD_HOLDS = timedelta(days=1)
"""For so long what a laptop could read counts for more than that the server could not read."""
UNSEEN_FOR = timedelta(days=1)
"""A mailbox that cannot be read for longer is for people to look at."""
_MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One trustee's mailbox, judged."""

    scope: InScope
    verdict: MailVerdict
    findings: tuple[Finding, ...]
    error: str
    at: datetime
    """When it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What is on record beside the mailboxes, in one transaction."""

    now: datetime
    fixing: bool
    fixer: LookedAtBy
    leased: Mapping[PersonId, datetime]
    with_fixes: Collection[str]
    tasks: Mapping[str, Sequence[Task]]

    def may_fix(self, scope: InScope) -> bool:
        """Tell whether the server is to switch rules off in a mailbox now."""
        lease = self.leased.get(scope.person)
        may = may_fix(LookedAtBy.SERVER, self.fixer, lease, self.now)
        return self.fixing and not scope.staff and may


async def record(
    checking: Checking, check: LastCheck, judged: Sequence[Judged], **progress: object
) -> LastCheck:
    """Record mailboxes that were judged, and how far the check has come.

    Raises:
        ConflictError: Another process has gone on with the check.
        UnavailableError: The database cannot write now; nothing of these is on record.
    """
    async with checking.store.writing() as tx:
        standing = await _standing(tx, checking)
        for one in judged:
            await _record_one(tx, one, standing)
        return await renew(tx, check, standing.now, **progress)


async def retire(tx: Transaction, present: Collection[PersonId], now: datetime) -> None:
    """Note of everybody who is not looked at any more that their mailbox is none of ours."""
    for state in await tx.records.all(MAILBOX_STATES):
        if state.person in present or state.gone_at is not None:
            continue
        await tx.records.replace(MAILBOX_STATES, state, replace(state, gone_at=now, findings=()))
        for fix in await tx.records.all(RULE_FIXES, subject=state.person, open_only=True):
            if fix.state is FixState.DUE and fix.by is LookedAtBy.SERVER:
                gone = advance(fix, FixState.CANCELLED, done_at=now, why=NOT_FOUND_ANY_MORE)
                await replace_fix(tx, fix, gone, now)
        for task in await tx.records.all(TASKS, subject=state.person, open_only=True):
            if task.kind is TaskKind.MAIL_FORWARD:
                await close_needless(tx, task, now, "")


async def ask_people_to_look(tx: Transaction, now: datetime) -> None:
    """Open one task while mailboxes have stayed unreadable for long, and close it when none is."""
    unseen = [
        state
        for state in await tx.records.all(MAILBOX_STATES, open_only=True)
        if state.verdict is MailVerdict.UNKNOWN and state.since is not None
    ]
    standing = await tx.records.all(TASKS, subject=_MAIL, open_only=True)
    tasks = [task for task in standing if task.kind is TaskKind.MAIL_UNSEEN]
    if not tasks and any(state.since is not None and state.since + UNSEEN_FOR <= now for state in unseen):
        sentence = N_("See why mailboxes cannot be looked at ({count}): `tenure mail status` lists them.")
        why = say(sentence, count=len(unseen))
        task = Task(kind=TaskKind.MAIL_UNSEEN, subject=_MAIL, at=now, due=None, why=why, rule="P23")
        await open_task(tx, task, now)
    if not unseen:
        for task in tasks:
            await close_needless(tx, task, now, "")


async def replace_fix(tx: Transaction, was: RuleFix, fix: RuleFix, now: datetime) -> None:
    """Put a fix in the place of the one that was read, and log what became of it."""
    await tx.records.replace(RULE_FIXES, was, fix)
    if was.state is not fix.state:
        await tx.audit.append([fix_entry(fix, now)])


def fix_entry(fix: RuleFix, now: datetime) -> AuditEntry:
    """Return what the log says of a fix."""
    return entry(
        now,
        AuditKind.RULE_FIX,
        fix.person,
        fix=fix.id,
        rule=fix.rule,
        number=fix.number,
        by=fix.by,
        state=fix.state,
        domains=",".join(fix.target_domains),
    )


async def _standing(tx: Transaction, checking: Checking) -> _Standing:
    tasks: dict[str, list[Task]] = {}
    for task in await tx.records.all(TASKS, open_only=True):
        if task.kind is TaskKind.MAIL_FORWARD:
            tasks.setdefault(task.subject, []).append(task)
    fixes = await tx.records.all(RULE_FIXES, open_only=True)
    return _Standing(
        now=checking.clock.now(),
        fixing=await fixing_is_on(tx),
        fixer=checking.mail_fixer,
        leased=leases(await tx.records.all(MAIL_ORDERS)),
        with_fixes={fix.person for fix in fixes},
        tasks=tasks,
    )


async def _record_one(tx: Transaction, judged: Judged, standing: _Standing) -> None:
    person, now = judged.scope.person, standing.now
    was = await tx.records.get(MAILBOX_STATES, person)
    if was is not None and judged.error and _laptop_knows_better(was, now):
        return
    state = _state(was, judged, now)
    if was is None:
        await tx.records.add(MAILBOX_STATES, state)
    else:
        await tx.records.replace(MAILBOX_STATES, was, state)
    if _is_news(was, state):
        await tx.audit.append([_entry(was, state, now)])
    if not judged.error and (judged.findings or person in standing.with_fixes or person in standing.tasks):
        await _follow_fixes(tx, judged, state, standing)


def _laptop_knows_better(was: MailboxState, now: datetime) -> bool:
    fresh = now - was.checked_at < LAPTOPS_WORD_HOLDS
    return was.by is LookedAtBy.LAPTOP and fresh and was.verdict is not MailVerdict.UNKNOWN


def _state(was: MailboxState | None, judged: Judged, now: datetime) -> MailboxState:
    same = was is not None and was.verdict is judged.verdict and was.gone_at is None
    return MailboxState(
        person=judged.scope.person,
        at=now if was is None else was.at,
        checked_at=judged.at,
        by=LookedAtBy.SERVER,
        verdict=judged.verdict,
        findings=judged.findings,
        user=judged.scope.user,
        error=judged.error,
        since=was.since if same and was is not None else now,
    )


def _is_news(was: MailboxState | None, state: MailboxState) -> bool:
    if was is None:
        return state.verdict is not MailVerdict.OK
    return (was.verdict, set(was.findings)) != (state.verdict, set(state.findings))


def _entry(was: MailboxState | None, state: MailboxState, now: datetime) -> AuditEntry:
    outside = [one for one in state.findings if one.outside]
    return entry(
        now,
        AuditKind.MAILBOX_JUDGED,
        state.person,
        verdict=state.verdict,
        was=None if was is None else was.verdict,
        by=state.by,
        rules=",".join(sorted({one.rule_id for one in outside if one.rule_id})),
        domains=",".join(sorted({one.target_domain for one in outside if one.target_domain})),
        error=state.error or None,
    )


async def _follow_fixes(tx: Transaction, judged: Judged, state: MailboxState, standing: _Standing) -> None:
    person, now = judged.scope.person, standing.now
    looked = Looked(person=person, user=state.user, findings=judged.findings, at=judged.at)
    fixes = {one.id: one for one in await tx.records.all(RULE_FIXES, subject=person)}
    change = plan_fixes(looked, list(fixes.values()), fix=standing.may_fix(judged.scope), now=now)
    for fix in change.begin:
        if await tx.records.add(RULE_FIXES, fix):
            await tx.audit.append([fix_entry(fix, now)])
    for before, after in change.settle:
        await replace_fix(tx, before, after, now)
        fixes[after.id] = after
    wanted = [by_hand(fix) for fix in fixes.values() if fix.state is FixState.FAILED]
    theirs = left_to_people(looked, state.since or now, staff=judged.scope.staff)
    if theirs is not None and standing.fixing:
        wanted.append(theirs)
        await open_task(tx, theirs, now)
    ids = {task.id for task in wanted}
    for task in standing.tasks.get(person, ()):
        if task.id not in ids:
            await close_needless(tx, task, now, "")
