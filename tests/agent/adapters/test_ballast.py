import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.agent import SERIAL
from fakes.server import FakeServer, serving
from tenure_agent.adapters.ballast import BALLAST_BYTES, give_up, keep
from tenure_agent.config import AgentConfig
from tenure_agent.errors import JournalError
from tenure_agent.ports import Journal
from tenure_agent.visit import Visiting
from tenure_agent.wiring import BALLAST, run_enrol, run_visit


def test_the_reserve_takes_real_room_and_is_made_once(tmp_path: Path):
    keep(tmp_path / "ballast")
    first = (tmp_path / "ballast").stat()
    assert first.st_blocks * 512 >= BALLAST_BYTES
    keep(tmp_path / "ballast")
    assert (tmp_path / "ballast").stat().st_ino == first.st_ino
    assert os.listdir(tmp_path) == ["ballast"]  # noqa: PTH208 - names only


def test_the_reserve_can_be_given_up_once(tmp_path: Path):
    keep(tmp_path / "ballast")
    assert give_up(tmp_path / "ballast")
    assert not give_up(tmp_path / "ballast")


def test_without_room_for_a_reserve_the_agent_goes_on_without(tmp_path: Path):
    keep(tmp_path / "no such folder" / "ballast")
    assert not (tmp_path / "no such folder").exists()


class FullDisk:
    """A journal that cannot be written while the reserve is there."""

    def __init__(self, journal: Journal, ballast: Path) -> None:
        self._journal = journal
        self._ballast = ballast

    def __getattr__(self, name: str) -> Any:
        if name in ("begin", "note", "accept_directive") and self._ballast.exists():
            raise JournalError("database or disk is full")
        return getattr(self._journal, name)


@pytest.mark.enable_socket
def test_a_disk_that_somebody_filled_does_not_keep_the_laptop_from_locking(tmp_path: Path):
    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        settings = AgentConfig(server=url, root=server.city.root_thumbprint, serial=SERIAL)
        run_enrol(directory, settings, server.token())
        run_visit(directory)
        server.order(state="locked")

        def full(parts: Visiting) -> Visiting:
            journal: Any = FullDisk(parts.journal, directory / BALLAST)
            parts.accepting._journal = journal
            return replace(parts, journal=journal)

        assert run_visit(directory, full).answered
    assert (directory / "sandbox" / "locked.json").exists()
    assert (directory / BALLAST).exists(), "made again when there was room"
