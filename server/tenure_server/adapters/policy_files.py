"""Finds a term policy by its name in the catalogue or as a file, and turns it into the planner's values.

Reads files, decides nothing.
"""

import re
from datetime import timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tenure_policies.term_document import (
    EntitlingDocument,
    PolicyFault,
    TermDocument,
    TermPolicyError,
    read_term_document,
)
from tenure_server.domain.errors import Finding, InputError
from tenure_server.domain.mandate import BodyType, Seat
from tenure_server.domain.message import N_, Message, say
from tenure_server.domain.term import Entitling, PolicyStatus, Term, TermPolicy

DEFAULT_POLICY = "term_end"
_CATALOG = "tenure_policies.catalog"
_DAYS = {"D": 1, "W": 7}
_FAULTS = {
    PolicyFault.NOT_YAML: N_("This is not readable YAML: {detail}"),
    PolicyFault.NOT_KEYS: N_("A policy is a list of keys with their values: {detail}"),
    PolicyFault.UNKNOWN_KEY: N_("The key {key} is not known: correct its spelling or remove it."),
    PolicyFault.BAD_VALUE: N_("The key {key} cannot have this value: {detail}"),
}


def term_policy(name_or_file: str = DEFAULT_POLICY) -> TermPolicy:
    """Return the policy of the catalogue with this name, else of the file with this path.

    Raises:
        InputError: There is neither, or a key of it cannot be used.
    """
    return to_policy(term_document(name_or_file), named=Path(name_or_file).stem, source=name_or_file)


def term_document(name_or_file: str = DEFAULT_POLICY) -> TermDocument:
    """Return the document of a policy, with its rules' texts.

    Raises:
        InputError: There is neither such a policy nor such a file, or it cannot be used.
    """
    if name_or_file in catalogue():
        text = resources.files(_CATALOG).joinpath(f"{name_or_file}.yaml").read_bytes()
        return _document(text, name_or_file)
    try:
        return _document(Path(name_or_file).read_bytes(), name_or_file)
    except OSError as error:
        sentence = N_("There is no policy {name}: give a file, or one of {names}.")
        raise InputError(say(sentence, name=name_or_file, names=", ".join(catalogue()))) from error


def catalogue() -> tuple[str, ...]:
    """Return the names of the term policies that come with the product."""
    entries = (Path(entry.name) for entry in resources.files(_CATALOG).iterdir())
    return tuple(sorted(entry.stem for entry in entries if re.fullmatch(r"term_\w+\.yaml", entry.name)))


def to_policy(document: TermDocument, *, named: str, source: str) -> TermPolicy:
    """Turn a document into the planner's values.

    Raises:
        InputError: The zone is not known, or the term ends before it begins.
    """
    return TermPolicy(
        name=document.name or named,
        version=str(document.version),
        status=PolicyStatus(document.status),
        decision=document.decision,
        zone=_zone(document.zone, source),
        wipe_after=_days(document.wipe_after),
        campaign_over=document.campaign_over,
        register_fresh_days=document.register_fresh_days,
        holidays=frozenset(document.holidays),
        laptop=_entitling(document.laptop),
        mailbox=_entitling(document.mailbox),
        term=_term(document, source),
    )


def _document(text: bytes, source: str) -> TermDocument:
    try:
        return read_term_document(text)
    except TermPolicyError as error:
        why = say(_FAULTS[error.fault], key=error.key, detail=error.detail)
        raise _refusal(source, why) from error


def _refusal(source: str, why: Message) -> InputError:
    finding = Finding(file=source, row=None, column=None, why=why)
    return InputError(say(N_("The policy {name} cannot be used."), name=source), (finding,))


def _zone(name: str, source: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        why = N_("The key zone is no time zone: “{name}”; write one as Europe/Helsinki.")
        raise _refusal(source, say(why, name=name[:40])) from error


def _days(period: str) -> timedelta:
    """Read whole days or weeks; the document's pattern has let nothing else through."""
    return timedelta(days=int(period[1:-1]) * _DAYS[period[-1]])


def _entitling(document: EntitlingDocument) -> Entitling:
    return Entitling(
        bodies=frozenset(BodyType(body) for body in document.bodies),
        seats=frozenset(Seat(seat) for seat in document.seats),
    )


def _term(document: TermDocument, source: str) -> Term | None:
    if document.term is None:
        return None
    if document.term.last_day < document.term.first_day:
        raise _refusal(source, say(N_("The key term.last_day is before term.first_day.")))
    return Term(first_day=document.term.first_day, last_day=document.term.last_day)
