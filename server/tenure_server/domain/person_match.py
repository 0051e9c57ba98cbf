"""Who a source's row is about where its id does not tell for certain (case 24). Pure: no I/O, no clock.

Rules:

- An id that is new, of a person whose full name somebody who is known already has, may be a second person or
  the same one under another id; a provisional id (`name:...`, of a source without ids) is nobody's until
  a person says whose it is. Nobody is ever matched by name.
- What people decided about an id of the register holds for all its rows while it goes with the same name;
  what they decided about a provisional id holds for the one row: two people may share a name.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Mandate, Person
from tenure_server.domain.mapped_table import PROVISIONAL
from tenure_server.domain.record import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMatch:
    """A question about who a row's person is, and the answer that a person gave."""

    id: str
    person: PersonId
    """As the source names them."""
    name: str
    """As the source wrote it when the question arose."""
    candidates: tuple[PersonId, ...]
    """People with the same name who were known then."""
    at: datetime
    verdict: PersonId | None = None
    """Who it is; the source's own id for a new person. None: not decided."""
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""

    @property
    def subject(self) -> str:
        """The person as the source names them."""
        return self.person

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to say who it is."""
        return self.verdict is None

    @property
    def is_another(self) -> bool:
        """Tell whether it was decided that the source's id means somebody else."""
        return self.verdict is not None and self.verdict != self.person


PERSON_MATCHES: RecordKind[PersonMatch] = RecordKind(name="person_match", type=PersonMatch)


def row_id(mandate: Mandate) -> str:
    """Return the id by which people name a row, wherever it stands in its file."""
    key = "\x1f".join((mandate.person, mandate.body, mandate.seat, mandate.start.isoformat()))
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def is_provisional(person: PersonId) -> bool:
    """Tell whether an id was made of a name."""
    return person.startswith(PROVISIONAL)


def match_id(mandate: Mandate) -> str:
    """Return the id of the question that a row may raise: of its person, or of the row alone."""
    return f"row:{row_id(mandate)}" if is_provisional(mandate.person) else f"person:{mandate.person}"


def name_key(person: Person) -> str:
    """Return what two people of one name share, in whichever order and case it is written; empty if none."""
    name = unicodedata.normalize("NFC", person.name).casefold()
    return " ".join(sorted(name.split()))


class Acquaintances:
    """The people who are known, by name; told apart only once somebody is asked about."""

    def __init__(self, people: Iterable[Person], in_doubt: Iterable[PersonId]) -> None:
        self._people, self._in_doubt = people, frozenset(in_doubt)

    @cached_property
    def _names(self) -> Mapping[str, Sequence[PersonId]]:
        names: defaultdict[str, list[PersonId]] = defaultdict(list)
        for person in self._people:
            if person.id not in self._in_doubt and not is_provisional(person.id):
                names[name_key(person)].append(person.id)
        return names

    def of_the_same_name(self, person: Person) -> tuple[PersonId, ...]:
        """Return the other people with a person's full name."""
        key = name_key(person)
        return tuple(sorted(one for one in self._names.get(key, ()) if one != person.id)) if key else ()


def question(
    mandate: Mandate,
    person: Person,
    known: PersonMatch | None,
    *,
    others: Acquaintances,
    is_known: bool,
    now: datetime,
) -> PersonMatch | None:
    """Return what is asked or was answered about a row's person; None if there is nothing to ask.

    Args:
        mandate: The row as the source reads.
        person: Its person as the source names them.
        known: The question that was asked before, if any.
        others: Everybody who is known.
        is_known: Whether this id is known already.
        now: The present moment.
    """
    if known is not None:
        renamed = bool(person.name) and name_key(person) != known.name
        return _asked_again(known, person, others, now) if renamed else known
    provisional = is_provisional(mandate.person)
    if is_known and not provisional:
        return None
    candidates = others.of_the_same_name(person)
    if not candidates and not provisional:
        return None
    return PersonMatch(
        id=match_id(mandate), person=mandate.person, name=name_key(person), candidates=candidates, at=now
    )


def _asked_again(known: PersonMatch, person: Person, others: Acquaintances, now: datetime) -> PersonMatch:
    """Ask anew: the id goes with another name than the one that people decided on."""
    return PersonMatch(
        id=known.id,
        person=known.person,
        name=name_key(person),
        candidates=others.of_the_same_name(person),
        at=now,
    )


def answered(match: PersonMatch, verdict: PersonId, *, at: datetime, by: str, reason: str) -> PersonMatch:
    """Return the question with a person's answer."""
    return replace(match, verdict=verdict, decided_at=at, decided_by=by, reason=reason)
