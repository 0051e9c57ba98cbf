from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fakes.city import City, instant, policy
from tenure_server.domain.facts import Facts
from tenure_server.domain.graph_connection import Connection, WayIn
from tenure_server.domain.graph_examination import Reach, Seen, State
from tenure_server.domain.graph_permissions import Feature
from tenure_server.domain.message import say
from tenure_server.settings import Settings
from tenure_server.usecases.examine_graph import (
    addresses_of_all,
    examine_graph,
    trustees_to_try,
    wanted_features,
)
from tenure_server.usecases.ports.tenant_view import Question, View

NOW = datetime(2029, 1, 1, tzinfo=UTC)
TENANT: dict[str, Any] = {
    "graph_tenant": "rantala.example",
    "graph_client_id": "11111111-2222-3333-4444-555555555555",
    "graph_certificate": Path("graph.pem"),
}


@pytest.mark.parametrize(
    ("settings", "fixing", "wanted"),
    [
        ({}, False, {Feature.LOOK}),
        ({}, True, {Feature.FIX}),
        ({"mail_fixer": "laptop"}, True, {Feature.LAPTOPS}),
        ({"graph_laptop_client_id": "x"}, False, {Feature.LOOK, Feature.LAPTOPS}),
        ({"graph_sender": "a@b.example"}, False, {Feature.LOOK, Feature.NOTICES}),
        (
            {"accounts": "graph"},
            False,
            {Feature.LOOK, Feature.BLOCK, Feature.REVOKE, Feature.LICENCES},
        ),
        (
            {"accounts": "graph", "mailbox_closing": "user"},
            False,
            {Feature.LOOK, Feature.BLOCK, Feature.REVOKE, Feature.USERS},
        ),
        (
            {"accounts": "graph", "mailbox_closing": "shared"},
            False,
            {Feature.LOOK, Feature.BLOCK, Feature.REVOKE},
        ),
    ],
)
def test_what_is_wanted_follows_from_the_settings(settings, fixing, wanted) -> None:
    assert wanted_features(Settings(**TENANT, **settings), fixing=fixing) == wanted


def facts() -> Facts:
    city = City()
    city.seat("left", until="2027-05-31", decided="KV 1 §")
    for number in range(8):
        city.seat(f"sits{number}", until="2029-05-31")
    made = city.facts()
    people = {
        id_: replace(row, email_city=f"{id_.title()}@rantala.example") for id_, row in made.people.items()
    }
    return replace(made, people=people)


def test_a_few_sitting_trustees_are_tried_and_nobody_who_left() -> None:
    tried = trustees_to_try(facts(), policy(), instant("2029-01-01"))
    assert tried == tuple(f"Sits{number}@rantala.example" for number in range(5))


def test_nobody_of_the_register_counts_as_somebody_else() -> None:
    known = addresses_of_all(facts())
    assert "left@rantala.example" in known
    assert len(known) == 9


class Clock:
    def now(self) -> datetime:
        return NOW


class Tenant:
    """A view that is given."""

    def __init__(self, view: View) -> None:
        self.view = view

    async def look(self, question: Question) -> View:
        return self.view


async def test_the_way_in_comes_first_and_one_wrong_thing_is_enough() -> None:
    roles = frozenset({"Domain.Read.All", "User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"})
    connection = Connection(tenant="rantala.example", way_in=WayIn.MANAGED_IDENTITY, signed_in=True)
    view = View(connection=connection, seen=Seen(roles=roles, trustee=Reach.READABLE, other=Reach.REFUSED))
    question = Question(wanted=frozenset({Feature.LOOK}))
    found = await examine_graph(Tenant(view), question, Clock())
    assert found.is_fine
    assert [row.check for row in found.rows][:2] == ["credential", "sign_in"]
    assert found.rows[-1].state is State.OK
    broken = replace(view, connection=replace(connection, graph_fault=say("down")))
    assert not (await examine_graph(Tenant(broken), question, Clock())).is_fine
