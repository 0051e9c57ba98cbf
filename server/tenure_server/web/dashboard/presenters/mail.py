"""The list of mailboxes and the state of the check, ready to print. Pure: no I/O, no clock."""

from dataclasses import dataclass, replace

from tenure_server.domain.mail_check import LookedAtBy
from tenure_server.usecases.mail_views import (
    CheckView,
    FixingView,
    MailboxRow,
    MailFilter,
    MailList,
    Standing,
)
from tenure_server.web.dashboard.presenters import addresses, mail_words
from tenure_server.web.dashboard.presenters.glance import Figure
from tenure_server.web.dashboard.presenters.laptops import Option
from tenure_server.web.dashboard.presenters.mail_findings import FindingLine, finding
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label

MOST_IN_A_LINE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """How the last look at the tenant went."""

    state: Label
    at: Moment | None
    progress: str
    by: str
    why: str
    """What kept the tenant from being read; empty: nothing did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixingLine:
    """Whether forwards are switched off or only reported."""

    on: bool
    state: Label
    text: str
    decision: str
    since: Moment | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLine:
    """One mailbox of the table."""

    name: str
    person: str
    href: str
    standing: Label
    findings: tuple[FindingLine, ...]
    more: int
    """How many findings are only on the mailbox's own page."""
    remark: str
    by: str
    checked: Moment | None
    grave: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole list page."""

    as_of: Moment | None
    check: CheckLine
    fixing: FixingLine
    figures: tuple[Figure, ...]
    blind_spots: tuple[str, ...]
    count: str
    lines: tuple[MailboxLine, ...]
    page: str
    """Which page of how many; empty where there is one."""
    previous: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filter form as the reader left it."""

    text: str
    standing: tuple[Option, ...]
    in_force: bool
    query: str


def present(view: MailList, wanted: MailFilter, scribe: Scribe) -> Page:
    """Prepare the list and what stands above it."""
    speak = scribe.speak
    number, total = speak.number, sum(view.counts.values())
    count = speak.ngettext("{shown} of {total} mailbox", "{shown} of {total} mailboxes", total)
    page = speak.gettext("Page {page} of {pages}") if view.pages > 1 else ""
    here = replace(wanted, page=view.page)
    return Page(
        as_of=scribe.exactly(view.at),
        check=_check(view, scribe),
        fixing=fixing(view.fixing, scribe),
        figures=tuple(_figure(view, standing, scribe) for standing in Standing),
        blind_spots=tuple(mail_words.blind_spot(code, speak) for code in view.blind_spots),
        count=count.format(shown=number(view.matching), total=number(total)),
        lines=tuple(_line(row, scribe) for row in view.rows),
        page=page.format(page=number(view.page), pages=number(view.pages)),
        previous=addresses.mail(replace(here, page=view.page - 1)) if view.page > 1 else "",
        next=addresses.mail(replace(here, page=view.page + 1)) if view.page < view.pages else "",
    )


def filters(wanted: MailFilter, scribe: Scribe) -> Filters:
    """Prepare the filter form."""
    speak = scribe.speak
    texts = [("", speak.gettext("Any")), *((s, mail_words.standing(s, speak).text) for s in Standing)]
    return Filters(
        text=wanted.text,
        standing=tuple(
            Option(value=value, text=text, chosen=value == (wanted.standing or "")) for value, text in texts
        ),
        in_force=replace(wanted, page=1) != MailFilter(),
        query=addresses.mail_query(wanted),
    )


def fixing(view: FixingView, scribe: Scribe) -> FixingLine:
    """Say whether forwards are switched off or only reported."""
    _ = scribe.speak.gettext
    if view.on:
        state = Label(text=_("On"), tone="calm")
        text = _("Forwards that lead outside are switched off, and the trustee is told.")
    else:
        state = Label(text=_("Report only"), tone="lock")
        text = _("Forwards are found and shown here; nothing is switched off.")
    return FixingLine(
        on=view.on,
        state=state,
        text=text,
        decision=view.decision,
        since=scribe.exactly(view.since),
        by=view.by,
    )


def _check(view: MailList, scribe: Scribe) -> CheckLine:
    check, _ = view.check, scribe.speak.gettext
    looked = ", ".join(_looked_at(view, who, scribe) for who in LookedAtBy if view.looked_at_by.get(who))
    if check is None:
        never = Label(text=_("Not by the server yet"), tone="blank")
        return CheckLine(state=never, at=None, progress="", by=looked, why="")
    return CheckLine(
        state=_check_state(check, scribe),
        at=scribe.exactly(check.finished or check.began),
        progress=_("{looked} of {all}").format(
            looked=scribe.speak.number(check.looked_at), all=scribe.speak.number(check.mailboxes)
        ),
        by=looked,
        why=scribe.say(check.why) if check.why else "",
    )


def _check_state(check: CheckView, scribe: Scribe) -> Label:
    _ = scribe.speak.gettext
    if check.why is not None:
        return Label(text=_("The tenant could not be read"), tone="grave")
    if check.finished is None:
        return Label(text=_("Under way"), tone="wait")
    return Label(text=_("Finished"), tone="calm")


def _looked_at(view: MailList, who: LookedAtBy, scribe: Scribe) -> str:
    number = scribe.speak.number(view.looked_at_by[who])
    if who is LookedAtBy.SERVER:
        return scribe.speak.gettext("{number} by the server").format(number=number)
    return scribe.speak.gettext("{number} by laptops").format(number=number)


def _figure(view: MailList, standing: Standing, scribe: Scribe) -> Figure:
    count = view.counts[standing]
    return Figure(
        text=scribe.speak.number(count),
        name=mail_words.standing(standing, scribe.speak).text,
        href=addresses.mail(MailFilter(standing=standing)),
        grave=standing is Standing.VIOLATION and count > 0,
    )


def _line(row: MailboxRow, scribe: Scribe) -> MailboxLine:
    return MailboxLine(
        name=row.name,
        person=row.person,
        href=addresses.mailbox(row.person),
        standing=mail_words.standing(row.standing, scribe.speak),
        findings=tuple(finding(one, scribe) for one in row.findings[:MOST_IN_A_LINE]),
        more=max(0, len(row.findings) - MOST_IN_A_LINE),
        remark=remark(row, scribe),
        by="" if row.by is None else mail_words.by(row.by, scribe.speak),
        checked=scribe.ago(row.checked_at),
        grave=row.standing is Standing.VIOLATION,
    )


def remark(row: MailboxRow, scribe: Scribe) -> str:
    """Say why there is no verdict, or no mailbox; empty: nothing to say."""
    speak = scribe.speak
    if row.gone_at is not None:
        gone = speak.gettext("There is no such mailbox any more since {moment}.")
        return gone.format(moment=speak.moment(row.gone_at, scribe.zone))
    if row.stale:
        return speak.gettext("Nothing was found, but nobody has looked for more than a day.")
    return mail_words.error(row.error, speak) if row.error else ""
