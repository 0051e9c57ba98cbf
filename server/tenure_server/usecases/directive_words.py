"""The words that a directive carries to the lock screen, in three languages; readable without signing in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tenure_policies.payloads import Sentences
from tenure_server.domain.message import N_, Message, say
from tenure_server.language import Translator, translator

Phrase = Callable[[Translator], Message]
"""A message that may hold a date written in the reader's way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a municipality says on its lock screens."""

    city: str
    city_sv: str
    """Its Swedish name; empty is the same."""
    place: str
    """Where laptops are returned."""
    phone: str
    """Who helps and gives unlock codes."""
    zone: ZoneInfo


def reason(notice: Notice, ends: datetime | None) -> Sentences:
    """Say whose laptop it is and since when the right to it has ended, whenever it locks."""
    if ends is None:
        return _in_all(
            lambda words: say(N_("This laptop is owned or leased by {city}."), city=_city(notice, words))
        )
    return _in_all(
        lambda words: say(
            N_("This laptop is owned or leased by {city}. The right to use it ended on {date}."),
            city=_city(notice, words),
            # The last day of the right: it ends at the midnight after it (P25).
            date=words.date(ends - timedelta(seconds=1), notice.zone),
        )
    )


def instructions(notice: Notice) -> Sentences:
    """Say where to return it and whom to call."""
    return _in_all(
        lambda _words: say(
            N_("Return it to: {place}. Help and unlock code: {phone}."),
            place=notice.place,
            phone=notice.phone,
        )
    )


def _city(notice: Notice, words: Translator) -> str:
    return notice.city_sv or notice.city if words.language == "sv" else notice.city


def _in_all(phrase: Phrase) -> Sentences:
    said = {language: _said(phrase, translator(language)) for language in ("fi", "sv", "en")}
    return Sentences(fi=said["fi"], sv=said["sv"], en=said["en"])


def _said(phrase: Phrase, words: Translator) -> str:
    return words.say(phrase(words))
