from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenure_server.adapters.clock import MovableClock, SystemClock
from tenure_server.domain.errors import RefusedError

NOW = datetime(2029, 5, 1, tzinfo=UTC)


class Stopped:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


def test_the_machines_clock_is_aware_and_in_utc() -> None:
    first, second = SystemClock().now(), SystemClock().now()
    assert first <= second
    assert first.utcoffset() == timedelta(0)


def test_an_unmoved_clock_tells_the_machines_time(tmp_path: Path) -> None:
    assert MovableClock(tmp_path / "clock", Stopped()).now() == NOW


def test_a_moved_clock_runs_on_from_where_it_was_moved_to(tmp_path: Path) -> None:
    machine = Stopped()
    clock = MovableClock(tmp_path / "clock", machine)
    clock.move_to(NOW + timedelta(days=30, microseconds=1))
    machine.moment += timedelta(seconds=5)
    assert clock.now() == NOW + timedelta(days=30, seconds=5, microseconds=1)


def test_every_process_that_shares_the_file_moves_along(tmp_path: Path) -> None:
    clocks = [MovableClock(tmp_path / "clock", Stopped()) for _ in range(2)]
    for day in range(1, 4):
        clocks[day % 2].move_to(NOW + timedelta(days=day))
        assert [clock.now() for clock in clocks] == [NOW + timedelta(days=day)] * 2
    assert MovableClock(tmp_path / "clock", Stopped()).now() == NOW + timedelta(days=3)


def test_the_clock_never_goes_backwards(tmp_path: Path) -> None:
    first, second = (MovableClock(tmp_path / "clock", Stopped()) for _ in range(2))
    first.move_to(NOW + timedelta(days=2))
    for clock in (first, second):
        with pytest.raises(RefusedError):
            clock.move_to(NOW + timedelta(days=1))
    (tmp_path / "clock").write_text("0\n", encoding="ascii")
    assert first.now() == NOW + timedelta(days=2)
