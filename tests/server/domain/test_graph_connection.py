from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tenure_server.domain.graph_connection import (
    BLIND_SPOTS,
    Connection,
    LaptopClient,
    WayIn,
    examine_connection,
)
from tenure_server.domain.graph_examination import State
from tenure_server.domain.graph_permissions import GRAPH_APP_ID, Feature
from tenure_server.domain.message import say

NOW = datetime(2029, 1, 1, tzinfo=UTC)
ID = "7a3e9d10-52c4-4b8e-9f6d-2c1b0a9e8d7f"
GOOD = Connection(
    tenant=ID,
    client_id="c1",
    way_in=WayIn.CERTIFICATE,
    certificate_ends=NOW + timedelta(days=300),
    signed_in=True,
    token_tenant=ID,
    token_client="c1",
    token_audience="https://graph.microsoft.com",
    resource="https://graph.microsoft.com",
    domains=frozenset({"rantala.example"}),
    skew=timedelta(seconds=3),
)
LAPTOPS = frozenset({Feature.LAPTOPS})


def states(facts: Connection, wanted: frozenset[Feature] = frozenset()) -> dict[str, State]:
    return {row.check: row.state for row in examine_connection(facts, wanted, NOW)}


def test_a_good_way_in_is_ok_throughout() -> None:
    assert set(states(GOOD).values()) == {State.OK}
    assert set(states(GOOD)) == {"credential", "sign_in", "tenant", "clock"}


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-1, State.WRONG), (0, State.WRONG), (1, State.NOTE), (30, State.NOTE), (31, State.OK)],
)
def test_a_certificate_is_told_of_thirty_days_before_its_end(days: int, expected: State) -> None:
    ends = NOW + timedelta(days=days)
    assert states(replace(GOOD, certificate_ends=ends))["credential"] is expected


def test_a_secret_is_for_trying_out_only_and_an_identity_has_no_key() -> None:
    assert states(replace(GOOD, way_in=WayIn.SECRET))["credential"] is State.NOTE
    assert states(replace(GOOD, way_in=WayIn.MANAGED_IDENTITY))["credential"] is State.OK


def test_a_key_that_cannot_be_read_is_wrong_in_its_own_words() -> None:
    fault = say("no key in it")
    rows = examine_connection(replace(GOOD, way_in_fault=fault, signed_in=False), frozenset(), NOW)
    assert (rows[0].state, rows[0].why) == (State.WRONG, fault)
    assert rows[1].state is State.CANNOT_TELL


def test_a_refused_sign_in_is_wrong_and_nothing_else_of_the_tenant_is_told() -> None:
    facts = replace(GOOD, signed_in=False, sign_in_fault=say("no"), skew=None)
    assert states(facts) == {"credential": State.OK, "sign_in": State.WRONG}


@pytest.mark.parametrize(
    ("tenant", "domains", "expected"),
    [
        (ID.upper(), None, State.OK),
        ("00000000-0000-0000-0000-000000000000", None, State.WRONG),
        ("rantala.example", frozenset({"rantala.example"}), State.OK),
        ("Rantala.Example", frozenset({"rantala.example"}), State.OK),
        ("other.example", frozenset({"rantala.example"}), State.WRONG),
        ("rantala.example", None, State.CANNOT_TELL),
    ],
)
def test_the_tenant_that_answers_is_the_one_that_the_settings_name(tenant, domains, expected) -> None:
    assert states(replace(GOOD, tenant=tenant, domains=domains))["tenant"] is expected


@pytest.mark.parametrize(
    ("audience", "wrong"),
    [
        ("https://graph.microsoft.com/", False),
        (GRAPH_APP_ID, False),
        ("", False),
        ("https://graph.microsoft.us", True),
    ],
)
def test_a_token_for_another_cloud_is_told(audience: str, wrong: bool) -> None:
    assert ("cloud" in states(replace(GOOD, token_audience=audience))) is wrong


def test_a_token_of_another_registration_is_told() -> None:
    assert states(replace(GOOD, token_client="c2"))["client"] is State.WRONG


@pytest.mark.parametrize(
    ("seconds", "expected", "word"),
    [(120, State.OK, "agrees"), (121, State.WRONG, "ahead"), (-300, State.WRONG, "behind")],
)
def test_a_clock_that_is_off_is_told_before_sign_in_fails_for_it(seconds, expected, word) -> None:
    rows = examine_connection(replace(GOOD, skew=timedelta(seconds=seconds)), frozenset(), NOW)
    row = next(row for row in rows if row.check == "clock")
    assert row.state is expected
    assert word in str(row.why)


@pytest.mark.parametrize(
    ("client", "laptop", "expected"),
    [
        ("", LaptopClient.UNSEEN, State.MISSING),
        ("c3", LaptopClient.UNKNOWN, State.WRONG),
        ("c3", LaptopClient.CONFIDENTIAL, State.WRONG),
        ("c3", LaptopClient.READY, State.CANNOT_TELL),
        ("c3", LaptopClient.UNSEEN, State.CANNOT_TELL),
    ],
)
def test_the_registration_for_laptops_is_looked_at_where_laptops_are_wanted(client, laptop, expected) -> None:
    facts = replace(GOOD, laptop_client_id=client, laptop=laptop)
    assert states(facts, LAPTOPS)["laptops"] is expected
    assert "laptops" not in states(facts)


def test_graph_that_does_not_answer_is_told_beside_a_sign_in_that_worked() -> None:
    found = states(replace(GOOD, graph_fault=say("down"), domains=None, skew=None))
    assert found["graph"] is State.WRONG
    assert found["sign_in"] is State.OK


def test_what_is_not_seen_is_said() -> None:
    assert len(BLIND_SPOTS) > 2
