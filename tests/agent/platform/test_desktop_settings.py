import os
from contextlib import suppress

import pytest

from tenure_agent.errors import CommandError, CommandMissingError
from tenure_agent.platform import desktop_settings
from tenure_agent.platform.commands import GSETTINGS, Command, Result
from tenure_agent.platform.desktop_settings import GnomeSettings

LOCK = "org.gnome.desktop.screensaver"


def test_without_gsettings_there_is_nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop_settings, "GSETTINGS", Command(name="gsettings", paths=("/nowhere",)))
    with pytest.raises(CommandMissingError):
        GnomeSettings().read(LOCK, os.geteuid(), os.getegid(), "/")


def test_keys_are_read_from_what_gsettings_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = f"{LOCK} lock-enabled true\n{LOCK} picture-uri 'file:///a b'\norg.other key 1\nodd\n".encode()
    monkeypatch.setattr(Command, "run", lambda *_, **__: Result(exit_code=0, stdout=printed, stderr=b""))
    assert GnomeSettings().read(LOCK, 1, 1, "/") == {"lock-enabled": "true", "picture-uri": "'file:///a b'"}


@pytest.mark.skipif(not GSETTINGS.is_present(), reason="gsettings is not on this machine")
def test_the_real_gsettings_answers_or_says_why_not(tmp_path: os.PathLike[str]) -> None:
    found: dict[str, str] = {}
    with suppress(CommandError):
        found = GnomeSettings().read(LOCK, os.geteuid(), os.getegid(), str(tmp_path))
    assert found.get("lock-enabled", "no GNOME here") in {"true", "false", "no GNOME here"}
