"""The signer killed at each journal step shows the same end state."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from fakes.keys import new_key
from fakes.signer import Laptop, SignerWorld, manifest_of
from tenure_policies.payloads import Role
from tenure_server.adapters.keys import private_pem
from tenure_server.domain.ceremony import NewRole

PROGRAM = Path(__file__).parents[2] / "fakes" / "killed_signer.py"


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Every place where the round was killed, with what was found there and at the end."""
    prepared, work = tmp_path_factory.mktemp("prepared"), tmp_path_factory.mktemp("work")
    world = SignerWorld(prepared)
    world.settings = msgspec.structs.replace(world.settings, fleet_size=1000)
    laptops = [Laptop(number=number) for number in (1, 2)]
    world.lock(*laptops)
    world.approve(manifest_of(*laptops))
    inbox = world.courier.inbox(0)
    world.city.publish({Role.DIRECTIVE: NewRole(keys=(new_key().public_key(),))})
    inbox = msgspec.structs.replace(inbox, keys=tuple(world.city.documents))
    (prepared / "inbox.json").write_bytes(msgspec.json.encode(inbox))
    (prepared / "settings.json").write_bytes(msgspec.json.encode(world.settings))
    (prepared / "release.pem").write_bytes(private_pem(world.city.release, None))
    (prepared / "now").write_text(world.clock.now().isoformat())
    done = subprocess.run(
        [sys.executable, PROGRAM, prepared, work], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_it_was_killed_at_every_step_and_finally_not_at_all(places):
    assert len(places) > 40
    assert [place["killed"] for place in places] == [True] * (len(places) - 1) + [False]


def test_the_end_state_is_the_same_wherever_it_was_killed(places):
    undisturbed = places[-1]["end"]
    assert len(undisturbed["sent"]) == 2
    assert undisturbed["keys"] == 2
    for place in places:
        assert place["end"] == undisturbed, place["step"]


def test_never_two_different_releases_reached_the_server(places):
    for place in places:
        for state in (place["half"], place["end"]):
            assert all(len(digests) == 1 for digests in state["sent"].values()), place["step"]


def test_nothing_reached_the_server_that_was_not_signed_in_the_journal_before(places):
    for place in places:
        signed = sum(1 for _, _, signed, _ in place["half"]["journal"] if signed)
        assert len(place["half"]["sent"]) <= signed, place["step"]


def test_the_kills_fell_before_between_and_after_the_steps_of_a_release(places):
    def stage(state):
        return tuple((signed, posted) for _, _, signed, posted in state["journal"])

    stages = {stage(place["half"]) for place in places}
    assert {(), ((False, False),), ((True, False),), ((True, True),), ((True, True), (True, True))} <= stages
