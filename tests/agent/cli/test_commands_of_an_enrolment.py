"""`enrol`, `visit` and `status` as they are typed, against a server on the loopback."""

import json
from pathlib import Path
from typing import Any

import pytest

from fakes.municipality import Municipality
from fakes.server import FakeServer, serving
from tenure_agent.cli import main

pytestmark = pytest.mark.enable_socket


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


def enrol(server: FakeServer, url: str, directory: Path, **changes: str) -> int:
    options = {
        "--server": url,
        "--token": server.token(),
        "--root": server.city.root_thumbprint,
        "--directory": str(directory),
        "--serial": "S1",
        **changes,
    }
    return main(["enrol", *(word for pair in options.items() for word in pair)])


def status(directory: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["status", "--json", "--directory", str(directory)]) == 0
    return dict(json.loads(capsys.readouterr().out))


def test_enrolling_makes_the_laptop_known_and_visits_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server = FakeServer()
    with serving(server) as url:
        assert enrol(server, url, tmp_path / "agent") == 0
    assert "Enrolled as device-1 of kuntala, epoch 1." in capsys.readouterr().out
    assert server.laptop is not None
    assert server.laptop.serial == "S1"
    assert server.requests


def test_what_is_held_explains_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        enrol(server, url, directory)
        assert status(directory, capsys)["state"] is None
        server.order(seq=4)
        assert main(["visit", "--directory", str(directory)]) == 0
    facts = status(directory, capsys)
    assert (facts["state"], facts["seq"], facts["locked_under"]) == ("active", 4, None)
    assert facts["lock_at"] == "2029-05-31T21:00:00Z"
    assert facts["reason"] == "The term of office ends."
    main(["status", "--directory", str(directory)])
    assert "It locks by itself at 2029-05-31T21:00:00Z, online or not." in capsys.readouterr().out


def test_a_locked_laptop_says_under_which_lock(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        enrol(server, url, directory)
        server.order(state="locked")
        main(["visit", "--directory", str(directory)])
    main(["status", "--directory", str(directory)])
    assert "It is locked, as ordered, under lock-1." in capsys.readouterr().out


def test_a_visit_without_an_answer_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        enrol(server, url, directory)
    assert main(["visit", "--directory", str(directory)]) == 1
    assert "cannot be reached" in capsys.readouterr().err
    assert status(directory, capsys)["visits_without_answer"] == 1


def test_a_used_token_is_a_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server = FakeServer()
    with serving(server) as url:
        assert enrol(server, url, tmp_path / "agent", **{"--token": "tenure.kuntala.example.used"}) == 1
    assert "refuses this laptop: token" in capsys.readouterr().err
    assert not (tmp_path / "agent" / "config.json").exists()


def test_another_root_than_the_servers_is_wrong_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server = FakeServer()
    with serving(server) as url:
        assert enrol(server, url, tmp_path / "a", **{"--root": Municipality().root_thumbprint}) == 2
    assert "Check --root" in capsys.readouterr().err
    assert not (tmp_path / "a" / "config.json").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("--server", "http://tenure.example"), ("--root", "short"), ("--server", "tenure.example")],
)
def test_a_malformed_option_stops_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
):
    assert enrol(FakeServer(), "http://127.0.0.1:1", tmp_path / "agent", **{option: value}) == 2
    assert option.removeprefix("--") in capsys.readouterr().err
    assert not (tmp_path / "agent").exists()


@pytest.mark.parametrize("command", ["visit", "watch", "status"])
def test_a_laptop_that_is_not_enrolled_is_told_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
):
    assert main([command, "--directory", str(tmp_path)]) == 2
    assert "tenure-agent enrol --help" in capsys.readouterr().err


def test_a_second_visit_at_the_same_time_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from tenure_agent.adapters.one_at_a_time import only_one

    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        enrol(server, url, directory)
        with only_one(directory / "visit.lock") as is_alone:
            assert is_alone
            assert main(["visit", "--directory", str(directory)]) == 2
    assert "Another visit" in capsys.readouterr().err


def test_what_the_agent_keeps_is_for_its_owner_only(tmp_path: Path):
    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        enrol(server, url, directory)
    open_to_others = [
        str(path) for path in [directory, *directory.rglob("*")] if path.lstat().st_mode & 0o077
    ]
    assert open_to_others == []


def test_a_misspelt_setting_stops_the_visit(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    server, directory = FakeServer(), tmp_path / "agent"
    with serving(server) as url:
        enrol(server, url, directory)
    config = json.loads((directory / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps({**config, "visit_bursts": 3}))
    assert main(["visit", "--directory", str(directory)]) == 2
    assert "visit_bursts" in capsys.readouterr().err


def test_the_sandbox_lies_where_it_was_asked_for(tmp_path: Path):
    server = FakeServer()
    with serving(server) as url:
        enrol(server, url, tmp_path / "agent", **{"--sandbox": str(tmp_path / "laptop")})
    assert (tmp_path / "laptop" / "volume.luks").exists() or (
        tmp_path / "laptop" / "volume.emulated.json"
    ).exists()
