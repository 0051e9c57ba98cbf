import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import PoFileError

from tenure_agent import language
from tenure_agent.language import fill, language_of, translate

AGENT = Path(language.__file__).parents[1]
TABLE = "This laptop shows no table {table}."


def _build_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_build_hook", AGENT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The catalogues, compiled as a build compiles them."""
    shutil.copytree(AGENT / "tenure_agent/locale", tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    _build_hook().compile_catalogues(tmp_path / "locale")
    monkeypatch.setattr(language.os.path, "dirname", lambda _: str(tmp_path))
    language._lookup.cache_clear()
    yield tmp_path / "locale"
    language._lookup.cache_clear()


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


@pytest.mark.usefixtures("built")
def test_a_sentence_is_said_in_finnish_swedish_and_english() -> None:
    assert translate(TABLE, "fi", table="x") == "Tämä kone ei näytä taulua x."
    assert translate(TABLE, "sv", table="x") == "Den här datorn visar inte tabellen x."
    assert translate(TABLE, "en", table="x") == "This laptop shows no table x."


def test_a_fourth_language_is_one_more_catalogue(built: Path) -> None:
    folder = built / "se" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(built / "fi/LC_MESSAGES/tenure_agent.mo", folder)
    assert language_of({"LANG": "se_FI.UTF-8"}) == "se"
    assert translate(TABLE, "se", table="x") == "Tämä kone ei näytä taulua x."


def test_a_sentence_that_no_catalogue_has_stays_english() -> None:
    assert translate("Nobody translated this {thing}.", "fi", thing="yet") == "Nobody translated this yet."


def test_a_language_without_a_catalogue_stays_english() -> None:
    assert translate(TABLE, "xx", table="x") == "This laptop shows no table x."


def test_facts_that_do_not_fit_never_raise() -> None:
    assert fill("a {b}", {"c": 1}) == "a {b}"


def test_a_catalogue_that_does_not_parse_stops_the_build(tmp_path: Path) -> None:
    broken = tmp_path / "fi/LC_MESSAGES/tenure_agent.po"
    broken.parent.mkdir(parents=True)
    broken.write_text("this is no catalogue\n", "utf-8")
    with pytest.raises(PoFileError):
        _build_hook().compile_catalogues(tmp_path)
    assert list(broken.parent.iterdir()) == [broken]
