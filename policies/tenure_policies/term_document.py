"""The policy file of a term: which seats entitle to what, and the periods of the city's decision.

Pure: no I/O, no clock. Everything that the principles leave open is a key here; a key that is not known is an
error, so that a misspelt one cannot silently leave a default in force. The same types give the published JSON
Schema (docs/policies/term-policy.schema.json).
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

BodyName = Literal[
    "council", "board", "committee", "section", "audit", "election", "joint", "advisory", "other"
]
SeatName = Literal["ordinary", "chair", "vice_chair", "deputy"]
_ENTITLING_BODIES: tuple[BodyName, ...] = ("council", "board", "committee", "section", "audit")
_ENTITLING_SEATS: tuple[SeatName, ...] = ("ordinary", "chair", "vice_chair")

Days = Annotated[str, msgspec.Meta(pattern=r"^P\d{1,4}[DW]$", examples=["P1D"])]
RuleId = Annotated[str, msgspec.Meta(pattern=r"^[PV]\d{1,2}$", examples=["P18"])]


class TermPolicyError(ValueError):
    """A policy file cannot be used; the message names the key at fault and what to do."""


class EntitlingDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The bodies and seats that entitle to one thing."""

    bodies: tuple[BodyName, ...]
    seats: tuple[SeatName, ...]


class TermDates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The council term that this version is bound to; both days belong to it (P1)."""

    first_day: date
    last_day: date


class RuleDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule, the paragraph that it rests on, and its words in the city's languages."""

    id: RuleId
    paragraph: str
    """Where in the decision, or in the law, the rule stands."""
    fi: str
    sv: str
    en: str
    settings: tuple[str, ...] = ()
    """The keys of this file that say how the rule is applied."""


def _laptop() -> EntitlingDocument:
    return EntitlingDocument(bodies=_ENTITLING_BODIES, seats=_ENTITLING_SEATS)


def _mailbox() -> EntitlingDocument:
    return EntitlingDocument(bodies=_ENTITLING_BODIES, seats=(*_ENTITLING_SEATS, "deputy"))


class TermDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A term policy as it is written in YAML."""

    name: str = ""
    """Empty takes the file's name."""
    version: str | int | float = "1"
    status: Literal["proposal", "adopted"] = "proposal"
    decision: str | None = None
    """The decision's body, date and section (§), once the city has adopted the policy."""
    zone: str = "Europe/Helsinki"
    wipe_after: Days = "P1D"
    """Calendar days from the end of the right to the wipe: a day to be told of a mistake."""
    campaign_over: Annotated[int, msgspec.Meta(ge=0)] = 3
    """More devices than this ending within a day make a campaign, which is approved as a named list."""
    register_fresh_days: Annotated[int, msgspec.Meta(ge=0)] = 45
    holidays: tuple[date, ...] = ()
    """Days that are not working days, beside Saturdays and Sundays."""
    laptop: EntitlingDocument = msgspec.field(default_factory=_laptop)
    mailbox: EntitlingDocument = msgspec.field(default_factory=_mailbox)
    term: TermDates | None = None
    rules: tuple[RuleDocument, ...] = ()


def read_term_document(text: bytes) -> TermDocument:
    """Read a term policy.

    Raises:
        TermPolicyError: It is not YAML, or a key is unknown or has a value that it cannot have.
    """
    try:
        return msgspec.yaml.decode(text, type=TermDocument)
    except msgspec.ValidationError as error:
        raise TermPolicyError(_in_words(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TermPolicyError(f"this is not readable YAML: {' '.join(str(error).split())}") from error


def term_policy_schema() -> dict[str, Any]:
    """Return the JSON Schema that is published for editors."""
    schema = msgspec.json.schema(TermDocument)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tenure term policy",
        **schema,
    }


def _in_words(error: str) -> str:
    """Put the key first: msgspec says `... - at `$.key`` at the end."""
    why, _, path = error.partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    if "unknown field" in why:
        field = why.rsplit("`", 2)[-2]
        where = f"{key}.{field}" if key else field
        return f"key {where}: this key is not known; correct its spelling or remove it"
    return f"key {key}: {why}" if key else f"the policy must be a mapping of keys: {why}"
