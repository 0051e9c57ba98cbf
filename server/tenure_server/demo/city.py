"""An invented bilingual city at the end of its council's term, as the register that a user would import.

Tuulisalmi - Vindsund does not exist, nor does anybody in it. Pure and without chance: the same files every
time. What is in it, for the story to have something to tell:

- 27 councillors, of whom 15 are re-elected and 12 leave; 12 new ones begin on 1 June 2029;
- a board of 9 and five committees of 9, all with personal deputies; one committee sits until its successors
  are elected, so nobody in it may be locked out on 31 May; a central election board that entitles to nothing;
- three city employees who are also trustees; five trustees who use their own computers;
- in `holdings`: laptops, who has them, two loans to deputies and a hold.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tenure_server.demo.names import InventedPerson, invented_person

CITY_FI, CITY_SV = "Tuulisalmi", "Vindsund"
MAIL_DOMAIN = "tuulisalmi.example"
FIRST_DAY, LAST_DAY = date(2025, 6, 1), date(2029, 5, 31)
NEXT_FIRST_DAY, NEXT_LAST_DAY = date(2029, 6, 1), date(2033, 5, 31)
TERM_ENDS = datetime(2029, 5, 31, 21, 0, tzinfo=UTC)
"""The last day is over: midnight in Helsinki (P25)."""
REGISTER_DATE = date(2029, 5, 7)
DEMO_STARTS = datetime(2029, 5, 10, 6, 0, tzinfo=UTC)
"""Three weeks before the end: a Thursday, nine in the morning there."""

COUNCILLORS = range(27)
BOARD_OUTSIDERS = range(27, 30)
COMMITTEE_OUTSIDERS = range(30, 57)
DEPUTIES_ONLY = range(57, 84)
ELECTION_BOARD = range(84, 89)
NEWLY_ELECTED = range(89, 101)
EVERYBODY = range(101)

EMPLOYEES = frozenset({5, 13, 35})
OWN_DEVICE = frozenset({7, 25, 33, 41, 50})
ON_LEAVE = frozenset({44})
UNTIL_SUCCESSOR = "LTK-SIV"
LAST_OF_FIVE = 4
"""Every fifth deputy is a councillor, the others sit nowhere else."""

COUNCIL = ("VALT", "Kaupunginvaltuusto", "Stadsfullmäktige", "council")
BOARD = ("KH", "Kaupunginhallitus", "Stadsstyrelsen", "board")
COMMITTEES = (
    (UNTIL_SUCCESSOR, "Sivistyslautakunta", "Bildningsnämnden", "committee"),
    ("LTK-TEK", "Tekninen lautakunta", "Tekniska nämnden", "committee"),
    ("LTK-YMP", "Ympäristölautakunta", "Miljönämnden", "committee"),
    ("LTK-VAP", "Vapaa-aikalautakunta", "Fritidsnämnden", "committee"),
    ("LTK-LUP", "Lupalautakunta", "Tillståndsnämnden", "committee"),
)
ELECTION = ("KVLTK", "Keskusvaalilautakunta", "Centralvalnämnden", "election")
BOARD_SEATS = (0, 2, 3, 5, 7, 9, *BOARD_OUTSIDERS)
COMMITTEE_COUNCILLORS = (20, 21), (22, 23), (24, 25), (26,), (1,)

COLUMNS = (
    "person_ext_id", "given_name", "family_name", "email_city", "email_private", "phone", "language",
    "body_ext_id", "body_name_fi", "body_name_sv", "body_type", "seat_type", "deputy_for_person_ext_id",
    "deputy_rank", "valid_from", "valid_to", "end_basis", "decision_ref", "end_decision_ref", "status",
    "laptop_choice", "is_employee",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """One seat of one citizen, as a row of the register will have it."""

    citizen: int
    body: tuple[str, str, str, str]
    seat: str
    deputy_for: int | None = None
    next_term: bool = False


def person_id(citizen: int) -> str:
    """Return the register's own id of a citizen."""
    return f"TS-{citizen + 1:03d}"


def address(citizen: int) -> str:
    """Return a citizen's city address."""
    return f"trustee{citizen + 1:03d}@{MAIL_DOMAIN}"


def person(citizen: int) -> InventedPerson:
    """Return a citizen's name and language."""
    return invented_person(citizen)


def is_reelected(councillor: int) -> bool:
    """Tell whether a councillor sits in the next council too."""
    return councillor % 9 not in (1, 4, 6, 8)


