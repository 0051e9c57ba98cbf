"""The agent's build compiles its catalogues, and stops at one that does not parse."""

import gettext
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import PoFileError

AGENT = Path(__file__).parents[2] / "agent"


def _build_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_build_hook", AGENT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_build_compiles_every_catalogue(tmp_path: Path, language: str) -> None:
    shutil.copytree(AGENT / "tenure_agent/locale", tmp_path / "locale", ignore=shutil.ignore_patterns("*.mo"))
    _build_hook().compile_catalogues(tmp_path / "locale")
    with (tmp_path / "locale" / language / "LC_MESSAGES/tenure_agent.mo").open("rb") as file:
        said = gettext.GNUTranslations(file).gettext("This laptop shows no table {table}.")
    assert "{table}" in said
    assert "This" not in said


def test_a_catalogue_that_does_not_parse_stops_the_build(tmp_path: Path) -> None:
    broken = tmp_path / "fi/LC_MESSAGES/tenure_agent.po"
    broken.parent.mkdir(parents=True)
    broken.write_text("this is no catalogue\n", "utf-8")
    with pytest.raises(PoFileError):
        _build_hook().compile_catalogues(tmp_path)
    assert list(broken.parent.iterdir()) == [broken]
