"""Documents point at what exists, and nothing in the repository names what is this machine's alone."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
DOCUMENTS = sorted({ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "installers").rglob("*.md")})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path) if path else document
        assert file.exists(), f"{document.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {
                re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
            }
            assert anchor in slugs, f"{document.name} links to {target}"


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    for decision in (ROOT / "docs" / "adr").glob("0*.md"):
        assert decision.name in listed


def test_no_file_names_a_download_host_or_a_path_of_one_machine() -> None:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert "uv.lock" not in names
    for name in filter(None, names):
        if name.endswith((".json", ".txt", ".toml", ".npmrc", ".yaml")) and (ROOT / name).exists():
            text = (ROOT / name).read_text(encoding="utf-8")
            assert '"resolved": "http' not in text, name
            assert not re.search(r"--(extra-)?index-url|^registry *=", text, re.MULTILINE), name


def test_every_command_that_the_documents_name_exists() -> None:
    from tenure_agent.cli import SUBCOMMANDS
    from tenure_server.cli import COMMANDS

    of_dev = set(
        re.findall(r"^    (?:\*|([a-z]+)\))", (ROOT / "dev").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for program, known in (
            ("tenure", set(COMMANDS)),
            ("tenure-agent", set(SUBCOMMANDS)),
            ("./dev", of_dev),
        ):
            named = re.findall(rf"(?:`|    |run ){re.escape(program)} ([a-z][a-z-]*)", text)
            assert set(named) <= known, f"{document.name}: {program} {set(named) - known}"
