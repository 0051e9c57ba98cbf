"""One person's two rights, choice and status, explained. Pure: no I/O, no clock.

Rules: laptop and mailbox are two rights (P8, P9); a choice of an own computer ends the laptop right but never
locks a sitting trustee (P16); staff keep their staff account; the list of who keeps and who returns (P22).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.entitlement import NOTHING, Standing, end_of, standing
from tenure_server.domain.mandate import LaptopChoice, Mandate, death_of
from tenure_server.domain.plan import Because, PersonStatus, Right
from tenure_server.domain.term import Entitling, TermPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRights:
    """What one person's mandates say at one moment."""

    laptop: Standing
    """By the seats alone, whatever the person chose."""
    mailbox: Standing
    death: datetime | None
    in_force: tuple[Mandate, ...]
    choice: tuple[Mandate, ...]
    """The rows in force that choose an own computer, or none."""
    staff: Mandate | None
    """The row that says the person is also an employee."""

    @property
    def entitled_to_laptop(self) -> bool:
        """Tell whether a city laptop is due to the person now."""
        return self.laptop.live is not None and not self.choice


NO_RIGHTS = PersonRights(laptop=NOTHING, mailbox=NOTHING, death=None, in_force=(), choice=(), staff=None)


def rights_of(mandates: Sequence[Mandate], policy: TermPolicy, at: datetime) -> PersonRights:
    """Return one person's rights, given all of that person's mandates."""
    death = death_of(mandates)
    in_force = tuple(mandate for mandate in mandates if _in_force(mandate, death, at))
    return PersonRights(
        laptop=standing(mandates, policy.laptop, death, at),
        mailbox=standing(mandates, policy.mailbox, death, at),
        death=death,
        in_force=in_force,
        choice=tuple(mandate for mandate in in_force if mandate.laptop_choice is not LaptopChoice.CITY),
        staff=_staff(in_force or _newest(mandates, death)),
    )


def _in_force(mandate: Mandate, death: datetime | None, at: datetime) -> bool:
    end = end_of(mandate, death)
    return mandate.start <= at and (end is None or at < end)


def _newest(mandates: Sequence[Mandate], death: datetime | None) -> tuple[Mandate, ...]:
    """Return the rows that ended last: after them, they still tell who is an employee."""
    ends = [(end, mandate) for mandate in mandates if (end := end_of(mandate, death)) is not None]
    last = max((end for end, _ in ends), default=None)
    return tuple(mandate for end, mandate in ends if end == last)


def _staff(mandates: Sequence[Mandate]) -> Mandate | None:
    rows = (mandate for mandate in mandates if mandate.is_employee)
    return min(rows, key=lambda row: (row.row or 0, row.start, row.body, row.seat), default=None)


def laptop_right(rights: PersonRights, policy: TermPolicy) -> Right:
    """Explain the right to a laptop (P8, P16)."""
    if rights.choice:
        return Right(entitled=False, until=None, because=_because(rights.choice, "P16"))
    return _right(rights, rights.laptop, policy.laptop, "P8")


def mailbox_right(rights: PersonRights, policy: TermPolicy) -> Right:
    """Explain the right to a mailbox (P9)."""
    return _right(rights, rights.mailbox, policy.mailbox, "P9")


def _right(rights: PersonRights, right: Standing, entitling: Entitling, rule: str) -> Right:
    rows = [row for row in rights.in_force if _entitles(row, entitling)] if right.live else []
    return Right(entitled=right.live is not None, until=right.until, because=_because(rows, rule))


def _entitles(mandate: Mandate, entitling: Entitling) -> bool:
    return not mandate.is_suspended and entitling.covers(mandate.body_type, mandate.seat)


def _because(mandates: Sequence[Mandate], rule: str) -> tuple[Because, ...]:
    names = sorted({f"{mandate.body}/{mandate.seat}" for mandate in mandates})
    return tuple(Because(mandate=name, rule=rule) for name in names)


def status_of(rights: PersonRights, policy: TermPolicy, *, holds_laptop: bool) -> PersonStatus:
    """Put a person on the keep, return or unknown list (P22)."""
    right = rights.laptop
    over = PersonStatus.RETURNS if holds_laptop else PersonStatus.NONE
    if right.suspended_since is not None:
        return PersonStatus.UNKNOWN
    if rights.choice:
        return over
    if right.live:
        return _status_of_sitting(rights, policy, over)
    if right.coming:
        return PersonStatus.KEEPS if right.past or holds_laptop else PersonStatus.NONE
    return over if right.past else PersonStatus.NONE


def _status_of_sitting(rights: PersonRights, policy: TermPolicy, over: PersonStatus) -> PersonStatus:
    ends = (end_of(row, rights.death) for row in rights.in_force if _entitles(row, policy.laptop))
    first = min((end for end in ends if end is not None), default=None)
    right = rights.laptop
    if first is None:
        return PersonStatus.UNKNOWN
    if right.coming or (right.live and right.live.covers(first)):
        return PersonStatus.KEEPS
    suspended = any(spell.covers(first) for spell in right.suspensions)
    return PersonStatus.UNKNOWN if suspended else over
