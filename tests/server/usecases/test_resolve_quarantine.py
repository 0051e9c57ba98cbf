"""What people decide about rows that are set aside, in a real installation."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.city import City, day_end, instant
from fakes.town import Town, town
from tenure_server.domain.custody import HoldKind, HoldSubject
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.facts import Facts
from tenure_server.domain.ids import PersonId
from tenure_server.domain.mandate import EndBasis, Mandate, Person
from tenure_server.domain.quarantine import ROW_RULINGS
from tenure_server.usecases.explain import explain
from tenure_server.usecases.explanation import PersonExplanation
from tenure_server.usecases.merge_register import export_register
from tenure_server.usecases.resolve_quarantine import (
    Decision,
    RowEnd,
    RowSetAside,
    drop_row,
    match_row,
    rows_set_aside,
    settle_row,
)
from tenure_server.usecases.set_hold import SetHold, lift_hold, set_hold

SECRETARY = Decision(by="secretary", reason="asked them")
PROVISIONAL = "name:esimerkki/aino/"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        await started.know(council())
        yield started


def council(size: int = 12) -> City:
    city = City()
    for number in range(size):
        city.seat(f"p{number:02d}", until="2029-05-31")
    return city


def aino(city: City, person: str) -> City:
    city.people[PersonId(person)] = Person(id=PersonId(person), given_name="Aino", family_name="Esimerkki")
    return city


async def facts_of(here: Town) -> Facts:
    async with here.store.reading() as tx:
        return await tx.register.facts()


async def rows_of(here: Town, person: str) -> list[Mandate]:
    return [row for row in (await facts_of(here)).mandates if row.person == person]


async def waiting(here: Town) -> RowSetAside:
    (row,) = await rows_set_aside(here.store)
    return row


def unexplained(until: str = "2029-04-30") -> City:
    return council().seat("x", until=until, basis=None)


async def test_a_row_with_an_end_and_no_basis_waits_until_it_is_settled(here: Town) -> None:
    await here.know(unexplained())
    row = await waiting(here)
    assert (row.match, row.mandate.person) == (None, "x")
    assert "say how it ends" in str(row.why[0])

    settled = await settle_row(
        here.store,
        here.clock,
        row.id,
        RowEnd(basis=EndBasis.RESIGNATION, end_decision_ref="KV 4 §"),
        SECRETARY,
    )

    assert (settled.quarantined, settled.end) == (False, day_end("2029-04-30"))
    assert await rows_set_aside(here.store) == []
    assert (await facts_of(here)).quarantine == ()
    # The source still writes it as before: the decision holds for this and every later import.
    here.goes_to("2029-03-10")
    await here.know(unexplained())
    (stored,) = await rows_of(here, "x")
    assert (stored.basis, stored.end_decision_ref, stored.quarantined) == (
        EndBasis.RESIGNATION,
        "KV 4 §",
        False,
    )


async def test_a_decision_lapses_when_the_source_reads_otherwise(here: Town) -> None:
    await here.know(unexplained())
    end = RowEnd(basis=EndBasis.FIXED)
    await settle_row(here.store, here.clock, (await waiting(here)).id, end, SECRETARY)
    here.goes_to("2029-03-10")

    await here.know(unexplained("2029-04-15"))

    row = await waiting(here)
    assert row.mandate.end == day_end("2029-04-15")
    async with here.store.reading() as tx:
        (lapsed,) = await tx.records.all(ROW_RULINGS)
    assert lapsed.lapsed_at == here.now
    await settle_row(here.store, here.clock, row.id, end, SECRETARY)
    assert await rows_set_aside(here.store) == []


async def test_a_row_that_names_no_end_is_settled_only_with_one(here: Town) -> None:
    await here.know(aino(aino(council().seat("old"), "old").seat("new", since="2029-02-01"), "old"))
    await here.know(aino(aino(council().seat("old").seat("new", since="2029-02-01"), "old"), "new"))
    rows = await rows_set_aside(here.store)
    assert rows == []  # both ids were known by then: two people of one name
    await here.know(aino(aino(council().seat("old").seat("newer", since="2029-02-01"), "old"), "newer"))
    row = await waiting(here)
    with pytest.raises(RefusedError):
        await settle_row(here.store, here.clock, row.id, RowEnd(basis=EndBasis.FIXED), SECRETARY)
    early = RowEnd(basis=EndBasis.FIXED, end=instant("2029-01-01"))
    with pytest.raises(RefusedError):
        await settle_row(here.store, here.clock, row.id, early, SECRETARY)


async def test_a_dropped_row_leaves_the_register_and_stays_out(here: Town) -> None:
    await here.know(unexplained())
    await drop_row(here.store, here.clock, (await waiting(here)).id, SECRETARY)
    assert await rows_of(here, "x") == []
    here.goes_to("2029-03-10")

    await here.know(unexplained())

    assert await rows_of(here, "x") == []
    assert await rows_set_aside(here.store) == []


async def test_a_dropped_row_that_comes_otherwise_waits_and_may_be_taken_in_as_it_reads(here: Town) -> None:
    await here.know(unexplained())
    await drop_row(here.store, here.clock, (await waiting(here)).id, SECRETARY)
    here.goes_to("2029-03-10")
    await here.know(council().seat("x", until="2029-04-30"))
    row = await waiting(here)
    with pytest.raises(RefusedError):
        await match_row(here.store, here.clock, row.id, PersonId("p01"), SECRETARY)

    await match_row(here.store, here.clock, row.id, PersonId("x"), SECRETARY)

    assert [one.quarantined for one in await rows_of(here, "x")] == [False]
    await here.know(council().seat("x", until="2029-04-30"))
    assert await rows_set_aside(here.store) == []


async def test_a_source_without_ids_is_matched_row_by_row(here: Town) -> None:
    """Two people may share a name: what is known of one row says nothing of another."""
    await here.know(aino(council().seat("old", until="2029-05-31"), "old"))
    source = aino(aino(council().seat("old", until="2029-05-31"), "old"), PROVISIONAL)
    source.seat(PROVISIONAL, "board").seat(PROVISIONAL, "committee")
    await here.know(source)
    board, committee = sorted(await rows_set_aside(here.store), key=lambda row: row.mandate.body)
    assert {one.mandate.body for one in (board, committee)} == {"board", "committee"}

    await match_row(here.store, here.clock, board.id, PersonId("old"), SECRETARY)

    assert [(row.body, row.quarantined) for row in await rows_of(here, "old")] == [
        ("board", False),
        ("committee", True),  # it may concern old still
        ("council", False),
    ]
    await match_row(here.store, here.clock, committee.id, None, SECRETARY)
    assert [row.body for row in await rows_of(here, "old")] == ["board", "council"]
    assert [(row.body, row.quarantined) for row in await rows_of(here, PROVISIONAL)] == [("committee", False)]
    here.goes_to("2029-03-10")
    await here.know(source)
    assert await rows_set_aside(here.store) == []
    assert all("esimerkki" not in repr(one.entry).lower() for one in await here.log())


async def test_a_match_covers_every_row_of_an_id_of_the_register(here: Town) -> None:
    await here.know(aino(council().seat("old", until="2029-05-31"), "old"))
    source = aino(aino(council().seat("old", until="2029-05-31").seat("new", "board"), "old"), "new")
    await here.know(source.seat("new", "committee"))
    first, _ = await rows_set_aside(here.store)

    await match_row(here.store, here.clock, first.id, PersonId("old"), SECRETARY)

    assert await rows_set_aside(here.store) == []
    assert [row.body for row in await rows_of(here, "old")] == ["board", "committee", "council"]
    assert await rows_of(here, "new") == []


async def test_whoever_holds_a_laptop_under_the_id_is_matched_only_after_the_custody(here: Town) -> None:
    await here.know(aino(council().seat("old", until="2029-05-31"), "old"))
    source = aino(aino(council().seat("old", until="2029-05-31").seat("new", "board"), "old"), "new")
    await here.know(source.laptop("L1", "new", since="2029-02-01"))
    row = await waiting(here)

    with pytest.raises(RefusedError, match="L1"):
        await match_row(here.store, here.clock, row.id, PersonId("old"), SECRETARY)

    await match_row(here.store, here.clock, row.id, None, SECRETARY)
    assert [one.quarantined for one in await rows_of(here, "new")] == [False]


@pytest.mark.parametrize("person", ["nobody", None])
async def test_what_is_not_there_cannot_be_decided_on(here: Town, person: str | None) -> None:
    await here.know(aino(council().seat("old"), "old"))
    await here.know(aino(aino(council().seat("old").seat("new", "board"), "old"), "new"))
    row = await waiting(here)
    id_ = row.id if person else "0" * 12
    with pytest.raises(NotFoundError):
        await match_row(here.store, here.clock, id_, PersonId(person) if person else None, SECRETARY)


async def test_who_decided_when_and_why_is_kept_and_a_version_of_the_register_is_recorded(
    here: Town,
) -> None:
    await here.know(unexplained())
    before = await facts_of(here)
    here.goes_to("2029-03-12")
    await settle_row(
        here.store, here.clock, (await waiting(here)).id, RowEnd(basis=EndBasis.FIXED), SECRETARY
    )
    async with here.store.reading() as tx:
        (ruling,) = await tx.records.all(ROW_RULINGS, subject="x")
        then = await tx.register.facts_as_recorded(instant("2029-03-11"))
    assert (ruling.by, ruling.reason, ruling.at) == ("secretary", "asked them", here.now)
    assert then.mandates == before.mandates
    said = (await here.log())[-1].entry
    assert (said.kind.value, said.fields["decision"], said.fields["by"]) == (
        "row_decided",
        "settle",
        "secretary",
    )


async def test_other_rows_stay_as_they_are(here: Town) -> None:
    await here.know(unexplained().seat("y", until="2029-04-30", basis=None))
    before = {row.person: row for row in (await facts_of(here)).mandates}
    row = next(one for one in await rows_set_aside(here.store) if one.mandate.person == "x")
    await drop_row(here.store, here.clock, row.id, SECRETARY)
    after = await facts_of(here)
    assert {one.person: one for one in after.mandates} == {k: v for k, v in before.items() if k != "x"}
    assert [one.row for one in after.quarantine] == [before["y"].row]


async def test_what_is_only_lent_is_never_exported(here: Town) -> None:
    await here.know(aino(council().seat("old", until="2029-05-31"), "old"))
    source = aino(aino(council().seat("old", until="2029-05-31").seat("new", "board"), "old"), "new")
    await here.know(source)
    table = await export_register(here.store, here.terms)
    rows = [(row.cells["person_ext_id"], row.cells["body_ext_id"]) for row in table.rows]
    assert sorted(rows)[:2] == [("new", "board"), ("old", "council")]
    assert len(rows) == 14
    assert replace(table, rows=()).columns[0] == "person_ext_id"


async def test_an_answer_about_one_row_takes_nothing_that_another_row_in_doubt_still_lends(
    here: Town,
) -> None:
    def city() -> City:
        return aino(council().seat("old", until="2029-02-28"), "old")

    await here.know(city())
    doubtful = city()
    for person in ("seven", "eight"):
        aino(doubtful.seat(person, since="2029-03-01", until="2033-05-31"), person)
    await here.know(doubtful)
    seven, eight = sorted(await rows_set_aside(here.store), key=lambda row: row.mandate.person, reverse=True)

    await match_row(here.store, here.clock, seven.id, None, SECRETARY)
    assert [row.quarantined for row in await rows_of(here, "old")] == [False, True], "it may be eight's"
    await here.know(doubtful)
    assert [row.quarantined for row in await rows_of(here, "old")] == [False, True]

    await match_row(here.store, here.clock, eight.id, None, SECRETARY)
    assert [row.quarantined for row in await rows_of(here, "old")] == [False]


async def test_somebody_known_by_name_only_is_explained_from_a_log_that_names_nobody(here: Town) -> None:
    await here.know(aino(council().seat(PROVISIONAL, until="2029-05-31"), PROVISIONAL))
    await match_row(here.store, here.clock, (await waiting(here)).id, None, SECRETARY)
    wanted = SetHold(
        subject_type=HoldSubject.PERSON, subject=PROVISIONAL, kind=HoldKind.RECORDS, reference="TP 1/2029"
    )
    await set_hold(here.store, here.clock, wanted)

    explained = await explain(here.store, here.clock, here.terms, PROVISIONAL)

    assert isinstance(explained, PersonExplanation)
    assert [logged.entry.kind.value for logged in explained.log] == ["hold_set"]
    assert "esimerkki" not in str(explained.log)


async def test_a_hold_is_not_lost_with_the_id_that_a_row_had(here: Town) -> None:
    await here.know(aino(council().seat("old", until="2029-05-31"), "old"))
    doubtful = aino(council().seat("old", until="2029-05-31"), "old")
    await here.know(aino(doubtful.seat("new", "board"), "new"))
    row = await waiting(here)
    on_new = {"subject_type": HoldSubject.PERSON, "subject": "new", "kind": HoldKind.LITIGATION}
    await set_hold(here.store, here.clock, SetHold(**on_new, reference="KV 2 §"))

    with pytest.raises(RefusedError, match="set it on old"):
        await match_row(here.store, here.clock, row.id, PersonId("old"), SECRETARY)

    on_old = {**on_new, "subject": "old"}
    await set_hold(here.store, here.clock, SetHold(**on_old, reference="KV 2 §"))
    await lift_hold(here.store, here.clock, **on_new)
    await match_row(here.store, here.clock, row.id, PersonId("old"), SECRETARY)
    assert [row.body for row in await rows_of(here, "old")] == ["board", "council"]
