"""A look at mailboxes that is killed at any step goes on where it was, and switches nothing off twice."""

import asyncio
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fakes.checked_town import council
from fakes.follow_up import with_addresses
from fakes.town import town
from tenure_server.usecases.allow_domains import set_fixing

TESTS = Path(__file__).parents[2]


async def lines_of(folder: Path) -> list[dict[str, Any]]:
    prepared, work = folder / "prepared", folder / "work"
    prepared.mkdir()
    work.mkdir()
    async with town(prepared) as here:
        await here.know(with_addresses(council("aino", "bert", "cecilia")))
        await set_fixing(here.store, here.clock, on=True, decision="§ 12", by="it")
        told = {"municipality": here.id, "now": here.now.isoformat()}
    (prepared / "told.json").write_text(json.dumps(told))
    program = [sys.executable, str(TESTS / "fakes" / "killed_check.py"), str(prepared), str(work)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    run = partial(subprocess.run, capture_output=True, text=True, env=environment, timeout=560, check=False)
    ran = await asyncio.to_thread(run, program)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.timeout(600)
async def test_a_check_killed_at_any_step_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    *killed, whole = await lines_of(tmp_path)
    assert len(killed) > 20, "there are steps to be killed at"
    assert all(line["first"] == -9 and line["again"] == 0 for line in killed)
    assert whole["state"]["verdicts"] == [["aino", "ok"], ["bert", "ok"], ["cecilia", "violation"]]
    assert whole["state"]["fixes"] == [["aino", "r1", 1, "done"], ["aino", "r2", 1, "done"]]
    read_once_only = 0
    for line in killed:
        place = f"killed at step {line['step']}"
        assert line["resumed"]["finished"], place
        assert line["resumed"]["looked_at"] == 3, place
        assert line["state"] == whole["state"], place
        off = [told for told in line["asked"] if told["verb"] == "off"]
        assert sorted(told["rule"] for told in off) == ["r1", "r2"], place
        assert all(told["user"] == "id-aino" for told in off), place
        looked_at = {person for person, _ in line["between"]["verdicts"]}
        again = {told["user"].removeprefix("id-") for told in line["by_resuming"] if told["verb"] == "read"}
        if not line["between"]["finished"] and "bert" in looked_at:
            assert "bert" not in again, f"{place}: what was looked at is not looked at again"
            read_once_only += 1
    assert read_once_only > 3, "some kills fall between mailboxes"
    assert any(told["verb"] == "asked" for line in killed for told in line["asked"]), (
        "one kill falls between the call and its record: it is asked again, and does no harm"
    )
