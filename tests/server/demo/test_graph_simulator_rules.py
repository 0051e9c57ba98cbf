"""Inbox rules and sending in the simulated Exchange, and what it does not let its callers do."""

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from fakes.graph_simulator import NO_MAIL_SKU, MailboxState, RunningSimulator, SimulatedTenant, running
from fakes.graph_simulator.signing_in import signed_in

UPN = "aino.kuuraluhta@rantala.example"
RULES = f"/users/{UPN}/mailFolders/inbox/messageRules"
FORWARD = {"forwardTo": [{"emailAddress": {"name": "Aino", "address": "aino@example.com"}}]}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    tenant = SimulatedTenant()
    tenant.add_user(UPN)
    with running(tenant) as made:
        yield made


@pytest.fixture
def fixer(simulator: RunningSimulator) -> Iterator[httpx2.Client]:
    with signed_in(simulator, "MailboxSettings.ReadWrite", "Mail.Send") as client:
        yield client


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_rule_is_made_read_switched_off_and_deleted(fixer: httpx2.Client) -> None:
    made = fixer.post(
        RULES, json={"displayName": "Kotiin", "sequence": 2, "isEnabled": True, "actions": FORWARD}
    )
    assert made.status_code == 201
    one = f"{RULES}/{made.json()['id']}"
    assert fixer.get(one).json()["actions"] == FORWARD
    changed = fixer.patch(one, json={"isEnabled": False})
    assert (changed.json()["isEnabled"], changed.json()["actions"]) == (False, FORWARD)
    assert fixer.delete(one).status_code == 204
    assert code(fixer.get(one)) == (404, "ErrorItemNotFound")


def test_a_patch_replaces_the_whole_of_the_actions(simulator: RunningSimulator, fixer: httpx2.Client) -> None:
    rule = simulator.tenant.add_rule(
        UPN, actions={**FORWARD, "markAsRead": True}, conditions={"hasAttachments": True}
    )
    shown = fixer.patch(f"{RULES}/{rule}", json={"actions": {"delete": True}}).json()
    assert shown["actions"] == {"delete": True}
    assert shown["conditions"] == {"hasAttachments": True}


def test_what_graph_cannot_express_is_read_only_and_shows_neither_conditions_nor_actions(
    simulator: RunningSimulator, fixer: httpx2.Client
) -> None:
    rule = simulator.tenant.add_rule(
        UPN, isReadOnly=True, actions=FORWARD, conditions={"hasAttachments": True}
    )
    (shown,) = fixer.get(RULES).json()["value"]
    assert shown["isReadOnly"] is True
    assert not shown.keys() & {"actions", "conditions", "exceptions"}
    assert fixer.patch(f"{RULES}/{rule}", json={"isEnabled": False}).status_code == 400
    assert fixer.delete(f"{RULES}/{rule}").status_code == 400
    assert simulator.tenant.user(UPN).rules[rule]["isEnabled"] is True


def test_rules_come_by_sequence_and_in_pages_where_so_set(
    simulator: RunningSimulator, fixer: httpx2.Client
) -> None:
    for sequence in (3, 1, 2):
        simulator.tenant.add_rule(UPN, displayName=f"R{sequence}", sequence=sequence)
    simulator.tenant.rules_page_size = 2
    first = fixer.get(RULES).json()
    assert [rule["displayName"] for rule in first["value"]] == ["R1", "R2"]
    second = fixer.get(first["@odata.nextLink"]).json()
    assert [rule["displayName"] for rule in second["value"]] == ["R3"]
    assert "@odata.nextLink" not in second


@pytest.mark.parametrize(
    "user",
    [
        {"licences": {NO_MAIL_SKU: [None]}},
        {"licences": {}},
        {"mailbox": MailboxState.INACTIVE},
        {"user_type": "Guest"},
    ],
)
def test_no_mailbox_is_reached_without_a_licence_when_inactive_and_for_guests(
    simulator: RunningSimulator, fixer: httpx2.Client, user: dict[str, Any]
) -> None:
    other = simulator.tenant.add_user("folke.dimmhammar@rantala.example", **user)
    answer = fixer.get(f"/users/{other.id}/mailFolders/inbox/messageRules")
    assert code(answer) == (404, "MailboxNotEnabledForRESTAPI")


