"""An explanation to read, in the reader's language: a chain from facts to proof; plain when piped."""

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from tenure_server.cli.plan_words import DESIRED, NEEDS, POLICY_STATUSES, STATUSES, VERBS
from tenure_server.domain.audit import LoggedEntry
from tenure_server.domain.mandate import EndBasis, Mandate, MandateStatus, known_end
from tenure_server.domain.message import N_
from tenure_server.domain.plan import Desired, Reason, Right, Step
from tenure_server.domain.stay import Stay, StayKind
from tenure_server.language import Translator
from tenure_server.usecases.explain_records import RecordLink
from tenure_server.usecases.explanation import (
    AuthorityLink,
    Explanation,
    LaptopExplanation,
    OrderLink,
    PersonExplanation,
    ReceiptLink,
)
from tenure_server.usecases.views import Reported, TimelineStep

_WIDTH = 100
_SHORT = 12
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_REPORTED = {
    Reported.NOTHING: N_("no report"),
    Reported.ACTIVE: N_("active"),
    Reported.LOCKED: N_("locked"),
    Reported.UNPROVEN: N_("wipe unproven"),
    Reported.WIPED: N_("wiped, proven"),
}
_MANDATE_STATUSES = {
    MandateStatus.ACTIVE: N_("in office"),
    MandateStatus.LEAVE: N_("on leave"),
    MandateStatus.SUSPENDED: N_("suspended"),
}
_BASES = {
    EndBasis.TERM: N_("the term ends"),
    EndBasis.UNTIL_SUCCESSOR: N_("until successors are elected"),
    EndBasis.RESIGNATION: N_("resignation"),
    EndBasis.ELIGIBILITY_LOST: N_("eligibility lost"),
    EndBasis.REMOVED: N_("removed"),
    EndBasis.DEATH: N_("death"),
    EndBasis.BODY_ABOLISHED: N_("the body was abolished"),
    EndBasis.FIXED: N_("a fixed term ends"),
}

_STAYS = {
    StayKind.MEETING: N_("A meeting goes on"),
    StayKind.DISPUTE: N_("The return is disputed"),
    StayKind.APPEAL: N_("The election is appealed"),
}


def print_explanation(told: Explanation, speak: Translator, console: Console | None = None) -> None:
    """Print an explanation on standard output."""
    page = _Page(told, speak)
    console = console or _console()
    parts = page.laptop(told) if isinstance(told, LaptopExplanation) else page.person(told)
    for part in parts:
        if isinstance(part, str):
            console.print(part)
        elif part.row_count:
            console.print()
            console.print(part)


def _console() -> Console:
    """Use the terminal's width; a pipe gets plain text."""
    if sys.stdout.isatty():
        return Console(highlight=False, markup=False)
    return Console(file=sys.stdout, width=_WIDTH, highlight=False, markup=False, no_color=True)


