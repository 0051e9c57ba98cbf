"""The addresses of the pages, and a list's filter as a query string and back. Pure: no I/O, no clock."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote, urlencode

from tenure_server.domain.plan import Desired
from tenure_server.usecases.mail_views import MailFilter, Standing
from tenure_server.usecases.views import Attention, LaptopFilter, Reported

LONGEST_TEXT = 100
LONGEST_DAYS = 3660
LONGEST_PAGE = 5
ChoiceT = TypeVar("ChoiceT", bound=StrEnum)


def laptop(serial: str) -> str:
    """Return the path of a laptop's page."""
    return f"/laptops/{quote(serial, safe='')}"


def listing(wanted: LaptopFilter) -> str:
    """Return the path of the list with a filter."""
    filtered = query(wanted)
    return f"/laptops?{filtered}" if filtered else "/laptops"


def query(wanted: LaptopFilter) -> str:
    """Write a filter as a query string; what is not chosen is left out."""
    parts = {
        "text": wanted.text,
        "desired": wanted.desired,
        "reported": wanted.reported,
        "attention": wanted.attention,
        "ending": wanted.ending_days,
    }
    return urlencode({name: value for name, value in parts.items() if value})


def wanted(asked: Mapping[str, str]) -> LaptopFilter:
    """Read a filter from a query; what cannot be read is as if it were not asked."""
    days = asked.get("ending", "")
    return LaptopFilter(
        text=asked.get("text", "").strip()[:LONGEST_TEXT].strip(),
        desired=_choice(Desired, asked.get("desired", "")),
        reported=_choice(Reported, asked.get("reported", "")),
        attention=_choice(Attention, asked.get("attention", "")),
        ending_days=int(days) if _is_days(days) else None,
    )


def mail(wanted: MailFilter) -> str:
    """Return the path of the list of mailboxes with a filter."""
    filtered = mail_query(wanted)
    return f"/mail?{filtered}" if filtered else "/mail"


def mailbox(person: str) -> str:
    """Return the path of a mailbox's page."""
    return f"/mail/{quote(person, safe='')}"


def mail_query(wanted: MailFilter) -> str:
    """Write a filter of mailboxes as a query string; what is not chosen is left out."""
    page = str(wanted.page) if wanted.page > 1 else ""
    parts = {"text": wanted.text, "verdict": wanted.standing, "page": page}
    return urlencode({name: value for name, value in parts.items() if value})


def wanted_mail(asked: Mapping[str, str]) -> MailFilter:
    """Read a filter of mailboxes from a query; what cannot be read is as if it were not asked."""
    page = asked.get("page", "")
    is_page = page.isascii() and page.isdecimal() and len(page) <= LONGEST_PAGE
    return MailFilter(
        text=asked.get("text", "").strip()[:LONGEST_TEXT].strip(),
        standing=_choice(Standing, asked.get("verdict", "")),
        page=max(1, int(page)) if is_page else 1,
    )


def _is_days(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4 and 0 < int(text) <= LONGEST_DAYS  # noqa: PLR2004


def _choice(kind: type[ChoiceT], value: str) -> ChoiceT | None:
    return kind(value) if value in kind.__members__.values() else None
