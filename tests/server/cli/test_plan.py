import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fakes.workbooks import text_workbook, workbook
from tenure_server.cli import main

MANDATES = """\
person_ext_id;given_name;family_name;language;body_ext_id;body_name_fi;body_type;seat_type;valid_from;valid_to;end_basis;end_decision_ref;status;laptop_choice;is_employee;puolue
p1;Aino;Esimerkki;fi;kv;Valtuusto;council;ordinary;2025-06-01;2029-05-31;term;;;;;salainen
p2;Åke;Exempel;sv;kv;Valtuusto;council;ordinary;2025-06-01;2029-05-31;term;;;;;
p2;Åke;Exempel;sv;ltk;Lautakunta;committee;chair;2025-06-01;;until_successor;;;;;
p3;Maija;Malli;;kv;Valtuusto;council;deputy;2025-06-01;2029-05-31;;;;;;
"""
DEVICES = """\
serial,model,kind,purchase_price_eur,purchase_price_vat_eur,lease_end
L1,Book 14,laptop,"800,00",1004.00,2029-05-31
L2,Book 14,laptop,800.00,1004.00,2029-05-31
"""
CUSTODY = """\
serial;holder_type;holder_ext_id;kind;from;to;reason
L1;person;p1;primary;2025-06-02;;
L1;person;p3;temporary;2029-05-20;;
L2;person;p2;primary;2025-06-02;;
"""


@pytest.fixture
def city(tmp_path: Path) -> Path:
    (tmp_path / "mandates.csv").write_text(MANDATES, encoding="utf-8-sig")
    (tmp_path / "devices.csv").write_text(DEVICES, encoding="utf-8")
    (tmp_path / "custody.csv").write_text(CUSTODY, encoding="iso-8859-1")
    return tmp_path


def arguments(city: Path, *more: str, at: str = "2029-06-02") -> list[str]:
    files = [f"--{name}={city / f'{file}.csv'}" for name, file in FILES.items()]
    return ["plan", *files, "--register-date=2029-05-20", f"--at={at}", *more]


FILES = {"register": "mandates", "devices": "devices", "custody": "custody"}


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["--language", "en", *args])


def planned(city: Path, *more: str, at: str = "2029-06-02") -> dict[str, Any]:
    result = run(*arguments(city, "--json", *more, at=at))
    assert (result.exit_code, result.stderr) == (0, "")
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_json_has_the_contract_s_keys_and_no_other(city: Path) -> None:
    document = planned(city)
    assert list(document) == ["at", "policy", "people", "devices", "quarantine", "warnings"]
    assert list(document["policy"]) == ["name", "version", "status", "decision"]
    person, device = document["people"][0], document["devices"][0]
    assert list(person) == ["person_ext_id", "laptop", "mailbox", "status", "timeline"]
    assert list(person["laptop"]) == ["entitled", "until", "because"]
    assert list(person["timeline"][0]) == ["verb", "at", "rule", "key", "needs"]
    assert list(device) == ["serial", "holder", "with", "desired", "because", "timeline"]
    assert list(device["because"][0]) == ["fact", "rule"]
    assert list(device["timeline"][0]) == ["verb", "at", "rule", "needs"]
    assert list(document["quarantine"][0]) == ["row", "column", "why"]
    assert list(document["warnings"][0]) == ["row", "why"]


def test_a_term_end_is_planned_from_files_of_three_kinds_of_text(city: Path) -> None:
    document = planned(city)
    assert document["at"] == "2029-06-01T21:00:00Z"
    assert document["policy"] == {
        "name": "term_end",
        "version": "2025-04-23",
        "status": "proposal",
        "decision": None,
    }
    first, second = document["devices"]
    assert (first["serial"], first["holder"], first["with"], first["desired"]) == ("L1", "p1", "p3", "wiped")
    assert first["timeline"] == [
        {"verb": "lock", "at": "2029-05-31T21:00:00Z", "rule": "P19", "needs": []},
        {"verb": "wipe", "at": "2029-06-01T21:00:00Z", "rule": "P19", "needs": []},
        {
            "verb": "propose_charge",
            "at": "2029-07-02T21:00:00Z",
            "rule": "P18",
            "needs": ["human_decision"],
        },
    ]
    assert (second["desired"], second["timeline"]) == ("active", [])


