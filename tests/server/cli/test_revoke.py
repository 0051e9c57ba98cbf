from pathlib import Path

import pytest

from fakes.data_directory import Machine, machine


@pytest.fixture
def here(tmp_path: Path) -> Machine:
    started = machine(tmp_path)
    started.run("import", "--register", started.register("aino"), "--devices", started.devices("L1"))
    return started


def test_a_laptop_that_never_enrolled_has_no_key_to_revoke(here: Machine) -> None:
    refused = here.run("revoke", "L1", code=2).stderr
    assert "L1" in refused
