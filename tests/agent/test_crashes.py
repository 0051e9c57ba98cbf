"""Cases 12 and 13: killed at any step, the agent ends where it would have ended, and says so exactly once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.agent import WIPED, Agent
from fakes.killing import KilledError, Killer
from fakes.municipality import new_key
from fakes.server import FakeServer, serving
from tenure_agent.platform.commands import CRYPTSETUP
from tenure_policies.payloads import Act, Outcome

SHARDS = 6
TESTS = Path(__file__).parents[1]


def visit_and_die(agent: Agent, at: int) -> Killer:
    """Make one visit that is killed at a step, then start the agent again on what is left."""
    killer = Killer(at=at)
    journal, enforcer = agent.journal, agent.enforcer
    agent.journal, agent.enforcer = killer.around(journal), killer.around(enforcer)
    try:
        agent.visit()
    except KilledError:
        pass
    finally:
        agent.journal, agent.enforcer = journal, enforcer
    journal.close()  # type: ignore[attr-defined]
    agent.__post_init__()
    return killer


def wiped_with_a_kill(tmp_path: Path, at: int) -> tuple[Agent, Killer]:
    agent = Agent(tmp_path / str(at)).enrol()
    agent.server.order_wipe()
    killer = visit_and_die(agent, at)
    for _ in range(4):
        agent.visit()
    return agent, killer


@pytest.mark.parametrize("shard", range(SHARDS))
def test_case_12_a_wipe_killed_at_any_step_is_carried_out_once_and_receipted_once(tmp_path: Path, shard: int):
    at = shard
    while True:
        agent, killer = wiped_with_a_kill(tmp_path, at)
        assert agent.receipts() == WIPED, f"killed {killer.names[-1]}"
        assert agent.locked_under() == "lock-1"
        assert agent.journal.unfinished() is None
        proof = agent.all_receipts()[-1].proof
        assert proof is not None
        assert proof.proven, "what was seen before the kill was not forgotten"
        if killer.steps <= at:
            return
        at += SHARDS


@pytest.mark.parametrize("shard", range(2))
def test_case_12_an_unlock_killed_at_any_step_ends_unlocked(tmp_path: Path, shard: int):
    at = shard
    while True:
        agent = Agent(tmp_path / str(at)).enrol().order(state="locked")
        agent.server.order(seq=2, lock_id="lock-2")
        killer = visit_and_die(agent, at)
        agent.visit()
        agent.visit()
        assert agent.locked_under() is None, f"killed {killer.names[-1]}"
        assert agent.receipts() == [(Act.LOCK, Outcome.DONE), (Act.UNLOCK, Outcome.DONE)]
        assert agent.journal.replaced_locks() == {"lock-1"}
        if killer.steps <= at:
            return
        at += 2


def test_a_rotation_killed_at_any_step_ends_with_the_new_keys(tmp_path: Path):
    at = 0
    while True:
        agent = Agent(tmp_path / str(at)).enrol().order()
        agent.server.city = agent.server.city.rotated(directive=new_key())
        agent.server.order(seq=2, state="locked")
        killer = visit_and_die(agent, at)
        agent.visit()
        assert len(agent.journal.keys()) == 2
        assert agent.locked_under() == "lock-1", f"killed {killer.names[-1]}"
        if killer.steps <= at:
            return
        at += 3


VISIT_THAT_DIES = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from fakes.killing import Killer, kill_myself
from tenure_agent.wiring import run_visit

killer = Killer(at=int(sys.argv[2]), die=kill_myself)

def between(parts):
    journal = killer.around(parts.journal)
    parts.accepting._journal = journal
    return replace(parts, journal=journal, enforcer=killer.around(parts.enforcer))

run_visit(Path(sys.argv[1]), between)
"""


@pytest.mark.skipif(not CRYPTSETUP.is_present(), reason="cryptsetup is not on this machine")
@pytest.mark.cryptsetup
@pytest.mark.enable_socket
@pytest.mark.parametrize("at", [0, 7, 13, 17, 19, 21, 23, 25, 29, 31])
def test_case_13_a_real_agent_that_is_killed_for_good_finishes_the_real_erase(tmp_path: Path, at: int):
    server = FakeServer()
    with serving(server) as url:
        command = [sys.executable, "-m", "tenure_agent.cli"]
        where = ["--directory", str(tmp_path / "agent")]
        arguments = ["enrol", "--server", url, "--token", server.token(), "--serial", "S1"]
        root = ["--root", server.city.root_thumbprint]
        subprocess.run([*command, *arguments, *root, *where], check=True, capture_output=True)
        server.order_wipe()
        dying = subprocess.run(
            [sys.executable, "-c", VISIT_THAT_DIES, where[1], str(at), str(TESTS)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert dying.returncode == -signal.SIGKILL, dying.stderr
        for _ in range(2):
            visited = subprocess.run([*command, "visit", *where], capture_output=True, text=True, check=False)
            assert visited.returncode == 0, visited.stderr
        told = [server.receipts[number] for number in sorted(server.receipts)]
        assert [(receipt.act, receipt.outcome) for receipt in told] == WIPED
        assert told[-1].proof is not None
        assert told[-1].proof.proven
        assert json.loads((tmp_path / "agent/sandbox/locked.json").read_text())["lock_id"] == "lock-1"


@pytest.mark.skipif(not CRYPTSETUP.is_present(), reason="cryptsetup is not on this machine")
@pytest.mark.cryptsetup
@pytest.mark.skipif(os.name != "posix", reason="cryptsetup is Linux's")
def test_case_13_a_volume_half_erased_by_a_power_cut_is_finished(tmp_path: Path):
    """The first header is gone, the second still names its key slot: luksErase finds and finishes it."""
    from tenure_agent.platform.sandbox_enforcer import VOLUME, SandboxEnforcer

    sandbox = SandboxEnforcer(tmp_path / "sandbox")
    sandbox.prepare()
    with (tmp_path / "sandbox" / VOLUME).open("r+b") as volume:
        volume.write(b"\0" * 4096)
    assert sandbox.wipe(opened_before=True).proven
