"""Lists of the simulated directory: pages, filters, changes since, groups and contacts."""

from collections.abc import Iterator

import httpx2
import pytest

from fakes.graph_simulator import RunningSimulator, SimulatedTenant, running
from fakes.graph_simulator.signing_in import calling, public_application, signed_in

ROLES = ("User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All", "Domain.Read.All")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with running(SimulatedTenant.of(seed=4, mailboxes=7)) as made:
        yield made


@pytest.fixture
def client(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    with signed_in(simulator, *ROLES) as made:
        yield made


def follow(client: httpx2.Client, path: str) -> tuple[list[dict], str | None]:
    """Read all pages; return the items and the delta link."""
    items, link = [], path
    while True:
        page = client.get(link).json()
        items += page["value"]
        if "@odata.nextLink" not in page:
            return items, page.get("@odata.deltaLink")
        link = page["@odata.nextLink"]


def test_the_same_seed_is_the_same_city() -> None:
    one, other, third = (SimulatedTenant.of(seed=seed, mailboxes=50) for seed in (1, 1, 2))
    assert [(user.id, user.user_principal_name, user.rules) for user in one.users.values()] == [
        (user.id, user.user_principal_name, user.rules) for user in other.users.values()
    ]
    assert set(one.users) != set(third.users)


def test_shares_of_a_seeded_city_are_as_asked() -> None:
    tenant = SimulatedTenant.of(mailboxes=400, forwarding=0.5, unlicensed=0.25, inactive=0.1)
    reached = sum(tenant.has_mailbox(user) for user in tenant.users.values())
    leading_out = sum(
        any("forward" in str(rule) or "redirect" in str(rule) for rule in user.rules.values())
        for user in tenant.users.values()
    )
    assert 240 < reached < 300
    assert 160 < leading_out < 240


@pytest.mark.parametrize("top", [1, 3, 7, 100])
def test_every_account_comes_once_through_opaque_pages(
    simulator: RunningSimulator, client: httpx2.Client, top: int
) -> None:
    items, _ = follow(client, f"/users?$select=id,mail&$top={top}")
    assert [item["id"] for item in items] == list(simulator.tenant.users)
    assert all(item.keys() == {"id", "mail"} for item in items)


def test_a_page_of_a_thousand_and_an_unknown_property_are_refused(client: httpx2.Client) -> None:
    assert client.get("/users?$top=1000").status_code == 400
    assert client.get("/users?$select=shoeSize").status_code == 400


@pytest.mark.parametrize(
    "expression",
    [
        "mail eq '{mail}'",
        "userPrincipalName eq '{upper}'",
        "proxyAddresses/any(p:p eq 'smtp:{mail}')",
        "accountEnabled eq true and mail eq '{mail}'",
        "mail eq 'nobody@rantala.example' or mail eq '{mail}'",
        "id in ('{id}')",
        "startsWith(mail, '{mail}')",
    ],
)
def test_accounts_are_found_by_their_addresses(
    simulator: RunningSimulator, client: httpx2.Client, expression: str
) -> None:
    user = list(simulator.tenant.users.values())[3]
    wanted = expression.format(mail=user.mail, upper=str(user.mail).upper(), id=user.id)
    found = client.get("/users", params={"$filter": wanted}).json()["value"]
    assert [item["id"] for item in found] == [user.id]


def test_a_filter_that_is_not_understood_is_refused(client: httpx2.Client) -> None:
    assert client.get("/users", params={"$filter": "mail like 'x'"}).status_code == 400


def test_reading_basics_shows_no_addresses_of_others(simulator: RunningSimulator) -> None:
    with signed_in(simulator, "User.ReadBasic.All") as basic:
        (first, *_) = basic.get("/users?$select=id,mail,proxyAddresses").json()["value"]
    assert first.keys() == {"id", "mail"}


def test_changes_since_tell_what_was_added_changed_and_removed(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    tenant = simulator.tenant
    tenant.page_size = 3
    everyone, link = follow(client, "/users/delta?$select=id,mail,accountEnabled")
    assert [item["id"] for item in everyone] == list(tenant.users)
    assert link is not None
    assert follow(client, link)[0] == []
    first, second, *_ = tenant.users.values()
    new = tenant.add_user("new@rantala.example")
    tenant.change_user(first.id, account_enabled=False)
    tenant.remove_user(second.id)
    told, later = follow(client, link)
    assert {item["id"]: item.get("@removed") for item in told} == {
        new.id: None,
        first.id: None,
        second.id: {"reason": "changed"},
    }
    assert later is not None
    tenant.restore_user(second.id)
    assert [item["id"] for item in follow(client, later)[0]] == [second.id]
    assert len(follow(client, link)[0]) == 3


def test_nobody_is_passed_over_when_somebody_goes_between_two_pages(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    tenant = simulator.tenant
    everybody = list(tenant.users)
    tenant.page_size = 3
    first = client.get("/users/delta?$select=id").json()
    tenant.remove_user(everybody[0])
    rest, link = follow(client, first["@odata.nextLink"])
    assert [item["id"] for item in [*first["value"], *rest]] == everybody
    assert follow(client, str(link))[0] == [{"id": everybody[0], "@removed": {"reason": "changed"}}]


def test_a_change_may_be_told_with_only_what_changed_and_twice(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    tenant = simulator.tenant
    tenant.delta_tells_only_changes = tenant.delta_repeats = True
    _, link = follow(client, "/users/delta?$select=id,mail,accountEnabled")
    user = tenant.change_user(next(iter(tenant.users)), account_enabled=False)
    told, _ = follow(client, str(link))
    assert told == [{"id": user.id, "accountEnabled": False}] * 2


def test_a_forgotten_link_says_where_to_begin_anew(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    _, link = follow(client, "/users/delta?$select=id")
    simulator.tenant.forget_deltas()
    refusal = client.get(str(link))
    assert refusal.status_code == 410
    everyone, _ = follow(client, refusal.headers["Location"])
    assert len(everyone) == 7
    assert all(item.keys() == {"id"} for item in everyone)


def test_the_latest_link_tells_nothing_of_the_past(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    nothing, link = follow(client, "/users/delta?$deltatoken=latest")
    assert nothing == []
    user = simulator.tenant.add_user("new@rantala.example")
    assert [item["id"] for item in follow(client, str(link))[0]] == [user.id]


def test_members_through_groups_come_once_and_a_cycle_ends(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    tenant = simulator.tenant
    user = next(iter(tenant.users))
    contact = tenant.add_contact("Home", mail="home@example.net")
    inner = tenant.add_group("Inner", user, contact.id, mail="inner@rantala.example")
    outer = tenant.add_group("Outer", inner.id, user, mail="outer@rantala.example")
    inner.members.append(outer.id)
    direct, _ = follow(client, f"/groups/{outer.id}/members")
    assert [item["id"] for item in direct] == [inner.id, user]
    everyone, _ = follow(client, f"/groups/{outer.id}/transitiveMembers?$top=1")
    assert {item["@odata.type"] for item in everyone} == {
        "#microsoft.graph.user",
        "#microsoft.graph.group",
        "#microsoft.graph.orgContact",
    }
    users, _ = follow(client, f"/groups/{outer.id}/transitiveMembers/microsoft.graph.user")
    assert [item["id"] for item in users] == [user]
    groups = client.get("/groups", params={"$filter": "mailEnabled eq true"}).json()["value"]
    assert [group["mail"] for group in groups] == ["inner@rantala.example", "outer@rantala.example"]
    assert follow(client, "/contacts")[0][0]["mail"] == "home@example.net"


def test_hidden_members_are_refused_and_unreadable_ones_are_only_ids(simulator: RunningSimulator) -> None:
    tenant = simulator.tenant
    user = next(iter(tenant.users))
    hidden = tenant.add_group("Hidden", user, hidden_membership=True)
    open_group = tenant.add_group("Open", user)
    with signed_in(simulator, "GroupMember.Read.All") as client:
        assert client.get(f"/groups/{hidden.id}/members").status_code == 403
        (member,) = client.get(f"/groups/{open_group.id}/members").json()["value"]
    assert member == {"@odata.type": "#microsoft.graph.user", "id": user}


def test_an_administrators_roles_are_seen(simulator: RunningSimulator, client: httpx2.Client) -> None:
    boss = simulator.tenant.add_user("it@rantala.example", directory_roles=["Global Administrator"])
    path = f"/users/{boss.id}/transitiveMemberOf/microsoft.graph.directoryRole"
    assert len(client.get(path).json()["value"]) == 1
    assert client.get(f"/users/{next(iter(simulator.tenant.users))}/memberOf").json()["value"] == []


def test_domains_and_the_organisation_say_what_is_verified(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    simulator.tenant.add_domain("vanha.example", verified=False)
    simulator.tenant.add_domain("teams.example", services=("OfficeCommunicationsOnline",))
    domains = {domain["id"]: domain for domain in client.get("/domains").json()["value"]}
    assert {name: domain["isVerified"] for name, domain in domains.items()} == {
        "rantala.example": True,
        "vanha.example": False,
        "teams.example": True,
    }
    assert domains["teams.example"]["supportedServices"] == ["OfficeCommunicationsOnline"]
    assert client.get("/domains/rantala.example").json()["isDefault"] is True
    (organisation,) = client.get("/organization").json()["value"]
    assert [domain["name"] for domain in organisation["verifiedDomains"]] == [
        "rantala.example",
        "teams.example",
    ]


def test_me_is_for_people_and_only_for_oneself(simulator: RunningSimulator, client: httpx2.Client) -> None:
    tenant = simulator.tenant
    tenant.register_public_client("laptop")
    mine, other, *_ = tenant.users.values()
    app = public_application(simulator, "laptop")
    flow = app.initiate_device_flow(["User.Read", "MailboxSettings.ReadWrite"])
    tenant.approve_device_code(flow["user_code"], mine.user_principal_name)
    with calling(simulator, app.acquire_token_by_device_flow(flow)["access_token"]) as person:
        assert person.get("/me?$select=id,proxyAddresses").json()["proxyAddresses"] == mine.proxy_addresses
        assert person.get("/me/mailFolders/inbox/messageRules").status_code == 200
        assert person.get("/organization").status_code == 200
        assert person.get(f"/users/{other.id}").status_code == 403
        assert person.get(f"/users/{other.id}/mailFolders/inbox/messageRules").status_code == 403
    assert client.get("/me").status_code == 400
