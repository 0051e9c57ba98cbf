import threading
import time

import pytest

from tenure_agent.adapters.bounded import within


def test_what_ends_in_time_is_given_back():
    assert within(5, lambda: {"os": b"{}"})() == {"os": b"{}"}


def test_what_hangs_costs_its_seconds_and_no_more(caplog: pytest.LogCaptureFixture):
    release = threading.Event()
    began = time.monotonic()
    assert within(0.1, lambda: {"os": str(release.wait(30)).encode()})() == {}
    assert time.monotonic() - began < 5
    assert "took too long" in caplog.text
    release.set()


def test_what_fails_is_logged_and_gives_nothing(caplog: pytest.LogCaptureFixture):
    def fails() -> dict[str, bytes]:
        raise RuntimeError("no disk")

    assert within(5, fails)() == {}
    assert "inventory failed" in caplog.text
