"""The figures above the list: what the installation looks like at a glance. Pure: no I/O, no clock."""

from dataclasses import dataclass

from tenure_server.domain.plan import Desired
from tenure_server.usecases.mail_views import MailFilter, MailGlance, Standing
from tenure_server.usecases.views import AtAGlance, Attention, LaptopFilter
from tenure_server.web.dashboard.presenters import addresses
from tenure_server.web.dashboard.presenters.moments import Scribe

NOTICE_DAYS = (30, 14, 7, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number with its name, and the list behind it."""

    text: str
    name: str
    href: str | None = None
    grave: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Figures that belong together."""

    title: str
    figures: tuple[Figure, ...]


def cards(glance: AtAGlance, scribe: Scribe) -> tuple[Card, ...]:
    """Prepare the figures above the list."""
    _ = scribe.speak.gettext
    return (
        Card(title=_("Laptops"), figures=_lent(glance, scribe)),
        Card(title=_("Rights ending"), figures=_ending(glance, scribe)),
        Card(title=_("Locks and wipes"), figures=_orders(glance, scribe)),
        Card(title=_("To look at"), figures=_attention(glance, scribe)),
        Card(title=_("Mail"), figures=_mail(glance.mail, scribe)),
    )


def _lent(glance: AtAGlance, scribe: Scribe) -> tuple[Figure, ...]:
    _, number = scribe.speak.gettext, scribe.speak.number
    return (
        Figure(text=number(glance.issued), name=_("issued"), href="/laptops"),
        Figure(text=number(glance.entitled), name=_("people entitled")),
        Figure(text=number(glance.own_device), name=_("use their own")),
        Figure(text=number(glance.missing), name=_("still without"), grave=glance.missing > 0),
    )


def _ending(glance: AtAGlance, scribe: Scribe) -> tuple[Figure, ...]:
    speak = scribe.speak
    return tuple(
        Figure(
            text=speak.number(glance.ending.get(days, 0)),
            name=speak.ngettext("within {days} day", "within {days} days", days).format(days=days),
            href=addresses.listing(LaptopFilter(ending_days=days)),
        )
        for days in NOTICE_DAYS
    )


def _orders(glance: AtAGlance, scribe: Scribe) -> tuple[Figure, ...]:
    _, number = scribe.speak.gettext, scribe.speak.number
    share = _("{proven} of {ordered}")

    def of(proven: int, ordered: int) -> str:
        return share.format(proven=number(proven), ordered=number(ordered))

    return (
        Figure(
            text=of(glance.locks.proven, glance.locks.ordered),
            name=_("locks shown to hold"),
            href=addresses.listing(LaptopFilter(desired=Desired.LOCKED)),
        ),
        Figure(
            text=of(glance.wipes.proven, glance.wipes.ordered),
            name=_("wipes proven"),
            href=addresses.listing(LaptopFilter(desired=Desired.WIPED)),
        ),
        Figure(
            text=number(glance.unproven),
            name=_("unproven"),
            href=addresses.listing(LaptopFilter(attention=Attention.UNPROVEN)),
            grave=glance.unproven > 0,
        ),
        Figure(
            text=number(glance.holds),
            name=_("on hold"),
            href=addresses.listing(LaptopFilter(attention=Attention.HELD)),
        ),
    )


def _attention(glance: AtAGlance, scribe: Scribe) -> tuple[Figure, ...]:
    _, number = scribe.speak.gettext, scribe.speak.number
    figures = [
        Figure(
            text=number(glance.overdue),
            name=_("not returned"),
            href=addresses.listing(LaptopFilter(attention=Attention.OVERDUE)),
            grave=glance.overdue > 0,
        ),
        Figure(
            text=number(glance.silent),
            name=_("silent over 14 days"),
            href=addresses.listing(LaptopFilter(attention=Attention.SILENT)),
            grave=glance.silent > 0,
        ),
    ]
    if glance.unencrypted is not None:
        figures.append(
            Figure(text=number(glance.unencrypted), name=_("unencrypted"), grave=glance.unencrypted > 0)
        )
    return (*figures, _register(glance, scribe))


def _mail(glance: MailGlance, scribe: Scribe) -> tuple[Figure, ...]:
    _, number = scribe.speak.gettext, scribe.speak.number
    blind = Figure(
        text=number(glance.blind_spots),
        name=_("ways out we cannot see"),
        href=f"{addresses.mail(MailFilter())}#blind-spots",
    )
    if glance.violations is None or glance.unknown is None:
        never = Figure(text="–", name=_("mailboxes not looked at"), href=addresses.mail(MailFilter()))  # noqa: RUF001
        return (never, blind)
    return (
        Figure(
            text=number(glance.violations),
            name=_("send mail outside"),
            href=addresses.mail(MailFilter(standing=Standing.VIOLATION)),
            grave=glance.violations > 0,
        ),
        Figure(
            text=number(glance.unknown),
            name=_("cannot be told"),
            href=addresses.mail(MailFilter(standing=Standing.UNKNOWN)),
            grave=glance.unknown > 0,
        ),
        blind,
    )


def _register(glance: AtAGlance, scribe: Scribe) -> Figure:
    speak, age = scribe.speak, glance.register_age_days
    if age is None:
        return Figure(text="–", name=speak.gettext("register not imported"), grave=True)  # noqa: RUF001
    text = speak.ngettext("{days} day", "{days} days", age).format(days=speak.number(age))
    return Figure(
        text=text, name=speak.gettext("age of the register"), grave=age > glance.register_fresh_days
    )
