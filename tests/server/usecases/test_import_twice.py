"""Importing the same file twice changes nothing: facts, recorded versions, audit, tasks and records alike."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.city import City
from fakes.town import Town, town
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import Person
from tenure_server.domain.person_match import PERSON_MATCHES
from tenure_server.domain.quarantine import ROW_RULINGS
from tenure_server.domain.task import TASKS

ENDS = [None, "2029-04-30", "2029-05-31", "2033-05-31"]
seats = st.tuples(
    st.integers(0, 6),
    st.sampled_from(["council", "board", "election"]),
    st.sampled_from(["ordinary", "chair", "deputy"]),
    st.sampled_from(ENDS),
    st.sampled_from(["term", "resignation", None]),
    st.sampled_from(["active", "leave", "suspended"]),
)


def city(rows: list[tuple[int, str, str, str | None, str | None, str]], *, laptops: int) -> City:
    """People 5 and 6 bear the names of 0 and 1, so that a later file may raise a question."""
    made = City()
    taken = set()
    for number, body, seat, until, basis, status in rows:
        if (number, body, seat) in taken:
            continue
        taken.add((number, body, seat))
        made.seat(f"p{number}", body, seat, until=until, basis=basis, status=status)
        id_ = PersonId(f"p{number}")
        made.people[id_] = Person(id=id_, given_name=f"Aino{number % 5}", family_name="Esimerkki")
    for number in range(laptops):
        made.laptop(f"L{number}", f"p{number}")
    return made


async def everything(here: Town) -> object:
    """Return all that an import could have touched, every version of it."""
    async with here.store.reading() as tx:
        subjects = [f"p{number}" for number in range(7)] + [f"L{number}" for number in range(3)]
        return (
            await tx.register.facts(),
            [await tx.register.history(subject) for subject in subjects],
            await tx.register.imports(),
            await tx.audit.page(0, 10_000),
            [await tx.records.all(kind) for kind in (TASKS, PERSON_MATCHES, ROW_RULINGS)],  # type: ignore[arg-type]
            {device.id: device.seq for device in await tx.devices.all()},
        )


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    st.lists(seats, min_size=1, max_size=8),
    st.lists(seats, min_size=1, max_size=8),
    st.integers(0, 3),
)
def test_importing_the_same_file_twice_changes_nothing_at_all(
    before: list[tuple[int, str, str, str | None, str | None, str]],
    after: list[tuple[int, str, str, str | None, str | None, str]],
    laptops: int,
) -> None:
    async def twice() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with town(Path(folder)) as here:
                await here.know(city(before, laptops=laptops))
                here.goes_to("2029-03-05")
                taken = here.now
                outcome = await here.know(city(after, laptops=laptops), taken=taken)
                await here.sweep()
                first = await everything(here)
                here.goes_to("2029-03-06")
                again = await here.know(city(after, laptops=laptops), taken=taken)
                assert again.quarantined == outcome.quarantined
                if not outcome.quarantined:
                    await here.sweep()
                    assert await everything(here) == first

    asyncio.run(twice())
