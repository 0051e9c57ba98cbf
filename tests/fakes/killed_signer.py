"""Runs one signer's round again and again, killed (SIGKILL) each time at a later step, and finishes it.

A program of its own: it forks, which only a process without threads may do. A step is every statement on the
journal and the moments before and after a release reaches the server. Prints one JSON line for each place.

    python killed_signer.py PREPARED_DIRECTORY WORK_DIRECTORY
"""

import json
import os
import shutil
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tenure_policies.envelope import SignedDocument, digest, read_unverified
from tenure_policies.payloads import Release
from tenure_server.domain.signer_exchange import Inbox
from tenure_server.signer.journal import Journal
from tenure_server.signer.rounds import Signer
from tenure_server.signer.settings import SignerSettings


class Steps:
    """Counts steps and kills the process at one of them."""

    def __init__(self, kill_at: int) -> None:
        self._left = kill_at

    def take(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class KilledJournal(Journal):
    steps = Steps(0)

    def _run(self, statement: str, *values: Any) -> list[Any]:
        self.steps.take()
        return super()._run(statement, *values)


class FileCourier:
    """A server that keeps what it got in a file."""

    def __init__(self, directory: Path, steps: Steps) -> None:
        self._inbox = msgspec.json.decode((directory / "inbox.json").read_bytes(), type=Inbox)
        self._posted = directory / "posted.jsonl"
        self._steps = steps

    def inbox(self, after: int) -> Inbox:
        keys = tuple(document for number, document in enumerate(self._inbox.keys, 1) if number > after)
        return msgspec.structs.replace(self._inbox, keys=keys, known_releases=tuple(self.known()))

    def known(self) -> set[str]:
        return {read_unverified(document, Release).id for document in posted(self._posted)}

    def post_release(self, document: SignedDocument) -> None:
        self._steps.take()
        with self._posted.open("ab") as file:
            file.write(msgspec.json.encode(document) + b"\n")
        self._steps.take()


class FixedClock:
    def __init__(self, at: str) -> None:
        self._at = datetime.fromisoformat(at)

    def now(self) -> datetime:
        return self._at


def posted(file: Path) -> list[SignedDocument]:
    lines = file.read_bytes().splitlines() if file.exists() else []
    return [msgspec.json.decode(line, type=SignedDocument) for line in lines]


def run(directory: Path, kill_at: int) -> bool:
    """Do one round in a child process; return whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            one_round(directory, kill_at)
            os._exit(0)
        except BaseException as error:
            print(f"{error!r}", file=sys.stderr)
            os._exit(9)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status) != 0:
        raise SystemExit(f"the round failed at step {kill_at}")
    return False


def one_round(directory: Path, kill_at: int) -> None:
    steps = Steps(kill_at)
    journal = KilledJournal.open(directory / "journal.sqlite")
    journal.steps = steps
    Signer(
        settings=msgspec.json.decode((directory / "settings.json").read_bytes(), type=SignerSettings),
        journal=journal,
        key=load_pem_private_key((directory / "release.pem").read_bytes(), None),  # type: ignore[arg-type]
        courier=FileCourier(directory, steps),
        clock=FixedClock((directory / "now").read_text()),
    ).round()


def end_state(directory: Path) -> dict[str, object]:
    journal = Journal.open(directory / "journal.sqlite")
    sent: dict[str, set[str]] = {}
    for document in posted(directory / "posted.jsonl"):
        sent.setdefault(read_unverified(document, Release).id, set()).add(digest(document))
    rows = journal.releases()
    return {
        "sent": {named: sorted(digests) for named, digests in sorted(sent.items())},
        "signatures": len({msgspec.json.encode(row.document) for row in rows}),
        "journal": [
            [row.serial, digest(row.document), row.signed, row.posted_at is not None] for row in rows
        ],
        "keys": len(journal._run("SELECT number FROM keys")),
    }


def main(prepared: Path, work: Path) -> None:
    kill_at = 0
    while True:
        kill_at += 1
        directory = work / f"killed-{kill_at}"
        shutil.copytree(prepared, directory)
        killed = run(directory, kill_at)
        halfway = end_state(directory)
        run(directory, 0)
        print(json.dumps({"step": kill_at, "killed": killed, "half": halfway, "end": end_state(directory)}))
        if not killed:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
