"""A register read through its source's mapping, up to the people whom it does not name by an id."""

import json
from pathlib import Path

import pytest

from fakes.data_directory import REGISTER_HEADER, Machine, machine

SURVEY = (
    "Etunimi;Sukunimi;Sähköposti;Toimielin;Rooli;Toimikausi alkaa\n"
    "Aino;Esimerkki;aino@home.example;Kaupunginvaltuusto;Jäsen;1.6.2025\n"
    "Åke;Malli;ake@home.example;Kaupunginvaltuusto;Jäsen;1.6.2025\n"
)
COUNCILLOR = (
    "1042;Aino;Esimerkki;kaupunginvaltuusto;Kaupunginvaltuusto;council;ordinary;2021-08-01;2025-05-31;term;"
)


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    made = machine(tmp_path)
    known = made.file("mandates.csv", "\n".join([REGISTER_HEADER, COUNCILLOR, ""]))
    made.run("import", "--register", known)
    made.run("sources set", "survey", "--preset", "webropol")
    return made


def waiting(here: Machine) -> dict[str, dict[str, object]]:
    rows = json.loads(here.run("quarantine list", "--json").stdout)["rows"]
    return {row["name"]: row for row in rows}


def test_people_without_ids_wait_until_somebody_says_who_they_are(here: Machine) -> None:
    survey = here.file("survey.csv", SURVEY)

    here.run("import", "--register", survey, "--source", "survey")

    rows = waiting(here)
    assert {name: row["candidates"] for name, row in rows.items()} == {
        "Aino Esimerkki": ["1042"],
        "Åke Malli": [],
    }
    here.run("quarantine match", str(rows["Aino Esimerkki"]["id"]), "--person", "1042", "--by", "mia")
    here.run("quarantine match", str(rows["Åke Malli"]["id"]), "--new", "--by", "mia")
    assert waiting(here) == {}
    here.run("import", "--register", survey, "--source", "survey")
    assert waiting(here) == {}
    mandates = json.loads(here.run("register as-of", "2099-01-01", "--json").stdout)["mandates"]
    assert sorted((row["person_ext_id"].split(":")[0], row["valid_from"]) for row in mandates) == [
        ("1042", "2021-08-01"),
        ("1042", "2025-06-01"),
        ("name", "2025-06-01"),
    ]


def test_a_preview_reads_through_the_mapping_too(here: Machine) -> None:
    survey = here.file("survey.csv", SURVEY)
    words = ["import", "--register", survey, "--source", "survey"]
    shown = json.loads(here.run(*words, "--dry-run", "--json").stdout)
    added = [one for one in shown["preview"]["differences"] if one["matter"] == "mandate"]
    assert len(added) == 3  # with the one that is lent to whom it may concern
    assert waiting(here) == {}
    here.run(*words, "--previewed", shown["preview"]["digest"])
    assert len(waiting(here)) == 2


def test_without_its_mapping_the_file_is_not_understood(here: Machine) -> None:
    here.run("import", "--register", here.file("survey.csv", SURVEY), code=2)
