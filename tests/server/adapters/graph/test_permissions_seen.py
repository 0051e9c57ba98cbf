"""What is read of our own token and of answers that are not what they should be."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.graph_simulator import SimulatedTenant, running
from fakes.registration import READING, registered, settings_for
from tenure_server.adapters.clock import SystemClock
from tenure_server.adapters.graph.permissions_seen import GraphView, claims_of
from tenure_server.domain.graph_examination import Reach
from tenure_server.domain.graph_permissions import Feature
from tenure_server.usecases.ports.tenant_view import Question


def token(payload: Any) -> str:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return f"x.{base64.urlsafe_b64encode(raw).decode().rstrip('=')}.signature"


def test_the_claims_of_a_token_are_read() -> None:
    assert claims_of(token({"roles": ["User.Read.All"], "tid": "t"})) == {
        "roles": ["User.Read.All"],
        "tid": "t",
    }


@pytest.mark.parametrize(
    "junk",
    ["", "x", "a.b", "a.!.c", "a.é.c", token(b"\xff\xfe"), token([1]), token("text"), token(b"[" * 100_000)],
    ids=range(9),
)
def test_a_token_that_cannot_be_read_has_no_claims(junk: str) -> None:
    assert claims_of(junk) == {}


class LaterClock:
    """A clock that is ahead."""

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(minutes=4)


async def test_a_clock_that_is_ahead_is_seen_by_the_tenants_date(tmp_path: Path) -> None:
    tenant = SimulatedTenant()
    async with running(tenant) as simulator:
        settings = settings_for(simulator, graph_certificate=registered(tenant, tmp_path, READING))
        view = await GraphView(settings, LaterClock()).look(Question(wanted=frozenset({Feature.LOOK})))
    skew = view.connection.skew
    assert skew is not None
    assert timedelta(minutes=3) < skew < timedelta(minutes=5)
    assert view.seen.roles == frozenset(READING)
    assert set(view.seen.probes.values()) == {Reach.READABLE}
    assert view.connection.certificate_ends is not None
    assert view.connection.certificate_ends > datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_mailbox_that_is_none_is_passed_over_and_guests_are_never_tried(tmp_path: Path) -> None:
    tenant = SimulatedTenant()
    tenant.add_user("guest_x#EXT#@rantala.example", user_type="Guest", mail="x@gmail.example")
    tenant.add_user("unlicensed@rantala.example", licensed=False)
    boss = tenant.add_user("boss@rantala.example")
    aino = tenant.add_user("aino@rantala.example")
    async with running(tenant) as simulator:
        settings = settings_for(
            simulator, graph_certificate=registered(tenant, tmp_path, [*READING, "MailboxSettings.Read"])
        )
        question = Question(
            wanted=frozenset({Feature.LOOK}),
            trustees=("gone@rantala.example", "aino@rantala.example"),
            never_others=frozenset({"aino@rantala.example"}),
            pick_others=True,
        )
        view = await GraphView(settings, SystemClock()).look(question)
    assert (view.seen.trustee, view.seen.other) == (Reach.READABLE, Reach.READABLE)
    tried = [path for _, path, _ in tenant.calls("GET", "mailFolders")]
    assert any(boss.id in path for path in tried)
    assert not any(aino.id in path or "guest" in path for path in tried)
