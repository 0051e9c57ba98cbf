import json
from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    started.run("import", "--register", started.register("aino", "bert"), "--devices", started.devices("L1"))
    return started


def listed(here: Machine, *words: str) -> list[tuple[str, str]]:
    holds = json.loads(here.run("hold list", "--json", *words).stdout)["holds"]
    return [(one["kind"], one["subject"]) for one in holds]


def test_a_hold_stands_until_it_is_lifted(here: Machine) -> None:
    told = here.run("hold set", "--person", "aino", "--kind", "litigation", "--reference", "L 29/1").stdout
    assert told.startswith("litigation: person aino, from ")
    here.run("hold set", "--serial", "L1", "--kind", "records", "--reference", "2", "--until", "2999-01-01")
    assert listed(here) == [("litigation", "aino"), ("records", "L1")]

    here.run("hold lift", "--person", "aino")

    assert listed(here) == [("records", "L1")]
    assert listed(here, "--all") == [("litigation", "aino"), ("records", "L1")]


def test_only_one_kind_is_lifted_where_it_is_named(here: Machine) -> None:
    for kind in ("litigation", "records"):
        here.run("hold set", "--person", "aino", "--kind", kind, "--reference", "1")

    here.run("hold lift", "--person", "aino", "--kind", "records")

    assert listed(here) == [("litigation", "aino")]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "--person and --serial"),
        (["--person", "aino", "--serial", "L1"], 2, "--person and --serial"),
        (["--person", "nobody"], 2, "nobody"),
        (["--serial", "L9"], 2, "L9"),
        (["--serial", "L1", "--until", "2020-01-01"], 1, "later --until"),
        (["--serial", "L1", "--until", "soon"], 2, "soon"),
    ],
)
def test_what_can_be_no_hold_is_refused_with_what_to_do(
    here: Machine, words: list[str], code: int, told: str
) -> None:
    command = ("hold set", "--kind", "records", "--reference", "1")
    assert told in here.run(*command, *words, code=code).stderr
    assert listed(here, "--all") == []


def test_a_hold_rests_on_something(here: Machine) -> None:
    words = ("hold set", "--serial", "L1", "--kind", "records", "--reference", "")
    assert "--reference" in here.run(*words, code=1).stderr


def test_what_does_not_stand_cannot_be_lifted(here: Machine) -> None:
    assert "hold list" in here.run("hold lift", "--person", "aino", code=1).stderr


def test_kinds_and_subjects_are_told_in_the_readers_words(here: Machine) -> None:
    here.run("hold set", "--person", "aino", "--kind", "litigation", "--reference", "L 29/1")
    assert here.run("hold list", language="fi").stdout.startswith("oikeudenkäynti: henkilö aino, ")
    assert here.run("hold list", language="sv").stdout.startswith("rättegång: person aino, ")
