"""What delta queries may do besides telling changes; the common part is tests/contracts/test_people.py."""

from typing import Any

import httpx2
import pytest

from fakes.graph_http import BASE, Handler, Script, batched, client, error
from tenure_policies.forwarding.tenant import User, UserType
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError
from tenure_server.adapters.graph.people import GraphPeople
from tenure_server.usecases.ports.mailboxes import UserChanges

BOOKMARK = f"{BASE}/users/delta?$deltatoken=old"


def account(user: str, **facts: Any) -> dict[str, Any]:
    whole = {
        "userPrincipalName": f"{user}@x.fi",
        "mail": f"{user}@x.fi",
        "proxyAddresses": [],
        "userType": "Member",
    }
    return {"id": user, **whole, **facts}


def page(*items: dict[str, Any], after: str = "", done: str = "") -> httpx2.Response:
    body: dict[str, Any] = {"value": list(items)}
    if after:
        body["@odata.nextLink"] = f"{BASE}/users/delta?$skiptoken={after}"
    if done:
        body["@odata.deltaLink"] = f"{BASE}/users/delta?$deltatoken={done}"
    return httpx2.Response(200, json=body)


def forgotten(location: str = "") -> httpx2.Response:
    return error(410, "syncStateNotFound", **({"Location": location} if location else {}))


async def told(handler: Handler, bookmark: str | None = None) -> list[UserChanges]:
    return [one async for one in GraphPeople(client(handler)).changed_users(bookmark)]


async def test_only_the_fields_that_are_judged_are_asked_for() -> None:
    script = Script([page(done="new")])
    await told(script)
    assert dict(script.asked[0].url.params) == {
        "$select": "id,userPrincipalName,mail,proxyAddresses,userType"
    }


async def test_a_tenant_that_forgot_says_where_to_begin_anew() -> None:
    script = Script([forgotten(f"{BASE}/users/delta?$deltatoken="), page(account("a"), done="new")])
    (changes,) = await told(script, BOOKMARK)
    assert script.paths == ["/users/delta?$deltatoken=old", "/users/delta?$deltatoken="]
    assert (changes.restart, [user.id for user in changes.changed]) == (True, ["a"])


async def test_forgetting_between_two_pages_begins_anew_too() -> None:
    script = Script([page(account("a"), after="2"), forgotten(), page(account("b"), done="new")])
    first, second = await told(script, BOOKMARK)
    assert (first.restart, second.restart) == (False, True)
    assert [user.id for user in second.changed] == ["b"]


@pytest.mark.parametrize(
    "answers",
    [
        [forgotten("https://evil.example/v1.0/users/delta"), page(done="new")],
        [error(400, "Directory_ExpiredPageToken"), page(done="new")],
        [error(400, "syncStateInvalid"), page(done="new")],
    ],
)
async def test_a_place_that_cannot_be_gone_on_from_means_the_beginning(answers: list[Any]) -> None:
    script = Script(answers)
    (changes,) = await told(script, BOOKMARK)
    assert changes.restart
    assert script.asked[-1].url.params["$select"]
    assert all(request.url.host == "graph.example" for request in script.asked)


async def test_a_bookmark_of_another_cloud_means_the_beginning_and_goes_nowhere() -> None:
    script = Script([page(done="new")])
    (changes,) = await told(script, "https://graph.other/v1.0/users/delta?$deltatoken=x")
    assert changes.restart
    assert len(script.asked) == 1


async def test_a_tenant_that_forgets_again_and_again_is_given_up() -> None:
    with pytest.raises(GraphUnavailableError):
        await told(Script([forgotten()]), BOOKMARK)


@pytest.mark.parametrize(
    "answer",
    [
        page(),
        httpx2.Response(200, json={"@odata.deltaLink": "x"}),
        httpx2.Response(200, json={"value": [1], "@odata.deltaLink": "x"}),
        httpx2.Response(
            200, json={"value": [{"mail": "a@x.fi", "userPrincipalName": "a"}], "@odata.deltaLink": "x"}
        ),
        page(after="2", done="3"),
    ],
    ids=["no link", "no value", "no objects", "no id", "two links"],
)
async def test_a_page_that_is_none_is_an_error_and_not_the_end(answer: httpx2.Response) -> None:
    with pytest.raises(GraphUnavailableError):
        await told(Script([answer]))


