"""Accounts and licences in the simulated directory: what is refused, and what can be undone."""

from collections.abc import Iterator

import httpx2
import pytest

from fakes.graph_simulator import MAIL_SKU, NO_MAIL_SKU, RunningSimulator, SimulatedTenant, running
from fakes.graph_simulator.signing_in import signed_in

UPN = "aino.kuuraluhta@rantala.example"
ROLES = (
    "User.Read.All",
    "User.EnableDisableAccount.All",
    "User.RevokeSessions.All",
    "User.DeleteRestore.All",
    "LicenseAssignment.ReadWrite.All",
    "MailboxSettings.Read",
)
FIELDS = "?$select=id,accountEnabled,signInSessionsValidFromDateTime,assignedLicenses,licenseAssignmentStates"


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    tenant = SimulatedTenant()
    tenant.add_user(UPN)
    with running(tenant) as made:
        yield made


@pytest.fixture
def client(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    with signed_in(simulator, *ROLES) as made:
        yield made


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_sign_in_is_blocked_and_let_in_again(simulator: RunningSimulator, client: httpx2.Client) -> None:
    for enabled in (False, True):
        answer = client.patch(f"/users/{UPN}", json={"accountEnabled": enabled})
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.get(f"/users/{UPN}{FIELDS}").json()["accountEnabled"] is enabled
    assert ("PATCH", f"/users/{UPN}") in [(entry.method, entry.path) for entry in simulator.tenant.log]


def test_enabling_alone_does_not_change_anything_else_and_needs_reading_too(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    assert code(client.patch(f"/users/{UPN}", json={"displayName": "X"})) == (
        403,
        "Authorization_RequestDenied",
    )
    with signed_in(simulator, "User.EnableDisableAccount.All") as other:
        answer = other.patch(f"/users/{UPN}", json={"accountEnabled": False})
    assert code(answer) == (403, "Authorization_RequestDenied")
    assert simulator.tenant.user(UPN).account_enabled


def test_who_holds_a_directory_role_is_neither_blocked_nor_deleted(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    simulator.tenant.add_user("it@rantala.example", directory_roles=["User Administrator"])
    answer = client.patch("/users/it@rantala.example", json={"accountEnabled": False})
    assert code(answer) == (403, "Authorization_RequestDenied")
    assert client.delete("/users/it@rantala.example").status_code == 403
    assert simulator.tenant.user("it@rantala.example").account_enabled


def test_an_account_of_the_citys_own_directory_is_not_changed_here(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    simulator.tenant.add_user("eero@rantala.example", on_premises_sync=True)
    assert client.patch("/users/eero@rantala.example", json={"accountEnabled": False}).status_code == 400


def test_sessions_end_for_members_and_not_for_guests(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    guest = simulator.tenant.add_user(
        "guest_example.com#EXT#@rantala.example", mail="guest@example.com", user_type="Guest"
    )
    before = {user.id: user.sessions_valid_from for user in simulator.tenant.users.values()}
    for user in list(simulator.tenant.users):
        assert client.post(f"/users/{user}/revokeSignInSessions").json()["value"] is True
    assert simulator.tenant.user(UPN).sessions_valid_from > before[simulator.tenant.user(UPN).id]
    assert guest.sessions_valid_from == before[guest.id]


def test_a_deleted_account_is_restored_with_its_rules(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    user = simulator.tenant.user(UPN)
    simulator.tenant.add_forward(UPN, "aino@example.com")
    assert client.delete(f"/users/{user.id}").status_code == 204
    assert code(client.get(f"/users/{user.id}")) == (404, "Request_ResourceNotFound")
    assert client.get(f"/directory/deletedItems/{user.id}").json()["userPrincipalName"] == UPN
    listed = client.get("/directory/deletedItems/microsoft.graph.user").json()["value"]
    assert [item["id"] for item in listed] == [user.id]
    assert client.post(f"/directory/deletedItems/{user.id}/restore").json()["id"] == user.id
    assert len(client.get(f"/users/{UPN}/mailFolders/inbox/messageRules").json()["value"]) == 1
    assert client.get(f"/directory/deletedItems/{user.id}").status_code == 404


def test_an_account_whose_name_was_taken_is_not_restored(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    gone = simulator.tenant.user(UPN)
    client.delete(f"/users/{UPN}")
    simulator.tenant.add_user(UPN)
    assert client.post(f"/directory/deletedItems/{gone.id}/restore").status_code == 400


def test_without_its_licence_a_mailbox_is_not_reached_and_with_it_again(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    rules = f"/users/{UPN}/mailFolders/inbox/messageRules"
    taking = {"addLicenses": [], "removeLicenses": [MAIL_SKU]}
    giving = {"addLicenses": [{"skuId": MAIL_SKU, "disabledPlans": []}], "removeLicenses": []}
    assert client.post(f"/users/{UPN}/assignLicense", json=taking).status_code == 200
    assert code(client.get(rules)) == (404, "MailboxNotEnabledForRESTAPI")
    assert client.get(f"/users/{UPN}/licenseDetails").json()["value"] == []
    assert client.post(f"/users/{UPN}/assignLicense", json=taking).status_code == 400
    assert client.post(f"/users/{UPN}/assignLicense", json=giving).status_code == 200
    assert client.get(rules).status_code == 200


def test_a_groups_licence_cannot_be_taken_from_its_member(
    simulator: RunningSimulator, client: httpx2.Client
) -> None:
    group = simulator.tenant.add_group("Luottamushenkilöt")
    other = simulator.tenant.add_user("folke@rantala.example", licences={MAIL_SKU: [group.id]})
    states = client.get(f"/users/{other.id}{FIELDS}").json()["licenseAssignmentStates"]
    assert [state["assignedByGroup"] for state in states] == [group.id]
    answer = client.post(
        f"/users/{other.id}/assignLicense", json={"addLicenses": [], "removeLicenses": [MAIL_SKU]}
    )
    assert code(answer) == (400, "Request_BadRequest")
    assert "inherited from a group" in answer.json()["error"]["message"]


def test_licences_are_counted_and_run_out(simulator: RunningSimulator, client: httpx2.Client) -> None:
    simulator.tenant.skus[NO_MAIL_SKU].units = 0
    giving = {"addLicenses": [{"skuId": NO_MAIL_SKU, "disabledPlans": []}], "removeLicenses": []}
    assert "any available licenses" in client.post(f"/users/{UPN}/assignLicense", json=giving).text
    with signed_in(simulator, "LicenseAssignment.Read.All") as reader:
        skus = {sku["skuId"]: sku for sku in reader.get("/subscribedSkus").json()["value"]}
    assert skus[MAIL_SKU]["consumedUnits"] == 1


def test_without_a_permission_the_directory_refuses(simulator: RunningSimulator) -> None:
    with signed_in(simulator) as nobody:
        for method, path in (
            ("GET", "/users"),
            ("GET", "/users/delta"),
            ("PATCH", f"/users/{UPN}"),
            ("POST", f"/users/{UPN}/revokeSignInSessions"),
            ("DELETE", f"/users/{UPN}"),
            ("GET", "/domains"),
            ("GET", "/groups"),
            ("GET", "/contacts"),
            ("GET", "/subscribedSkus"),
        ):
            body = {"accountEnabled": False} if method == "PATCH" else None
            answer = nobody.request(method, path, json=body)
            assert code(answer) == (403, "Authorization_RequestDenied"), path
