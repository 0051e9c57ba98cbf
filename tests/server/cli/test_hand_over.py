from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    started.run("import", "--register", started.register("aino", "bert"), "--devices", started.devices("L1"))
    return started


def test_a_laptop_is_handed_over_and_the_right_to_it_told(here: Machine) -> None:
    told = here.run("hand-over", "L1", "--to", "person:aino").stdout

    assert told == "L1 is with aino.\nThe seat kv/ordinary entitles the receiver to it. (P8)\n"
    assert "Aino Esimerkki (aino)" in here.run("explain", "L1").stdout


def test_somebody_without_a_right_gets_it_only_knowingly(here: Machine) -> None:
    refused = here.run("hand-over", "L1", "--to", "location:point", code=1).stderr
    assert "--even-though-not-entitled" in refused

    told = here.run("hand-over", "L1", "--to", "location:point", "--even-though-not-entitled").stdout
    assert "No agreement in force entitles the place to it. (V2)" in told


def test_a_commitment_is_kept_with_its_version(here: Machine) -> None:
    text = here.file("commitment.txt", "Sitoudun.\n")

    here.run(
        "hand-over", "L1", "--to", "person:aino", "--commitment", text, "--commitment-version", "2025-06"
    )

    assert "handed_over" in here.run("explain", "L1").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["L1", "--to", "aino"], "person:ID or location:ID"),
        (["L1", "--to", "stock:"], "person:ID or location:ID"),
        (["L1", "--to", "person:nobody"], "nobody"),
        (["unknown", "--to", "person:aino"], "unknown"),
        (["L1", "--to", "person:aino", "--at", "yesterday"], "yesterday"),
    ],
)
def test_wrong_use_ends_with_two(here: Machine, words: list[str], told: str) -> None:
    assert told in here.run("hand-over", *words, code=2).stderr


def test_a_commitment_without_a_version_is_wrong_use(here: Machine) -> None:
    text = here.file("commitment.txt", "Sitoudun.\n")

    assert (
        "--commitment-version"
        in here.run("hand-over", "L1", "--to", "person:aino", "--commitment", text, code=2).stderr
    )


def test_what_somebody_has_is_taken_back_first(here: Machine) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")

    assert "take it back first" in here.run("hand-over", "L1", "--to", "person:bert", code=1).stderr
    assert "aino has it no longer (returned)" in here.run("take-back", "L1").stdout
    assert "P15" in here.run("hand-over", "L1", "--to", "person:bert", code=1).stderr
    here.run("hand-over", "L1", "--to", "person:bert", "--reinstalled")


def test_a_loss_is_written_down(here: Machine) -> None:
    here.run("hand-over", "L1", "--to", "person:aino")

    here.run("take-back", "L1", "--reason", "stolen")

    assert "Should be: locked" in here.run("explain", "L1").stdout


def test_nothing_is_taken_back_that_nobody_has(here: Machine) -> None:
    here.run("take-back", "L1", code=1)
    here.run("take-back", "unknown", code=2)


def test_a_finn_is_told_in_finnish(here: Machine) -> None:
    told = here.run("hand-over", "L1", "--to", "person:aino", language="fi").stdout

    assert "kv/ordinary" in told
    assert "entitles" not in told