async def test_pages_that_go_in_a_circle_come_to_an_end() -> None:
    with pytest.raises(GraphUnavailableError):
        await told(Script([page(after="2"), page(after="2")]))


async def test_a_missing_permission_is_a_refusal() -> None:
    with pytest.raises(GraphRefusedError):
        await told(Script([error(403, "Authorization_RequestDenied")]), BOOKMARK)


def with_accounts(first: httpx2.Response, answer: Any) -> tuple[Handler, list[str]]:
    """Answer the delta with one page, and batches of single accounts."""
    asked: list[str] = []

    def one(_method: str, url: str, _body: Any) -> tuple[int, dict[str, str], Any]:
        asked.append(url)
        return answer

    def handler(request: httpx2.Request) -> httpx2.Response:
        return batched(one)(request) if request.url.path.endswith("$batch") else first

    return handler, asked


async def test_a_change_that_is_told_in_part_is_read_whole() -> None:
    whole = account("a", mail="new@x.fi", proxyAddresses=["SMTP:new@x.fi"], userType="Guest")
    handler, asked = with_accounts(
        page({"id": "a", "mail": "new@x.fi"}, account("b"), done="n"), (200, {}, whole)
    )
    (changes,) = await told(handler, BOOKMARK)
    assert changes.changed[0] == User(
        id="a",
        user_principal_name="a@x.fi",
        mail="new@x.fi",
        proxy_addresses=("SMTP:new@x.fi",),
        user_type=UserType.GUEST,
    )
    assert [user.id for user in changes.changed] == ["a", "b"]
    assert len(asked) == 1


async def test_an_account_that_is_gone_by_then_is_removed() -> None:
    handler, _ = with_accounts(
        page({"id": "a"}, {"id": "z", "@removed": {"reason": "deleted"}}, done="n"),
        (404, {}, {"error": {"code": "Request_ResourceNotFound"}}),
    )
    (changes,) = await told(handler, BOOKMARK)
    assert (changes.changed, changes.removed) == ((), ("z", "a"))


async def test_the_later_word_on_an_account_holds_within_a_page_too() -> None:
    gone = {"id": "a", "@removed": {"reason": "changed"}}
    script = Script([page(gone, account("a", mail="back@x.fi"), done="new")])
    (changes,) = await told(script, BOOKMARK)
    assert [user.mail for user in changes.changed] == ["back@x.fi"]
    assert changes.removed == ()
    (changes,) = await told(Script([page(account("a"), gone, done="new")]), BOOKMARK)
    assert (changes.changed, changes.removed) == ((), ("a",))


async def test_an_account_that_cannot_be_read_whole_is_an_error_and_not_half_an_account() -> None:
    handler, _ = with_accounts(page({"id": "a"}, done="n"), (403, {}, {"error": {"code": "x"}}))
    with pytest.raises(GraphUnavailableError):
        await told(handler, BOOKMARK)


async def test_in_a_full_telling_what_is_absent_was_never_set() -> None:
    (changes,) = await told(Script([page({"id": "a", "userPrincipalName": "a@x.fi"}, done="n")]))
    assert changes.changed == (User(id="a", user_principal_name="a@x.fi"),)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"userType": "Guest"}, UserType.GUEST),
        ({"userType": "guest"}, UserType.GUEST),
        ({"userType": None, "userPrincipalName": "a_gmail.com#EXT#@x.onmicrosoft.com"}, UserType.GUEST),
        ({"userType": None}, UserType.MEMBER),
        ({"userType": "Member", "userPrincipalName": "a_b.fi#EXT#@x.onmicrosoft.com"}, UserType.MEMBER),
    ],
)
async def test_a_guest_is_known_by_type_or_in_old_accounts_by_name(
    facts: dict[str, Any], kind: UserType
) -> None:
    (changes,) = await told(Script([page(account("a", **facts), done="n")]))
    assert changes.changed[0].user_type is kind
