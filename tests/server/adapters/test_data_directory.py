"""Nobody but the server's own user reads what a first start leaves on the disk."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenure_server.settings import read_settings
from tenure_server.wiring import open_installation, prepare


@pytest.fixture
def ordinary_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("ordinary_umask")
@pytest.mark.parametrize("is_there", [False, True])
async def test_a_first_start_leaves_nothing_that_others_read(tmp_path: Path, is_there: bool) -> None:
    data = tmp_path / "var" / "data"
    if is_there:
        data.mkdir(parents=True)
    settings = read_settings({"data_directory": data, "name": "Rantala"}, {})

    await prepare(settings)
    async with open_installation(settings) as installation, installation.store.writing():
        files = [path for path in data.rglob("*") if path.is_file()]
        assert data / "tenure.sqlite-wal" in files
        assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []

    if not is_there:
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
