"""In whose language the agent speaks to people: fi, sv or en, through gettext catalogues.

A sentence is written in English where it is said, marked with `N_`; that English is its key and what is
said when a catalogue lacks it. Catalogues are compiled into the wheel from `locale/*.po`.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources

LANGUAGES = ("fi", "sv", "en")
FALLBACK = "en"
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
            if language in LANGUAGES:
                return language
            if language in {"c", "posix"}:
                return FALLBACK
    return FALLBACK


@cache
def _lookup(language: str) -> Callable[[str], str]:
    import gettext

    catalogue = resources.files("tenure_agent").joinpath("locale", language, "LC_MESSAGES", "tenure_agent.mo")
    if language == FALLBACK or not catalogue.is_file():
        return str
    with catalogue.open("rb") as file:
        return gettext.GNUTranslations(file).gettext


def translate(sentence: str, language: str | None = None, **facts: object) -> str:
    """Say a marked sentence in a language (default: the one this process's environment asks for)."""
    spoken = _lookup(language or language_of(os.environ))(sentence)
    return spoken.format(**facts) if facts else spoken
