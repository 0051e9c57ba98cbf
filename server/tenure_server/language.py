"""What a sentence, a date or a sum is in the reader's language; never decides anything.

English is the source: every sentence in the code is its own key. Finnish and Swedish are complete; a fourth
language is one more folder under `locale/` (P: V17), read once. Sentences of the core carry `{name}`
placeholders and are said with `Translator.say`; templates use `%(name)s` through Jinja's own gettext.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Protocol

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import Translations

LOCALE_FOLDER = Path(__file__).parent / "locale"
DOMAIN = "tenure"
SOURCE = "en"
_COMPLETE = ("fi", "sv", SOURCE)
# Finland's Swedish and European English: the dates of a Finnish city, not of New York.
_REGIONS = {"fi": "fi_FI", "sv": "sv_FI", "en": "en_GB"}
_LONGEST_HEADER = 500


def _offered(folder: Path) -> tuple[str, ...]:
    """List the complete languages and any other that has a catalogue."""
    others = {path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/*.po")} - set(_COMPLETE)
    return _COMPLETE + tuple(sorted(others))


LANGUAGES = _offered(LOCALE_FOLDER)


class Sayable(Protocol):
    """What `say` needs: the domain's `Message`, without depending on it."""

    @property
    def sentence(self) -> str:
        """Return the English sentence, which is the catalogue's key."""

    @property
    def params(self) -> Mapping[str, str]:
        """Return the values to fill in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translator:
    """One language: its sentences, dates, numbers and sums."""

    language: str
    locale: Locale
    catalogue: NullTranslations = field(repr=False)

    def gettext(self, sentence: str) -> str:
        """Translate a sentence; one that the catalogue lacks stays English."""
        return self.catalogue.gettext(sentence) if sentence else ""

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """Translate the form of a sentence that goes with a count."""
        return self.catalogue.ngettext(singular, plural, count)

    def say(self, message: Sayable) -> str:
        """Say a message of the core; a placeholder that cannot be filled never raises."""
        translated = self.gettext(message.sentence)
        for candidate in (translated, message.sentence):
            try:
                return candidate.format_map(dict(message.params))
            except (KeyError, IndexError, ValueError, AttributeError, TypeError):
                continue
        return message.sentence

    def date(self, at: datetime, zone: tzinfo) -> str:
        """Write the local day of an instant."""
        return format_date(at.astimezone(zone), format="medium", locale=self.locale)

    def time(self, at: datetime, zone: tzinfo) -> str:
        """Write the local time of day, to the minute."""
        return format_time(at.astimezone(zone), format="short", locale=self.locale)

    def month(self, at: datetime, zone: tzinfo) -> str:
        """Write the local month and year, for an axis."""
        return format_datetime(at.astimezone(zone), "LLL yyyy", locale=self.locale)

    def moment(self, at: datetime, zone: tzinfo) -> str:
        """Write the local day and time of an instant."""
        return self.gettext("{date}, {time}").format(date=self.date(at, zone), time=self.time(at, zone))

    def ago(self, span: timedelta) -> str:
        """Write how long ago something was, or how far ahead when negative; in minutes at least."""
        return format_timedelta(
            -span, granularity="minute", add_direction=True, threshold=1.1, locale=self.locale
        )

    def number(self, value: float | Decimal) -> str:
        """Write a number with the language's separators."""
        return format_decimal(value, locale=self.locale)

    def percent(self, value: float | Decimal) -> str:
        """Write a share of one as per cent."""
        return format_percent(value, locale=self.locale)

    def money(self, amount: Decimal, currency: str = "EUR") -> str:
        """Write a sum of money."""
        return format_currency(amount, currency, locale=self.locale)

    def name(self) -> str:
        """Return the language's own name for itself, as it is written at the start of a line."""
        own = self.locale.language_name or self.language
        return own[:1].upper() + own[1:]


@cache
def translator(language: str) -> Translator:
    """Return the translator of a language; one that is not offered speaks English."""
    code = language if language in LANGUAGES else SOURCE
    try:
        locale = Locale.parse(_REGIONS.get(code, code))
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse(_REGIONS[SOURCE])
    catalogue = NullTranslations() if code == SOURCE else Translations.load(LOCALE_FOLDER, [code], DOMAIN)
    return Translator(language=code, locale=locale, catalogue=catalogue)


def negotiate(accept_language: str | None, default: str = "fi") -> str:
    """Choose among `LANGUAGES` what an `Accept-Language` header likes best."""
    wishes: list[tuple[float, str]] = []
    for part in (accept_language or "")[:_LONGEST_HEADER].split(","):
        tag, _, parameters = part.partition(";")
        wishes.append((_quality(parameters), tag.strip().lower().partition("-")[0]))
    # sorted() is stable: equal wishes keep the reader's order.
    for quality, language in sorted(wishes, key=lambda wish: -wish[0]):
        if language in LANGUAGES and quality > 0:
            return language
    return default if default in LANGUAGES else SOURCE


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
