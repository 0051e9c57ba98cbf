"""Instants inside of sentences and cells, written as the local time of the reader's language."""

import re
from datetime import datetime, tzinfo

from tenure_server.domain.message import Message, say
from tenure_server.language import Translator

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")


def readable(text: str, zone: tzinfo, speak: Translator) -> str:
    """Return a cell for people: an instant as local time, anything else as it is."""
    if _INSTANT.fullmatch(text) is None:
        return text
    return speak.moment(datetime.fromisoformat(text), zone)


def with_moments(message: Message, zone: tzinfo, speak: Translator) -> Message:
    """Return a sentence whose instants are local times."""
    params = {name: readable(text, zone, speak) for name, text in message.params.items()}
    return say(message.sentence, **params)
