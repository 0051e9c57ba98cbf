"""Mailboxes for the dashboard's pages: 230 trustees, forwards of every kind, and an allow-list."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tenure_policies.forwarding.verdicts import BlindSpot, Finding, FindingKind, Reason
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mail_check import FixState, LookedAtBy
from tenure_server.domain.notice import NoticeState
from tenure_server.usecases.mail_views import (
    PAGE_SIZE,
    AllowanceRow,
    Allowances,
    AllowanceState,
    CheckView,
    FindingRow,
    FixingView,
    FixRow,
    MailboxPage,
    MailboxRow,
    MailFilter,
    MailList,
    Standing,
)

RULE = "AQMkADAwATM3ZmYAZS0xNGVjLWY0ZmMtMDACLTAwCgBGAAAD"


def finding(
    kind: FindingKind, reason: Reason, domain: str | None = None, *, active: bool = True, outside: bool = True
) -> Finding:
    rule = None if kind in {FindingKind.MAILBOX_FORWARDING, FindingKind.UNREADABLE} else RULE
    return Finding(
        kind=kind, reason=reason, rule_id=rule, active=active, target_domain=domain, outside=outside
    )


def fixed(now: datetime, by: LookedAtBy = LookedAtBy.SERVER, *, told: bool = True) -> FixRow:
    return FixRow(
        rule=RULE,
        found_at=now - timedelta(days=3),
        by=by,
        state=FixState.DONE,
        domains=("gmail.example",),
        asked_at=now - timedelta(days=3),
        done_at=now - timedelta(days=3),
        told_at=now - timedelta(days=2) if told else None,
        notice=NoticeState.SENT if told else NoticeState.PLANNED,
    )


def mailboxes(now: datetime, name: Callable[[int], str], count: int = 230) -> tuple[MailboxRow, ...]:
    since = now - timedelta(days=3)
    private = finding(FindingKind.RULE, Reason.OUTSIDE_DOMAIN, "gmail.example")
    chain = finding(FindingKind.CHAIN, Reason.CHAIN_OUTSIDE, "xn--lhinaapuri-v5a.example")
    off = finding(FindingKind.LATENT, Reason.DISABLED, "gmail.example", active=False)
    hidden = finding(FindingKind.UNREADABLE, Reason.READ_ONLY_RULE, outside=False)
    failed = replace(fixed(now), state=FixState.FAILED, done_at=None, told_at=None)
    special = {
        1: (Standing.VIOLATION, (FindingRow(finding=private, since=since),), ""),
        2: (Standing.VIOLATION, (FindingRow(finding=chain, since=since),), ""),
        3: (Standing.VIOLATION, tuple([FindingRow(finding=private, since=since, fix=failed)] * 5), ""),
        4: (Standing.UNKNOWN, (FindingRow(finding=hidden, since=since),), ""),
        5: (Standing.UNKNOWN, (), "MailboxNotEnabledForRESTAPI"),
        6: (Standing.UNKNOWN, (), "no_account"),
        7: (Standing.OK, (FindingRow(finding=off, since=since, fix=fixed(now)),), ""),
        8: (Standing.OK, (FindingRow(finding=off, since=since, fix=fixed(now, LookedAtBy.LAPTOP)),), ""),
        9: (Standing.NOT_LOOKED_AT, (), ""),
    }
    rows = []
    for number in range(1, count + 1):
        standing, findings, error = special.get(number, (Standing.OK, (), ""))
        looked = standing is not Standing.NOT_LOOKED_AT
        by = LookedAtBy.LAPTOP if number == 8 else LookedAtBy.SERVER
        rows.append(
            MailboxRow(
                person=PersonId(f"T-{number:03d}"),
                name=name(number),
                standing=standing,
                findings=findings,
                by=by if looked else None,
                checked_at=now - timedelta(minutes=12) if looked else None,
                since=since if looked else None,
                error=error,
            )
        )
    order = list(Standing)
    return tuple(sorted(rows, key=lambda row: (order.index(row.standing), row.name, row.person)))


def allowed(now: datetime) -> tuple[AllowanceRow, ...]:
    year = timedelta(days=365)
    row = AllowanceRow(
        domain="partner.example",
        state=AllowanceState.IN_FORCE,
        decision="KH 12.5.2029 § 88",
        since=now - year,
        until=now + year,
        by="administrator",
    )
    ended = now - timedelta(days=9)
    return (
        row,
        replace(row, domain="old.example", state=AllowanceState.EXPIRED, until=ended, decision="KH § 3"),
        replace(row, domain="gone.example", state=AllowanceState.WITHDRAWN, withdrawn_at=ended),
    )


@dataclass
class FakeMail:
    """Answers the questions about mailboxes from a tuple of rows."""

    at: datetime
    boxes: tuple[MailboxRow, ...]
    check: CheckView | None = None
    fixing: FixingView = field(default_factory=lambda: FixingView(on=False))
    asked: list[MailFilter] = field(default_factory=list)

    async def mail(self, wanted: MailFilter) -> MailList:
        self.asked.append(wanted)
        chosen = [
            row
            for row in self.boxes
            if wanted.standing in {None, row.standing} and wanted.text.casefold() in row.name.casefold()
        ]
        pages = max(1, -(-len(chosen) // PAGE_SIZE))
        page = min(wanted.page, pages)
        counts = Counter(row.standing for row in self.boxes)
        return MailList(
            at=self.at,
            check=self.check,
            fixing=self.fixing,
            blind_spots=tuple(BlindSpot),
            counts={standing: counts[standing] for standing in Standing},
            looked_at_by=Counter(row.by for row in self.boxes if row.by is not None),
            rows=tuple(chosen[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
            matching=len(chosen),
            page=page,
            pages=pages,
        )

    async def mailbox(self, person: PersonId) -> MailboxPage | None:
        row = next((row for row in self.boxes if row.person == person), None)
        if row is None:
            return None
        fixes = tuple(one.fix for one in row.findings if one.fix is not None)
        return MailboxPage(
            at=self.at, mailbox=row, fixes=fixes, fixing=self.fixing, blind_spots=tuple(BlindSpot)
        )

    async def allowances(self) -> Allowances:
        return Allowances(at=self.at, rows=allowed(self.at))


def checked(now: datetime) -> CheckView:
    return CheckView(
        began=now - timedelta(minutes=15),
        finished=now - timedelta(minutes=12),
        mailboxes=229,
        looked_at=229,
    )


def some_mail(now: datetime, name: Callable[[int], str]) -> FakeMail:
    """Mailboxes as a city has them a while after it switched fixing on."""
    return FakeMail(
        at=now,
        boxes=mailboxes(now, name),
        check=checked(now),
        fixing=FixingView(on=True, decision="KH 4.5.2029 § 77", since=now - timedelta(days=4), by="it"),
    )
