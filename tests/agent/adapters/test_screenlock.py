from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.laptop_files import write_laptop
from tenure_agent.adapters import screenlock
from tenure_agent.adapters.native_tables import NativeTables
from tenure_agent.errors import CommandMissingError, UnreadableTableError

LOCK, SESSION = "org.gnome.desktop.screensaver", "org.gnome.desktop.session"


class Settings:
    def __init__(self, found: Mapping[str, Mapping[str, str]]) -> None:
        self._found = found
        self.asked: set[tuple[int, str]] = set()

    def read(self, schema: str, uid: int, gid: int, home: str) -> Mapping[str, str]:
        self.asked.add((uid, Path(home).name))
        if schema not in self._found:
            raise CommandMissingError("{command} is not on this machine", command="gsettings")
        return self._found[schema]


def _ask(root: Path, settings: Settings) -> tuple[Mapping[str, str], ...]:
    tables = NativeTables(screenlock.readers(root, settings))
    return tables.query("SELECT enabled, grace_period, idle_delay FROM screenlock WHERE uid = 1000")


def test_a_person_s_settings_are_read_with_that_person_s_rights(tmp_path: Path) -> None:
    settings = Settings(
        {LOCK: {"lock-enabled": "true", "lock-delay": "uint32 30"}, SESSION: {"idle-delay": "uint32 300"}}
    )
    rows = _ask(write_laptop(tmp_path), settings)
    assert rows == ({"enabled": "1", "grace_period": "30", "idle_delay": "300"},)
    assert (1000, "ester") in settings.asked


def test_a_lock_that_is_switched_off_is_told(tmp_path: Path) -> None:
    settings = Settings({LOCK: {"lock-enabled": "false"}, SESSION: {}})
    assert _ask(write_laptop(tmp_path), settings) == ({"enabled": "0", "grace_period": "", "idle_delay": ""},)


def test_without_a_known_desktop_the_lock_cannot_be_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTableError):
        _ask(write_laptop(tmp_path), Settings({}))
