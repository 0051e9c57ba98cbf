"""A register that is written reads back as the same facts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.city import City, day_end, instant, policy
from tenure_server.adapters.files.csv_table import read_csv
from tenure_server.adapters.files.csv_writer import csv_text
from tenure_server.domain.ids import BodyId, PersonId
from tenure_server.domain.mandate import (
    Body,
    BodyType,
    EndBasis,
    LaptopChoice,
    Mandate,
    MandateStatus,
    Person,
    Seat,
)
from tenure_server.domain.register import read_register
from tenure_server.domain.register_table import register_table, write_last_day, write_start

ZONE = policy().zone
words = st.text(st.sampled_from("aäöåÅ §/;,\"'1.-"), max_size=12).map(lambda text: " ".join(text.split()))
ids = st.text(st.sampled_from("abc123"), min_size=1, max_size=4)
days = st.dates(min_value=datetime(2020, 1, 1).date(), max_value=datetime(2035, 12, 31).date())  # noqa: DTZ001
instants = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001
    max_value=datetime(2035, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
starts = days.map(lambda day: instant(day.isoformat())) | instants


@st.composite
def mandates(draw: st.DrawFn, person: str, body: Body) -> Mandate:
    start = draw(starts)
    end = draw(
        st.none()
        | st.integers(1, 3000).map(lambda count: day_end((start + timedelta(days=count)).date().isoformat()))
    )
    basis = draw(st.none() | st.sampled_from(EndBasis))
    deputised = draw(st.none() | ids)
    return Mandate(
        person=PersonId(person),
        body=body.id,
        body_type=body.type,
        seat=draw(st.sampled_from(Seat)),
        start=start,
        end=end,
        basis=basis,
        status=draw(st.sampled_from(MandateStatus)),
        decision_ref=draw(words),
        end_decision_ref=draw(words),
        deputy_for=None if deputised is None else PersonId(deputised),
        deputy_rank=draw(st.none() | st.integers(0, 99)),
        laptop_choice=draw(st.sampled_from(LaptopChoice)),
        is_employee=draw(st.booleans()),
        quarantined=end is not None and basis is None,
    )


@st.composite
def registers(draw: st.DrawFn) -> tuple[dict[PersonId, Person], dict[BodyId, Body], list[Mandate]]:
    people, bodies = {}, {}
    for name in draw(st.lists(ids, min_size=1, max_size=4, unique=True)):
        people[PersonId(name)] = Person(
            id=PersonId(name), given_name=draw(words), family_name=draw(words), email_city=draw(words),
            email_private=draw(words), phone=draw(words), language=draw(st.sampled_from(["fi", "sv", "en"])),
        )  # fmt: skip
    for name in draw(st.lists(ids, min_size=1, max_size=3, unique=True)):
        kind = draw(st.sampled_from(BodyType))
        bodies[BodyId(name)] = Body(id=BodyId(name), type=kind, name_fi=draw(words), name_sv=draw(words))
    rows = {}
    for _ in range(draw(st.integers(1, 6))):
        person, body = draw(st.sampled_from(sorted(people))), draw(st.sampled_from(sorted(bodies)))
        row = draw(mandates(person, bodies[body]))
        rows[row.person, row.body, row.seat, row.start] = row
    return people, bodies, list(rows.values())


@settings(deadline=None)
@given(registers())
def test_a_register_that_is_written_reads_back_as_the_same_facts(
    made: tuple[dict[PersonId, Person], dict[BodyId, Body], list[Mandate]],
) -> None:
    people, bodies, rows = made
    table = register_table(people, bodies, rows, ZONE)

    read = read_register(read_csv("register.csv", csv_text(table).encode()), ZONE)

    assert read.findings == ()
    assert list(read.mandates) == [
        Mandate(**{**{name: getattr(row, name) for name in Mandate.__slots__}, "row": number})
        for number, row in enumerate(rows, start=2)
    ]
    sitting = {row.person for row in rows}
    assert read.people == {id_: person for id_, person in people.items() if id_ in sitting}
    assert read.bodies == {row.body: bodies[row.body] for row in rows}


def test_every_seat_of_a_city_reads_back() -> None:
    city = (
        City()
        .seat("a", until="2029-05-31")
        .seat("b", "board", "chair")
        .seat("a", "committee", until="2027-05-31")
    )

    read = read_register(register_table(city.people, city.bodies, city.mandates, ZONE), ZONE)

    assert (read.mandates, read.people, read.bodies) == (tuple(city.mandates), city.people, city.bodies)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("2029-03-25", "2029-03-25"),
        ("2029-10-28", "2029-10-28"),
        ("2029-05-31T12:00:00Z", "2029-05-31T12:00:00Z"),
    ],
)
def test_a_moment_is_a_day_only_where_the_day_begins(at: str, text: str) -> None:
    assert write_start(instant(at), ZONE) == text


def test_an_end_is_written_as_the_last_day_that_it_leaves() -> None:
    assert write_last_day(day_end("2029-05-31"), ZONE) == "2029-05-31"
    assert write_last_day(None, ZONE) == ""