def committee_members(committee: int) -> tuple[int, ...]:
    """Return a committee's ordinary members: chair, vice chair, councillors, then outsiders."""
    outsiders = tuple(COMMITTEE_OUTSIDERS)
    shares = (5, 5, 5, 6, 6)
    begins = sum(shares[:committee])
    councillors = (10 + committee, 15 + committee, *COMMITTEE_COUNCILLORS[committee])
    return (*councillors, *outsiders[begins : begins + shares[committee]])


def keeps_a_seat(citizen: int) -> bool:
    """Tell whether a citizen's right to a laptop goes on after the term."""
    stays = citizen in COUNCILLORS and is_reelected(citizen)
    return stays or citizen in NEWLY_ELECTED or citizen in committee_members(0)


def entitled_now() -> tuple[int, ...]:
    """Return who is entitled to the city's laptop in this term and wants one."""
    seated = (*COUNCILLORS, *BOARD_OUTSIDERS, *COMMITTEE_OUTSIDERS)
    return tuple(citizen for citizen in seated if citizen not in OWN_DEVICE)


def deputy_of(committee: int, place: int) -> int:
    """Return the personal deputy of a committee's member; some stand in for two members."""
    number = committee * 9 + place
    fifth, left_over = divmod(number, 5)
    if left_over == LAST_OF_FIVE:
        return COUNCILLORS[fifth * 3 % 9]
    return DEPUTIES_ONLY[number % len(DEPUTIES_ONLY)]


def seats() -> Iterator[SeatRow]:
    """List every seat of this term and those of the next that are known."""
    for councillor in COUNCILLORS:
        yield SeatRow(citizen=councillor, body=COUNCIL, seat=_rank(councillor))
    yield from _with_deputies(
        BOARD, BOARD_SEATS, [DEPUTIES_ONLY[(place * 5 + 19) % 27] for place in range(len(BOARD_SEATS))]
    )
    for index, body in enumerate(COMMITTEES):
        members = committee_members(index)
        yield from _with_deputies(body, members, [deputy_of(index, place) for place in range(len(members))])
    for place, citizen in enumerate(ELECTION_BOARD):
        yield SeatRow(citizen=citizen, body=ELECTION, seat=_rank(place))
    yield SeatRow(citizen=DEPUTIES_ONLY[0], body=ELECTION, seat="deputy", deputy_for=ELECTION_BOARD[0])
    for citizen in (*filter(is_reelected, COUNCILLORS), *NEWLY_ELECTED):
        yield SeatRow(citizen=citizen, body=COUNCIL, seat="ordinary", next_term=True)


def _with_deputies(
    body: tuple[str, str, str, str], members: Iterable[int], deputies: Iterable[int]
) -> Iterator[SeatRow]:
    for place, (member, deputy) in enumerate(zip(members, deputies, strict=True)):
        yield SeatRow(citizen=member, body=body, seat=_rank(place))
        yield SeatRow(citizen=deputy, body=body, seat="deputy", deputy_for=member)


def _rank(place: int) -> str:
    return {0: "chair", 1: "vice_chair"}.get(place, "ordinary")


def mandates_csv() -> str:
    """Write the register."""
    return write_csv(COLUMNS, (_row(seat) for seat in seats()))


def _row(seat: SeatRow) -> dict[str, str]:
    name = person(seat.citizen)
    body_id, name_fi, name_sv, body_type = seat.body
    first, last = (NEXT_FIRST_DAY, NEXT_LAST_DAY) if seat.next_term else (FIRST_DAY, LAST_DAY)
    return {
        "person_ext_id": person_id(seat.citizen),
        "given_name": name.given,
        "family_name": name.family,
        "email_city": address(seat.citizen),
        "language": name.language,
        "body_ext_id": body_id,
        "body_name_fi": name_fi,
        "body_name_sv": name_sv,
        "body_type": body_type,
        "seat_type": seat.seat,
        "deputy_for_person_ext_id": "" if seat.deputy_for is None else person_id(seat.deputy_for),
        "valid_from": first.isoformat(),
        "valid_to": last.isoformat(),
        "end_basis": "until_successor" if body_id == UNTIL_SUCCESSOR else "term",
        "decision_ref": "KVLTK 18.4.2029 § 12" if seat.next_term else "KV 9.6.2025 § 21",
        "status": "leave" if seat.citizen in ON_LEAVE else "active",
        "laptop_choice": "own" if seat.citizen in OWN_DEVICE else "city",
        "is_employee": "yes" if seat.citizen in EMPLOYEES else "no",
    }


def write_csv(columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows as the semicolon-separated text that offices exchange."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
