import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fakes.data_directory import Machine, machine
from fakes.workbooks import text_workbook
from tenure_server.cli import main

AIMOA = (
    "Henkilönumero;Sukunimi;Etunimi;Toimielin;Rooli;Alkupvm;Loppupvm;Puolue\n"
    "7;Esimerkki;Aino;Kaupunginvaltuusto;Jäsen;1.6.2025;;salainen\n"
    "8;Malli;Åke;Rakennuslautakunta;Varajäsen;1.6.2025;31.5.2029;salainen\n"
)


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return machine(tmp_path)


def run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["--language", "en", "sources", *words], catch_exceptions=False)
    assert result.exit_code == code, (words, result.output, result.stderr)
    return result


def export(folder: Path, text: str = AIMOA) -> str:
    path = folder / "export.xlsx"
    path.write_bytes(text_workbook(text))
    return str(path)


def test_a_file_can_be_tried_without_an_installation(tmp_path: Path) -> None:
    tried = run("try", export(tmp_path), "--preset", "aimoa")
    assert "alkupvm" in tried.stdout
    assert "seat_type: ordinary" in tried.stdout
    assert "2 people (0 without an id), 2 bodies, 2 mandates." in tried.stdout
    assert "export.xlsx, row 1: Column puolue was dropped" in tried.stderr
    assert "export.xlsx, row 3, column end_basis: valid_to without end_basis" in tried.stderr
    assert "salainen" not in tried.output


def test_trying_writes_nothing(tmp_path: Path) -> None:
    file = export(tmp_path)
    run("try", file, "--preset", "aimoa")
    assert [path.name for path in tmp_path.iterdir()] == ["export.xlsx"]


def test_what_is_refused_is_told_with_exit_code_2_and_goes_away_with_the_mapping(tmp_path: Path) -> None:
    file = export(tmp_path, AIMOA.replace("Jäsen", "Luottamusjäsen"))
    refused = run("try", file, "--preset", "aimoa", code=2)
    assert "export.xlsx, row 2, column rooli: The code “Luottamusjäsen” is not known" in refused.stderr
    assert "refused" in refused.stderr
    run("try", file, "--preset", "aimoa", "--value", "seat_type:Luottamusjäsen=ordinary")


def test_a_try_as_json_has_its_keys_and_only_the_rows_that_were_asked_for(tmp_path: Path) -> None:
    document = json.loads(run("try", export(tmp_path), "--preset", "aimoa", "--rows", "1", "--json").stdout)
    assert list(document) == [
        *("columns", "people", "provisional", "bodies", "mandates"),
        *("rows", "findings", "quarantine", "warnings"),
    ]
    assert {"register": "valid_from", "source": "alkupvm"} in document["columns"]
    assert [row["row"] for row in document["rows"]] == [2]
    assert document["rows"][0]["valid_from"] == "2025-06-01"
    assert [(one["row"], one["column"]) for one in document["quarantine"]] == [(3, "end_basis")]


def test_without_a_preset_the_register_s_own_columns_are_read(tmp_path: Path) -> None:
    text = "person_ext_id;body_name_fi;seat_type;valid_from;valid_to\n1;Kunnanvaltuusto;jäsen;2025-06-01;\n"
    assert "1 mandates" in run("try", export(tmp_path, text)).stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--preset", "nothing"], "nothing"),
        (["--map", "Rooli"], "--map: “Rooli” has no = in it"),
        (["--constant", "=x"], "--constant"),
        (["--value", "Rooli=ordinary"], "seat_type:Varsinainen=ordinary"),
        (["--map", "Rooli=boss"], "no column boss"),
        (["--map", "A=phone", "--map", "B=phone", "--map", "Puolue=status"], "A, B"),
        (
            ["--map", "A=phone", "--map", "B=phone", "--map", "Puolue=status"],
            "column puolue: It is never stored",
        ),
        (["--date-format", "roman"], "roman"),
        (["--sheet", "Toinen"], "no sheet Toinen"),
    ],
)
def test_wrong_use_is_exit_2_and_names_what_is_wrong(tmp_path: Path, words: list[str], told: str) -> None:
    assert told in run("try", export(tmp_path), *words, code=2).stderr


