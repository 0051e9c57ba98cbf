"""The page on device policies lists what a laptop can show as the code has it; the page's examples work."""

import re
from pathlib import Path

from tenure_agent.adapters.laptop import laptop_tables
from tenure_agent.platform.desktop_settings import GnomeSettings
from tenure_policies.document import parse
from tenure_policies.facts import SECURITY_RELEVANT_PACKAGES, TABLES

PAGE = Path(__file__).parents[2] / "docs/policies/device-policies.md"


def table_lines() -> list[str]:
    """Write the page's table anew."""
    native = laptop_tables(settings=GnomeSettings()).names()
    lines = []
    for name, table in sorted(TABLES.items()):
        systems = "all" if len(table.platforms) == 3 else ", ".join(sorted(table.platforms))
        own = " (Tenure's own)" if table.own else ""
        reads = "Linux" if name in native else "-"
        lines.append(f"| `{name}`{own} | {systems} | {reads} | {', '.join(table.columns)} |")
    return lines


def test_the_page_lists_every_table_and_column() -> None:
    between = re.search(r"<!-- tables -->\n(.*)<!-- /tables -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert between is not None
    assert between[1].splitlines()[2:] == table_lines()


def test_the_page_names_every_package_whose_version_leaves() -> None:
    between = re.search(r"<!-- packages -->(.*)<!-- /packages -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert between is not None
    assert re.findall(r"`([^`]+)`", between[1]) == list(SECURITY_RELEVANT_PACKAGES)


def test_the_page_s_policy_is_a_policy() -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    assert parse(example[1], PAGE.name)[0].name == "disk-encryption"
