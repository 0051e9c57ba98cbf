"""The resident watcher as a real process against a real socket, and its parts one by one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.server import FakeServer, serving
from fakes.tls import certificate, server_context
from tenure_agent import watch as watch_module
from tenure_agent.config import AgentConfig
from tenure_agent.watch import Watch, boot_id, jittered, since_boot_seconds
from tenure_agent.wiring import run_enrol, run_visit
from tenure_policies import wire
from tenure_policies.payloads import Act, Outcome

pytestmark = pytest.mark.enable_socket


@contextmanager
def watching(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tenure_agent.cli", "watch", "--directory", str(directory)]
    with (directory / "watch.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def comes_true(condition: Callable[[], object], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def now() -> datetime:
    return datetime.now(UTC)


def enrolled(tmp_path: Path, server: FakeServer, url: str, **settings: Any) -> Path:
    directory = tmp_path / "agent"
    config = AgentConfig(server=url, root=server.city.root_thumbprint, serial="S1", **settings)
    run_enrol(directory, config, server.token())
    return directory


def is_locked(directory: Path) -> bool:
    return (directory / "sandbox" / "locked.json").exists()


def test_it_locks_by_its_own_lease_with_the_server_stopped(tmp_path: Path):
    server = FakeServer()
    with serving(server) as url:
        directory = enrolled(tmp_path, server, url)
        server.order(lock_at=now() + timedelta(seconds=6))
        assert run_visit(directory).answered
    assert not is_locked(directory)
    with watching(directory):
        assert comes_true(lambda: is_locked(directory))
    marker = json.loads((directory / "sandbox" / "locked.json").read_text())
    assert marker["by_lease"] is True
    assert marker["lock_id"] == "lock-1"


def test_news_reaches_a_waiting_laptop_and_the_server_hears_of_the_lock(tmp_path: Path):
    server = FakeServer()
    with serving(server) as url:
        directory = enrolled(tmp_path, server, url)
        with watching(directory):
            assert comes_true((directory / "watch.json").exists)
            server.wakes.clear()
            server.order(state="locked")
            assert comes_true(lambda: is_locked(directory))
            assert comes_true(lambda: server.receipts)
    told = server.receipts[1]
    assert (told.act, told.outcome) == (Act.LOCK, Outcome.DONE)


def test_a_void_ticket_leads_to_a_visit_and_a_new_one(tmp_path: Path):
    server = FakeServer()
    with serving(server) as url:
        directory = enrolled(tmp_path, server, url)
        run_visit(directory)
        server.ticket = "ticket-2"
        with watching(directory):
            assert comes_true(lambda: read(directory)["ticket"] == "ticket-2")


def test_case_24_an_expired_certificate_of_the_pinned_key_neither_locks_nor_stops_a_visit(tmp_path: Path):
    pem = certificate(tmp_path / "tls")
    server = FakeServer()
    with serving(server, server_context(pem)) as url:
        directory = enrolled(tmp_path, server, url, ca_file=str(pem))
        assert run_visit(directory).answered
        with watching(directory):
            server.wakes.clear()
            server.order(state="locked")
            assert comes_true(lambda: is_locked(directory))


def test_a_server_with_another_key_than_the_pinned_one_is_not_believed(tmp_path: Path):
    pinned, other = certificate(tmp_path / "tls"), certificate(tmp_path / "other")
    server = FakeServer()
    with serving(server, server_context(pinned)) as url:
        directory = enrolled(tmp_path, server, url, ca_file=str(pinned))
        port = int(url.rpartition(":")[2])
    with serving(server, server_context(other), port):
        visited = run_visit(directory)
    assert not visited.answered
    assert "certificate" in str(visited.why_not).lower()
    assert not is_locked(directory)


def test_the_watcher_ends_when_told_and_leaves_no_visit_behind(tmp_path: Path):
    server = FakeServer()
    with serving(server) as url:
        directory = enrolled(tmp_path, server, url)
        with watching(directory) as process:
            assert comes_true((directory / "watch.json").exists)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0


def read(directory: Path) -> dict[str, Any]:
    return dict(json.loads((directory / "watch.json").read_text()))


def state(**changes: Any) -> dict[str, Any]:
    fields = {
        "host": "127.0.0.1",
        "port": 1,
        "tls": False,
        "host_header": "127.0.0.1:1",
        "path": "/agent/v1/wait",
        "ca_file": None,
        "ticket": "t",
        "boot_id": boot_id(),
        "wake_at": since_boot_seconds() + 1000,
        "lock_at": None,
    }
    return {**fields, **changes}


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(str(tmp_path), lambda _: None)


def test_nothing_is_due_before_its_time(watch: Watch):
    assert not watch.is_due(state())


@pytest.mark.parametrize(
    "changes",
    [{"wake_at": 0}, {"boot_id": "another boot"}, {"lock_at": 0}, {"lock_at": 1.5}],
)
def test_a_visit_is_due_when_its_time_or_a_new_boot_or_the_leases_wall_time_came(
    watch: Watch, changes: dict[str, Any]
):
    assert watch.is_due(state(**changes))


def test_a_lease_that_ends_next_year_makes_nothing_due(watch: Watch):
    assert not watch.is_due(state(lock_at=time.time() + 1e7))


@pytest.mark.parametrize("content", ["", "null", "[]", "{}", '{"wake_at": "soon", "server": "x"}', "\x00"])
def test_a_file_that_says_nothing_leads_to_a_visit(watch: Watch, tmp_path: Path, content: str):
    (tmp_path / "watch.json").write_text(content)
    assert watch.state() is None
    assert watch.is_due(watch.state())


def test_a_missing_file_leads_to_a_visit(watch: Watch):
    assert watch.is_due(watch.state())


def test_jitter_adds_up_to_half(watch: Watch):
    assert all(10 <= jittered(10) <= 15 for _ in range(200))


def test_the_state_for_the_watcher_is_for_its_owner_only(tmp_path: Path):
    server = FakeServer()
    with serving(server) as url:
        directory = enrolled(tmp_path, server, url)
        run_visit(directory)
    assert (directory / "watch.json").stat().st_mode & 0o777 == 0o600


def test_visits_that_leave_no_word_are_retried_with_growing_patience(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """There is no configuration here, so each visit fails at once."""
    starts = []
    start = watch._start_visit
    monkeypatch.setattr(watch, "_start_visit", lambda: (starts.append(1), start()))
    monkeypatch.setattr("tenure_agent.watch.FIRST_BACKOFF_SECONDS", 0.3)
    until = time.monotonic() + 6
    while time.monotonic() < until:
        watch.step()
    watch.stop()
    assert 1 < len(starts) < 6


def test_a_hung_visit_is_stopped_and_forgotten(watch: Watch, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tenure_agent.watch.VISIT_SECONDS", 0.2)
    monkeypatch.setattr("tenure_agent.watch.Worker", sleeper)
    watch.step()
    worker = watch._worker
    assert worker is not None
    assert comes_true(lambda: watch.step() or worker.exit_code is not None, 10)
    assert worker.exit_code == -signal.SIGKILL


def test_an_unlock_does_not_wait_for_a_visit_that_still_observes(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tenure_agent.watch.Worker", sleeper)
    watch.step()
    first = watch._worker
    assert first is not None
    (tmp_path / "watch.json").write_text(json.dumps(state()))
    watch._heard(200)
    assert watch._worker is not first
    assert first.exit_code == -signal.SIGKILL
    watch.stop()


def sleeper(*_: str) -> Any:
    from tenure_agent.platform import own_worker

    worker = object.__new__(own_worker.Worker)
    worker.pid = os.posix_spawn(
        sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"], os.environ, setpgroup=0
    )
    worker.exit_code = None
    return worker


def test_the_watcher_carries_no_heavy_library():
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", "import tenure_agent.watch, sys; print(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    heavy = {
        "http.client",
        "email",
        "msgspec",
        "cryptography",
        "securesystemslib",
        "sqlite3",
        "dataclasses",
        "subprocess",
        "typing_extensions",
    }
    assert not heavy & set(loaded)


def test_the_watcher_and_the_wire_name_the_same_header():
    assert watch_module.TICKET_HEADER == wire.TICKET_HEADER


@pytest.mark.parametrize("ticket", ["a\r\nx: y", "a b", "\u00e4", "a\tb"])
def test_a_ticket_cannot_smuggle_a_second_header(ticket: str):
    with pytest.raises(ValueError, match="does not fit"):
        watch_module.request(state(ticket=ticket))


@pytest.mark.parametrize(
    ("line", "status"), [(b"HTTP/1.1 204 No Content\r\n", 204), (b"HTTP/1.0 401\r\n", 401)]
)
def test_the_status_is_read_from_the_first_line(line: bytes, status: int):
    assert watch_module.status_of(line) == status


@pytest.mark.parametrize(
    "line", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1\r\n", b"HTTP/1.1 abc\r\n", b"HTTP/2 200\r\n"]
)
def test_what_is_no_http_answer_is_an_error(line: bytes):
    with pytest.raises(ValueError, match=r"HTTP|int"):
        watch_module.status_of(line)


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_an_answer_that_is_no_answer_to_waiting_starts_no_visit(watch: Watch, status: int):
    with pytest.raises(ValueError, match="HTTP"):
        watch._heard(status)
    assert watch._worker is None
