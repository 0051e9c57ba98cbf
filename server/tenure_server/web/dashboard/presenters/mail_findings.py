"""Findings of one mailbox, what was done about them and what its holder was told. Pure: no I/O, no clock."""

from dataclasses import dataclass

from tenure_policies.forwarding.verdicts import Finding, FindingKind
from tenure_server.domain import forwarding_words
from tenure_server.domain.mail_check import FixState
from tenure_server.domain.message import N_
from tenure_server.domain.notice import NoticeState
from tenure_server.usecases.mail_views import FindingRow, FixRow
from tenure_server.web.dashboard.presenters import mail_words
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label

SHORT_RULE = 12
_BY_PEOPLE = N_("No mail was taken for them: people were asked to tell them, by a task.")
_TOLD = {
    NoticeState.SENT: N_("Told by mail to which domain a rule sent mail, and that it was switched off."),
    NoticeState.UNCONFIRMED: N_("A mail was sent; whether it was taken, nobody can tell."),
    NoticeState.FAILED: _BY_PEOPLE,
    NoticeState.BY_HAND: _BY_PEOPLE,
    NoticeState.SKIPPED: N_("Not told: there was nothing to tell any more."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FixLine:
    """One rule that was switched off, or is to be."""

    state: Label
    by: str
    """Who switches it off; empty where nobody will."""
    at: Moment | None
    """When it came to this state."""
    found: Moment | None
    domains: str
    rule: str
    rule_short: str
    told: Moment | None
    told_text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """One finding."""

    kind: str
    domain: str
    in_force: Label
    why: str
    since: Moment | None
    rule: str
    rule_short: str
    fix: FixLine | None


def finding(row: FindingRow, scribe: Scribe) -> FindingLine:
    """Prepare one finding, with its reason in words."""
    found = row.finding
    rule = found.rule_id or ""
    return FindingLine(
        kind=mail_words.kind(found.kind, scribe.speak),
        domain=found.target_domain or "",
        in_force=_in_force(found, scribe),
        why=scribe.say(forwarding_words.why(found)),
        since=scribe.day(row.since),
        rule=rule,
        rule_short=shortened(rule),
        fix=None if row.fix is None else fix(row.fix, scribe),
    )


def _in_force(found: Finding, scribe: Scribe) -> Label:
    _ = scribe.speak.gettext
    if found.kind is FindingKind.UNREADABLE:
        return Label(text=_("not known"), tone="wait")
    if found.active:
        return Label(text=_("in force"), tone="grave" if found.outside else "calm")
    return Label(text=_("not in force"), tone="blank")


def fix(row: FixRow, scribe: Scribe) -> FixLine:
    """Prepare one fix."""
    return FixLine(
        state=mail_words.fix(row, scribe.speak),
        by="" if row.state is FixState.CANCELLED else mail_words.by(row.by, scribe.speak),
        at=scribe.exactly(row.done_at or row.asked_at),
        found=scribe.exactly(row.found_at),
        domains=", ".join(row.domains),
        rule=row.rule,
        rule_short=shortened(row.rule),
        told=scribe.exactly(row.told_at),
        told_text=_told(row, scribe),
        why=scribe.say(row.why) if row.why else "",
    )


def shortened(rule: str) -> str:
    """Shorten a rule's id, which is long and says nothing to a reader."""
    return rule if len(rule) <= SHORT_RULE else f"{rule[:SHORT_RULE]}…"


def _told(row: FixRow, scribe: Scribe) -> str:
    told = _TOLD.get(row.notice) if row.notice is not None else None
    return scribe.speak.gettext(told or N_("Not told yet."))
