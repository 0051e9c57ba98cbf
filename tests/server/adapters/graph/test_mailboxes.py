"""How reading and fixing mailboxes meets Graph's quirks, on the simulated tenant and with scripted answers.

What is common with the fake stands in tests/contracts/test_mailboxes.py.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from fakes.graph_http import BASE, Handler, Script, batched, client, error
from fakes.graph_simulator import MailboxState, running
from fakes.registration import CLIENT, READING
from fakes.tenant import CITY, forward, read_only
from fakes.tenant_stages import OnSimulator, on_simulator, simulated
from tenure_policies.forwarding.tenant import Mailbox
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError
from tenure_server.adapters.graph.mailboxes import GARBLED, READ_ONLY, STILL_ON, GraphMailboxes
from tenure_server.adapters.graph.retrying import Patience

RULES = "/users/*/mailFolders/inbox/messageRules"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[OnSimulator]:
    tenant = simulated()
    async with running(tenant) as simulator:
        one = on_simulator(tenant, simulator, tmp_path)
        yield one
        await one.client.close()


async def read(mailboxes: Any, *users: str) -> dict[str, Mailbox]:
    return {one.user: one async for one in mailboxes.read(list(users))}


@pytest.mark.parametrize(
    ("status", "code"), [(403, "ErrorAccessDenied"), (404, "ErrorItemNotFound"), (429, "TooManyRequests")]
)
async def test_27_a_failure_while_reading_is_an_error_and_never_a_mailbox_without_rules(
    stage: OnSimulator, status: int, code: str
) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    stage.has_user("bo")
    stage.tenant.quirks.fail_next(99, status=status, code=code, path="/users/id-aino/*", retry_after="0.01")
    found = await read(stage.mailboxes, "id-aino", "id-bo")
    assert found["id-aino"] == Mailbox(user="id-aino", error=code, rules=None)
    assert found["id-bo"] == Mailbox(user="id-bo", rules=())


async def test_a_throttled_mailbox_is_read_after_its_fractional_wait_and_the_others_only_once(
    stage: OnSimulator,
) -> None:
    for name in ("aino", "bo", "cai"):
        stage.has_user(name, rules=[forward("r1", "a@gmail.com")])
    stage.tenant.quirks.throttle_next(2, retry_after="0.128", path="/users/id-bo/*")
    stage.tenant.quirks.reach_rate_limit_next(path="/users/id-cai/*")
    found = await read(stage.mailboxes, "id-aino", "id-bo", "id-cai")
    assert all(one.error is None and one.rules for one in found.values())
    asked = [
        len(stage.tenant.calls("GET", f"/users/id-{name}/mailFolders")) for name in ("aino", "bo", "cai")
    ]
    assert asked == [1, 3, 2]


@pytest.mark.parametrize("kind", ["cut", "garbled", "throttled", "500"])
async def test_a_batch_that_fails_once_as_a_whole_is_sent_again(stage: OnSimulator, kind: str) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    quirks = stage.tenant.quirks
    match kind:
        case "cut":
            quirks.cut_next(path="/$batch", after_acting=True)
        case "garbled":
            quirks.garble_next(path="/$batch")
        case "throttled":
            quirks.throttle_next(retry_after="0.01", path="/$batch")
        case _:
            quirks.reach_rate_limit_next(path="/$batch")
    found = await read(stage.mailboxes, "id-aino")
    assert [rule["id"] for rule in found["id-aino"].rules or ()] == ["r1"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"licensed": False}, "MailboxNotEnabledForRESTAPI"),
        ({"mailbox": MailboxState.INACTIVE}, "MailboxNotEnabledForRESTAPI"),
        ({"user_type": "Guest"}, "MailboxNotEnabledForRESTAPI"),
    ],
)
async def test_an_account_without_a_mailbox_says_so(
    stage: OnSimulator, facts: dict[str, Any], code: str
) -> None:
    stage.tenant.add_user(f"aino@{CITY}", id="id-aino", **facts)
    assert await read(stage.mailboxes, "id-aino") == {"id-aino": Mailbox(user="id-aino", error=code)}
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert (answer.done, answer.gone, answer.why) == (False, False, code)


async def test_a_revoked_token_in_the_middle_costs_no_mailbox(stage: OnSimulator) -> None:
    names = [f"u{number}" for number in range(60)]
    for name in names:
        stage.has_user(name, rules=[forward("r1", "a@gmail.com")])
    found = 0
    async for one in stage.mailboxes.read([f"id-{name}" for name in names]):
        assert one.error is None
        found += 1
        if found == 5:
            stage.tenant.revoke_tokens(CLIENT)
    assert found == 60


async def test_a_missing_permission_is_every_mailboxs_own_error(stage: OnSimulator) -> None:
    stage.tenant.apps[CLIENT].roles = set(READING)
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    assert (await read(stage.mailboxes, "id-aino"))["id-aino"].error == "ErrorAccessDenied"


async def test_permission_to_read_alone_fixes_nothing_and_says_why(stage: OnSimulator) -> None:
    stage.tenant.apps[CLIENT].roles = {*READING, "MailboxSettings.Read"}
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert (answer.done, answer.why) == (False, "ErrorAccessDenied")
    assert stage.rule("aino", "r1")["isEnabled"] is True


async def test_a_rule_off_sends_is_enabled_and_nothing_else_and_a_lost_answer_is_asked_for_again(
    stage: OnSimulator,
) -> None:
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    stage.tenant.quirks.cut_next(method="PATCH", after_acting=True)
    answer = await stage.mailboxes.switch_off("id-aino", "r1")
    assert (answer.done, answer.was_on) == (True, True)
    bodies = [entry.body for entry in stage.tenant.log if entry.method == "PATCH"]
    assert bodies == [{"isEnabled": False}] * 2
    assert not stage.tenant.calls("DELETE")


async def test_a_read_only_rule_is_not_even_tried(stage: OnSimulator) -> None:
    stage.has_user("aino", rules=[read_only("r1")])
    assert (await stage.mailboxes.switch_off("id-aino", "r1")).why == READ_ONLY
    assert not stage.tenant.calls("PATCH")


async def test_a_megabyte_rule_and_a_hostile_name_are_read_as_they_are(stage: OnSimulator) -> None:
    name = "\u202e<script>{x}%s" * 20_000
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com", displayName=name)])
    stage.has_user("bo", rules=[forward("r2", "b@gmail.com")])
    found = await read(stage.mailboxes, "id-aino", "id-bo")
    assert {user: one.rules[0]["id"] for user, one in found.items() if one.rules} == {
        "id-aino": "r1",
        "id-bo": "r2",
    }


async def test_no_more_than_four_calls_were_ever_under_way_in_one_mailbox(stage: OnSimulator) -> None:
    stage.tenant.latency_seconds = 0.02
    stage.has_user("aino", rules=[forward("r1", "a@gmail.com")])
    found = [one async for one in stage.mailboxes.read(["id-aino"] * 12)]
    assert len(found) == 12
    assert all(one.error is None for one in found)
    assert stage.tenant.limits.refused == 0
    assert max(stage.tenant.limits.most_at_once.values()) <= 4


# -- answers that no tenant should give ------------------------------------------------------------------


def one_mailbox(body: Any, status: int = 200) -> Handler:
    return batched(lambda *_: (status, {}, body))


@pytest.mark.parametrize(
    "body",
    [
        None,
        "PGh0bWw+",
        {},
        {"value": None},
        {"value": {}},
        {"value": ["rule"]},
        {"value": [{"id": "r1"}, None]},
        {"value": [], "@odata.nextLink": 7},
        {"error": {"code": "x"}, "value": []},
    ],
)
async def test_what_is_no_list_of_rules_is_an_error(body: Any) -> None:
    found = await read(GraphMailboxes(client(one_mailbox(body))), "u")
    assert found == {"u": Mailbox(user="u", error=GARBLED, rules=None)}


def paged(following: Any, link: str = f"{BASE}/users/u/mailFolders/inbox/messageRules?$skip=1") -> Handler:
    first = one_mailbox({"value": [{"id": "r1"}], "@odata.nextLink": link})
    more = following if callable(following) else Script([following])

    def handler(request: httpx2.Request) -> httpx2.Response:
        return first(request) if request.url.path.endswith("$batch") else more(request)

    return handler


@pytest.mark.parametrize(
    ("following", "code"),
    [
        (error(403, "ErrorAccessDenied"), "ErrorAccessDenied"),
        (httpx2.ReadError("cut"), "ReadError"),
        (httpx2.Response(200, text='{"value": [{'), "GarbledAnswer"),
        (httpx2.Response(200, json={"value": "x"}), "NoCollection"),
    ],
)
async def test_a_mailbox_whose_second_page_fails_was_not_read(following: Any, code: str) -> None:
    quick = Patience(attempts=2, first_seconds=0.001)
    found = await read(GraphMailboxes(client(paged(following), patience=quick)), "u")
    assert found == {"u": Mailbox(user="u", error=code, rules=None)}


async def test_a_second_page_on_another_host_is_not_fetched() -> None:
    script = Script([httpx2.Response(200, json={"value": []})])
    found = await read(GraphMailboxes(client(paged(script, "https://evil.example/v1.0/x"))), "u")
    assert found["u"].error == "ForeignLink"
    assert not script.asked


async def test_a_rule_that_is_still_on_afterwards_is_not_done() -> None:
    answer = await GraphMailboxes(
        client(Script([httpx2.Response(200, json={"isEnabled": True})]))
    ).switch_off("u", "r")
    assert (answer.done, answer.why) == (False, STILL_ON)


async def test_a_rule_deleted_between_looking_and_switching_is_gone() -> None:
    script = Script([httpx2.Response(200, json={"isEnabled": True}), error(404, "ErrorItemNotFound")])
    answer = await GraphMailboxes(client(script)).switch_off("u", "r")
    assert (answer.done, answer.gone, answer.was_on) == (True, True, False)


async def test_a_refused_token_is_not_the_rules_fault() -> None:
    mailboxes = GraphMailboxes(client(Script([error(401, "InvalidAuthenticationToken")])))
    with pytest.raises(GraphUnavailableError):
        await mailboxes.switch_off("u", "r")
    with pytest.raises(GraphRefusedError):
        await read(mailboxes, "u")


async def test_ids_go_into_paths_as_ids_whatever_they_hold() -> None:
    script = Script([httpx2.Response(200, json={"isEnabled": False})])
    await GraphMailboxes(client(script)).switch_off("a/b?c#d@x.fi", "AQ==/..")
    assert script.asked[0].url.raw_path == (
        b"/v1.0/users/a%2Fb%3Fc%23d%40x.fi/mailFolders/inbox/messageRules/AQ%3D%3D%2F.."
    )