class _Page:
    """One explanation's sentences and tables."""

    def __init__(self, told: Explanation, speak: Translator) -> None:
        self._at = told.at
        self._zone = told.policy.zone
        self._policy = told.policy
        self._speak = speak

    def laptop(self, told: LaptopExplanation) -> Iterable[str | Table]:
        """Return the parts of a laptop's explanation, in the order of the chain."""
        _, speak = self._speak.gettext, self._speak
        yield _("{serial} at {moment}").format(serial=told.serial, moment=self._moment(told.at))
        yield self._policy_line()
        holder = f"{told.holder_name} ({told.holder})" if told.holder else _("nobody")
        yield _("Holder: {holder}").format(holder=holder)
        if told.borrower:
            yield _("On loan to: {borrower}").format(borrower=told.borrower)
        yield _("Should be: {desired}. Reported: {reported}.").format(
            desired=_(DESIRED[told.desired]), reported=_(_REPORTED[Reported(told.reported)])
        )
        yield from self._why(told.because)
        for hold in told.holds:
            yield _("A hold stands on {subject}: {reference}").format(
                subject=hold.subject, reference=hold.reference or hold.kind
            )
        yield from self._stays(told.stays)
        yield speak.say(told.wipe.why)
        yield self._mandates(told.mandates)
        yield self._steps(told.steps)
        yield self._directives(told.directives)
        yield self._authority(told.authority)
        yield self._receipts(told.receipts)
        yield self._records(told.records)
        yield self._log(told.log)

    def person(self, told: PersonExplanation) -> Iterable[str | Table]:
        """Return the parts of a person's explanation."""
        _ = self._speak.gettext
        heading = _("{name} ({person}) at {moment}")
        yield heading.format(name=told.name, person=told.person, moment=self._moment(told.at))
        yield self._policy_line()
        yield _("Laptop: {right}").format(right=self._right(told.plan.laptop))
        yield _("Mailbox: {right}").format(right=self._right(told.plan.mailbox))
        yield _("At the end of the right: {status}").format(status=_(STATUSES[told.plan.status]))
        for hold in told.holds:
            yield _("A hold stands on {subject}: {reference}").format(
                subject=hold.subject, reference=hold.reference or hold.kind
            )
        yield from self._stays(told.stays)
        for laptop in told.laptops:
            sentence = _("{serial} should be: {desired}")
            yield sentence.format(serial=laptop.serial, desired=_(DESIRED[laptop.desired]))
        yield self._mandates(told.mandates)
        yield self._steps(told.plan.timeline)
        yield self._records(told.records)
        yield self._log(told.log)

    def _policy_line(self) -> str:
        _ = self._speak.gettext
        return _("Policy {name} {version} ({status})").format(
            name=self._policy.name,
            version=self._policy.version,
            status=_(POLICY_STATUSES[self._policy.status]),
        )

    def _why(self, because: Sequence[Reason]) -> Iterable[str]:
        for one in because:
            fact = _INSTANT.sub(self._local, self._speak.say(one.fact))
            yield f"  {fact} ({one.rule})"

    def _stays(self, stays: Sequence[Stay]) -> Iterable[str]:
        _ = self._speak.gettext
        for stay in stays:
            until = _("further notice") if stay.end is None else self._moment(stay.end)
            yield _("{stay} until {moment}: {reference}").format(
                stay=_(_STAYS[stay.kind]), moment=until, reference=stay.reference or stay.subject
            )

    def _right(self, right: Right) -> str:
        _ = self._speak.gettext
        because = ", ".join(f"{one.mandate} ({one.rule})" for one in right.because)
        if right.until is None:
            said = _("yes") if right.entitled else _("no")
        else:
            sentence = _("until {moment}") if right.entitled else _("ended {moment}")
            said = sentence.format(moment=self._moment(right.until))
        return f"{said}: {because}" if because else said

    def _table(self, title: str, *columns: str) -> Table:
        table = Table(
            title=self._speak.gettext(title),
            title_justify="left",
            title_style="bold",
            box=None,
            pad_edge=False,
        )
        for column in columns:
            table.add_column(self._speak.gettext(column), overflow="fold", header_style="bold")
        return table

    def _mandates(self, rows: Sequence[Mandate]) -> Table:
        _ = self._speak.gettext
        table = self._table(N_("Facts"), N_("Seat"), N_("From"), N_("Ends"), N_("Decision"))
        for row in rows:
            end = known_end(row)
            ends = _("not known") if end is None else self._moment(end)
            if row.basis is not None:
                ends = f"{ends}, {_(_BASES[row.basis])}"
            seat = f"{row.body}/{row.seat}"
            if row.status is not MandateStatus.ACTIVE:
                seat = f"{seat}, {_(_MANDATE_STATUSES[row.status])}"
            table.add_row(seat, self._moment(row.start), ends, row.end_decision_ref or row.decision_ref)
        return table

    def _steps(self, steps: Sequence[TimelineStep | Step]) -> Table:
        _ = self._speak.gettext
        table = self._table(N_("Timeline"), N_("When"), N_("What"), N_("Needs"), N_("Shown to be done"))
        for step in steps:
            what = f"{_(VERBS[step.verb])} {step.key or ''}".rstrip()
            done = step.done if isinstance(step, TimelineStep) else None
            table.add_row(
                self._moment(step.at),
                f"{what} ({step.rule})",
                ", ".join(_(NEEDS[need]) for need in step.needs),
                "" if done is None else self._moment(done),
            )
        return table

    def _directives(self, links: Sequence[OrderLink]) -> Table:
        _ = self._speak.gettext
        columns = (N_("No."), N_("State"), N_("Signed"), N_("Locks by itself"), N_("Log"))
        table = self._table(N_("Directives"), *columns)
        for link in links:
            row = link.directive
            lock_at = _("never") if row.lock_at is None else self._moment(row.lock_at)
            state = _(DESIRED[Desired(row.state)])
            table.add_row(f"{row.epoch}/{row.seq}", state, self._moment(row.issued), lock_at, _at(link.audit))
        return table

    def _authority(self, links: Sequence[AuthorityLink]) -> Table:
        _ = self._speak.gettext
        columns = (N_("List"), N_("Signed by"), N_("Not before"), N_("Released"), N_("Log"))
        table = self._table(N_("Authority to wipe"), *columns)
        for link in links:
            released = _("no") if link.released is None else self._moment(link.released)
            signers = ", ".join(key[:_SHORT] for key in link.approvals) or _("nobody")
            table.add_row(link.manifest, signers, self._moment(link.not_before), released, _at(link.audit))
        return table

    def _receipts(self, links: Sequence[ReceiptLink]) -> Table:
        _ = self._speak.gettext
        acts = {"lock": N_("lock"), "unlock": N_("unlock"), "wipe": N_("wipe")}
        outcomes = {
            "accepted": N_("accepted"),
            "running": N_("running"),
            "done": N_("done"),
            "failed": N_("failed"),
            "unconfirmed": N_("unconfirmed"),
        }
        columns = (N_("No."), N_("What"), N_("Outcome"), N_("When"), N_("Log"))
        table = self._table(N_("Receipts"), *columns)
        for link in links:
            row = link.receipt
            outcome = _(outcomes[row.outcome])
            remarks = [_("proven")] if row.proven else []
            remarks += [_("by its own lease")] if row.by_lease else []
            remarks += [row.error] if row.error else []
            table.add_row(
                f"{row.epoch}/{row.number}",
                _(acts[row.act]),
                ", ".join([outcome, *remarks]),
                self._moment(row.at),
                _at(link.audit),
            )
        return table

    def _records(self, links: Sequence[RecordLink]) -> Table:
        _ = self._speak.gettext
        table = self._table(N_("Asked, sent and decided"), N_("When"), N_("What"), N_("Open"))
        for link in links:
            told = " ".join(self._speak.say(one) for one in link.told)
            what = _INSTANT.sub(self._local, told)
            table.add_row(self._moment(link.at), what, _("yes") if link.is_open else _("no"))
        return table

    def _log(self, log: Sequence[LoggedEntry]) -> Table:
        table = self._table(N_("Audit log"), N_("Position"), N_("When"), N_("What"), N_("Leaf"))
        for logged in log:
            kind = logged.entry.kind.value
            when = self._moment(logged.entry.at)
            table.add_row(str(logged.position), when, kind, logged.leaf.hex()[:_SHORT])
        return table

    def _moment(self, at: datetime) -> str:
        return self._speak.moment(at, self._zone)

    def _local(self, found: re.Match[str]) -> str:
        return self._moment(datetime.fromisoformat(found[0]))


def _at(positions: Sequence[int]) -> str:
    return ", ".join(str(position) for position in positions)
