"""What a build of tenure-agent adds to the source: compiled catalogues.

Runs for wheels, source archives and editable installs.
"""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = Path("tenure_agent/locale")


class BuildHook(BuildHookInterface):  # type: ignore[type-arg,misc]  # hatchling publishes no types
    """Compile the catalogues before files are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the compiled catalogues up to date."""
        del version, build_data
        compile_catalogues(Path(self.root) / LOCALE)


def compile_catalogues(folder: Path) -> None:
    """Write a .mo file beside each .po file; a catalogue that does not parse stops the build."""
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
