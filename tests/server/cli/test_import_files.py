from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


PEOPLE = tuple(f"p{number:02d}" for number in range(20))


def test_a_register_and_a_list_are_taken_in_and_told(here: Machine) -> None:
    told = here.run(
        "import", "--register", here.register(*PEOPLE), "--devices", here.devices("L1", "L2")
    ).stdout

    assert "20 mandates added" in told
    assert "devices 2" in told


def test_the_same_file_again_changes_nothing(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE))

    assert "known already" in here.run("import", "--register", here.register(*PEOPLE)).stdout


def test_half_a_register_ends_with_one_and_says_how_to_go_on(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE))

    told = here.run("import", "--register", here.register(*PEOPLE[:10]), code=1).stdout

    assert "10 of 20 mandates" in told
    assert "tenure approve resume city/import-" in told


def test_an_empty_register_cannot_be_approved(here: Machine) -> None:
    told = here.run("import", "--register", here.register(), code=1).stdout

    assert "empty" in told
    assert "approve" not in told


def test_a_faulty_file_is_refused_with_row_and_column_and_nothing_is_written(here: Machine) -> None:
    faulty = here.register("p00", "p01", until="2020-01-01")

    refused = here.run("import", "--register", faulty, "--devices", here.devices("L1"), code=2).stderr

    assert "mandates.csv, row 2, column valid_to" in refused
    assert "mandates.csv, row 3, column valid_to" in refused
    assert "L1" not in here.run("explain", "L1", code=2).stdout


def test_missing_rows_are_kept_and_named(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE))

    told = here.run("import", "--register", here.register(*PEOPLE[1:])).stdout

    assert "p00, kv/ordinary, from 2025-06-01" in told


def test_a_dry_run_changes_nothing(here: Machine) -> None:
    told = here.run("import", "--register", here.register(*PEOPLE), "--dry-run").stdout

    assert "Dry run" in told
    assert "20 mandates added" in told
    assert "20 mandates added" in here.run("import", "--register", here.register(*PEOPLE)).stdout


def test_lists_can_come_alone(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE))
    custody = here.file(
        "custody.csv",
        "serial;holder_type;holder_ext_id;kind;from;to;reason\nL1;person;p00;primary;2025-06-02;;\n",
    )

    told = here.run("import", "--devices", here.devices("L1"), "--custody", custody).stdout

    assert "devices 1, custody 1" in told
    assert "P00 Esimerkki" in here.run("explain", "L1").stdout


def test_a_list_reopens_nothing_that_was_written_down_since(here: Machine) -> None:
    test_lists_can_come_alone(here)
    here.run("take-back", "L1")

    told = here.run("import", "--custody", str(here.folder / "custody.csv")).stdout

    assert "what was written down since stays" in told
    assert "Holder: nobody" in here.run("explain", "L1").stdout


def test_a_list_never_gives_a_laptop_two_holders(here: Machine) -> None:
    test_lists_can_come_alone(here)
    other = here.file(
        "other.csv",
        "serial;holder_type;holder_ext_id;kind;from;to;reason\nL1;person;p01;primary;2025-07-01;;\n",
    )

    refused = here.run("import", "--custody", other, code=2).stderr

    assert "row 2" in refused
    assert "take it back first" in refused
    assert "P00 Esimerkki" in here.run("explain", "L1").stdout


@pytest.mark.parametrize(
    "words", [[], ["--register", "missing.csv"], ["--register-date", "soon"]], ids=["none", "missing", "date"]
)
def test_wrong_use_ends_with_two(here: Machine, words: list[str]) -> None:
    if "--register-date" in words:
        words = [*words, "--register", here.register(*PEOPLE)]
    here.run("import", *words, code=2)


def test_an_installation_that_was_never_started_is_told_how(tmp_path: Path) -> None:
    here = Machine(tmp_path)
    (tmp_path / "data").mkdir()

    assert "tenure serve" in here.run("import", "--register", here.register(*PEOPLE), code=2).stderr


def test_a_register_that_two_approvers_signed_for_is_only_taken_with_their_signatures(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE))
    forged = here.file("approval.json", '{"payload": "e30=", "payloadType": "x", "signatures": []}')

    here.run("import", "--register", here.register(*PEOPLE[:5]), "--approval", forged, code=1)

    assert "p19" in here.run("explain", "p19").stdout


def test_a_blocked_preview_says_that_it_is_imported_with_an_approval_only(here: Machine) -> None:
    here.run("import", "--register", here.register(*PEOPLE))
    told = here.run("import", "--register", here.register(*PEOPLE[:10]), "--dry-run", code=1).stdout
    assert "--previewed" in told
    assert " --approval FILE, signed by two approvers" in told
    plain = here.run("import", "--register", here.register(*PEOPLE, "p20"), "--dry-run").stdout
    assert "--previewed" in plain
    assert "--approval" not in plain
    empty = here.run("import", "--register", here.register(), "--dry-run", code=1).stdout
    assert "--previewed" not in empty
