"""Batches, throttling and everything that can be made to go wrong with the simulated Graph."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from fakes.graph_simulator import Fault, RunningSimulator, SimulatedTenant, running
from fakes.graph_simulator.signing_in import signed_in
from tenure_server.demo.graph_simulator.limits import Limits

ROLES = ("User.Read.All", "MailboxSettings.ReadWrite")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with running(SimulatedTenant.of(mailboxes=30)) as made:
        yield made


@pytest.fixture
def client(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    with signed_in(simulator, *ROLES) as made:
        yield made


def rules_of(user: str) -> str:
    return f"/users/{user}/mailFolders/inbox/messageRules"


def reading(*users: str) -> dict[str, Any]:
    return {
        "requests": [
            {"id": str(number), "method": "GET", "url": rules_of(user)} for number, user in enumerate(users)
        ]
    }


def by_id(answer: httpx2.Response) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in answer.json()["responses"]}


def test_a_batch_of_twenty_is_answered_one_by_one_in_another_order(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    users = list(simulator.tenant.users)[:20]
    answer = client.post("/$batch", json=reading(*users))
    assert {reply["status"] for reply in answer.json()["responses"]} == {200}
    order = [reply["id"] for reply in answer.json()["responses"]]
    assert sorted(order, key=int) == [str(number) for number in range(20)] != order
    inner = [entry.path for entry in simulator.tenant.log if entry.in_batch]
    assert inner == [rules_of(user) for user in users]


def test_a_batch_that_is_not_well_formed_is_refused(simulator: RunningSimulator) -> None:
    user = next(iter(simulator.tenant.users))
    one = {"id": "1", "method": "GET", "url": f"/users/{user}"}
    # These calls are wrong on purpose, so they are not held against the contract.
    with running(simulator.tenant, validate=False) as lenient, signed_in(lenient, *ROLES) as client:
        for requests in (
            [],
            [{**one, "id": str(number)} for number in range(21)],
            [one, one],
            [{**one, "dependsOn": ["2"]}],
            [{"id": "1", "url": "/users"}],
        ):
            assert client.post("/$batch", json={"requests": requests}).status_code == 400


def test_what_depends_on_a_failure_is_not_done(simulator: RunningSimulator, client: httpx2.Client) -> None:
    user = next(iter(simulator.tenant.users))
    simulator.tenant.quirks.fail_next(status=503, code="serviceUnavailable", path=rules_of(user))
    requests = [
        {"id": "read", "method": "GET", "url": rules_of(user)},
        {"id": "after", "method": "GET", "url": f"/users/{user}", "dependsOn": ["read"]},
        {"id": "later", "method": "GET", "url": f"/users/{user}", "dependsOn": ["after"]},
        {"id": "alone", "method": "GET", "url": f"/users/{user}"},
    ]
    replies = by_id(client.post("/$batch", json={"requests": requests}))
    assert {name: reply["status"] for name, reply in replies.items()} == {
        "read": 503,
        "after": 424,
        "later": 424,
        "alone": 200,
    }
    assert replies["after"]["body"]["error"]["code"] == "FailedDependency"


def test_a_body_in_a_batch_needs_its_content_type(simulator: RunningSimulator, client: httpx2.Client) -> None:
    user = next(iter(simulator.tenant.users))
    rule = simulator.tenant.add_forward(user, "home@example.net")
    change = {"method": "PATCH", "url": f"{rules_of(user)}/{rule}", "body": {"isEnabled": False}}
    typed = {**change, "id": "2", "headers": {"Content-Type": "application/json"}}
    replies = by_id(client.post("/$batch", json={"requests": [{**change, "id": "1"}, typed]}))
    assert (replies["1"]["status"], replies["2"]["status"]) == (400, 200)


def test_a_batch_is_throttled_item_by_item(simulator: RunningSimulator, client: httpx2.Client) -> None:
    user, other, *_ = simulator.tenant.users
    replies = by_id(client.post("/$batch", json=reading(*[user] * 6, other)))
    assert [replies[str(number)]["status"] for number in range(7)] == [200] * 4 + [429] * 2 + [200]
    refused = replies["4"]
    assert refused["body"]["error"]["code"] == "ApplicationThrottled"
    assert 0 < float(refused["headers"]["Retry-After"]) < 1


async def test_a_mailbox_takes_four_calls_at_once_from_one_application(simulator: RunningSimulator) -> None:
    tenant = simulator.tenant
    tenant.latency_seconds = 0.3
    user = next(iter(tenant.users))
    with signed_in(simulator, *ROLES) as signed:
        headers = dict(signed.headers)
    context = ssl.create_default_context(cafile=str(simulator.ca_file))
    async with httpx2.AsyncClient(
        base_url=simulator.url, headers=headers, verify=context, trust_env=False
    ) as client:
        answers = await asyncio.gather(*(client.get(rules_of(user)) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [200] * 4 + [429] * 2
        assert (await client.get(rules_of(user))).status_code == 200
    assert max(tenant.limits.most_at_once.values()) == 4


def test_a_mailbox_takes_so_many_calls_in_ten_minutes() -> None:
    now = [0.0]
    limits = Limits(requests_per_mailbox=2, clock=lambda: now[0])

    def call(mailbox: str) -> float | None:
        refused = limits.enter("app", mailbox)
        if refused is None:
            limits.leave("app", mailbox)
            return None
        return refused.retry_after_seconds

    assert [call("one"), call("one"), call("two")] == [None, None, None]
    now[0] = 100.5
    assert call("one") == 499.5
    now[0] = 600
    assert call("one") is None


def test_the_published_limits_are_the_defaults() -> None:
    limits = Limits()
    assert (limits.requests_per_mailbox, limits.window_seconds, limits.concurrent_per_mailbox) == (
        10_000,
        600,
        4,
    )


def test_the_whole_tenant_takes_a_rate_after_a_burst() -> None:
    now = [0.0]
    limits = Limits(requests_per_second=10, burst=5, clock=lambda: now[0])
    assert [limits.enter("app", None) for _ in range(5)] == [None] * 5
    refused = limits.enter("app", None)
    assert refused is not None
    now[0] += refused.retry_after_seconds + 1e-9
    assert limits.enter("app", None) is None
    now[0] += 60
    assert sum(limits.enter("app", None) is None for _ in range(20)) == 5
    assert limits.refused == 16


def test_a_rate_throttles_over_the_wire_with_fractions(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    simulator.tenant.limits.requests_per_second, simulator.tenant.limits.burst = 2, 1
    answers = [client.get("/users?$top=1") for _ in range(3)]
    throttled = next(answer for answer in answers if answer.status_code == 429)
    assert "." in throttled.headers["Retry-After"]


def test_the_next_calls_are_throttled_as_graph_and_as_intune_do(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    simulator.tenant.quirks.throttle_next()
    simulator.tenant.quirks.reach_rate_limit_next()
    first, second, third = (client.get("/users") for _ in range(3))
    assert (first.status_code, first.headers["Retry-After"]) == (429, "2.128")
    assert (second.status_code, second.json()["error"]["message"]) == (500, "Rate limit reached")
    assert third.status_code == 200


def test_faults_meet_only_the_calls_that_fit(simulator: RunningSimulator, client: httpx2.Client) -> None:
    user = next(iter(simulator.tenant.users))
    simulator.tenant.quirks.add(Fault(path="/users/*/messageRules", status=502, after=1, times=2))
    statuses = [client.get(path).status_code for path in ("/users", *[rules_of(user)] * 4)]
    assert statuses == [200, 200, 502, 502, 200]


@pytest.mark.parametrize("after_acting", [False, True])
def test_a_connection_breaks_before_or_after_acting(
    simulator: RunningSimulator, client: httpx2.Client, after_acting: bool
) -> None:
    user = next(iter(simulator.tenant.users))
    rule = simulator.tenant.add_forward(user, "home@example.net")
    simulator.tenant.quirks.cut_next(method="PATCH", after_acting=after_acting)
    with pytest.raises(httpx2.TransportError):
        client.patch(f"{rules_of(user)}/{rule}", json={"isEnabled": False})
    assert simulator.tenant.user(user).rules[rule]["isEnabled"] is not after_acting
    assert simulator.tenant.log[-1].status == 0


def test_an_answer_may_be_late_or_rubbish(simulator: RunningSimulator, client: httpx2.Client) -> None:
    simulator.tenant.quirks.delay_next(seconds=0.3)
    simulator.tenant.quirks.garble_next()
    begun = time.monotonic()
    assert client.get("/users").status_code == 200
    assert time.monotonic() - begun >= 0.3
    rubbish = client.get("/users")
    assert rubbish.status_code == 200
    with pytest.raises(ValueError, match=r"JSON|delimiter|Unterminated"):
        rubbish.json()


def test_every_call_is_logged_in_order_with_who_made_it(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    simulator.tenant.log.clear()
    client.get("/users?$top=1")
    client.get("/no/such/thing")
    client.request("PUT", "/users")
    app = next(iter(simulator.tenant.apps))
    assert simulator.tenant.calls() == [
        ("GET", "/users", app),
        ("GET", "/no/such/thing", app),
        ("PUT", "/users", app),
    ]
    assert [entry.status for entry in simulator.tenant.log] == [200, 400, 405]
    assert simulator.tenant.calls("PUT", "/users") == [("PUT", "/users", app)]


def test_a_truncated_body_is_refused(simulator: RunningSimulator) -> None:
    user = next(iter(simulator.tenant.users))
    rule = simulator.tenant.add_forward(user, "home@example.net")
    with running(simulator.tenant, validate=False) as lenient, signed_in(lenient, *ROLES) as client:
        json_type = {"Content-Type": "application/json"}
        answer = client.patch(f"{rules_of(user)}/{rule}", content=b'{"isEn', headers=json_type)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
        assert client.patch(f"{rules_of(user)}/{rule}", json={"isOn": False}).status_code == 400
        assert client.patch(f"{rules_of(user)}/{rule}").status_code == 400


def test_a_name_is_found_however_it_is_encoded(simulator: RunningSimulator, client: httpx2.Client) -> None:
    guest = simulator.tenant.add_user("koti_example.com#EXT#@rantala.example", user_type="Guest")
    odd = simulator.tenant.add_user("o'brien+x@rantala.example")
    rule = simulator.tenant.add_rule(odd, id="AQ/A+B=")
    for name, user in (
        ("koti_example.com%23EXT%23@rantala.example", guest),
        ("koti_example.com%23ext%23%40rantala.example", guest),
        ("o%27brien%2Bx@rantala.example", odd),
        (odd.id.upper(), odd),
    ):
        assert client.get(f"/users/{name}").json()["id"] == user.id
        one = {"id": "1", "method": "GET", "url": f"/users/{name}?$select=id"}
        assert by_id(client.post("/$batch", json={"requests": [one]}))["1"]["body"]["id"] == user.id
    assert client.get(f"{rules_of(odd.id)}/AQ%2FA%2BB%3D").json()["id"] == rule


def test_a_hostile_name_and_a_rule_of_a_megabyte_come_through(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    name = "\u202egnp.exe </script>\x00\n" + "x" * 1_000_000
    user = simulator.tenant.add_user("hostile@rantala.example", display_name="\u202e<b>")
    simulator.tenant.add_forward(user, "home@example.net", displayName=name)
    assert client.get(f"/users/{user.id}").json()["displayName"] == "\u202e<b>"
    assert client.get(rules_of(user.id)).json()["value"][0]["displayName"] == name


def test_what_the_simulator_cannot_cope_with_fails_the_test() -> None:
    tenant = SimulatedTenant()
    tenant.add_user("a@rantala.example")
    with (  # noqa: PT012
        pytest.raises(RuntimeError, match="could not cope"),
        running(tenant, validate=False) as simulator,
        signed_in(simulator, "LicenseAssignment.ReadWrite.All") as client,
    ):
        wrong = {"addLicenses": 1, "removeLicenses": None}
        assert client.post("/users/a@rantala.example/assignLicense", json=wrong).status_code == 500
