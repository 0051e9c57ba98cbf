"""Programs are started without a shell, stopped by their own id, and never wait for ever."""

import asyncio
import os

import pytest

from tenure_server.adapters.processes import (
    Program,
    installed_beside_us,
    python_module,
    run,
    start,
    system_program,
)
from tenure_server.domain.errors import InputError, UnavailableError

PYTHON = Program(path=python_module("x").path)


async def test_a_program_that_ends_tells_its_exit_code_and_what_it_said():
    done = await run(PYTHON, "-c", "import sys; print(input()); sys.exit(3)", given=b"$HOME; ls\n")
    assert (done.exit_code, done.output) == (3, "$HOME; ls\n")


async def test_a_program_that_takes_too_long_is_ended():
    with pytest.raises(UnavailableError):
        await run(PYTHON, "-c", "import time; time.sleep(60)", timeout_seconds=0.2)


async def test_a_program_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nothing"):
        await run(Program(path=tmp_path / "nothing"))
    with pytest.raises(InputError, match="nothing"):
        await start("x", Program(path=tmp_path / "nothing"), log=tmp_path / "log")


async def test_a_child_is_stopped_even_if_it_will_not_hear(tmp_path, monkeypatch):
    monkeypatch.setattr("tenure_server.adapters.processes.STOP_SECONDS", 0.3)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(60)"
    )
    child = await start("deaf", PYTHON, "-c", code, log=tmp_path / "logs" / "deaf.log")
    for _ in range(200):
        if "up" in child.last_words():
            break
        await asyncio.sleep(0.05)
    await child.stop()
    assert child.exit_code is not None
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)
    await child.stop()


async def test_our_own_settings_are_not_handed_down(monkeypatch):
    monkeypatch.setenv("TENURE_PORT", "1")
    code = "import os; print(os.environ.get('TENURE_PORT'), os.environ['GIVEN'])"
    done = await run(PYTHON, "-c", code, environment={"GIVEN": "yes"})
    assert done.output.split() == ["None", "yes"]


def test_programs_are_found_beside_the_interpreter_or_in_the_system():
    assert installed_beside_us(PYTHON.path.name) == PYTHON
    assert installed_beside_us("no-such-program-anywhere") is None
    assert system_program("no-such-program-anywhere") is None
    found = system_program("sh")
    assert found is not None
    assert found.path.is_absolute()
