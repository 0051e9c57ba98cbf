"""The same seed lives the same life; a city's life has what a term has in it, and breaks no rule."""

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator

import pytest

from tenure_server.simulation.living import live
from tenure_server.simulation.script import write_script
from tenure_server.simulation.world import Told


@pytest.fixture(autouse=True)
def _quiet_laptops() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def digest_of(story: Iterable[Told]) -> str:
    lines = [(one.at, str(one.what)) for one in story]
    return hashlib.sha256(repr(lines).encode()).hexdigest()


def test_the_same_seed_writes_the_same_script() -> None:
    assert write_script("1/0", 4) == write_script("1/0", 4)
    assert write_script("1/0", 4) != write_script("1/1", 4)


def test_a_city_lives_through_a_change_of_term_and_breaks_no_rule() -> None:
    lived = live(write_script("living/0", 1))
    assert lived.breach is None
    happened = ("acts_lock", "acts_wipe", "proven", "imports", "approvals", "released", "mails", "visits")
    assert [kind for kind in happened if not lived.counts[kind]] == []


def test_the_same_seed_tells_the_same_story() -> None:
    first, second = (live(write_script("living/1", 0.5), telling=True) for _ in range(2))
    assert digest_of(first.story) == digest_of(second.story)
    assert first.counts == second.counts


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_story_does_not_hang_on_how_this_process_orders_its_sets(hash_seed: str) -> None:
    said = (
        "import logging; logging.disable(50)\n"
        "from tenure_server.simulation.living import live\n"
        "from tenure_server.simulation.script import write_script\n"
        "import hashlib\n"
        "lived = live(write_script('living/1', 0.3), telling=True)\n"
        "print(hashlib.sha256(repr([(one.at, str(one.what)) for one in lived.story]).encode()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", said], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest_of(live(write_script("living/1", 0.3), telling=True).story)