def test_an_unknown_user_is_said_to_be_invalid(fixer: httpx2.Client) -> None:
    answer = fixer.get("/users/nobody@rantala.example/mailFolders/inbox/messageRules")
    assert code(answer) == (404, "ErrorInvalidUser")


def test_a_disabled_accounts_mailbox_still_has_its_rules(
    simulator: RunningSimulator, fixer: httpx2.Client
) -> None:
    simulator.tenant.add_forward(UPN, "aino@example.com")
    simulator.tenant.change_user(UPN, account_enabled=False)
    assert len(fixer.get(RULES).json()["value"]) == 1


def test_an_application_role_of_exchange_reaches_only_its_scope(simulator: RunningSimulator) -> None:
    tenant = simulator.tenant
    other = tenant.add_user("folke.dimmhammar@rantala.example")
    scope = {"MailboxSettings.ReadWrite": {tenant.user(UPN).id}}
    with signed_in(simulator, "User.Read.All", scoped_roles=scope) as client:
        assert client.get(RULES).status_code == 200
        outside = client.get(f"/users/{other.id}/mailFolders/inbox/messageRules")
    assert code(outside) == (403, "ErrorAccessDenied")


def test_reading_does_not_allow_fixing(simulator: RunningSimulator) -> None:
    rule = simulator.tenant.add_forward(UPN, "aino@example.com")
    with signed_in(simulator, "MailboxSettings.Read") as client:
        assert client.get(RULES).status_code == 200
        assert code(client.patch(f"{RULES}/{rule}", json={"isEnabled": False})) == (403, "ErrorAccessDenied")


def test_mail_is_taken_and_kept(simulator: RunningSimulator, fixer: httpx2.Client) -> None:
    message = {
        "subject": "Kannettava",
        "body": {"contentType": "text", "content": "Palauta."},
        "toRecipients": [{"emailAddress": {"address": UPN}}],
        "internetMessageHeaders": [{"name": "X-Tenure", "value": "1"}],
    }
    answer = fixer.post(f"/users/{UPN}/sendMail", json={"message": message, "saveToSentItems": False})
    assert (answer.status_code, answer.content) == (202, b"")
    (sent,) = simulator.tenant.sent
    assert (sent.sender, sent.message, sent.save_to_sent_items) == (UPN, message, False)


def test_mail_without_recipients_or_with_forbidden_headers_is_refused(
    simulator: RunningSimulator, fixer: httpx2.Client
) -> None:
    to = [{"emailAddress": {"address": UPN}}]
    header = [{"name": "Message-ID", "value": "<1@rantala.example>"}]
    for message, expected in (
        ({"subject": "x"}, "ErrorInvalidRecipients"),
        ({"toRecipients": [{"emailAddress": {"address": "nobody"}}]}, "ErrorInvalidRecipients"),
        ({"toRecipients": to, "internetMessageHeaders": header}, "InvalidInternetMessageHeader"),
    ):
        assert code(fixer.post(f"/users/{UPN}/sendMail", json={"message": message})) == (400, expected)
    assert simulator.tenant.sent == []


def test_mail_may_come_as_mime() -> None:
    tenant = SimulatedTenant()
    tenant.add_user(UPN)
    # The published contract knows JSON only.
    with running(tenant, validate=False) as simulator, signed_in(simulator, "Mail.Send") as client:
        raw = b"Subject: x\r\n\r\nHei"
        plain = {"Content-Type": "text/plain"}
        url = f"/users/{UPN}/sendMail"
        assert client.post(url, content=base64.b64encode(raw), headers=plain).status_code == 202
        assert client.post(url, content=b"{not base64", headers=plain).status_code == 400
    assert [mail.mime for mail in tenant.sent] == [raw]


def test_mailbox_settings_are_read_and_changed(fixer: httpx2.Client) -> None:
    path = f"/users/{UPN}/mailboxSettings"
    assert fixer.patch(path, json={"timeZone": "UTC"}).status_code == 200
    assert fixer.get(path).json()["timeZone"] == "UTC"
