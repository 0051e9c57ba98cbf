import shutil
from pathlib import Path

import pytest

from tenure_agent import language
from tenure_agent.language import fill, language_of, translate

TABLE = "This laptop shows no table {table}."


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({"LANG": "fi_FI.UTF-8"}, "fi"),
        ({"LANG": "sv_FI"}, "sv"),
        ({"LANGUAGE": "sv:fi", "LANG": "fi_FI.UTF-8"}, "sv"),
        ({"LANGUAGE": "de:fi"}, "fi"),
        ({"LC_ALL": "C", "LANG": "fi_FI.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "../../etc"}, "en"),
        ({}, "en"),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], chosen: str) -> None:
    assert language_of(environment) == chosen


def test_a_sentence_is_said_in_finnish_swedish_and_english() -> None:
    said = [translate(TABLE, name, table="apps") for name in ("fi", "sv", "en")]
    assert said[2] == "This laptop shows no table apps."
    assert len(set(said)) == 3
    assert all("apps" in sentence for sentence in said)


def test_a_fourth_language_is_one_more_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finnish = translate(TABLE, "fi", table="apps")
    shutil.copy(language._catalogue("fi"), tmp_path / "se.mo")
    monkeypatch.setattr(language, "_catalogue", lambda name: str(tmp_path / f"{name}.mo"))
    assert language_of({"LANG": "se_FI.UTF-8"}) == "se"
    assert translate(TABLE, "se", table="apps") == finnish


def test_a_sentence_that_no_catalogue_has_stays_english() -> None:
    assert translate("Nobody translated this {thing}.", "fi", thing="yet") == "Nobody translated this yet."


def test_a_language_without_a_catalogue_stays_english() -> None:
    assert translate(TABLE, "xx", table="x") == "This laptop shows no table x."


def test_facts_that_do_not_fit_never_raise() -> None:
    assert fill("a {b}", {"c": 1}) == "a {b}"
