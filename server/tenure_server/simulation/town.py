"""An invented city on the day its story begins: bodies, seats, who sits where, and places with terminals."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tenure_server.simulation.chance import Chance
from tenure_server.simulation.days import TERMS, term_of
from tenure_server.simulation.happenings import Row

COUNCIL = ("VALT", "council")
BOARD = ("KH", "board")
ELECTION = ("KVLTK", "election")
SMALLEST, LARGEST = 8, 40


@dataclass(slots=True, kw_only=True)
class Town:
    """The people and the rows as the secretary has them; grows while the script is written."""

    people: list[str]
    rows: dict[tuple[str, str, str, date], Row] = field(default_factory=dict)
    committees: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    choices: dict[str, str] = field(default_factory=dict)
    employees: frozenset[str] = frozenset()
    dead: set[str] = field(default_factory=set)

    def put(self, row: Row) -> Row:
        """Enter a row as it is to be from now on."""
        self.rows[row.key] = row
        return row

    def newcomer(self) -> str:
        """Return a person who had no seat so far."""
        self.people.append(f"p{len(self.people) + 1:03d}")
        return self.people[-1]

    def of(self, person: str) -> list[Row]:
        """Return a person's rows, oldest first."""
        return [row for row in self.rows.values() if row.person == person]

    def seat(self, person: str, body: tuple[str, str], seat: str, first: date, last: date | None,
             basis: str, **more: str) -> Row:  # fmt: skip
        """Seat a person, by the decision of the body's first meeting."""
        return self.put(
            Row(
                person=person, body=body[0], body_type=body[1], seat=seat, first_day=first, last_day=last,
                basis=basis, decision=f"§ {first.isoformat()}", choice=self.choices.get(person, "city"),
                employee=person in self.employees, **more,
            )
        )  # fmt: skip


def found(chance: Chance, day: date) -> Town:
    """Invent a city as it is on a day."""
    size = min(chance.number(SMALLEST, LARGEST) for _ in range(3))  # small towns are many
    town = Town(people=[])
    first, last = TERMS[term_of(day)]
    people = [town.newcomer() for _ in range(size)]
    town.choices = {person: "own" for person in people if chance.happens(0.06)}
    town.employees = frozenset(person for person in people if chance.happens(0.05))
    town.committees = tuple(f"LTK{number}" for number in range(chance.number(1, 3)))
    town.places = tuple(f"piste{number}" for number in range(chance.number(0, 2)))
    seat_council(town, chance, people[: max(5, size * 6 // 10)], first, last)
    seat_board(town, chance, people, day, last)
    for committee in town.committees:
        seat_committee(town, chance, committee, people, first, None)
    for person in chance.some_of(people, 2):
        town.seat(person, ELECTION, "ordinary", first, last, "term")
    return town


def seat_council(town: Town, chance: Chance, people: list[str], first: date, last: date) -> list[Row]:
    """Seat a council for a term; the first one leads it."""
    rows = [
        town.seat(person, COUNCIL, "chair" if number == 0 else "ordinary", first, last, "term")
        for number, person in enumerate(people)
    ]
    for person in chance.some_of([one for one in town.people if one not in people], 2):
        rows.append(town.seat(person, COUNCIL, "deputy", first, last, "term"))
    return rows


def seat_board(town: Town, chance: Chance, people: list[str], day: date, term_ends: date) -> list[Row]:
    """Seat a board that sits two years of the four."""
    halfway = date(term_ends.year - 2, term_ends.month, term_ends.day)
    first, last = (
        (halfway + timedelta(days=1), term_ends) if day > halfway else (TERMS[term_of(day)][0], halfway)
    )
    sitting = chance.some_of(people, max(3, len(people) // 4))
    return [town.seat(person, BOARD, "ordinary", first, last, "fixed") for person in sitting]


def seat_committee(
    town: Town, chance: Chance, committee: str, people: list[str], first: date, last: date | None
) -> list[Row]:
    """Seat a committee with personal deputies; it sits until its successors are elected."""
    sitting = chance.some_of(people, max(3, len(people) // 4))
    body = committee, "committee"
    rows = [town.seat(person, body, "ordinary", first, last, "") for person in sitting]
    others = [person for person in people if person not in sitting]
    for member, deputy in zip(sitting, chance.some_of(others, len(sitting)), strict=False):
        row = town.seat(deputy, body, "deputy", first, last, "")
        rows.append(town.put(replace(row, deputy_for=member)))
    return rows
