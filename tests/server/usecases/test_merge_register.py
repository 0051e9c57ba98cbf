"""The register written as the file that an import reads."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fakes.city import City
from fakes.town import Town, town
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.register import read_register
from tenure_server.usecases.import_register import ImportStatus, RegisterFile, import_register
from tenure_server.usecases.merge_register import export_register


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as started:
        yield started


async def test_without_a_register_there_is_nothing_to_write(here: Town) -> None:
    with pytest.raises(NotFoundError):
        await export_register(here.store, here.terms)


async def test_what_is_written_and_imported_again_is_no_news(here: Town) -> None:
    city = City().seat("a", until="2029-05-31").seat("b", "board", "chair", until="2027-05-31")
    city.seat("c", seat="deputy", status="leave").seat("d", until="2028-01-31", basis=None)
    await here.know(city)

    table = await export_register(here.store, here.terms)
    read = read_register(table, here.terms.zone)
    outcome = await import_register(
        here.store, here.clock, RegisterFile(read=read, digest="d", taken=here.now), dry_run=True
    )

    assert read.findings == ()
    assert (outcome.added, outcome.changed, outcome.ended, outcome.unmatched) == (0, 0, 0, ())
    assert outcome.status in (ImportStatus.UNCHANGED, ImportStatus.IMPORTED)
