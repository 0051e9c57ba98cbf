"""Reads the texts that are shipped for people to sign; decides nothing."""

from datetime import UTC, date, datetime, time
from functools import cache
from importlib import resources
from typing import Any

import yaml

from tenure_server.domain.commitment_text import CommitmentText, TextKind


@cache
def shipped_texts() -> tuple[CommitmentText, ...]:
    """Return the shipped texts in every language."""
    document: Any = yaml.safe_load(resources.files(__package__).joinpath("texts.yaml").read_bytes())
    return tuple(
        CommitmentText(
            kind=TextKind(one["kind"]),
            version=one["version"],
            language=language,
            text=text,
            at=_start(one["added"]),
        )
        for one in document
        for language, text in one["texts"].items()
    )


def _start(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