def test_people_are_explained(city: Path) -> None:
    one, two, three = planned(city, at="2029-05-01")["people"]
    assert one["laptop"] == {
        "entitled": True,
        "until": "2029-05-31T21:00:00Z",
        "because": [{"mandate": "kv/ordinary", "rule": "P8"}],
    }
    assert (one["status"], two["status"], three["status"]) == ("returns", "keeps", "none")
    assert [because["mandate"] for because in two["mailbox"]["because"]] == ["kv/ordinary", "ltk/chair"]
    assert three["mailbox"] == {
        "entitled": True,
        "until": None,
        "because": [{"mandate": "kv/deputy", "rule": "P9"}],
    }


def test_quarantine_and_warnings_name_their_rows_and_leak_no_party(city: Path) -> None:
    document = planned(city)
    assert [(one["row"], one["column"]) for one in document["quarantine"]] == [(5, "end_basis")]
    assert [one["row"] for one in document["warnings"]] == [1, 4]
    assert "salainen" not in json.dumps(document)


def test_json_is_english_in_every_language(city: Path) -> None:
    documents = {
        CliRunner().invoke(main, ["--language", language, *arguments(city, "--json")]).stdout
        for language in ("fi", "sv", "en")
    }
    assert len(documents) == 1


def test_at_takes_an_instant_with_its_offset(city: Path) -> None:
    assert planned(city, at="2029-06-01T00:00:00+03:00")["at"] == "2029-05-31T21:00:00Z"


def test_a_policy_file_changes_the_plan(city: Path) -> None:
    policy = city / "own.yaml"
    policy.write_text("name: own\nversion: 2\nstatus: adopted\ndecision: KV § 5\nwipe_after: P3D\n", "utf-8")
    document = planned(city, f"--policy={policy}")
    assert document["policy"] == {"name": "own", "version": "2", "status": "adopted", "decision": "KV § 5"}
    assert document["devices"][0]["desired"] == "locked"


def test_without_json_there_is_a_table_and_a_timeline_of_eighty_columns(city: Path) -> None:
    result = run(*arguments(city))
    assert (result.exit_code, result.stderr) == (0, "")
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    for words in ("People", "Devices", "Timeline", "To look at", "propose a charge", "1 Jun 2029, 00:00"):
        assert words in result.stdout
    assert "\x1b" not in result.stdout
    assert "T21:00:00Z" not in result.stdout


def test_names_that_look_like_markup_are_printed_as_they_are(city: Path) -> None:
    (city / "mandates.csv").write_text(MANDATES.replace("p1;", "[red]:car:;"), encoding="utf-8")
    assert "[red]:car: Aino" in " ".join(run(*arguments(city)).stdout.split())


def test_a_right_is_said_to_end_with_its_last_day_or_at_its_moment(city: Path) -> None:
    assert "ended 31 May 2029" in run(*arguments(city)).stdout
    assert "until 31 May 2029" in run(*arguments(city, at="2029-05-01")).stdout
    mandates = MANDATES.replace("2029-05-31;term", "2029-05-31T12:00:00+03:00;term")
    (city / "mandates.csv").write_text(mandates, encoding="utf-8")
    assert "ended 31 May 2029, 12:00" in " ".join(run(*arguments(city)).stdout.split())


def test_the_timeline_shows_where_the_plan_stands_in_it(city: Path) -> None:
    lines = run(*arguments(city)).stdout.splitlines()
    here = next(number for number, line in enumerate(lines) if "this plan" in line)
    assert any("wipe (P19)" in line for line in lines[:here])
    assert any("propose a charge" in line for line in lines[here:])