def test_a_preset_and_a_mapping_exclude_each_other(tmp_path: Path) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text("preset: aimoa\n", "utf-8")
    words = ["try", export(tmp_path), "--mapping", str(mapping)]
    run(*words)
    assert "not both" in run(*words, "--preset", "other", code=2).stderr


def test_a_column_s_name_may_have_an_equals_sign(tmp_path: Path) -> None:
    file = export(tmp_path, AIMOA.replace("Rooli", "Rooli=1"))
    assert "rooli=1" in run("try", file, "--preset", "aimoa", "--map", "Rooli=1=seat_type").stdout


def test_a_source_is_set_listed_shown_changed_and_forgotten(here: Machine) -> None:
    assert "No source" in here.run("sources list").stdout
    told = here.run("sources set", "aimoa-2029", "--preset", "aimoa", "--map", "§=decision_ref").stdout
    assert told.startswith("aimoa-2029: ")
    assert here.run("sources list").stdout == "aimoa-2029: from the preset aimoa\n"
    shown = here.run("sources show", "aimoa-2029").stdout
    assert "- §\n" in shown

    here.run("sources set", "aimoa-2029", "--value", "seat_type:Luottamusjäsen=ordinary")
    changed = here.run("sources show", "aimoa-2029").stdout
    assert "luottamusjäsen: ordinary" in changed
    assert "- §\n" in changed

    (listed,) = json.loads(here.run("sources list", "--json").stdout)["sources"]
    assert (listed["name"], listed["preset"]) == ("aimoa-2029", "aimoa")
    assert "forgotten" in here.run("sources forget", "aimoa-2029").stdout
    assert "No source" in here.run("sources list").stdout


def test_what_is_shown_can_be_tried_as_a_mapping(here: Machine) -> None:
    here.run("sources set", "own", "--preset", "aimoa", "--map", "Asema=seat_type")
    mapping = here.file("own.yaml", here.run("sources show", "own").stdout)
    file = export(here.folder, AIMOA.replace("Rooli", "Asema"))
    assert "2 mandates" in run("try", file, "--mapping", mapping).stdout


def test_a_source_that_is_not_known_is_wrong_use(here: Machine) -> None:
    for command in ("show", "forget"):
        assert "tenure sources list" in here.run(f"sources {command}", "nothing", code=2).stderr


def test_a_mapping_that_cannot_be_used_is_not_kept(here: Machine) -> None:
    refused = here.run(
        "sources set", "own", "--map", "A=nothing", "--value", "seat_type:x=boss", code=2
    ).stderr
    assert "column a: The register has no column nothing" in refused
    assert "column seat_type: The code “boss” is not known" in refused
    assert "Own" in here.run("sources set", "Own", code=2).stderr
    assert "No source" in here.run("sources list").stdout


def test_an_approval_holds_for_one_way_of_reading_a_file_only(here: Machine) -> None:
    rows = [f"{number};Esimerkki;Aino;Kaupunginvaltuusto;Jäsen;1.6.2025;;" for number in range(20)]
    header = AIMOA.splitlines()[0]
    here.run("sources set", "aimoa", "--preset", "aimoa")
    whole = here.file("whole.csv", "\n".join([header, *rows]))
    here.run("import", "--register", whole, "--source", "aimoa")
    half = here.file("half.csv", "\n".join([header, *rows[:10]]))

    first = here.run("import", "--register", half, "--source", "aimoa", code=1).stdout
    here.run("sources set", "aimoa", "--constant", "laptop_choice=own")
    second = here.run("import", "--register", half, "--source", "aimoa", code=1).stdout

    named = [re.findall(r"resume (\S+)`", told) for told in (first, second)]
    assert [len(one) for one in named] == [1, 1]
    assert named[0] != named[1]


def test_a_file_of_which_nothing_is_read_is_told_with_its_own_columns(tmp_path: Path) -> None:
    file = export(tmp_path, "Kuka;Missä\naino;kv\n")
    told = run("try", file, code=2).stderr
    assert "The file's own columns: kuka, missä." in told
    assert '--map "Column=register_column"' in told
    assert "own columns" not in run("try", export(tmp_path), "--preset", "aimoa").stderr
