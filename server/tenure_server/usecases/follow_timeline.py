"""Follow what an end leads to beside the laptop itself: notices, accounts, charges and people's tasks.

Runs after `enforce_ends`, on time and when something changed. Level-triggered: run twice, late, on two nodes
or after a crash, it comes to the same. One transaction records all that follows from the facts; then the
directory and the mail server are asked for one thing after another, each recorded before and after. After a
restore it does nothing until two people have confirmed the register.
"""

from dataclasses import dataclass

from tenure_server.domain.end_tasks import needless, wanted_tasks
from tenure_server.domain.message import N_, say
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.close_accounts import AccountCount, ask_directory, plan_accounts
from tenure_server.usecases.following import Following, Seen, see
from tenure_server.usecases.keep_closed_mailboxes import keep_closed_mailboxes
from tenure_server.usecases.offer_closings import follow_closings
from tenure_server.usecases.plan_notices import NoticeCount, plan_notices
from tenure_server.usecases.ports import Transaction
from tenure_server.usecases.propose_charges import ChargeCount, follow_charges
from tenure_server.usecases.send_notices import deliver
from tenure_server.usecases.tasks import close_needless, open_task
from tenure_server.usecases.watch_directory import watch_directory

WORK = "follow_timeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What one follow-up did."""

    claimed: bool
    """False: another process had this slot."""
    notices: NoticeCount
    accounts: AccountCount
    charges: ChargeCount
    tasks_opened: int = 0
    tasks_closed: int = 0

    @property
    def did_anything(self) -> bool:
        """Tell whether anything changed."""
        told = self.notices.sent + self.notices.skipped + self.notices.by_hand + self.notices.failed
        asked = self.accounts.begun + self.accounts.asked + self.accounts.done + self.accounts.cancelled
        charged = self.charges.proposed + self.charges.changed
        return bool(told + asked + charged + self.tasks_opened + self.tasks_closed)


async def follow_timeline(following: Following, *, slot: str | None = None) -> FollowUp:
    """Follow up once.

    Args:
        following: Store, clock, policy, words, texts, directory and mail server.
        slot: The scheduler's slot; claimed in the transaction that records, so that of several processes one
            does the work. None follows up unconditionally.

    Raises:
        ConflictError: Another process changed the same record meanwhile; the next one goes on.
        UnavailableError: The database cannot write now; the next follow-up goes on where this one stopped.
    """
    async with following.store.writing() as tx:
        if slot is not None and not await tx.claims.claim(WORK, slot, following.clock.now()):
            return _nothing(claimed=False)
        seen = await see(following, tx)
        if seen is None:
            return _nothing(claimed=True)
        opened, closed = await _follow_tasks(tx, following, seen)
        accounts = await plan_accounts(tx, seen)
        await follow_closings(tx, following, seen)
        await keep_closed_mailboxes(tx, seen)
        await watch_directory(tx, seen)
        charges = await follow_charges(tx, seen)
        notices = await plan_notices(tx, following, seen)
    await ask_directory(following, seen, accounts)
    await deliver(following, seen, notices)
    return FollowUp(
        claimed=True,
        notices=notices,
        accounts=accounts,
        charges=charges,
        tasks_opened=opened,
        tasks_closed=closed,
    )


def _nothing(*, claimed: bool) -> FollowUp:
    return FollowUp(claimed=claimed, notices=NoticeCount(), accounts=AccountCount(), charges=ChargeCount())


async def _follow_tasks(tx: Transaction, following: Following, seen: Seen) -> tuple[int, int]:
    """Open what people have to do by the facts, and close what they need not do any more."""
    wanted = [*wanted_tasks(seen.facts, following.policy, seen.now), *_texts(following)]
    standing = await tx.records.all(TASKS, open_only=True)
    ids = {task.id for task in standing}
    opened = 0
    for task in wanted:
        if task.id not in ids:
            opened += await open_task(tx, task, seen.now)
    faults = {task.id for task in wanted if task.kind is TaskKind.NOTICE_TEXT}
    mended = [task for task in standing if task.kind is TaskKind.NOTICE_TEXT and task.id not in faults]
    over = [*needless(standing, wanted), *mended]
    for task in over:
        await close_needless(tx, task, seen.now, "")
    return opened, len(over)


def _texts(following: Following) -> list[Task]:
    """Ask for every text of the city's own that cannot be used; the shipped one is sent meanwhile."""
    sentence = N_("Correct {file} (line {line}): it cannot be used, and the shipped text is sent instead.")
    return [
        Task(
            kind=TaskKind.NOTICE_TEXT,
            subject=f"{fault.language}/{fault.key}",
            at=fault.since,
            due=None,
            why=say(sentence, file=fault.why.file, line=fault.why.row or "-"),
        )
        for fault in following.templates.faults()
    ]
