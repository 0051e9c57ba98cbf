"""The list of laptops and the figures above it, ready to print. Pure: no I/O, no clock."""

from dataclasses import dataclass

from tenure_server.domain.plan import Desired, Reason
from tenure_server.usecases.views import Attention, LaptopFilter, LaptopList, LaptopRow, Reported
from tenure_server.web.dashboard.presenters import addresses, words
from tenure_server.web.dashboard.presenters.glance import Card, cards
from tenure_server.web.dashboard.presenters.moments import Moment, Scribe
from tenure_server.web.dashboard.presenters.words import Label


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A fact and the rule that makes it matter."""

    text: str
    rule: str
    rule_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One laptop in the table."""

    serial: str
    href: str
    model: str
    holder: str
    borrower: str
    desired: Label
    reported: Label
    differs: bool
    ends: Moment | None
    last_seen: Moment | None
    silent: bool
    why: Why | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a filter."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """The filter form as the reader left it."""

    text: str
    desired: tuple[Option, ...]
    reported: tuple[Option, ...]
    attention: tuple[Option, ...]
    ending: str
    """Days, kept as a hidden field; empty when not chosen."""
    in_force: bool
    query: str
    """The same filter as a query string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """The whole list page."""

    as_of: Moment | None
    count: str
    lines: tuple[Line, ...]
    cards: tuple[Card, ...]


def present(view: LaptopList, scribe: Scribe) -> ListPage:
    """Prepare the list and its figures."""
    shown = len(view.rows)
    count = scribe.speak.ngettext("{shown} of {total} laptop", "{shown} of {total} laptops", view.total)
    return ListPage(
        as_of=scribe.exactly(view.at),
        count=count.format(shown=scribe.speak.number(shown), total=scribe.speak.number(view.total)),
        lines=tuple(line(row, scribe) for row in view.rows),
        cards=cards(view.at_a_glance, scribe),
    )


def line(row: LaptopRow, scribe: Scribe) -> Line:
    """Prepare one laptop of the table."""
    speak = scribe.speak
    return Line(
        serial=row.serial,
        href=addresses.laptop(row.serial),
        model=row.model,
        holder=row.holder or "",
        borrower=row.borrower or "",
        desired=words.desired(row.desired, speak),
        reported=words.reported(row.reported, speak),
        differs=Attention.DIFFERS in row.attention or Attention.UNPROVEN in row.attention,
        ends=scribe.last_day(row.ends),
        last_seen=scribe.ago(row.last_seen),
        silent=Attention.SILENT in row.attention,
        why=why(row.because[0], scribe) if row.because else None,
    )


def why(reason: Reason, scribe: Scribe) -> Why:
    """Say a reason in the reader's language."""
    return Why(
        text=scribe.say(reason.fact), rule=reason.rule, rule_text=words.rule(reason.rule, scribe.speak)
    )


def filters(wanted: LaptopFilter, scribe: Scribe) -> Filters:
    """Prepare the filter form."""
    speak = scribe.speak
    anything = speak.gettext("Any")

    def options(chosen: str, texts: list[tuple[str, str]]) -> tuple[Option, ...]:
        return tuple(
            Option(value=value, text=text, chosen=value == chosen) for value, text in [("", anything), *texts]
        )

    return Filters(
        text=wanted.text,
        desired=options(wanted.desired or "", [(s, words.desired(s, speak).text) for s in Desired]),
        reported=options(wanted.reported or "", [(s, words.reported(s, speak).text) for s in Reported]),
        attention=options(wanted.attention or "", [(a, words.attention(a, speak)) for a in Attention]),
        ending=str(wanted.ending_days or ""),
        in_force=wanted != LaptopFilter(),
        query=addresses.query(wanted),
    )
