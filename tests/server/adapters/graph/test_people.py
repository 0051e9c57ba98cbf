"""What only Graph's adapter does; what is common with the fake stands in tests/contracts/test_people.py."""

from typing import Any

import httpx2
import pytest

from fakes.graph_http import BASE, Script, client, error
from tenure_policies.forwarding.tenant import Contact
from tenure_server.adapters.graph.errors import GraphRefusedError, GraphUnavailableError
from tenure_server.adapters.graph.people import GraphPeople


def listing(*items: dict[str, Any], after: str = "") -> httpx2.Response:
    more = {"@odata.nextLink": f"{BASE}/more?{after}"} if after else {}
    return httpx2.Response(200, json={"value": list(items), **more})


def people(*answers: Any) -> tuple[GraphPeople, Script]:
    script = Script(list(answers))
    return GraphPeople(client(script)), script


async def test_only_groups_that_take_mail_are_asked_for() -> None:
    graph, script = people(listing())
    await graph.groups()
    assert script.asked[0].url.params["$filter"] == "mailEnabled eq true"


async def test_members_are_everyone_on_every_page_once() -> None:
    graph, script = people(listing({"id": "a"}, {"id": "b"}, after="2"), listing({"id": "b"}, {"id": "c"}))
    assert await graph.members("g 1/x") == ("a", "b", "c")
    assert script.paths[0].startswith("/groups/g%201%2Fx/transitiveMembers?")


async def test_members_of_which_only_the_id_is_shown_count() -> None:
    limited = {"@odata.type": "#microsoft.graph.orgContact", "id": "c", "mail": None}
    graph, _ = people(listing(limited))
    assert await graph.members("g") == ("c",)


@pytest.mark.parametrize("status", [403, 404])
async def test_members_that_are_refused_cannot_be_read(status: int) -> None:
    graph, _ = people(error(status, "Authorization_RequestDenied"))
    assert await graph.members("g") is None


async def test_members_cut_off_between_pages_are_not_the_first_page_alone() -> None:
    graph, _ = people(listing({"id": "a"}, after="2"), error(403, "x"))
    assert await graph.members("g") is None
    graph, _ = people(listing({"id": "a"}, after="2"), httpx2.ReadError("cut"))
    with pytest.raises(GraphUnavailableError):
        await graph.members("g")


async def test_another_refusal_is_no_group_without_members() -> None:
    graph, _ = people(error(400, "Request_UnsupportedQuery"))
    with pytest.raises(GraphRefusedError):
        await graph.members("g")


async def test_a_hidden_group_with_members_that_we_may_see_is_readable() -> None:
    hidden = {"id": "g", "mail": "g@x.fi", "proxyAddresses": [], "visibility": "HiddenMembership"}
    graph, _ = people(listing(hidden), listing({"id": "a"}), listing())
    await graph.groups()
    assert await graph.members("g") == ("a",)
    assert await graph.members("g") is None


async def test_a_contacts_target_is_not_made_up() -> None:
    graph, _ = people(
        listing({"id": "c", "mail": "a@gmail.com", "proxyAddresses": ["SMTP:a@gmail.com", None]})
    )
    assert await graph.contacts() == [
        Contact(id="c", mail="a@gmail.com", proxy_addresses=("SMTP:a@gmail.com",), external_email_address="")
    ]


async def test_hostile_names_and_fields_of_other_types_do_no_harm() -> None:
    graph, _ = people(listing({"id": "c" * 10_000, "mail": ["x"], "proxyAddresses": "SMTP:a@b.fi"}))
    (contact,) = await graph.contacts()
    assert (contact.mail, contact.proxy_addresses) == ("", ())
