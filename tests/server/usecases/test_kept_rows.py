"""Rows that the register keeps although the last file does not have them, and what people decide."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.city import City, day_end
from fakes.town import Town, town
from tenure_server.domain.errors import NotFoundError, RefusedError
from tenure_server.domain.mandate import EndBasis, Mandate
from tenure_server.domain.quarantine import ROW_RULINGS
from tenure_server.domain.register import RegisterRead
from tenure_server.domain.task import TASKS, Task, TaskKind
from tenure_server.usecases.import_register import ImportStatus, RegisterFile, judge_register
from tenure_server.usecases.resolve_quarantine import (
    Decision,
    RowEnd,
    RowSetAside,
    drop_row,
    match_row,
    rows_kept,
    rows_set_aside,
    settle_row,
)
from tenure_server.usecases.restore_register import restore_register
from tenure_server.usecases.tasks import close_task

SECRETARY = Decision(by="secretary", reason="the start was corrected")
RESIGNED = RowEnd(
    basis=EndBasis.RESIGNATION, end_decision_ref="KV 1.3.2029 \u00a7 4", end=day_end("2029-03-04")
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


def council(size: int = 12, *, without: int = 0) -> City:
    city = City()
    for number in range(without, size):
        city.seat(f"p{number:02d}", until="2033-05-31")
    return city


def corrected(*, since: str = "2025-06-01", until: str | None = None) -> City:
    """Aino's only seat; the register corrects its start and says how it ended."""
    ends = {"until": until, "basis": "resignation", "decided": "KV 1.3.2029 \u00a7 4"} if until else {}
    return council().seat("aino", since=since, **ends).laptop("L1", "aino")


async def rows_of(here: Town, person: str) -> list[Mandate]:
    async with here.store.reading() as tx:
        return [row for row in (await tx.register.facts()).mandates if row.person == person]


async def kept(here: Town) -> RowSetAside:
    (row,) = await rows_kept(here.store, here.clock)
    return row


async def tasks(here: Town) -> list[Task]:
    async with here.store.reading() as tx:
        found = await tx.records.all(TASKS, open_only=True)
    return [task for task in found if task.kind is TaskKind.KEPT_ROW]


async def corrected_town(here: Town) -> RowSetAside:
    """Let the file of the fifth day have aino's seat with another start, and over since the fourth."""
    await here.know(corrected())
    await here.enrol("L1")
    here.goes_to("2029-03-05")
    await here.know(corrected(since="2025-06-02", until="2029-03-04"))
    await here.sweep()
    return await kept(here)


async def test_a_leaver_whose_start_was_corrected_is_locked_by_the_decision_and_not_before(
    here: Town,
) -> None:
    row = await corrected_town(here)
    assert (row.kept, row.mandate.person, row.name) == (True, "aino", "Aino Esimerkki")
    assert "goes on until a person decides" in str(row.why[0])
    assert "may have been corrected" in str(row.why[1])
    await here.lives_to("2029-04-01")
    laptop = here.laptops["L1"]
    await here.visit(laptop)
    assert (await here.latest("L1")).state == "active", "the old row entitles still"
    (task,) = await tasks(here)
    assert (task.subject, task.reference) == (row.id, "aino")

    await drop_row(here.store, here.clock, row.id, SECRETARY)
    await here.sweep()

    assert (await here.latest("L1")).state == "locked"
    assert list(await rows_kept(here.store, here.clock)) == []
    assert await tasks(here) == []
    await here.lives_to("2029-04-10")
    assert [one.end for one in await rows_of(here, "aino")] == [day_end("2029-03-04")]
    assert (await here.latest("L1")).state == "locked"


async def test_a_kept_row_ends_by_a_confirmed_decision_for_every_later_import(here: Town) -> None:
    row = await corrected_town(here)

    ended = await settle_row(here.store, here.clock, row.id, RESIGNED, SECRETARY)
    await here.sweep()

    assert (ended.end, ended.basis) == (RESIGNED.end, EndBasis.RESIGNATION)
    assert (await here.latest("L1")).state == "locked"
    await here.lives_to("2029-04-10")
    assert (await here.latest("L1")).state == "locked"
    assert {one.end for one in await rows_of(here, "aino")} == {day_end("2029-03-04")}
    decided = [one.entry for one in await here.log() if one.entry.kind.value == "row_decided"]
    assert [(one.fields["decision"], one.fields["basis"]) for one in decided] == [("settle", "resignation")]


async def test_an_end_of_a_kept_row_must_be_confirmed(here: Town) -> None:
    row = await corrected_town(here)
    unconfirmed = replace(RESIGNED, end_decision_ref="")
    with pytest.raises(RefusedError, match="--end-decision"):
        await settle_row(here.store, here.clock, row.id, unconfirmed, SECRETARY)
    with pytest.raises(RefusedError, match="--valid-to"):
        await settle_row(here.store, here.clock, row.id, replace(RESIGNED, end=None), SECRETARY)
    with pytest.raises(NotFoundError):
        await match_row(here.store, here.clock, row.id, row.mandate.person, SECRETARY)
    assert [one.end for one in await rows_of(here, "aino")] == [None, day_end("2029-03-04")]


async def test_a_sitting_trustee_who_is_missing_in_the_file_is_never_ended_by_it(here: Town) -> None:
    await here.know(council().seat("aino").laptop("L1", "aino"))
    await here.enrol("L1")
    here.goes_to("2029-03-05")
    await here.know(council())
    await here.sweep()
    for day in ("2029-04-01", "2029-05-01", "2029-06-10"):
        await here.lives_to(day)
        assert (await here.latest("L1")).state == "active"
        assert (await kept(here)).mandate.end is None
    (task,) = await tasks(here)
    assert (task.subject, task.why.params["count"]) == ("register", "1")
    assert list(await rows_set_aside(here.store)) == []


