"""The lease under which a mail job switches rules off."""

import json
import time
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from fakes.agent import Agent
from tenure_agent.adapters.journal_sqlite import SqliteJournal
from tenure_agent.config import load
from tenure_agent.mail_wiring import _checking, trusted
from tenure_policies.forwarding.mail_order import MailOrder

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("ends_in", "fix_seconds", "may"),
    [(HOUR, 3600, True), (HOUR, 0, False), (-HOUR, 3600, False), (None, 3600, False)],
)
def test_rules_are_switched_off_within_the_seconds_given_and_the_orders_own_end(
    tmp_path: Path, ends_in: timedelta | None, fix_seconds: float, may: bool
):
    agent = Agent(tmp_path).enrol()
    root = agent.server.city.root_thumbprint
    (tmp_path / "config.json").write_text(json.dumps({"server": "http://127.0.0.1:1", "root": root}))
    journal = SqliteJournal(tmp_path / "journal.sqlite")
    now = trusted(journal)
    order = MailOrder(
        municipality="kuntala", device="device-1", epoch=1, number=1, issued=now, expires=now + 24 * HOUR,
        address="aino@city.gov", language="fi", authority="https://login.microsoftonline.com/t",
        client_id="c", graph="https://graph.microsoft.com/v1.0",
    )  # fmt: skip
    held = msgspec.structs.replace(order, fix_until=None if ends_in is None else now + ends_in)
    deadline = time.monotonic() + 60
    job = _checking(tmp_path, load(tmp_path), journal, held, fix_seconds=fix_seconds, deadline=deadline)
    assert job.may_fix() is may
    journal.close()
