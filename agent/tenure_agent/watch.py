"""The resident half of the agent: waits for news and starts visits. Holds no key and judges nothing.

It must stay small (design.md, "Numbers"), so it imports `ssl`, `json` and what they bring. It sends one fixed
request and reads one status line, for which `http.client` and the mail parser behind it would be 2 MiB.
What it needs to know is in `watch.json`, which each visit writes: where the server is, the ticket to wait
with, when to visit next on the clock that no user sets, and the wall time that means "visit now".

A visit is started when there is news, when it is due, when the wall clock reaches the lease's end, when the
ticket is void, when this boot is not the one that the file speaks of, or when there is no readable file.
While a visit still observes, news starts the next one: an unlock never waits for an inventory.

    idle --due--> visiting --(visit wrote watch.json, or ended)--> waiting --news | due | 401--> visiting
                     |                                                |
                     '--(no new file: backoff, doubling)--> idle      '--(server away: backoff)--> waiting
"""

import contextlib
import json
import os
import select
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable
from typing import Any

from tenure_agent.adapters.tls import tls_context
from tenure_agent.platform.own_worker import Worker

TICKET_HEADER = "tenure-ticket"
STATE_FILE = "watch.json"

SLICE_SECONDS = 15.0
"""How often the clocks and the file are looked at while nothing happens; sleep is noticed that late."""
ANSWER_SECONDS = 600.0
CONNECT_SECONDS = 30.0
VISIT_SECONDS = 300.0
"""A visit that takes longer is stopped; its journal makes that safe."""
FIRST_BACKOFF_SECONDS = 5.0
LONGEST_BACKOFF_SECONDS = 15 * 60.0
LONGEST_STATE_BYTES = 64 * 1024
LONGEST_LINE_BYTES = 8 * 1024

_OK, _NOTHING_NEW, _UNAUTHORISED = 200, 204, 401


def since_boot_seconds() -> float:
    """Return the seconds since the boot, time asleep included where the system counts it."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def boot_id() -> str:
    """Name this boot; empty where the system does not."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - no pathlib
            return file.read().strip()
    except OSError:
        return ""


def jittered(seconds: float) -> float:
    """Spread a fleet's steps out: up to half as long again."""
    return seconds * (1 + int.from_bytes(os.urandom(2), "big") / 131072)