async def test_a_decision_on_a_kept_row_lapses_when_a_file_has_it_again(here: Town) -> None:
    row = await corrected_town(here)
    await drop_row(here.store, here.clock, row.id, SECRETARY)
    await here.sweep()
    assert (await here.latest("L1")).state == "locked"
    here.goes_to("2029-03-06")

    await here.know(corrected())
    await here.sweep()

    assert (await here.latest("L1")).state == "active"
    async with here.store.reading() as tx:
        (ruling,) = await tx.records.all(ROW_RULINGS)
    assert (ruling.lapsed_at, ruling.is_open) == (here.now, False)
    assert list(await rows_set_aside(here.store)) == []
    await here.lives_to("2029-03-07")
    assert None in [one.end for one in await rows_of(here, "aino")], "it is not dropped again"


async def test_a_preview_shows_that_a_decision_would_lapse(here: Town) -> None:
    row = await corrected_town(here)
    await drop_row(here.store, here.clock, row.id, SECRETARY)
    here.goes_to("2029-03-06")
    city = corrected()
    facts = city.facts()
    read = RegisterRead(people=dict(facts.people), bodies=dict(facts.bodies), mandates=facts.mandates)
    file = RegisterFile(read=read, digest="0" * 64, taken=here.now)

    async with here.store.reading() as tx:
        judged = await judge_register(tx, file, here.now)

    assert [(one.person, one.end) for one in judged.change.added] == [("aino", None)]
    assert [one.id for one in judged.settled.lapsed] == [row.id]


async def test_a_settled_end_lapses_too(here: Town) -> None:
    row = await corrected_town(here)
    await settle_row(here.store, here.clock, row.id, RESIGNED, SECRETARY)
    here.goes_to("2029-03-06")
    await here.know(corrected())
    assert None in [one.end for one in await rows_of(here, "aino")]


async def test_a_task_closes_when_the_file_has_the_row_again(here: Town) -> None:
    await corrected_town(here)
    assert len(await tasks(here)) == 1
    here.goes_to("2029-03-06")
    both = corrected().seat(
        "aino", since="2025-06-02", until="2029-03-04", basis="resignation", decided="KV 1.3.2029 \u00a7 4"
    )
    await here.know(both)
    assert await tasks(here) == []


async def test_a_task_that_a_person_closed_is_not_opened_again(here: Town) -> None:
    await corrected_town(here)
    (task,) = await tasks(here)
    await close_task(here.store, here.clock, task.id, by="mia", note="asked the registry")
    await here.lives_to("2029-03-06")
    assert await tasks(here) == []
    assert (await kept(here)).mandate.person == "aino"


async def many_missing(here: Town) -> list[RowSetAside]:
    """Let three of thirty be missing in a file."""
    await here.know(council(30))
    here.goes_to("2029-03-05")
    outcome = await here.know(council(30, without=3))
    assert outcome.register is not None
    assert outcome.register.status is ImportStatus.IMPORTED
    return list(await rows_kept(here.store, here.clock))


async def test_many_decisions_end_no_more_than_an_import_may_without_two_approvers(here: Town) -> None:
    first, *others = await many_missing(here)
    (task,) = await tasks(here)
    assert task.why.params["count"] == "3"
    await settle_row(here.store, here.clock, first.id, RESIGNED, SECRETARY)
    for row in others:
        await drop_row(here.store, here.clock, row.id, SECRETARY)
    assert await tasks(here) == []
    here.goes_to(here.now + timedelta(hours=6))
    await here.know(council(30, without=4))  # another import does not begin another tenth
    last = await kept(here)

    with pytest.raises(RefusedError, match="two approvers") as refused:
        await drop_row(here.store, here.clock, last.id, SECRETARY)

    assert (await kept(here)).id == last.id, "nothing was written"
    about = re.search(r"approve resume (\S+)`", str(refused.value))
    assert about is not None
    one, two = here.resume(about[1], approvers=1), here.resume(about[1])
    with pytest.raises(RefusedError):
        await drop_row(here.store, here.clock, last.id, replace(SECRETARY, approval=one))
    with pytest.raises(RefusedError):  # it was signed for a drop, not for this end
        await settle_row(here.store, here.clock, last.id, RESIGNED, replace(SECRETARY, approval=two))
    await drop_row(here.store, here.clock, last.id, replace(SECRETARY, approval=two))
    assert list(await rows_kept(here.store, here.clock)) == []
    assert len((await here.log())[-1].entry.fields["approvers"].split(",")) == 2


async def test_a_day_later_decisions_are_counted_anew(here: Town) -> None:
    for row in await many_missing(here):
        await drop_row(here.store, here.clock, row.id, SECRETARY)
    here.goes_to("2029-03-06")
    await here.know(council(30, without=4))
    await drop_row(here.store, here.clock, (await kept(here)).id, SECRETARY)
    assert list(await rows_kept(here.store, here.clock)) == []


async def test_a_decision_holds_when_an_earlier_register_was_put_back(here: Town) -> None:
    row = await corrected_town(here)
    here.goes_to("2029-03-06")
    await drop_row(here.store, here.clock, row.id, SECRETARY)
    restored = await restore_register(here.store, here.clock, here.terms, before=here.now)
    assert restored.restored
    assert len(await rows_of(here, "aino")) == 2
    here.goes_to("2029-03-07")
    await here.know(corrected(since="2025-06-02", until="2029-03-04"))
    assert [one.end for one in await rows_of(here, "aino")] == [day_end("2029-03-04")]
