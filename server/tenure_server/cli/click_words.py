"""What click itself says ("Usage:", "No such option"), in the reader's language.

click asks gettext's own text domain, whose language is the environment's: both are set for as long as one
command line is answered, and put back after it.
"""

import gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tenure_server.domain.message import N_
from tenure_server.language import DOMAIN, LOCALE_FOLDER

LANGUAGE_VARIABLE = "LANGUAGE"
"""Where gettext looks first."""
WORDS = (
    N_("Usage:"),
    N_("Options"),
    N_("Commands"),
    N_("Show this message and exit."),
    N_("required"),
    N_("default: {default}"),
    N_("Error: {message}"),
    N_("Try '{command} {option}' for help."),
    N_("Missing command."),
    N_("Missing option"),
    N_("Missing argument"),
    N_("No such command {name!r}."),
    N_("No such option {name!r}."),
    N_("Invalid value for {param_hint}: {message}"),
    N_("{name} {filename!r} does not exist."),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("Repeat for confirmation"),
    N_("Error: The two entered values do not match."),
    N_("Aborted!"),
)
"""click's sentences that our commands come upon, kept here so that the catalogues hold them."""


@contextmanager
def click_in_our_languages() -> Iterator[None]:
    """Let click find its words in our catalogues while one command line is answered."""
    domain, language = gettext.textdomain(), os.environ.get(LANGUAGE_VARIABLE)
    gettext.bindtextdomain(DOMAIN, str(LOCALE_FOLDER))
    gettext.textdomain(DOMAIN)
    try:
        yield
    finally:
        gettext.textdomain(domain)
        if language is None:
            os.environ.pop(LANGUAGE_VARIABLE, None)
        else:
            os.environ[LANGUAGE_VARIABLE] = language


def speak(language: str) -> None:
    """Let click speak one language until the command line is answered."""
    os.environ[LANGUAGE_VARIABLE] = language
