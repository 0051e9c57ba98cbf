import os
import tracemalloc
from pathlib import Path

import pytest

from fakes.city import policy
from fakes.workbooks import text_workbook
from tenure_server.adapters.files.file_limits import FileLimits
from tenure_server.adapters.files.table_file import read_table
from tenure_server.domain.errors import InputError

ZONE = policy().zone
TEXT = "id;name\n1;Åsa"


def given_file(folder: Path, data: bytes, name: str = "f.csv") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def why(path: Path, limits: FileLimits | None = None) -> str:
    with pytest.raises(InputError) as refusal:
        read_table(path, ZONE, **({} if limits is None else {"limits": limits}))
    (finding,) = refusal.value.findings
    assert finding.file == path.name
    return str(finding.why)


@pytest.mark.parametrize("name", ["f.csv", "f.xlsx", "f.xls", "f"])
def test_a_file_is_what_its_content_is_whatever_its_name_says(tmp_path: Path, name: str) -> None:
    for data in (TEXT.encode(), text_workbook(TEXT)):
        table = read_table(given_file(tmp_path, data, name), ZONE)
        assert (table.file, dict(table.rows[0].cells)) == (name, {"id": "1", "name": "Åsa"})


@pytest.mark.parametrize("begin", [b"", b"person_ext_id;body_ext_id\n", b"PK\x03\x04"])
def test_a_file_of_200_mb_is_refused_at_once_and_not_read_into_memory(tmp_path: Path, begin: bytes) -> None:
    path = given_file(tmp_path, begin)
    os.truncate(path, 200 * 2**20)
    tracemalloc.start()
    try:
        told = why(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "larger than 32 MB" in told
    assert "Check that it is the right file" in told
    assert peak < 2**20


def test_a_file_that_does_not_tell_its_size_is_read_no_further_than_the_limit(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, b"id\n" * 20_000)
        assert "larger than" in why(pipe, FileLimits(file_bytes=50_000))
    finally:
        os.close(writer)


def test_a_workbook_of_the_old_kind_is_told_from_one_with_a_password(tmp_path: Path) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    assert "(.xls)" in why(given_file(tmp_path, old + b"Workbook"))
    assert "password" in why(given_file(tmp_path, old + "EncryptedPackage".encode("utf-16-le")))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in why(tmp_path / "nothing.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "cannot be opened" in why(tmp_path)
