"""What a person's mandates together entitle to, until when, and what happens as that ends.

Pure: no I/O, no clock. Rules: the right is the union of mandates and ends with the last (invariant 3, P8,
P9); only a known end ends anything (P18, invariant 1); a suspended mandate entitles to nothing while it
stands and destroys nothing; its end then counts as any other; death ends everything at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_server.domain.custody import Agreement
from tenure_server.domain.mandate import Mandate, known_end
from tenure_server.domain.term import Entitling


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A stretch of time [start, end); an end of None is open."""

    start: datetime
    end: datetime | None

    def covers(self, at: datetime) -> bool:
        """Tell whether the moment lies in it."""
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A known end of a right, past or to come."""

    at: datetime
    since: datetime
    """When the stretch that ends here began."""
    final: bool
    """Nothing later is known and no suspension stands: whatever follows an end may follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One right, seen from one moment."""

    live: Spell | None
    """The unbroken stretch that is in force."""
    coming: tuple[Spell, ...]
    past: Spell | None
    """The newest stretch that is over, suspensions included."""
    suspended_since: datetime | None
    """Set while a suspension stands and nothing else entitles."""
    suspensions: tuple[Spell, ...]
    endings: tuple["Ending", ...]
    """The ends that concern the present: the one behind a gap or an ended right, and those to come."""

    @property
    def ever(self) -> bool:
        """Tell whether the right exists, has existed or is known to begin."""
        return any((self.live, self.coming, self.past, self.suspended_since))

    @property
    def until(self) -> datetime | None:
        """Return the end of the live stretch, else of the last one."""
        if self.live:
            return self.live.end
        return self.past.end if self.past else None


NOTHING = Standing(live=None, coming=(), past=None, suspended_since=None, suspensions=(), endings=())


def union(spells: Iterable[Spell]) -> tuple[Spell, ...]:
    """Join stretches that overlap or touch."""
    joined: list[Spell] = []
    for spell in sorted(spells, key=lambda one: one.start):
        newest = joined[-1] if joined else None
        if newest is None or (newest.end is not None and newest.end < spell.start):
            joined.append(spell)
        elif newest.end is not None and (spell.end is None or spell.end > newest.end):
            joined[-1] = Spell(start=newest.start, end=spell.end)
    return tuple(joined)


def end_of(mandate: Mandate, death: datetime | None) -> datetime | None:
    """Return a mandate's known end, which a death brings forward."""
    end = known_end(mandate)
    return end if death is None or (end is not None and end < death) else death


def standing(
    mandates: Sequence[Mandate], entitling: Entitling, death: datetime | None, at: datetime
) -> Standing:
    """Return one person's right to one thing, seen from a moment."""
    active: list[Spell] = []
    suspended: list[Spell] = []
    for mandate in mandates:
        if not entitling.covers(mandate.body_type, mandate.seat):
            continue
        end = end_of(mandate, death)
        if end is None or mandate.start < end:
            rows = suspended if mandate.is_suspended else active
            rows.append(Spell(start=mandate.start, end=end))
    return _seen_from(at, union(active), tuple(suspended)) if active or suspended else NOTHING


def location_standing(agreements: Sequence[Agreement], at: datetime) -> Standing:
    """Return a location's right to its devices: it ends with the last agreement (V2)."""
    spells = (Spell(start=row.start, end=row.end) for row in agreements)
    return _seen_from(
        at, union(spell for spell in spells if spell.end is None or spell.start < spell.end), ()
    )


def _seen_from(at: datetime, active: tuple[Spell, ...], suspended: tuple[Spell, ...]) -> Standing:
    live = next((spell for spell in active if spell.covers(at)), None)
    past = max(
        (spell for spell in (*active, *suspended) if spell.end is not None and spell.end <= at),
        key=lambda spell: (spell.end or spell.start, spell.start),
        default=None,
    )
    since = min((spell.start for spell in suspended if spell.covers(at)), default=None)
    if live is not None:
        since = None
    elif since is not None and past is not None and past.end is not None:
        since = max(since, past.end)
    coming = tuple(spell for spell in active if spell.start > at)
    return Standing(
        live=live,
        coming=coming,
        past=past,
        suspended_since=since,
        suspensions=suspended,
        endings=_endings(live or past, coming, since, suspended),
    )


def _endings(
    present: Spell | None,
    coming: tuple[Spell, ...],
    suspended_since: datetime | None,
    suspensions: tuple[Spell, ...],
) -> tuple[Ending, ...]:
    """Return the known ends from the present one on; a standing suspension is one, and never final."""
    if suspended_since is not None:
        return (Ending(at=suspended_since, since=suspended_since, final=False),)
    spells = (present, *coming) if present else coming
    return tuple(
        Ending(
            at=spell.end,
            since=spell.start,
            final=spell is spells[-1] and not any(one.covers(spell.end) for one in suspensions),
        )
        for spell in spells
        if spell.end is not None
    )
