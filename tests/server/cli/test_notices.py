from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine

HEADER = (
    "person_ext_id;given_name;family_name;email_city;email_private;language;body_ext_id;body_name_fi;"
    "body_name_sv;body_type;seat_type;valid_from;valid_to;end_basis\n"
)
ROW = (
    "aino;Aino;Esimerkki;aino@kuntala.example;aino@home.example;{language};kv;Valtuusto;Fullmäktige;council;"
    "ordinary;2025-06-01;2029-05-31;term\n"
)


def started(folder: Path, language: str = "fi") -> Machine:
    here = machine(folder)
    register = here.file("mandates.csv", HEADER + ROW.format(language=language))
    here.run("import", "--register", register, "--devices", here.devices("L1"))
    here.run("hand-over", "L1", "--to", "person:aino")
    return here


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    return started(tmp_path)


def test_a_preview_shows_exactly_what_would_be_sent(here: Machine) -> None:
    shown = here.run("notices preview", "aino", "--key", "T-30").stdout
    headers, _, text = shown.partition("\n\n")
    assert "To: aino@kuntala.example" in headers
    assert "Subject: Luottamustoimesi päättyy 31.5.2029" in headers
    assert "Auto-Submitted: auto-generated" in headers
    assert "Content-Language: fi" in headers
    assert "Message-ID: <" in headers
    assert "Hei Aino Esimerkki." in text
    assert "31.5.2029" in text


def test_a_preview_speaks_the_readers_language(tmp_path: Path) -> None:
    here = started(tmp_path, "sv")
    assert (
        "Ditt förtroendeuppdrag (Fullmäktige," in here.run("notices preview", "aino", "--key", "T-30").stdout
    )


def test_after_sign_in_is_blocked_a_preview_goes_to_the_private_address(here: Machine) -> None:
    assert "To: aino@home.example" in here.run("notices preview", "aino", "--key", "T+7").stdout


@pytest.mark.parametrize(("person", "key"), [("nobody", "T-30"), ("aino", "T-99")])
def test_a_notice_that_the_plan_does_not_have_is_wrong_use(here: Machine, person: str, key: str) -> None:
    here.run("notices preview", person, "--key", key, code=2)


def test_the_citys_own_text_is_used_until_it_is_taken_back(here: Machine) -> None:
    text = here.run("notices templates show", "T-30", "--lang", "fi").stdout
    file = here.file("own.txt", text.replace("Hei {name}.", "Terve, {name}!"))
    here.run("notices templates set", "T-30", "--lang", "fi", file)
    assert "Terve, Aino Esimerkki!" in here.run("notices preview", "aino", "--key", "T-30").stdout
    assert "fi T-30 (the city's own)" in here.run("notices templates list").stdout
    here.run("notices templates unset", "T-30", "--lang", "fi")
    assert "Hei Aino" in here.run("notices preview", "aino", "--key", "T-30").stdout
    here.run("notices templates unset", "T-30", "--lang", "fi", code=1)


def test_a_text_that_cannot_be_used_is_refused_line_by_line_and_changes_nothing(here: Machine) -> None:
    file = here.file("own.txt", "Subject: x {nimi}\n\n{date} {link}\n{oops\n")
    told = here.run("notices templates set", "T-30", "--lang", "fi", file, code=2).stderr
    assert "row 1" in told
    assert "{nimi}" in told
    assert "row 4" in told
    assert "Hei Aino" in here.run("notices preview", "aino", "--key", "T-30").stdout


def test_a_file_of_the_citys_that_broke_is_passed_over_and_told(here: Machine) -> None:
    own = here.folder / "data" / "notices" / "fi"
    own.mkdir(parents=True)
    (own / "T-30.txt").write_text("no subject", encoding="utf-8")
    assert "Hei Aino" in here.run("notices preview", "aino", "--key", "T-30").stdout
    assert "T-30.txt:1" in here.run("notices templates list", code=1).stderr


def test_nothing_was_sent_yet(here: Machine) -> None:
    assert here.run("notices list").stdout == "There are no notices.\n"
    assert '"notices": []' in here.run("notices list", "--json").stdout
