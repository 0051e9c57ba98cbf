"""A server killed at any statement of a sweep leaves nothing half-done: the next sweep ends the same."""

import asyncio
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fakes.city import City
from fakes.town import TERM_END, town

TESTS = Path(__file__).parents[2]


async def test_a_sweep_killed_at_any_statement_ends_the_same_after_a_restart(tmp_path: Path) -> None:
    prepared, work = tmp_path / "prepared", tmp_path / "work"
    prepared.mkdir()
    work.mkdir()
    register = City().seat("aino", until="2029-05-31").laptop("L1", "aino").seat("bo").laptop("L2", "bo")
    async with town(prepared) as here:
        here.goes_to("2029-05-10")
        await here.know(register)
        for serial in ("L1", "L2"):
            await here.visit(await here.enrol(serial))
        await here.sweep()
        here.goes_to(TERM_END)
        told = {"municipality": here.id, "now": here.now.isoformat()}
        pem = here.keys.directive.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (prepared / "told.json").write_text(json.dumps(told))
    (prepared / "directive.pem").write_bytes(pem)

    program = [sys.executable, str(TESTS / "fakes" / "killed_server.py"), str(prepared), str(work)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    run = partial(subprocess.run, capture_output=True, text=True, env=environment, timeout=240, check=False)
    ran = await asyncio.to_thread(run, program)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, ran.stderr
    killed, whole = lines[:-1], lines[-1]

    assert len(killed) > 10, "the sweep has statements to be killed at"
    assert all(line["first"] == -9 and line["again"] == 0 for line in killed)
    assert whole["first"] == 0
    expected = whole["state"]
    states = {device: state for device, _seq, state, _end in expected["directives"]}
    assert sorted(states.values()) == ["active", "locked"]
    assert expected["gapless"]
    assert expected["unaltered"]
    for line in killed:
        assert line["state"] == expected, f"killed at step {line['step']}"
