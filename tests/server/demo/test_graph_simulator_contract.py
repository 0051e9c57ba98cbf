"""The simulated Graph is held against the published one, and a difference would be noticed."""

from collections.abc import Iterator
from typing import Any

import pytest

from fakes.graph_simulator import RunningSimulator, SimulatedTenant, running
from fakes.graph_simulator.contract import Contract, ContractError, contract
from fakes.graph_simulator.signing_in import signed_in
from tenure_server.demo.graph_simulator import accounts, organisation
from tenure_server.demo.graph_simulator.graph import ROUTES, Exchange
from tenure_server.demo.graph_simulator.routing import Route

UPN = "aino.kuuraluhta@rantala.example"
RULES = f"/users/{UPN}/mailFolders/inbox/messageRules"
BEYOND_THE_CONTRACT = {
    ("GET", "/users/{user}/mailFolders/{folder}/messageRules"): {"MailboxSettings.ReadWrite"},
    ("GET", "/users/{user}/mailFolders/{folder}/messageRules/{rule}"): {"MailboxSettings.ReadWrite"},
    ("GET", "/users/{user}/memberOf"): {"GroupMember.Read.All", "Group.Read.All"},
    # Read beside the permission that changes: see `Needs.app`.
    ("PATCH", "/users/{user}"): {"User.Read.All"},
}
"""Permissions that the subset leaves out and that the larger includes, or another document names."""


@pytest.fixture(scope="module")
def published() -> Contract:
    found = contract()
    if found is None:
        pytest.skip("the shared specification folder is absent")
    return found


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    tenant = SimulatedTenant()
    tenant.add_user(UPN)
    with running(tenant, validate=False) as made:
        yield made


def exchange(**changes: Any) -> Exchange:
    fields: dict[str, Any] = {
        "method": "GET",
        "path": RULES,
        "query": {},
        "body": None,
        "status": 200,
        "answer": {"value": [{"id": "1", "isEnabled": True, "sequence": 1}]},
    }
    return Exchange(**{**fields, **changes})


def test_a_true_answer_has_no_faults(published: Contract) -> None:
    assert list(published.faults(exchange())) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": {"value": [{"id": "1", "isEnabled": "yes"}]}},
        {"answer": {"value": {"id": "1"}}},
        {"answer": {"value": [{"id": "1", "actions": {"forwardTo": "a@example.com"}}]}},
        {"status": 403, "answer": {"code": "ErrorAccessDenied"}},
        {"status": 429, "answer": {"error": {"message": "no code"}}},
        {"query": {"$top": "many"}},
        {"method": "PATCH", "path": f"{RULES}/1", "body": {"isEnabled": "false"}, "answer": {"id": "1"}},
        {"method": "POST", "path": "/$batch", "body": {"requests": []}, "answer": {"responses": []}},
        {
            "method": "POST",
            "path": "/$batch",
            "body": {"requests": [{"id": "1", "method": "GET", "url": "/users"}] * 21},
            "answer": {"responses": []},
        },
        {
            "method": "POST",
            "path": f"/users/{UPN}/assignLicense",
            "body": {"addLicenses": [], "removeLicenses": ["not a uuid"]},
            "answer": {"id": "1"},
        },
        {
            "path": f"/users/{UPN}",
            "answer": {"id": "1", "signInSessionsValidFromDateTime": "yesterday"},
        },
    ],
)
def test_a_wrong_call_or_answer_is_noticed(published: Contract, wrong: dict[str, Any]) -> None:
    assert list(published.faults(exchange(**wrong)))


def test_an_undeclared_path_is_not_judged(published: Contract) -> None:
    assert list(published.faults(exchange(path="/applications", answer={"anything": True}))) == []
    assert published.template("/users/delta") == "/users/delta"


def test_a_difference_fails_the_test_that_ran(published: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    true = accounts.whole_user
    monkeypatch.setattr(accounts, "whole_user", lambda *given: {**true(*given), "accountEnabled": "yes"})
    tenant = SimulatedTenant()
    tenant.add_user(UPN)
    with (
        pytest.raises(ContractError, match="accountEnabled"),
        running(tenant) as simulator,
        signed_in(simulator, "User.Read.All") as client,
    ):
        client.get("/users?$select=accountEnabled")


def test_a_difference_inside_a_batch_fails_it_too(
    published: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = organisation._domain
    monkeypatch.setattr(organisation, "_domain", lambda domain: {**true(domain), "isVerified": "yes"})
    requests = [{"id": "1", "method": "GET", "url": "/domains"}]
    with (
        pytest.raises(ContractError, match="answer 200 to GET /domains"),
        running(SimulatedTenant()) as simulator,
        signed_in(simulator, "Domain.Read.All") as client,
    ):
        client.post("/$batch", json={"requests": requests})


def test_a_clients_wrong_call_fails_it_too(published: Contract) -> None:
    tenant = SimulatedTenant()
    tenant.add_user(UPN)
    with (
        pytest.raises(ContractError, match="request GET"),
        running(tenant) as simulator,
        signed_in(simulator, "User.Read.All") as client,
    ):
        client.get("/users?$top=many")


def test_an_error_of_the_test_itself_is_not_hidden_by_a_difference(published: Contract) -> None:
    with (  # noqa: PT012
        pytest.raises(KeyError),
        running(SimulatedTenant()) as simulator,
        signed_in(simulator, "User.Read.All") as client,
    ):
        client.get("/users?$top=many")
        raise KeyError


def test_rubbish_on_purpose_is_no_difference(published: Contract) -> None:
    with running(SimulatedTenant()) as simulator, signed_in(simulator, "User.Read.All") as client:
        simulator.tenant.quirks.garble_next()
        client.get("/users")


@pytest.mark.parametrize("route", list(ROUTES), ids=lambda route: f"{route.method} {route.template}")
def test_no_permission_suffices_here_that_does_not_suffice_there(published: Contract, route: Route) -> None:
    template = published.template(route.template.replace("{", "").replace("}", ""))
    operation = published.paths.get(template, {}).get(route.method.lower())
    if operation is None:
        return  # not declared: nothing to compare with
    assert operation["x-ms-permissions"]["Application"]["all"]
    declared = set(operation["x-ms-permissions"]["Application"]["all"])
    here = {permission for alternative in route.needs.app for permission in alternative}
    assert here <= declared | BEYOND_THE_CONTRACT.get((route.method, route.template), set())


def test_the_paths_that_the_product_needs_are_declared(published: Contract) -> None:
    declared = [
        route for route in ROUTES if published.template(route.template.replace("{", "").replace("}", ""))
    ]
    assert len(declared) > 15