class Watch:
    """One laptop's watcher."""

    def __init__(self, directory: str, log: Callable[[str], None]) -> None:
        self._directory = directory
        self._path = os.path.join(directory, STATE_FILE)  # noqa: PTH118 - no pathlib
        self._log = log
        self._worker: Worker | None = None
        self._started = 0.0
        self._stamp_at_start: int | None = None
        self._not_before = 0.0
        self._failures = 0
        self._waits_failed = 0
        self._boot = boot_id()

    def run(self) -> None:
        """Watch until the process is told to stop."""
        while True:
            self.step()

    def step(self) -> None:
        """Do one thing: look after a running visit, start one, or wait for news."""
        state = self.state()
        if self._worker is not None and not self._has_acted(state):
            time.sleep(0.1 if since_boot_seconds() - self._started < SLICE_SECONDS else 1.0)
        elif self.is_due(state):
            self._visit_after_backoff()
        elif state is not None and state.get("ticket"):
            self._wait(state)
        else:
            self._pause(self._seconds_left(state))

    def state(self) -> dict[str, Any] | None:
        """Read what the last visit left; None if there is nothing readable."""
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123 - no pathlib
                state = json.loads(file.read(LONGEST_STATE_BYTES))
        except (OSError, ValueError):
            return None
        known = isinstance(state, dict) and isinstance(state.get("wake_at"), int | float)
        return state if known and isinstance(state.get("host"), str) else None

    def is_due(self, state: dict[str, Any] | None) -> bool:
        """Tell whether a visit should be under way now."""
        if state is None or state.get("boot_id") != self._boot or since_boot_seconds() >= state["wake_at"]:
            return True
        lock_at = state.get("lock_at")
        return isinstance(lock_at, int | float) and time.time() >= lock_at  # noqa: TID251 - resident, no port

    def stop(self) -> None:
        """Leave no visit behind."""
        if self._worker is not None:
            self._worker.stop()

    def _stamp(self) -> int | None:
        try:
            return os.stat(self._path).st_mtime_ns  # noqa: PTH116 - no pathlib
        except OSError:
            return None

    def _has_acted(self, state: dict[str, Any] | None) -> bool:
        """Look after the running visit; True when it ended, or has done all but observe."""
        worker = self._worker
        if worker is None:
            return True
        if worker.is_over():
            self._ended(worker)
            return True
        if since_boot_seconds() - self._started > VISIT_SECONDS:
            self._log("a visit took too long and was stopped")
            worker.stop()
            self._ended(worker)
            return True
        return state is not None and self._stamp() != self._stamp_at_start

    def _ended(self, worker: Worker) -> None:
        self._worker = None
        if self._stamp() != self._stamp_at_start:
            self._failures = 0
            return
        self._failures += 1
        seconds = min(FIRST_BACKOFF_SECONDS * 2.0 ** min(self._failures - 1, 10), LONGEST_BACKOFF_SECONDS)
        self._not_before = since_boot_seconds() + jittered(seconds)
        self._log(f"a visit ended with exit code {worker.exit_code} and left no word; trying again later")

    def _visit_after_backoff(self) -> None:
        left = self._not_before - since_boot_seconds()
        if left > 0:
            self._pause(left)
            return
        self._start_visit()

    def _start_visit(self) -> None:
        self.stop()
        self._stamp_at_start = self._stamp()
        self._started = since_boot_seconds()
        self._worker = Worker("tenure_agent.cli", "visit", "--directory", self._directory)

    def _seconds_left(self, state: dict[str, Any] | None) -> float:
        return SLICE_SECONDS if state is None else state["wake_at"] - since_boot_seconds()

    def _pause(self, seconds: float) -> None:
        time.sleep(max(0.05, min(seconds, SLICE_SECONDS)))

    def _wait(self, state: dict[str, Any]) -> None:
        """Hold one long-poll until there is news, or something else to do."""
        try:
            with connected(state) as sock:
                sock.sendall(request(state))
                line = self._first_line(sock, state)
            if line is not None:
                self._heard(status_of(line))
        except (OSError, ValueError, KeyError) as error:
            self._waits_failed += 1
            backoff = FIRST_BACKOFF_SECONDS * 2.0 ** min(self._waits_failed - 1, 10)
            self._log(f"waiting failed: {error}")
            self._sleep_watching(jittered(min(backoff, LONGEST_BACKOFF_SECONDS)))

    def _heard(self, status: int) -> None:
        if status not in (_OK, _NOTHING_NEW, _UNAUTHORISED):
            raise ValueError(f"HTTP {status}")
        self._waits_failed = 0
        if status != _NOTHING_NEW:
            self._sleep_watching(jittered(0.2))
            self._start_visit()

    def _first_line(self, sock: socket.socket, state: dict[str, Any]) -> bytes | None:
        """Sleep on the socket in slices; None when there is something else to do first."""
        stamp, deadline = self._stamp(), since_boot_seconds() + ANSWER_SECONDS
        line = b""
        while since_boot_seconds() < deadline and len(line) < LONGEST_LINE_BYTES:
            seconds = max(0.05, min(SLICE_SECONDS, self._seconds_left(state)))
            if select.select([sock], [], [], seconds)[0]:
                line += received(sock)
                if b"\n" in line:
                    return line
            if self._worker is not None and self._worker.is_over():
                self._ended(self._worker)
            if self.is_due(state) or self._stamp() != stamp:
                return None
        raise ValueError("no answer in time")

    def _sleep_watching(self, seconds: float) -> None:
        until, stamp = since_boot_seconds() + seconds, self._stamp()
        while (left := until - since_boot_seconds()) > 0:
            self._pause(left)
            if self._stamp() != stamp or self.is_due(self.state()):
                return


def connected(state: dict[str, Any]) -> socket.socket:
    """Connect to the server, over TLS unless it is this machine itself."""
    plain = socket.create_connection((state["host"], int(state["port"])), timeout=CONNECT_SECONDS)
    if not state["tls"]:
        return plain
    try:
        return tls_context(state.get("ca_file")).wrap_socket(plain, server_hostname=state["host"])
    except BaseException:
        plain.close()
        raise


def request(state: dict[str, Any]) -> bytes:
    """Write the one request; a ticket that could be more than one header's value is refused.

    Raises:
        ValueError: a value does not fit on its line.
    """
    path, host, ticket = (str(state[name]) for name in ("path", "host_header", "ticket"))
    if not all(
        value.isascii() and value.isprintable() and " " not in value for value in (path, host, ticket)
    ):
        raise ValueError("the ticket or the address does not fit into a request")
    lines = (
        f"GET {path} HTTP/1.1",
        f"host: {host}",
        f"{TICKET_HEADER}: {ticket}",
        "connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def received(sock: socket.socket) -> bytes:
    """Return what has arrived; nothing if it was only TLS speaking to itself (a session ticket).

    Raises:
        OSError: the connection is closed or broken.
    """
    sock.settimeout(0)
    try:
        arrived = sock.recv(LONGEST_LINE_BYTES)
    except (ssl.SSLWantReadError, BlockingIOError):
        return b""
    finally:
        sock.settimeout(CONNECT_SECONDS)
    if not arrived:
        raise ConnectionResetError("closed without an answer")
    return arrived


def status_of(line: bytes) -> int:
    """Read the status from an answer's first line.

    Raises:
        ValueError: it is no HTTP answer.
    """
    protocol, _, rest = line.partition(b" ")
    if not protocol.startswith(b"HTTP/1."):
        raise ValueError("what answered is no HTTP server")
    return int(rest[:3])


def _log(sentence: str) -> None:
    sys.stderr.write(f"tenure-agent watch: {sentence}\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> int:
    """Watch over the agent of a directory until told to stop."""
    watch = Watch(arguments[0], _log)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        watch.run()
    watch.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
