"""An invented city behind the dashboard's ports: sixty laptops in the night in which a council term ends."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from fakes.dashboard_mail import FakeMail, some_mail
from tenure_policies.payloads import Act, DirectiveState, Outcome
from tenure_server.domain.custody import CustodyKind
from tenure_server.domain.ids import ManifestId, PersonId, Serial
from tenure_server.domain.message import N_, say
from tenure_server.domain.plan import Desired, Need, Reason, Verb
from tenure_server.usecases.dashboard import NextEvent, Session
from tenure_server.usecases.mail_views import Allowances, MailboxPage, MailFilter, MailGlance, MailList
from tenure_server.usecases.views import (
    Approval,
    AtAGlance,
    Attention,
    AuditRow,
    CustodyRow,
    DirectiveRow,
    LaptopFilter,
    LaptopList,
    LaptopPage,
    LaptopRow,
    ManifestLaptop,
    ManifestRow,
    Manifests,
    Ordered,
    ProofView,
    ReceiptRow,
    Reported,
    TimelineStep,
)
from tenure_server.web.dashboard.rendering import Look

HELSINKI = ZoneInfo("Europe/Helsinki")
TERM_END = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
NOW = TERM_END + timedelta(days=1, hours=9, minutes=40)
TOKEN = "the-one-time-token"
COOKIE = "the-session-cookie"
LOOK = Look(names={"fi": "Merilahti", "sv": "Havsvik", "en": "Merilahti"}, zone=HELSINKI)

_GIVEN = (
    "Aino",
    "Björn",
    "Eeva",
    "Fredrik",
    "Helmi",
    "Ilmari",
    "Karin",
    "Lauri",
    "Maija",
    "Nils",
    "Oona",
    "Pekka",
)
_FAMILY = ("Merikoivu", "Havsö", "Tuuliharju", "Björkvik", "Kuusaanlahti", "Strandnäs", "Otavala", "Granvik")
_MODELS = ("Kaisla 14 G2", "Kaisla 14 G3", "Vass 13 Lite")


def holder(number: int) -> str:
    return f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[(number * 5) % len(_FAMILY)]}"


def reason(sentence: str, rule: str, **params: str) -> Reason:
    return Reason(fact=say(sentence, **params), rule=rule)


SITS = reason(N_("The holder's mandates entitle to it; no end is known."), "P8")
ENDED = reason(N_("The right to it ended at {at}."), "P25", at=TERM_END.isoformat())
NOTHING_ELSE = reason(N_("A person must confirm before it is wiped."), "P19")
HOLD = reason(N_("A hold stands: nothing may be destroyed."), "P20")
OVERDUE = frozenset({Attention.OVERDUE})
LEAVES = {
    "desired": Desired.LOCKED,
    "reported": Reported.LOCKED,
    "ends": TERM_END,
    "because": (ENDED, NOTHING_ELSE),
    "attention": OVERDUE,
}
WIPED = {**LEAVES, "desired": Desired.WIPED, "reported": Reported.WIPED, "attention": frozenset()}
ENDING = {"attention": frozenset({Attention.ENDING})}
STOCK = {
    "holder": None,
    "desired": Desired.NONE,
    "reported": Reported.NOTHING,
    "last_seen": None,
    "because": (),
}
VARIATIONS = {
    1: WIPED,
    2: WIPED,
    3: WIPED,
    4: {**WIPED, "reported": Reported.UNPROVEN, "attention": OVERDUE | {Attention.UNPROVEN}},
    5: {
        **LEAVES,
        "reported": Reported.ACTIVE,
        "last_seen": NOW - timedelta(days=19),
        "attention": OVERDUE | {Attention.SILENT, Attention.DIFFERS},
    },
    6: {**LEAVES, "because": (HOLD, ENDED, NOTHING_ELSE), "attention": OVERDUE | {Attention.HELD}},
    7: {**ENDING, "borrower": holder(40), "ends": NOW + timedelta(days=12)},
    8: {**ENDING, "ends": NOW + timedelta(days=29)},
    9: {**ENDING, "ends": NOW + timedelta(days=29)},
    **dict.fromkeys(range(10, 19), LEAVES),
    **dict.fromkeys((58, 59, 60), STOCK),
}


def laptop(number: int) -> LaptopRow:
    """Make laptop `number` of 1 to 60: leavers, keepers, the troubled and the stock."""
    keeper = LaptopRow(
        serial=Serial(f"PF{number * 7919 % 90000 + 10000:05d}{'ABCDEFGH'[number % 8]}"),
        model=_MODELS[number % len(_MODELS)],
        holder=holder(number),
        desired=Desired.ACTIVE,
        reported=Reported.ACTIVE,
        last_seen=NOW - timedelta(minutes=3 + number * 11 % 300),
        ends=None,
        because=(SITS,),
    )
    return replace(keeper, **VARIATIONS.get(number, {}))


LAPTOPS = tuple(sorted((laptop(number) for number in range(1, 61)), key=lambda row: row.serial))


def matches(row: LaptopRow, wanted: LaptopFilter, now: datetime) -> bool:
    text = " ".join([row.serial, row.model, row.holder or "", row.borrower or ""]).casefold()
    ending = row.ends is not None and now < row.ends <= now + timedelta(days=wanted.ending_days or 0)
    return (
        wanted.text.casefold() in text
        and wanted.desired in {None, row.desired}
        and wanted.reported in {None, row.reported}
        and (wanted.attention is None or wanted.attention in row.attention)
        and (wanted.ending_days is None or ending)
    )


def at_a_glance(rows: tuple[LaptopRow, ...], now: datetime) -> AtAGlance:
    def count(why: Attention) -> int:
        return sum(why in row.attention for row in rows)

    locked = [row for row in rows if row.desired in {Desired.LOCKED, Desired.WIPED}]
    wiped = [row for row in rows if row.desired is Desired.WIPED]
    ends = [row.ends for row in rows if row.ends is not None and row.ends > now]
    return AtAGlance(
        entitled=44,
        issued=sum(row.holder is not None for row in rows),
        own_device=3,
        missing=2,
        ending={days: sum(end <= now + timedelta(days=days) for end in ends) for days in (30, 14, 7, 1)},
        overdue=count(Attention.OVERDUE),
        locks=Ordered(ordered=len(locked), proven=sum(row.reported is not Reported.ACTIVE for row in locked)),
        wipes=Ordered(ordered=len(wiped), proven=sum(row.reported is Reported.WIPED for row in wiped)),
        unproven=count(Attention.UNPROVEN),
        silent=count(Attention.SILENT),
        holds=count(Attention.HELD),
        mail=MailGlance(violations=3, unknown=3, blind_spots=6),
        register_date=date(2029, 5, 29),
        register_age_days=4,
    )


def steps(row: LaptopRow) -> tuple[TimelineStep, ...]:
    if row.ends is None:
        return ()
    end, noon = row.ends, row.ends + timedelta(hours=9)
    wiped = row.reported is Reported.WIPED
    notices = [(days, noon + timedelta(days=days)) for days in (-30, -14, -7, -1, 7, 21)]
    made = [
        TimelineStep(verb=Verb.NOTIFY, at=at, rule="P18", key=f"T{days:+d}", done=at if at <= NOW else None)
        for days, at in notices
    ]
    made.append(
        TimelineStep(
            verb=Verb.LOCK, at=end, rule="P19", done=end if row.reported is not Reported.ACTIVE else None
        )
    )
    made.append(
        TimelineStep(
            verb=Verb.WIPE,
            at=end + timedelta(days=1),
            rule="P19",
            needs=(Need.HOLD_RELEASE,) if Attention.HELD in row.attention else (),
            done=end + timedelta(days=1, minutes=4) if wiped else None,
        )
    )
    made.append(
        TimelineStep(
            verb=Verb.PROPOSE_CHARGE,
            at=datetime(2029, 7, 2, 21, tzinfo=UTC),
            rule="P18",
            needs=(Need.HUMAN_DECISION,),
        )
    )
    return tuple(sorted(made, key=lambda step: step.at))


def directives(row: LaptopRow) -> tuple[DirectiveRow, ...]:
    if row.reported is Reported.NOTHING:
        return ()
    sentences = {
        "fi": "Luottamustoimi päättyi 31.5.2029. Palauta kannettava kaupungintalolle.",
        "sv": "Förtroendeuppdraget upphörde 31.5.2029. Lämna tillbaka datorn i stadshuset.",
        "en": "The position ended on 31.5.2029. Return the laptop to the city hall.",
    }
    states = {
        Desired.ACTIVE: (DirectiveState.ACTIVE,),
        Desired.LOCKED: (DirectiveState.ACTIVE, DirectiveState.LOCKED),
        Desired.WIPED: (DirectiveState.ACTIVE, DirectiveState.LOCKED, DirectiveState.WIPED),
    }[row.desired]
    made = [
        DirectiveRow(
            seq=number,
            state=state,
            issued=TERM_END + timedelta(days=number - 2, minutes=1),
            lock_at=row.ends,
            lock_id="lock-7f3a",
            reason=sentences,
            held=number == len(states),
        )
        for number, state in enumerate(states, start=1)
    ]
    return tuple(reversed(made))


def receipts(row: LaptopRow) -> tuple[ReceiptRow, ...]:
    made = []
    if row.reported in {Reported.LOCKED, Reported.WIPED, Reported.UNPROVEN}:
        made.append(
            ReceiptRow(number=1, act=Act.LOCK, outcome=Outcome.DONE, at=TERM_END, seq=1, by_lease=True)
        )
    if row.reported is Reported.WIPED:
        at = TERM_END + timedelta(days=1, minutes=4)
        made.append(ReceiptRow(number=2, act=Act.WIPE, outcome=Outcome.DONE, at=at, seq=3))
    if row.reported is Reported.UNPROVEN:
        at = TERM_END + timedelta(days=1, minutes=9)
        made.append(
            ReceiptRow(
                number=2,
                act=Act.WIPE,
                outcome=Outcome.UNCONFIRMED,
                at=at,
                seq=3,
                error="power lost during luksErase",
            )
        )
    return tuple(reversed(made))


def page(row: LaptopRow, now: datetime) -> LaptopPage:
    enrolled = row.reported is not Reported.NOTHING
    audit = [
        AuditRow(
            position=4711 + number,
            at=entry.issued,
            action="directive.issued",
            actor="enforce_ends",
            leaf="9b1c0f5e7d2a48c3" * 4,
            details={"seq": str(entry.seq), "state": entry.state},
        )
        for number, entry in enumerate(directives(row))
    ]
    proof = ProofView(
        proven=True, emulated=False, method="cryptsetup luksErase", at=TERM_END + timedelta(days=1, minutes=4)
    )
    return LaptopPage(
        at=now,
        laptop=row,
        purchase_price=Decimal("1049.90"),
        lease_end=date(2029, 8, 31),
        epoch=1 if enrolled else None,
        device_key="3f9a61d0c27be845" * 4 if enrolled else None,
        key_storage="software" if enrolled else None,
        agent_version="0.1.0" if enrolled else None,
        steps=steps(row),
        directives=directives(row),
        receipts=receipts(row),
        proof=proof if row.reported is Reported.WIPED else None,
        custodies=(
            CustodyRow(
                holder=row.holder,
                kind=CustodyKind.PRIMARY,
                begins=datetime(2025, 6, 2, 9, tzinfo=UTC),
                ends=None,
            ),
        )
        if row.holder
        else (),
        audit=tuple(audit),
    )


@dataclass
class FakeDashboard:
    """Answers the dashboard's questions from a tuple of rows."""

    rows: tuple[LaptopRow, ...] = LAPTOPS
    now: datetime = NOW
    switched_on: bool = True
    asked: list[LaptopFilter] = field(default_factory=list)
    post: FakeMail = field(default_factory=lambda: some_mail(NOW, holder))

    async def mail(self, wanted: MailFilter) -> MailList:
        return await self.post.mail(wanted)

    async def mailbox(self, person: PersonId) -> MailboxPage | None:
        return await self.post.mailbox(person)

    async def allowances(self) -> Allowances:
        return await self.post.allowances()

    async def laptops(self, wanted: LaptopFilter) -> LaptopList:
        self.asked.append(wanted)
        return LaptopList(
            at=self.now,
            rows=tuple(row for row in self.rows if matches(row, wanted, self.now)),
            total=len(self.rows),
            at_a_glance=at_a_glance(self.rows, self.now),
        )

    async def laptop(self, serial: Serial) -> LaptopPage | None:
        return next((page(row, self.now) for row in self.rows if row.serial == serial), None)

    async def manifests(self) -> Manifests:
        if not self.switched_on:
            return Manifests(at=self.now, wipe_switched_on=False, manifests=())
        return Manifests(
            at=self.now,
            wipe_switched_on=True,
            manifests=(self._manifest("2029-council", signed=2), self._manifest("2029-late", signed=1)),
            unlisted=tuple(row for row in self.rows if Attention.SILENT in row.attention),
        )

    def _manifest(self, name: str, *, signed: int) -> ManifestRow:
        wiped = [row for row in self.rows if row.desired is Desired.WIPED]
        locked = [row for row in self.rows if row.desired is Desired.LOCKED][:3]
        due = TERM_END + timedelta(days=1)
        return ManifestRow(
            id=ManifestId(name),
            campaign=signed > 1,
            issued=TERM_END - timedelta(days=16),
            expires=TERM_END + timedelta(days=60),
            digest="c0ffee5eed0ddba1" * 4,
            threshold=2,
            approvals=tuple(
                Approval(key=f"{number}d4e8a7b6c5f0123" * 4, name=f"demo-approver-{number}", at=TERM_END)
                for number in range(1, signed + 1)
            ),
            laptops=tuple(
                ManifestLaptop(
                    serial=row.serial,
                    holder=row.holder or "",
                    reason="Council seat ended 31.5.2029, § 112",
                    not_before=due,
                    locked=TERM_END,
                    released=due + timedelta(minutes=2) if signed > 1 else None,
                    proven=due + timedelta(minutes=4) if row.reported is Reported.WIPED else None,
                )
                for row in (wiped if signed > 1 else locked)
            ),
        )


@dataclass
class FakeSessions:
    """One person, one one-time token."""

    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    open: dict[str, Session] = field(default_factory=dict)
    language: str | None = None
    name: str = "Ylläpitäjä"

    async def sign_in(self, token: str) -> Session | None:
        if token not in self.tokens:
            return None
        self.tokens.discard(token)
        session = Session(
            cookie=COOKIE,
            name=self.name,
            expires=NOW + timedelta(hours=8),
            language=self.language,
            user="administrator",
        )
        self.open[session.cookie] = session
        return session

    async def session(self, cookie: str) -> Session | None:
        return self.open.get(cookie)

    async def sign_out(self, cookie: str) -> None:
        self.open.pop(cookie, None)


@dataclass
class FakeMovableClock:
    """The demo's clock, moved by hand."""

    at: datetime = NOW
    event: NextEvent | None = field(
        default_factory=lambda: NextEvent(
            at=TERM_END + timedelta(days=7, hours=9), what=say(N_("Notice to the holder"))
        )
    )

    async def now(self) -> datetime:
        return self.at

    async def next_event(self) -> NextEvent | None:
        return self.event

    async def move_to(self, at: datetime) -> None:
        self.at = at

    async def move_by(self, span: timedelta) -> None:
        self.at += span
