"""The end of an account, killed at any step and started again, comes to the same; nothing happens twice."""

import asyncio
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City
from fakes.directory import FakeDirectory
from fakes.follow_up import FollowedTown, followed_town
from tenure_server.domain.tenant_account import ClosingWay
from tenure_server.usecases.approve_closings import approve_closings, closings

TESTS = Path(__file__).parents[2]
REGISTER = City().seat("stays").seat("aino", until="2029-05-31").laptop("L1", "aino")
AGAIN_IS_HARMLESS = ("revokeSignInSessions", "accountEnabled=False", "isEnabled=False")
"""What a second time leaves as the first did; it happens only where the answer was never recorded."""


async def lines_of(folder: Path, way: ClosingWay, *, closing: bool) -> list[dict[str, Any]]:
    """Prepare the moment at which a step is due, and return what became of a kill at each place."""
    prepared, work = folder / "prepared", folder / "work"
    prepared.mkdir()
    work.mkdir()
    async with followed_town(prepared) as here:
        here.closing_way = way
        here.town.goes_to("2029-05-31T12:00:00+03:00")
        await here.know(REGISTER)
        await here.follow()
        if closing:
            await until_closing(here)
        else:
            here.town.goes_to("2029-06-08T12:00:00+03:00")
            await here.know(REGISTER)
        told = {
            "municipality": here.town.id, "now": here.town.now.isoformat(),
            "way": way.value, "blocked": closing,
        }  # fmt: skip
    (prepared / "told.json").write_text(json.dumps(told))
    program = [sys.executable, str(TESTS / "fakes" / "killed_term_end.py"), str(prepared), str(work)]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    run = partial(subprocess.run, capture_output=True, text=True, env=environment, timeout=900, check=False)
    ran = await asyncio.to_thread(run, program)
    assert ran.returncode == 0, ran.stderr[-4000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


async def until_closing(here: FollowedTown) -> None:
    """Let a month go by with a directory of the fake kind, and two people sign."""
    here.directory = FakeDirectory()
    await here.lives_to("2029-06-01T12:00:00+03:00")
    await here.lives_to("2029-07-03T12:00:00+03:00")
    (offered,) = (await closings(here.following)).to_sign
    await approve_closings(here.following, here.town.resume(offered.name(here.town.id)))


def check(lines: list[dict[str, Any]], once: tuple[str, ...]) -> dict[str, Any]:
    """Every kill comes to what the run comes to that nobody killed; return that one."""
    *killed, whole = lines
    assert len(killed) > 15, "there are steps to be killed at"
    assert all(line["first"] == -9 and line["again"] == 0 for line in killed)
    assert whole["first"] == 0
    for line in killed:
        place = f"killed at step {line['step']}"
        assert line["state"] == whole["state"], place
        for part in ("enabled", "licences", "rules_on", "removed"):
            assert line["tenant"][part] == whole["tenant"][part], place
        made = [one for one in line["tenant"]["changes"] if "sendMail" not in one]
        for one in set(made):
            if any(word in one for word in once):
                assert made.count(one) == 1, f"{place}: {one}"
            assert made.count(one) == 1 or one.endswith(AGAIN_IS_HARMLESS), f"{place}: {one}"
        wanted = [one for one in dict.fromkeys(whole["tenant"]["changes"]) if "sendMail" not in one]
        assert list(dict.fromkeys(made)) == wanted, place
    return whole


async def test_a_block_killed_anywhere_ends_the_same_and_mail_goes_out_at_most_once_more(
    tmp_path: Path,
) -> None:
    lines = await lines_of(tmp_path, ClosingWay.LICENCE, closing=False)
    whole = check(lines, once=())
    assert whole["tenant"]["changes"][:3] == [
        "PATCH users accountEnabled=False",
        "POST users revokeSignInSessions",
        "PATCH users mailFolders inbox messageRules isEnabled=False",
    ]
    assert (whole["tenant"]["enabled"], whole["tenant"]["rules_on"]) == (False, [False])
    assert ["aino", "block_sign_in", "done"] in whole["state"]["steps"]
    mails = [line["tenant"]["mails"] for line in lines]
    assert set(mails) <= {whole["tenant"]["mails"], whole["tenant"]["mails"] + 1}
    twice = [line["step"] for line in lines if line["tenant"]["mails"] > whole["tenant"]["mails"]]
    assert twice == list(range(twice[0], twice[-1] + 1)), "only between the tenant's answer and its record"
    assert len(twice) < 10


@pytest.mark.parametrize(
    ("way", "call"), [(ClosingWay.LICENCE, "POST users assignLicense"), (ClosingWay.USER, "DELETE users")]
)
async def test_a_closing_killed_anywhere_takes_once_what_it_takes(
    tmp_path: Path, way: ClosingWay, call: str
) -> None:
    whole = check(await lines_of(tmp_path, way, closing=True), once=("assignLicense", "DELETE"))
    assert [one for one in whole["tenant"]["changes"] if "sendMail" not in one] == [call]
    assert ["aino", "close_mailbox", "done"] in whole["state"]["steps"]
