import json
from pathlib import Path

import pytest

from fakes.data_directory import REGISTER_HEADER, Machine, machine

PEOPLE = tuple(f"p{number:02d}" for number in range(12))


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    made = machine(tmp_path)
    made.run("import", "--register", register(made))
    return made


def register(here: Machine, *more: str) -> str:
    rows = [
        f"{person};{person.title()};Esimerkki;kv;Valtuusto;council;ordinary;2025-06-01;2029-05-31;term;"
        for person in PEOPLE
    ]
    return here.file("mandates.csv", "\n".join([REGISTER_HEADER, *rows, *more, ""]))


NAMESAKE = "new;P03;Esimerkki;kh;Hallitus;board;ordinary;2025-06-01;2029-05-31;term;"
UNEXPLAINED = "x;X;Esimerkki;kh;Hallitus;board;ordinary;2025-06-01;2026-05-31;;"


def run(here: Machine, *words: str, code: int = 0) -> str:
    """Run a subcommand; the data directory stands after both names."""
    group, name, *others = words
    from click.testing import CliRunner

    from tenure_server.cli import main

    arguments = ["--language", "en", group, name, "--data", str(here.folder / "data"), *others]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == code, (words, result.output, result.stderr)
    return result.stdout if code != 2 else result.stderr


def rows(here: Machine) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run(here, "quarantine", "list", "--json"))["rows"]
    return found


def test_nothing_waits_in_a_register_that_is_plain(here: Machine) -> None:
    assert "No row is set aside" in run(here, "quarantine", "list")
    assert rows(here) == []


def test_a_namesake_waits_and_is_matched(here: Machine) -> None:
    told = here.run("import", "--register", register(here, NAMESAKE)).stderr
    assert "row 14, column person_ext_id: new has the name of p03" in told
    (row,) = rows(here)
    assert (row["waits_for"], row["candidates"], row["name"]) == ("person", ["p03"], "P03 Esimerkki")
    assert "new has the name of p03" in run(here, "quarantine", "list")

    done = run(here, "quarantine", "match", str(row["id"]), "--person", "p03", "--by", "mia")

    assert "Decided for p03, kh/ordinary" in done
    assert rows(here) == []
    here.run("import", "--register", register(here, NAMESAKE))
    assert rows(here) == []


def test_a_row_without_a_basis_is_settled(here: Machine) -> None:
    here.run("import", "--register", register(here, UNEXPLAINED))
    (row,) = rows(here)
    run(
        here, "quarantine", "settle", str(row["id"]), "--end-basis", "resignation",
        "--end-decision", "KV 4 §", "--valid-to", "2026-06-30", "--by", "mia",
    )  # fmt: skip
    assert rows(here) == []
    history = json.loads(run(here, "register", "history", "x", "--json"))["versions"]
    now = next(one for one in history if one["kind"] == "mandate" and one["recorded_to"] is None)
    assert (now["fact"]["valid_to"], now["fact"]["end_basis"]) == ("2026-06-30", "resignation")


def test_a_row_is_dropped_for_a_reason(here: Machine) -> None:
    here.run("import", "--register", register(here, UNEXPLAINED))
    (row,) = rows(here)
    run(here, "quarantine", "drop", str(row["id"]), "--by", "mia", code=2)
    run(here, "quarantine", "drop", str(row["id"]), "--by", "mia", "--reason", "a test row")
    assert rows(here) == []


def test_a_row_that_the_file_lacks_is_listed_as_kept_and_dropped(here: Machine) -> None:
    seat = "x;X;Esimerkki;kh;Hallitus;board;ordinary;{};;;"
    here.run("import", "--register", register(here, seat.format("2025-06-01")))
    here.run("import", "--register", register(here, seat.format("2025-06-02")))
    (row,) = rows(here)
    mandate = row["mandate"]
    assert isinstance(mandate, dict)
    assert (row["kind"], row["row"], mandate["valid_from"]) == ("kept", None, "2025-06-01")
    told = run(here, "quarantine", "list")
    assert "[kept]" in told
    assert "goes on until a person decides" in told
    run(here, "quarantine", "drop", str(row["id"]), "--by", "mia", "--reason", "the start was corrected")
    assert rows(here) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("match", "0" * 12, "--new", "--by", "mia"), "No row"),
        (("match", "0" * 12, "--by", "mia"), "Say either"),
        (("match", "0" * 12, "--new", "--person", "p01", "--by", "mia"), "Say either"),
        (("settle", "0" * 12, "--end-basis", "fixed", "--valid-to", "soon", "--by", "mia"), "not a date"),
    ],
)
def test_wrong_use_ends_with_two(here: Machine, words: tuple[str, ...], said: str) -> None:
    assert said in run(here, "quarantine", *words, code=2)
