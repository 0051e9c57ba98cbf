"""One mailbox, ready to print: findings with reasons, fixes, what was told. Pure: no I/O, no clock."""

from dataclasses import dataclass

from tenure_server.usecases.mail_views import MailboxPage
from tenure_server.web.dashboard.presenters import addresses, mail_words
from tenure_server.web.dashboard.presenters.mail import FixingLine, fixing, remark
from tenure_server.web.dashboard.presenters.mail_findings import FindingLine, FixLine, finding, fix
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole page."""

    as_of: Moment | None
    live_href: str
    name: str
    person: str
    standing: Label
    since: Moment | None
    checked: Moment | None
    by: str
    remark: str
    findings: tuple[FindingLine, ...]
    fixes: tuple[FixLine, ...]
    told: tuple[FixLine, ...]
    """The fixes that the trustee was told of, or is still to be."""
    fixing: FixingLine
    blind_spots: tuple[str, ...]


def present(view: MailboxPage, scribe: Scribe) -> Page:
    """Prepare one mailbox."""
    row, speak = view.mailbox, scribe.speak
    fixes = tuple(fix(one, scribe) for one in view.fixes)
    return Page(
        as_of=scribe.exactly(view.at),
        live_href=f"{addresses.mailbox(row.person)}/live",
        name=row.name,
        person=row.person,
        standing=mail_words.standing(row.standing, speak),
        since=scribe.exactly(row.since),
        checked=scribe.exactly(row.checked_at),
        by="" if row.by is None else mail_words.by(row.by, speak),
        remark=remark(row, scribe),
        findings=tuple(finding(one, scribe) for one in row.findings),
        fixes=fixes,
        told=tuple(line for line, one in zip(fixes, view.fixes, strict=True) if one.done_at or one.told_at),
        fixing=fixing(view.fixing, scribe),
        blind_spots=tuple(mail_words.blind_spot(code, speak) for code in view.blind_spots),
    )
