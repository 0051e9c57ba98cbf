"""`tenure campaign` on the server's machine: exit codes, words and JSON."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine
from fakes.keys import key_id, key_pem, new_key
from tenure_server.settings import read_settings
from tenure_server.wiring import Installation, open_installation

PEOPLE = ("aino", "bert", "cia", "dan", "eino")


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    serials = [f"L{number}" for number in range(len(PEOPLE))]
    day = (_now(started) + timedelta(days=10)).date().isoformat()
    started.run(
        *("import", "--register", started.register(*PEOPLE, until=day)),
        *("--devices", started.devices(*serials)),
    )
    for serial, person in zip(serials, PEOPLE, strict=True):
        started.run("hand-over", serial, "--to", f"person:{person}")
    return started


def _with(here: Machine, work):  # type: ignore[no-untyped-def]
    async def opened():  # type: ignore[no-untyped-def]
        settings = read_settings({"data_directory": str(here.folder / "data")}, {})
        async with open_installation(settings) as installation:
            return await work(installation)

    return asyncio.run(opened())


def _now(here: Machine):  # type: ignore[no-untyped-def]
    async def now(installation: Installation):  # type: ignore[no-untyped-def]
        return installation.clock.now()

    return _with(here, now)


def _day(here: Machine) -> str:
    return (_now(here) + timedelta(days=10)).date().isoformat()


def test_before_any_end_comes_near_there_are_no_lists(here: Machine) -> None:
    assert here.run("campaign list").stdout == "There are no lists yet.\n"
    assert json.loads(here.run("campaign list", "--json").stdout) == []


def test_a_dry_run_tells_what_bars_each_laptop_and_ends_with_one_when_nothing_would_be_listed(
    here: Machine,
) -> None:
    told = here.run("campaign dry-run", "--at", _day(here), code=1)

    assert "nothing was written" in told.stdout
    assert "L0  aino  no agent that could be ordered" in told.stdout
    assert "return: 5" in told.stdout.lower() or "returns: 5" in told.stdout.lower()
    rows = json.loads(here.run("campaign dry-run", "--at", _day(here), "--json", code=1).stdout)
    assert {row["serial"]: row["bars"] for row in rows["laptops"]} == {
        f"L{number}": ["no_agent"] for number in range(5)
    }
    assert rows["lists"] == []


def test_a_day_that_is_none_is_wrong_use(here: Machine) -> None:
    assert "2029-05-31" in here.run("campaign dry-run", "--at", "soon", code=2).stderr


def test_a_list_that_is_not_there_is_wrong_use(here: Machine) -> None:
    assert "manifest-x" in here.run("campaign show", "manifest-x", code=2).stderr


@pytest.mark.parametrize("key", ["mayor", "f" * 63, "missing.pub.pem"])
def test_a_preparer_is_named_by_a_key(here: Machine, key: str) -> None:
    told = here.run("campaign prepare", "--at", _day(here), "--prepared-by", key, code=2)
    assert "neither a key's thumbprint" in told.stderr


def test_before_the_key_ceremony_preparing_is_refused(here: Machine) -> None:
    key = new_key()
    file = here.file("clerk.pub.pem", key_pem(key))
    for named in (file, key_id(key), key_id(key).upper()):
        told = here.run("campaign prepare", "--at", _day(here), "--prepared-by", named, code=1)
        assert "switched off" in told.stderr
