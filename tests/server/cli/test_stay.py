import json
from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine

UNTIL = "2999-06-01T02:00:00+03:00"


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    started.run("import", "--register", started.register("aino", "bert"), "--devices", started.devices("L1"))
    return started


def listed(here: Machine, *words: str) -> list[dict[str, str | None]]:
    stays: list[dict[str, str | None]] = json.loads(here.run("stay list", "--json", *words).stdout)["stays"]
    return stays


def test_an_appeal_freezes_the_whole_municipality_until_it_is_lifted(here: Machine) -> None:
    told = here.run("stay set", "--kind", "appeal", "--reference", "HaO 1234/2029").stdout
    assert told.startswith("appeal: municipality, from ")
    assert told.endswith("until it is lifted (HaO 1234/2029).\n")
    assert [(one["kind"], one["subject"], one["to"]) for one in listed(here)] == [("appeal", "", None)]

    here.run("stay lift", "--kind", "appeal")

    assert listed(here) == []
    assert [one["kind"] for one in listed(here, "--all")] == ["appeal"]


def test_a_disputed_return_names_its_device(here: Machine) -> None:
    here.run("stay set", "--kind", "dispute", "--serial", "L1", "--reference", "call 7", "--until", UNTIL)

    assert [(one["subject_type"], one["subject"], one["to"]) for one in listed(here)] == [
        ("device", "L1", "2999-05-31T23:00:00Z")
    ]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--kind", "meeting"], 2, "--body, --person and --serial"),
        (["--kind", "meeting", "--body", "kv", "--person", "aino"], 2, "--body, --person and --serial"),
        (["--kind", "meeting", "--body", "nothing", "--until", UNTIL], 1, "24 hours"),
        (["--kind", "meeting", "--body", "kv"], 1, "--until"),
        (["--kind", "meeting", "--body", "kv", "--until", "2020-01-01"], 1, "later --until"),
        (["--kind", "meeting", "--serial", "L1", "--until", UNTIL], 1, "not set on a device"),
        (["--kind", "dispute", "--serial", "L9"], 2, "L9"),
        (["--kind", "appeal", "--body", "nothing"], 2, "nothing"),
        (["--kind", "appeal", "--until", "soon"], 2, "soon"),
    ],
)
def test_what_can_be_no_stay_is_refused_with_what_to_do(
    here: Machine, words: list[str], code: int, told: str
) -> None:
    assert told in here.run("stay set", *words, "--reference", "KV 31.5.", code=code).stderr
    assert listed(here, "--all") == []


def test_a_stay_rests_on_something(here: Machine) -> None:
    assert "--reference" in here.run("stay set", "--kind", "appeal", "--reference", " ", code=1).stderr


def test_what_does_not_stand_cannot_be_lifted(here: Machine) -> None:
    assert "stay list" in here.run("stay lift", "--kind", "appeal", code=1).stderr


def test_kinds_and_subjects_are_told_in_the_readers_words(here: Machine) -> None:
    here.run("stay set", "--kind", "appeal", "--reference", "HaO 1")
    assert here.run("stay list", language="fi").stdout.startswith("valitus: kunta, ")
    assert here.run("stay list", language="sv").stdout.startswith("besvär: kommunen, ")
