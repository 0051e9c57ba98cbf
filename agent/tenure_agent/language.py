"""In whose language the agent speaks to people: fi, sv, en, or any other that has a catalogue, by gettext.

A sentence is written in English where it is said, marked with `N_`; that English is its key and what is
said when a catalogue lacks it. Catalogues are compiled into the wheel from `locale/*.po`.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache

LANGUAGES = ("fi", "sv", "en")
FALLBACK = "en"
DOMAIN = "tenure_agent"
# importlib.resources and pathlib would cost the resident watcher more memory than these sentences are long.
LOCALE_FOLDER = os.path.join(os.path.dirname(__file__), "locale")  # noqa: PTH118, PTH120
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where POSIX and gettext look, first answer wins."""


def N_(sentence: str) -> str:  # noqa: N802 - gettext's own name for "mark, do not translate"
    """Mark a sentence for translation and return it unchanged."""
    return sentence


def language_of(environment: Mapping[str, str]) -> str:
    """Choose the language that an environment asks for; English if none of ours."""
    for variable in _VARIABLES:
        for wish in environment.get(variable, "").split(":"):
            language = wish.replace("-", "_").split("_")[0].split(".")[0].lower()
            if language in LANGUAGES or _has_catalogue(language):
                return language
            if language in {"c", "posix"}:
                return FALLBACK
    return FALLBACK


def _catalogue(language: str) -> str:
    # A name from the environment must not become a path.
    name = language if language.isalpha() else FALLBACK
    return os.path.join(LOCALE_FOLDER, name, "LC_MESSAGES", DOMAIN + ".mo")  # noqa: PTH118


def _has_catalogue(language: str) -> bool:
    return os.path.isfile(_catalogue(language))  # noqa: PTH113


@cache
def _lookup(language: str) -> Callable[[str], str]:
    if language == FALLBACK or not _has_catalogue(language):
        return str
    import gettext

    with open(_catalogue(language), "rb") as file:  # noqa: PTH123
        return gettext.GNUTranslations(file).gettext


def translate(sentence: str, language: str | None = None, **facts: object) -> str:
    """Say a marked sentence in a language (default: the one this process's environment asks for)."""
    return fill(sentence, facts, language)


def fill(sentence: str, facts: Mapping[str, object], language: str | None = None) -> str:
    """Say a marked sentence with the facts of an error; a translation that cannot be filled stays English."""
    chosen = language or language_of(os.environ)
    for spoken in (_lookup(chosen)(sentence), sentence):
        try:
            return spoken.format_map(facts) if facts else spoken
        except (KeyError, IndexError, ValueError):
            continue
    return sentence
