"""A follow-up killed at any step leaves nothing undone, and tells nobody twice what certainly arrived."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from fakes.city import City
from fakes.follow_up import with_addresses
from fakes.town import town

TESTS = Path(__file__).parents[2]
REGISTER = City().seat("aino", until="2029-05-31").laptop("L1", "aino")
NOON = "2029-06-08T12:00:00+03:00"
"""A week after the end: a notice is due, and so is the block of the sign-in."""


async def lines_of(folder: Path, moment: str) -> list[dict[str, Any]]:
    prepared, work = folder / "prepared", folder / "work"
    prepared.mkdir()
    work.mkdir()
    async with town(prepared) as here:
        here.goes_to(moment)
        await here.know(with_addresses(REGISTER))
        told = {"municipality": here.id, "now": here.now.isoformat()}
    (prepared / "told.json").write_text(json.dumps(told))
    program = [sys.executable, str(TESTS / "fakes" / "killed_follow_up.py"), str(prepared), str(work)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    run = partial(subprocess.run, capture_output=True, text=True, env=environment, timeout=280, check=False)
    ran = await asyncio.to_thread(run, program)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


async def test_a_follow_up_killed_at_any_step_ends_the_same_after_a_restart(tmp_path: Path) -> None:
    *killed, whole = await lines_of(tmp_path, NOON)
    assert len(killed) > 15, "there are steps to be killed at"
    assert all(line["first"] == -9 and line["again"] == 0 for line in killed)
    assert whole["first"] == 0
    assert whole["state"]["steps"] == [["aino", "block_sign_in", "done"]]
    assert ["aino", "T+7", "sent"] in whole["state"]["notices"]
    assert len(whole["outside"]) == 2
    for line in killed:
        assert line["state"] == whole["state"], f"killed at step {line['step']}"
        for taken, times in Counter(json.dumps(one) for one in line["outside"]).items():
            certain = json.loads(taken) not in line["before"]
            assert times == 1 if certain else times <= 2, f"killed at step {line['step']}: {taken}"
    assert any(len(line["outside"]) == 3 for line in killed), "one kill falls between mail and record"
