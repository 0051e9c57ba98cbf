"""`tenure-agent mail` as it is typed, where no account is to be had."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fakes.agent import Agent
from tenure_agent.adapters.journal_sqlite import SqliteJournal
from tenure_agent.cli import main
from tenure_agent.mailbox.memory import remember
from tenure_agent.mailbox.plan import Fix, MailMemory
from tenure_policies.forwarding.mail_order import MailReport


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    agent = Agent(tmp_path).enrol()
    root = agent.server.city.root_thumbprint
    (tmp_path / "config.json").write_text(json.dumps({"server": "http://127.0.0.1:1", "root": root}))
    return tmp_path


def test_without_an_order_there_is_nothing_to_look_at(directory: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["mail", "status", "--directory", str(directory)]) == 0
    assert "has not asked this laptop" in capsys.readouterr().out
    assert main(["mail", "sign-in", "--directory", str(directory)]) == 2
    assert "has not asked this laptop" in capsys.readouterr().err


def test_status_says_who_is_signed_in_how_and_what_was_found_and_no_token(
    directory: Path, capsys: pytest.CaptureFixture[str]
):
    journal = SqliteJournal(directory / "journal.sqlite")
    now = datetime(2027, 3, 1, tzinfo=UTC)
    fixes = (Fix(rule="r1", domains=("gmail.com",), asked_at=now, done_at=now),)
    report = MailReport(number=1, state="failed", error="offline", checked_at=now)
    remember(
        journal,
        MailMemory(
            device="device-1", epoch=1, address="aino@city.gov", protection="software", number=1, ran_at=now,
            report=report, fixes=fixes,
        ),
    )  # fmt: skip
    journal.close()
    assert main(["mail", "status", "--json", "--directory", str(directory)]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["signed_in"], facts["protection"]) == (True, "software")
    assert (facts["state"], facts["error"]) == ("failed", "offline")
    assert "token" not in json.dumps(facts)


def test_signing_out_twice_does_no_harm(directory: Path, capsys: pytest.CaptureFixture[str]):
    for _ in range(2):
        assert main(["mail", "sign-out", "--directory", str(directory)]) == 0
    assert "Nobody is signed in any more" in capsys.readouterr().out


def test_a_laptop_that_is_not_enrolled_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["mail", "check", "--directory", str(tmp_path)]) == 2
    assert "is not enrolled" in capsys.readouterr().err


BOUNDED = """
from tenure_agent.mail_wiring import bound
bound({seconds})
{does}
"""


def ends(seconds: float, does: str) -> int:
    words = [sys.executable, "-c", BOUNDED.format(seconds=seconds, does=does)]
    return subprocess.run(words, check=False, capture_output=True, timeout=60).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="the visit bounds it there")
def test_the_job_is_ended_by_the_system_when_it_takes_too_long_or_too_much():
    assert ends(0.2, "while True: pass") == -14
    assert ends(30, "bytearray(2 * 1024**3)") == 1
    assert ends(30, "bytearray(2 * 1024**2)") == 0


def test_neither_a_visit_nor_the_watcher_loads_what_signs_in():
    does = (
        "import sys, tenure_agent.visit, tenure_agent.wiring, tenure_agent.watch, tenure_agent.cli.visit;"
        "sys.exit(bool({'msal', 'msal_extensions', 'requests'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", does], check=False, timeout=60).returncode == 0