def refusal(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_a_refused_file_is_exit_2_with_every_fault_on_a_line(city: Path) -> None:
    (city / "mandates.csv").write_text(MANDATES.replace(";chair;", ";boss;").replace("p3;", ";"), "utf-8")
    told = refusal(run(*arguments(city, "--json")))
    assert "mandates.csv, row 4, column seat_type:" in told
    assert "mandates.csv, row 5, column person_ext_id:" in told


def test_refusals_are_told_in_the_user_s_language(city: Path) -> None:
    (city / "mandates.csv").write_text("", "utf-8")
    for language in ("fi", "sv", "en"):
        assert "mandates.csv" in refusal(CliRunner().invoke(main, ["--language", language, *arguments(city)]))


@pytest.mark.parametrize(
    ("arguments_given", "names"),
    [
        (["--at=soon"], "--at"),
        (["--at=2029-06-01T00:00:00"], "--at"),
        (["--at=2029-06-01", "--register-date=soon"], "--register-date"),
        ([], "--at"),
        (["--at=2029-06-01", "--policy=nothing"], "nothing"),
        (["--at=2029-06-01", "--devices=nothing.csv"], "nothing.csv"),
        (["--at=2029-06-01", "--frobnicate"], "--frobnicate"),
    ],
)
def test_wrong_use_is_exit_2_and_names_what_is_wrong(
    city: Path, arguments_given: list[str], names: str
) -> None:
    assert names in refusal(run("plan", f"--register={city / 'mandates.csv'}", *arguments_given))


def test_a_register_is_needed() -> None:
    assert "--register" in refusal(run("plan", "--at=2029-06-01"))


def test_a_broken_workbook_is_refused_with_what_to_do(city: Path) -> None:
    (city / "mandates.csv").write_bytes(b"PK\x03\x04workbook")
    assert "save it as .xlsx anew" in refusal(run(*arguments(city)))


def test_a_policy_key_at_fault_is_named(city: Path) -> None:
    policy = city / "own.yaml"
    policy.write_text("zone: Europe/Turku\n", "utf-8")
    assert "zone" in refusal(run(*arguments(city, f"--policy={policy}")))


def test_the_command_runs_by_itself_without_web_server_or_database(city: Path) -> None:
    heavy = ("fastapi", "sqlalchemy", "uvicorn", "starlette", "pydantic")
    program = (
        "import sys; from tenure_server.cli import main\n"
        f"try: main({arguments(city, '--json')!r})\n"
        f"finally: print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    environment = {**os.environ, "LANG": "fi_FI.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=60, check=True, env=environment
    )
    assert json.loads(done.stdout)["devices"][0]["desired"] == "wiped"
    assert done.stderr.decode().strip() == "[]"


def test_help_shows_an_example() -> None:
    result = run("plan", "--help")
    assert result.exit_code == 0
    assert "tenure plan --register mandates.csv" in " ".join(result.stdout.split())


def test_workbooks_plan_the_same_as_csv(city: Path) -> None:
    expected = planned(city)
    texts = {"mandates": MANDATES, "devices": DEVICES.replace('"800,00"', "800.00").replace(",", ";")}
    for name, text in texts.items():
        (city / f"{name}.csv").write_bytes(text_workbook(text))
    (city / "custody.csv").write_bytes(text_workbook(CUSTODY))
    assert planned(city) == expected


FOREIGN = """\
Henkilönumero;Sukunimi;Etunimi;Toimielin;Rooli;Alkupvm;Loppupvm;Päättymissyy
p1;Esimerkki;Aino;Kaupunginvaltuusto;Jäsen;1.6.2025;31.5.2029;Toimikausi
"""


@pytest.mark.parametrize("how", ["preset", "file"])
def test_a_source_s_own_columns_are_planned_through_a_preset_or_a_mapping(city: Path, how: str) -> None:
    (city / "mandates.csv").write_text(FOREIGN, "utf-8")
    (city / "own.yaml").write_text("preset: aimoa\n", "utf-8")
    words = {"preset": "--source-preset=aimoa", "file": f"--mapping={city / 'own.yaml'}"}
    document = planned(city, words[how])
    (aino,) = (person for person in document["people"] if person["person_ext_id"] == "p1")
    assert aino["laptop"]["until"] == "2029-05-31T21:00:00Z"
    assert "row 1, column person_ext_id" in refusal(run(*arguments(city)))


def test_a_file_that_is_far_too_large_is_refused_and_named(city: Path) -> None:
    os.truncate(city / "devices.csv", 200 * 2**20)
    assert "devices.csv: The file is larger than 32 MB" in refusal(run(*arguments(city)))


def test_a_workbook_with_a_formula_and_merged_cells_is_refused_with_row_and_column(city: Path) -> None:
    def merge(book: Any) -> None:
        book.active.merge_cells("A2:A3")

    rows = [["serial", "kind"], ["L1", "laptop"], ["L2", "=B2"]]
    (city / "devices.csv").write_bytes(workbook(*rows, change=merge))
    told = refusal(run(*arguments(city)))
    assert "devices.csv, row 2, column serial: The cells A2:A3 are merged" in told
    assert "devices.csv, row 3, column kind: The cell is a formula" in told
