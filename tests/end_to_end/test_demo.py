"""`tenure demo`, run for real: every step is observed, and what is not observed fails the story.

The processes are those of a user: the server, the signer, approvers, an agent of this machine, laptops.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

SECONDS = 240
PATIENCE = "60"
needs_cryptsetup = pytest.mark.skipif(
    shutil.which("cryptsetup", path="/usr/sbin:/sbin:/usr/bin:/bin") is None,
    reason="cryptsetup is not on this machine: apt install cryptsetup-bin",
)
pytestmark = pytest.mark.timeout(SECONDS + 60)


class Demo:
    """One `tenure demo` with its output as it comes."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.output = folder / "output.txt"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TENURE_")}
        command = [sys.executable, "-m", "tenure_server.cli", "--language", "en", "demo", *arguments]
        with self.output.open("wb") as file:
            self.process = psutil.Popen(
                [*command, "--data", str(folder / "city"), "--port", "0"],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        self.children: list[psutil.Process] = []

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until(self, sentence: str) -> None:
        deadline = time.monotonic() + SECONDS
        while sentence not in self.text():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.1)

    def child(self, *words: str) -> psutil.Process:
        self.children = self.process.children(recursive=True)
        return next(child for child in self.children if set(words) <= set(child.cmdline()))

    def end(self) -> int:
        return int(self.process.wait(SECONDS))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[type[Demo]]:
    started: list[Demo] = []

    class Started(Demo):
        def __init__(self, *arguments: str) -> None:
            super().__init__(tmp_path, *arguments)
            started.append(self)

    yield Started
    for demo in started:
        if demo.process.poll() is None:
            demo.process.terminate()
            demo.process.wait(30)


@needs_cryptsetup
@pytest.mark.cryptsetup
def test_the_whole_story_is_observed_and_leaves_nothing_running(start: type[Demo], tmp_path: Path):
    demo = start("--once", "--patience", PATIENCE)
    demo.until("It is handed over to a councillor")
    demo.child(str(tmp_path / "city" / "agent"))
    assert demo.end() == 0, demo.text()
    for seen in (
        "101 people, 168 mandates in 8 bodies, 60 laptops, 1 hold.",
        "59 simulated laptops enrolled with keys of their own",
        "cryptsetup opens it with its key",
        "its agent holds a lease until 1 Jun 2029, 00:00",
        "84 mailboxes read: 2 send mail to koti.example, 1 of them by a colleague.",
        "the rule is switched off in the tenant, not deleted",
        "was told by mail, in their language: “Kaupungin sähköpostisi",
        "Sign-in is blocked in the tenant for 52 who leave",
        "31 are to be wiped, 2 lock only",
        "one list of 31 laptops is prepared",
        "One signature alone releases nothing",
        "Two people have signed the exact list",
        "31 laptops say, each under its own key, that they are locked.",
        "shows its lock page, locked.html, in fi, sv and en",
        "The signer released 29 wipes by itself.",
        "the volume that opened before opens no more",
        "28 simulated laptops emulated theirs, 2 are out of reach: all are unproven.",
        "locked by their own lease at 1 Jun 2029, 00:00",
        "shows the wipe as proven",
        "The audit log holds",
        "Every step was observed.",
    ):
        assert seen in demo.text(), f"{seen}\n{demo.text()}"
    assert "✗" not in demo.text()
    assert not [child.cmdline() for child in demo.children if child.is_running()]
    assert (tmp_path / "city" / "laptop" / "locked.html").is_file()


@needs_cryptsetup
@pytest.mark.cryptsetup
def test_a_signer_that_dies_leaves_the_wipe_unobserved_and_the_story_fails(start: type[Demo]):
    demo = start("--once", "--patience", "30")
    demo.until("The term ends: laptops lock")
    demo.child("signer", "run").kill()
    assert demo.end() == 1
    assert "✗ The signer did not release every wipe that was due." in demo.text()
    assert "Every step was observed." not in demo.text()


def test_the_demo_stays_until_it_is_interrupted_and_takes_everything_with_it(start: type[Demo]):
    demo = start("--patience", PATIENCE)
    demo.until("Ctrl-C ends all of it")
    assert "/sign-in?token=" in demo.text()
    demo.child("serve")
    assert len(demo.children) >= 4
    demo.process.send_signal(signal.SIGINT)
    assert demo.end() == 0
    assert not [child.cmdline() for child in demo.children if child.is_running()]


def test_a_folder_that_is_in_use_is_left_alone(start: type[Demo], tmp_path: Path):
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "precious").write_text("mine", encoding="utf-8")
    demo = start("--once")
    assert demo.end() == 1
    assert "is not empty" in demo.text()
    assert [path.name for path in (tmp_path / "city").iterdir()] == ["precious"]
