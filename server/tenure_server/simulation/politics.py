"""What happens to seats over the years: elections, resignations, deaths, and what the secretary makes of it.

Writes happenings of the kinds ENTERED and IMPORTED, and keeps the town's rows up to the day it has come to.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tenure_server.simulation.chance import Chance
from tenure_server.simulation.days import A_DAY, TERMS, at_work, day_of, term_of
from tenure_server.simulation.happenings import Happening, ImportFault, Kind, Row
from tenure_server.simulation.town import (
    COUNCIL,
    Town,
    seat_board,
    seat_committee,
    seat_council,
)

FAULTS = (
    ImportFault.EMPTY, ImportFault.HALVED, ImportFault.SHIFTED, ImportFault.OLD, ImportFault.SOME_MISSING,
    ImportFault.SOME_MISSING,
)  # fmt: skip
MINUTES_AT_WORK = 480


@dataclass(slots=True, kw_only=True)
class Politics:
    """Writes one city's political life."""

    town: Town
    chance: Chance
    first_day: date
    last_day: date
    written: list[Happening] = field(default_factory=list)

    def write(self) -> list[Happening]:
        """Return everything, in no order."""
        for term_first, term_last in TERMS:
            if self.first_day <= term_last < self.last_day:
                self._change_of_term(term_last, term_first)
            halfway = date(term_last.year - 2, term_last.month, term_last.day)
            if self.first_day <= halfway < self.last_day:
                self._new_board(halfway, term_last)
        for person in list(self.town.people):
            self._life(person)
        self._imports()
        return self.written

    def _enter(self, day: date, *rows: Row) -> None:
        for row in rows:
            at = at_work(day, self.chance.number(0, MINUTES_AT_WORK))
            self.written.append(Happening(at=at, kind=Kind.ENTERED, about=row.person, row=row))

    def _later(self, day: date, least: int, most: int) -> date:
        return day + timedelta(days=self.chance.number(least, most))

    def _change_of_term(self, ends: date, first: date) -> None:
        """Elect a council; enter most seats in May, some too late, and the committees' in June."""
        town, chance = self.town, self.chance
        begins = ends + A_DAY
        following = TERMS[term_of(begins)][1]
        sitting = [
            row.person for row in town.rows.values() if row.body == COUNCIL[0] and row.last_day == ends
        ]
        stay = chance.some_of([one for one in sitting if one not in town.dead], len(sitting) * 6 // 10)
        fresh = [town.newcomer() for _ in range(max(1, len(sitting) - len(stay)))]
        for row in seat_council(town, chance, [*stay, *fresh], begins, following):
            late = chance.happens(0.08)
            self._enter(self._later(begins, 1, 12) if late else self._later(ends, -25, -4), row)
        eligible = [*stay, *fresh]
        for row in seat_board(town, chance, eligible, begins, following):
            self._enter(self._later(begins, -4, 8), row)
        for committee in town.committees:
            last = self._later(begins, 5, 40)
            old = [row for row in town.rows.values() if row.body == committee and row.last_day is None]
            for row in old:
                closed = replace(row, last_day=last, basis="until_successor", end_decision=f"§ {last}")
                self._enter(self._later(last, -3, 10), town.put(closed))
            for row in seat_committee(town, chance, committee, eligible, last + A_DAY, None):
                self._enter(self._later(last, -3, 5), row)
        del first

    def _new_board(self, halfway: date, term_last: date) -> None:
        rows = seat_board(self.town, self.chance, self._living(), halfway + A_DAY, term_last)
        for row in rows:
            self._enter(self._later(halfway, -30, 3), row)

    def _living(self) -> list[str]:
        return [person for person in self.town.people if person not in self.town.dead]

    def _life(self, person: str) -> None:
        years = (self.last_day - self.first_day).days / 365
        events = (
            (0.06, self._resigns), (0.02, self._dies), (0.03, self._suspended), (0.05, self._on_leave),
            (0.03, self._moves_away), (0.04, self._promoted), (0.03, self._wrong_day), (0.02, self._chooses),
        )  # fmt: skip
        for rate, event in events:
            if self.chance.happens(min(0.9, rate * years)):
                day = self._later(self.first_day, 5, max(6, (self.last_day - self.first_day).days - 20))
                rows = [row for row in self.town.of(person) if _in_force(row, day)]
                if rows and person not in self.town.dead:
                    event(rows, day)

    def _resigns(self, rows: list[Row], day: date) -> None:
        """File a resignation; it counts once granted, and is sometimes taken back or corrected."""
        row = self.chance.one_of(rows)
        last = self._later(day, 10, 50)
        filed = replace(row, last_day=last, basis="resignation", end_decision="")
        self._enter(day, filed)
        if self.chance.happens(0.2):
            self._enter(self._later(day, 3, 30), row)
            return
        granted = replace(filed, end_decision=f"§ {day}")
        entered = self._later(last, -8, 6)
        self._enter(entered, self.town.put(granted))
        if self.chance.happens(0.15):
            self._enter(
                self._later(entered, 0, 3), self.town.put(replace(granted, last_day=last + 30 * A_DAY))
            )

    def _dies(self, rows: list[Row], day: date) -> None:
        self.town.dead.add(rows[0].person)
        dead = replace(self.chance.one_of(rows), last_day=day, basis="death")
        self._enter(self._later(day, 1, 9), self.town.put(dead))

    def _suspended(self, rows: list[Row], day: date) -> None:
        back = self._later(day, 20, 200)
        for row in rows:
            self._enter(day, replace(row, status="suspended"))
            self._enter(back, row)

    def _on_leave(self, rows: list[Row], day: date) -> None:
        """Give leave to one seat, and a dated mandate to a substitute."""
        row, back = self.chance.one_of(rows), self._later(day, 20, 120)
        self._enter(day, replace(row, status="leave"))
        self._enter(back, row)
        substitute = self.chance.one_of(self._living())
        if substitute != row.person:
            stands_in = self.town.seat(
                substitute, (row.body, row.body_type), "ordinary", day + A_DAY, back, "fixed"
            )
            self._enter(day, stands_in)

    def _moves_away(self, rows: list[Row], day: date) -> None:
        for row in rows:
            moved = replace(row, last_day=day, basis="eligibility_lost", end_decision=f"§ {day}")
            self._enter(self._later(day, 0, 5), self.town.put(moved))

    def _promoted(self, rows: list[Row], day: date) -> None:
        deputies = [row for row in rows if row.seat == "deputy"]
        if deputies:
            row = deputies[0]
            self._enter(day, self.town.put(replace(row, last_day=day, basis="fixed")))
            ordinary = replace(row, seat="ordinary", first_day=day + A_DAY, deputy_for="")
            self._enter(day, self.town.put(ordinary))

    def _wrong_day(self, rows: list[Row], day: date) -> None:
        """Enter an end that is a slip of the pen, and correct it some days later."""
        row = self.chance.one_of(rows)
        slip = replace(row, last_day=self._later(day, -3, 5), basis="fixed", end_decision=f"§ {day}")
        if slip.last_day is not None and slip.last_day > row.first_day:
            self._enter(day, slip)
            self._enter(self._later(day, 1, 12), row)

    def _chooses(self, rows: list[Row], day: date) -> None:
        for row in rows:
            self._enter(day, self.town.put(replace(row, choice="own" if row.choice == "city" else "city")))

    def _imports(self) -> None:
        """Import the register every week or two; now and then late, wrong, or not for a long while."""
        chance, day = self.chance, self.first_day
        before = len(self.written)
        while day < self.last_day:
            gap = chance.number(48, 75) if chance.happens(0.03) else chance.number(5, 16)
            day += timedelta(days=gap)
            fault = chance.one_of(FAULTS) if chance.happens(0.1) else ImportFault.NONE
            self._import(day, fault)
            if fault is not ImportFault.NONE:
                self._import(self._later(day, 1, 3), ImportFault.NONE)
            elif chance.happens(0.1):
                self._import(day, ImportFault.NONE)
        for term_first, term_last in TERMS:
            del term_first
            for offset in (-10, -3, -1, 2, 6, 12):
                if self.first_day < term_last + timedelta(days=offset) < self.last_day and chance.happens(
                    0.7
                ):
                    self._import(term_last + timedelta(days=offset), ImportFault.NONE)

        if chance.happens(0.25):
            self._forget_the_register(before)

    def _forget_the_register(self, before: int) -> None:
        """Let nobody import anything from weeks before the end of a term until days after it."""
        for _, last in TERMS:
            silent = last - timedelta(days=self.chance.number(46, 60)), last + timedelta(days=8)
            self.written[before:] = [
                one for one in self.written[before:] if not silent[0] <= day_of(one.at) <= silent[1]
            ]

    def _import(self, day: date, fault: ImportFault) -> None:
        taken = day - timedelta(days=self.chance.number(0, 4) if self.chance.happens(0.2) else 0)
        self.written.append(
            Happening(
                at=at_work(day, self.chance.number(0, MINUTES_AT_WORK)),
                kind=Kind.IMPORTED,
                about="register",
                who=taken.isoformat(),
                word=fault.value,
            )
        )


def _in_force(row: Row, day: date) -> bool:
    return row.first_day <= day and (row.last_day is None or day < row.last_day)
