"""Tell the staff what waits for them: new and overdue tasks once a day, and what is urgent without delay.

At most one mail of each of the two kinds a day; a task is new until a mail that names it was sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from tenure_server.domain.civil_time import NOTICE_TIME, local_day, local_time, start_of_day
from tenure_server.domain.mail import Mail, mail_id
from tenure_server.domain.message import N_, say
from tenure_server.domain.notice import STAFF, Notice, notice_id
from tenure_server.domain.notice_template import TemplateKey, fill
from tenure_server.domain.record import RecordKind
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.language import Translator, translator
from tenure_server.usecases.following import Following
from tenure_server.usecases.notice_words import Written, place
from tenure_server.usecases.ports import Transaction

DAILY, URGENT = "tasks", "urgent-tasks"
URGENT_KINDS = frozenset(
    {
        TaskKind.BREACH_NOTICE,
        TaskKind.BLOCK_SIGN_IN,
        TaskKind.UNBLOCK_SIGN_IN,
        TaskKind.CONTACT_ESTATE,
        TaskKind.LOCKS_HELD_BACK,
        TaskKind.CANARY_FAILED,
        TaskKind.INCIDENT,
        TaskKind.CLEAR_FORWARDING,
        TaskKind.DIRECTORY_SILENT,
    }
)
MOST_NAMED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTasks:
    """The open tasks that a mail has named."""

    tasks: tuple[str, ...]
    at: datetime

    @property
    def id(self) -> str:
        """There is one."""
        return STAFF

    @property
    def subject(self) -> str:
        """The staff."""
        return STAFF

    @property
    def is_open(self) -> bool:
        """It asks nothing of anybody."""
        return False


TOLD_TASKS: RecordKind[ToldTasks] = RecordKind(name="told_tasks", type=ToldTasks)


async def staff_mail(
    tx: Transaction, zone: ZoneInfo, now: datetime, known: Mapping[str, Notice]
) -> Sequence[Notice]:
    """Return the mails to staff that are to be sent today and are not yet planned."""
    today = start_of_day(local_day(now, zone), zone)
    missing = [key for key in (DAILY, URGENT) if notice_id(STAFF, key, today) not in known]
    if not missing:
        return ()
    tasks = await tx.records.all(TASKS, open_only=True)
    told = await _told(tx)
    morning = local_time(local_day(now, zone), NOTICE_TIME, zone)
    return [
        Notice(person=STAFF, key=key, about=today, at=now, rule="")
        for key in missing
        if _named(tasks, told, key, now) and (key == URGENT or now >= morning)
    ]


async def told_tasks(
    tx: Transaction, following: Following, municipality: str, notice: Notice, now: datetime
) -> tuple[Written | None, frozenset[str]]:
    """Write one mail to staff, as the tasks stand now; None if there is nothing to tell any more."""
    zone = following.policy.zone
    tasks = await tx.records.all(TASKS, open_only=True)
    named = _named(tasks, await _told(tx), notice.key, now)
    if not named or notice.about != start_of_day(local_day(now, zone), zone):
        return None, frozenset()
    language = following.templates.language_of(TemplateKey.TASKS, following.staff_language)
    template = following.templates.template(TemplateKey.TASKS, language)
    speak = translator(language)
    filled = {
        **place(following.words, speak),
        "tasks": "\n".join(_line(task, speak, zone, now) for task in named[:MOST_NAMED]),
        "count": speak.number(len(named)),
    }
    subject, text = fill(template, filled)
    mail = Mail(
        id=mail_id(municipality, notice.id),
        to=following.staff_address,
        subject=subject,
        text=text,
        language=language,
    )
    return Written(mail=mail, template=template), frozenset(task.id for task in named)


async def remember(tx: Transaction, tasks: Collection[str], now: datetime) -> None:
    """Note which tasks a mail has named; those that are closed by now are forgotten."""
    before = await tx.records.get(TOLD_TASKS, STAFF)
    still_open = {task.id for task in await tx.records.all(TASKS, open_only=True)}
    known = set(before.tasks) if before else set()
    told = ToldTasks(tasks=tuple(sorted((known | set(tasks)) & still_open)), at=now)
    if before is None:
        await tx.records.add(TOLD_TASKS, told)
    else:
        await tx.records.replace(TOLD_TASKS, before, replace(told, at=now))


async def _told(tx: Transaction) -> frozenset[str]:
    told = await tx.records.get(TOLD_TASKS, STAFF)
    return frozenset(told.tasks) if told else frozenset()


def _named(tasks: Sequence[Task], told: frozenset[str], key: str, now: datetime) -> Sequence[Task]:
    """Return what a mail names: what is new, and daily also what is overdue; what is due first, first."""
    if key == URGENT:
        found = [task for task in tasks if task.kind in URGENT_KINDS and task.id not in told]
    else:
        found = [task for task in tasks if task.id not in told or (task.due is not None and task.due < now)]
    return sorted(found, key=lambda task: (task.due is None, task.due or task.at, task.id))


def _line(task: Task, speak: Translator, zone: ZoneInfo, now: datetime) -> str:
    why = " ".join(speak.say(one) for one in (task.why, task.because) if one is not None)
    if task.due is None:
        return f"- {why}"
    day = speak.date(task.due, zone)
    if task.due < now:
        return f"- {speak.say(say(N_('Overdue since {day}: {why}'), day=day, why=why))}"
    return f"- {speak.say(say(N_('By {day}: {why}'), day=day, why=why))}"
