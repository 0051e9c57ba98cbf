"""Writes the whole script of one city from a seed; the same seed writes the same script everywhere."""

from datetime import date, timedelta

from tenure_server.simulation.chance import Chance
from tenure_server.simulation.days import LAST_DAY_WATCHED, begins
from tenure_server.simulation.handlings import Handlings
from tenure_server.simulation.happenings import Happening, Kind, Script
from tenure_server.simulation.politics import Politics
from tenure_server.simulation.town import found
from tenure_server.simulation.troubles import Troubles

FIRST_DAY_POSSIBLE = date(2027, 1, 4)
"""The agent knows when it was built, and believes no earlier time."""


def write_script(seed: str, years: float) -> Script:
    """Return what happens to the city of a seed over so many years, a change of term among them."""
    chance = Chance(seed)
    last_day = LAST_DAY_WATCHED
    first_day = max(FIRST_DAY_POSSIBLE, last_day - timedelta(days=round(years * 365.25)))
    town = found(chance.fork("town"), first_day)
    founding = [
        Happening(at=begins(first_day), kind=Kind.ENTERED, about=row.person, row=row)
        for row in town.rows.values()
    ]
    politics = Politics(
        town=town, chance=chance.fork("politics"), first_day=first_day, last_day=last_day
    ).write()
    handlings = Handlings(town=town, chance=chance.fork("handlings"), first_day=first_day, last_day=last_day)
    handlings.write()
    serials = [*handlings.serials, *handlings.terminals]
    troubles = Troubles(
        serials=serials, chance=chance.fork("troubles"), first_day=first_day, last_day=last_day
    ).write()
    starts, ends = begins(first_day), begins(last_day)
    told = [*politics, *handlings.written, *troubles]
    inside = [happening for happening in told if starts < happening.at < ends]
    return Script(
        seed=seed,
        starts=starts,
        ends=ends,
        founding=(*founding, *handlings.founding),
        happenings=tuple(sorted(inside, key=_order)),
        laptops=tuple(serials),
        terminals=frozenset(handlings.terminals),
    )


def _order(happening: Happening) -> tuple[object, ...]:
    return happening.at, happening.kind.value, happening.about, happening.who, happening.word
