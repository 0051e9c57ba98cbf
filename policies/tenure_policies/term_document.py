"""The policy file of a term: which seats entitle to what, and the periods of the city's decision.

Pure: no I/O, no clock. Everything that the principles leave open is a key here; a key that is not known is an
error, so that a misspelt one cannot silently leave a default in force. The same types give the published JSON
Schema (docs/policies/term-policy.schema.json).
"""

from datetime import date
from enum import StrEnum
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


class PolicyFault(StrEnum):
    """What keeps a policy file from being used."""

    NOT_YAML = "not_yaml"
    NOT_KEYS = "not_keys"
    UNKNOWN_KEY = "unknown_key"
    BAD_VALUE = "bad_value"


class TermPolicyError(ValueError):
    """A policy file cannot be used."""

    def __init__(self, fault: PolicyFault, *, key: str = "", detail: str = "") -> None:
        super().__init__(f"{fault}: {key} {detail}".strip())
        self.fault = fault
        self.key = key
        """Dotted path of the key at fault; empty if it is the whole file."""
        self.detail = detail
        """What the reader found, in English."""


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
        return msgspec.convert(_with_dates_as_text(msgspec.yaml.decode(text)), TermDocument)
    except msgspec.ValidationError as error:
        raise _fault(str(error)) from error
    except (msgspec.DecodeError, ValueError) as error:  # YAML itself reads days, and refuses 2029-02-30
        raise TermPolicyError(PolicyFault.NOT_YAML, detail=" ".join(str(error).split())) from error


def _with_dates_as_text(value: object) -> object:
    """Write dates as YAML may quote them: a day in quotes is a day, and a version may look like one."""
    if isinstance(value, dict):
        return {key: _with_dates_as_text(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_dates_as_text(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def term_policy_schema() -> dict[str, Any]:
    """Return the JSON Schema that is published for editors."""
    schema = msgspec.json.schema(TermDocument)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tenure term policy",
        **schema,
    }


def _fault(error: str) -> TermPolicyError:
    """Tell the key at fault: msgspec says `... - at `$.key`` at the end."""
    why, _, path = error.partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    if "unknown field" in why:
        field = why.rsplit("`", 2)[-2]
        return TermPolicyError(PolicyFault.UNKNOWN_KEY, key=f"{key}.{field}" if key else field)
    fault = PolicyFault.BAD_VALUE if key else PolicyFault.NOT_KEYS
    return TermPolicyError(fault, key=key, detail=why)
