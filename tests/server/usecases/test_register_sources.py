"""How a source is read is kept, on the real database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.town import Town, town
from tenure_server.adapters.files.mapping_files import preset_names, read_preset
from tenure_server.domain.column_mapping import ColumnMapping, PersonBy
from tenure_server.domain.errors import InputError, NotFoundError
from tenure_server.domain.register_source import SOURCES
from tenure_server.usecases.register_sources import forget_source, list_sources, save_source, show_source

MAPPING = ColumnMapping(
    preset="other",
    columns={"sukunimi": "family_name", "huomio": ""},
    copies={"body_ext_id": ("body_name_fi",)},
    values={"seat_type": {"jäsen": "ordinary"}},
    constants={"valid_to": ""},
    person_by=PersonBy.NAME_EMAIL,
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


async def test_a_source_is_kept_under_its_name_and_read_back_whole(here: Town) -> None:
    kept = await save_source(here.store, here.clock, "survey", MAPPING)

    assert kept.mapping == replace(MAPPING, source="survey")
    assert await show_source(here.store, "survey") == kept
    assert await list_sources(here.store) == [kept]


@pytest.mark.parametrize("preset", preset_names())
async def test_every_preset_can_be_kept(here: Town, preset: str) -> None:
    await save_source(here.store, here.clock, "a", read_preset(preset))

    assert (await show_source(here.store, "a")).mapping == replace(read_preset(preset), source="a")


async def test_a_mapping_takes_the_place_of_the_one_before(here: Town) -> None:
    await save_source(here.store, here.clock, "survey", MAPPING)
    here.clock.at += timedelta(days=1)

    await save_source(here.store, here.clock, "survey", replace(MAPPING, sheet="2"))

    (kept,) = await list_sources(here.store)
    assert (kept.mapping.sheet, kept.at) == ("2", here.now)


async def test_sources_are_listed_by_name(here: Town) -> None:
    for name in ("webropol", "aimoa"):
        await save_source(here.store, here.clock, name, MAPPING)

    assert [one.name for one in await list_sources(here.store)] == ["aimoa", "webropol"]


async def test_a_forgotten_source_is_known_no_more_and_its_name_is_free(here: Town) -> None:
    await save_source(here.store, here.clock, "survey", MAPPING)

    await forget_source(here.store, here.clock, "survey")

    assert await list_sources(here.store) == []
    with pytest.raises(NotFoundError, match="sources set"):
        await show_source(here.store, "survey")
    with pytest.raises(NotFoundError):
        await forget_source(here.store, here.clock, "survey")
    async with here.store.reading() as tx:
        closed = await tx.records.get(SOURCES, "survey")
    assert closed is not None
    assert closed.forgotten_at == here.now
    await save_source(here.store, here.clock, "survey", MAPPING)
    assert len(await list_sources(here.store)) == 1


async def test_every_change_is_logged_by_digest_and_saying_the_same_again_is_none(here: Town) -> None:
    before = len(await here.log())
    await save_source(here.store, here.clock, "survey", MAPPING)
    await save_source(here.store, here.clock, "survey", MAPPING)
    await save_source(here.store, here.clock, "survey", replace(MAPPING, sheet="2"))
    await forget_source(here.store, here.clock, "survey")

    logged = [one.entry for one in (await here.log())[before:]]
    assert [one.kind.value for one in logged] == ["source_set", "source_set", "source_forgotten"]
    assert {one.subject for one in logged} == {"survey"}
    digests = [one.fields["digest"] for one in logged]
    assert digests[0] != digests[1] == digests[2]
    assert "sukunimi" not in repr(logged)


@pytest.mark.parametrize(
    ("name", "mapping"),
    [("Not A Name", MAPPING), ("survey", replace(MAPPING, columns={"puolue": "phone", "x": "nothing"}))],
)
async def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    here: Town, name: str, mapping: ColumnMapping
) -> None:
    before = await here.log()
    with pytest.raises(InputError):
        await save_source(here.store, here.clock, name, mapping)
    assert await list_sources(here.store) == []
    assert await here.log() == before
