"""The signed-in account through msal's documented shapes: code, broker, silence and what may come back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tenure_agent.adapters.microsoft_account import MicrosoftAccount, broker_is_here, scopes_of
from tenure_agent.adapters.microsoft_http import MicrosoftHttp
from tenure_agent.adapters.token_cache import TokenStore, offers
from tenure_agent.errors import MailUnavailableError, SignInNeededError
from tenure_agent.mail_ports import DeviceCode
from tenure_policies.forwarding.mail_order import MailOrder

NOW = datetime(2027, 3, 1, tzinfo=UTC)
FLOW = {
    "user_code": "ABCD-1234",
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "device_code": "secret",
}


def order(**changes: Any) -> MailOrder:
    fields: dict[str, Any] = {
        "municipality": "kuntala", "device": "device-1", "epoch": 1, "number": 1, "issued": NOW,
        "expires": NOW + timedelta(days=7), "address": "aino@city.gov", "language": "fi",
        "authority": "https://login.microsoftonline.com/t", "client_id": "c",
        "graph": "https://graph.microsoft.com/v1.0", "fix_until": NOW + timedelta(hours=24),
    }  # fmt: skip
    return MailOrder(**{**fields, **changes})


class FakeClient:
    """What of msal's PublicClientApplication is used, with its answers."""

    CONSOLE_WINDOW_HANDLE = object()

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []
        self.built: dict[str, Any] = {}

    def __call__(self, client_id: str, **options: Any) -> "FakeClient":
        self.built = {"client_id": client_id, **options}
        return self

    def get_accounts(self) -> list[dict[str, Any]]:
        return list(self.answers.get("accounts", [{"home_account_id": "1.t", "username": "aino@city.gov"}]))

    def remove_account(self, account: dict[str, Any]) -> None:
        self.asked.append(("remove", account))

    def acquire_token_silent_with_error(
        self, scopes: list[str], account: dict[str, Any], *, claims_challenge: str | None
    ) -> dict[str, Any] | None:
        self.asked.append((scopes[0], claims_challenge))
        return self._answer("silent")

    def initiate_device_flow(self, scopes: list[str]) -> dict[str, Any]:
        self.asked.append(("flow", scopes))
        return dict(self.answers.get("flow", FLOW))

    def acquire_token_by_device_flow(self, flow: dict[str, Any]) -> dict[str, Any]:
        return self._answer("code") or {}

    def acquire_token_interactive(self, scopes: list[str], **options: Any) -> dict[str, Any]:
        self.asked.append(("broker", options))
        return self._answer("code") or {}

    def _answer(self, name: str) -> dict[str, Any] | None:
        found = self.answers.get(name, {"access_token": "token"})
        if isinstance(found, BaseException):
            raise found
        if isinstance(found, list):
            found = found.pop(0)
        return found if found is None else dict(found)


def account(folder: Path, client: FakeClient, **facts: Any) -> MicrosoftAccount:
    store = TokenStore(folder, offers(folder, "e")[-1:])
    fields = {"build": client, **facts}
    one = fields.pop("order", order())
    return MicrosoftAccount(one, store, MicrosoftHttp(), **fields)


def test_a_token_is_had_in_silence_for_the_one_account(tmp_path: Path):
    client = FakeClient()
    assert account(tmp_path, client).token() == "token"
    assert client.asked == [("MailboxSettings.ReadWrite", None)]
    assert client.built["client_capabilities"] == ["CP1"]
    assert client.built["instance_discovery"] is False
    assert client.built["token_cache"].is_encrypted


def test_a_claims_challenge_is_handed_on(tmp_path: Path):
    client = FakeClient()
    account(tmp_path, client).token('{"a": 1}')
    assert client.asked == [("MailboxSettings.ReadWrite", '{"a": 1}')]


def test_only_what_is_ordered_is_asked_for_and_national_clouds_by_their_names():
    assert scopes_of(order(), fixing=False) == ["MailboxSettings.Read", "User.Read"]
    national = order(graph="https://graph.microsoft.us/v1.0")
    assert scopes_of(national, fixing=True) == [
        "https://graph.microsoft.us/MailboxSettings.ReadWrite", "https://graph.microsoft.us/User.Read",
    ]  # fmt: skip


def test_consent_to_the_other_of_the_two_is_enough_to_look(tmp_path: Path):
    client = FakeClient(silent=[{"error": "invalid_grant"}, {"access_token": "token"}])
    assert account(tmp_path, client).token() == "token"
    assert [asked for asked, _ in client.asked] == ["MailboxSettings.ReadWrite", "MailboxSettings.Read"]


@pytest.mark.parametrize("accounts", [[], [{"home_account_id": "1"}, {"home_account_id": "2"}]])
def test_nobody_or_two_are_nobody(tmp_path: Path, accounts: list[Any]):
    with pytest.raises(SignInNeededError):
        account(tmp_path, FakeClient(accounts=accounts)).token()


@pytest.mark.parametrize("silent", [None, {"error": "invalid_grant"}, {"error": "interaction_required"}, {}])
def test_what_only_a_person_can_change_asks_for_one(tmp_path: Path, silent: Any):
    with pytest.raises(SignInNeededError):
        account(tmp_path, FakeClient(silent=silent)).token()


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("no JSON"), KeyError("x")])
def test_what_msal_raises_is_no_crash(tmp_path: Path, error: Exception):
    with pytest.raises(MailUnavailableError):
        account(tmp_path, FakeClient(silent=error)).token()


def test_a_busy_sign_in_is_for_later(tmp_path: Path):
    with pytest.raises(MailUnavailableError) as told:
        account(tmp_path, FakeClient(silent={"error": "temporarily_unavailable"})).token()
    assert told.value.code == "temporarily_unavailable"


def test_a_store_that_cannot_be_opened_any_more_asks_for_a_sign_in(tmp_path: Path):
    with pytest.raises(SignInNeededError):
        account(tmp_path, FakeClient(), protection="keychain").token()


def test_signing_in_shows_a_code_and_says_what_protects_the_tokens(tmp_path: Path):
    shown: list[DeviceCode] = []
    signing = account(tmp_path, FakeClient())
    signing.sign_in(shown.append)
    assert [(code.url, code.code) for code in shown] == [("https://microsoft.com/devicelogin", "ABCD-1234")]
    assert signing.protection == "software"


@pytest.mark.parametrize(
    "flow", [{**FLOW, "verification_uri": "http://evil.example"}, {**FLOW, "user_code": 3}]
)
def test_a_code_without_a_safe_address_is_not_shown(tmp_path: Path, flow: Any):
    with pytest.raises(SignInNeededError):
        account(tmp_path, FakeClient(flow=flow)).sign_in(lambda _code: pytest.fail("shown"))


def test_a_refused_sign_in_is_told_by_its_code(tmp_path: Path):
    refused = FakeClient(code={"error": "authorization_declined"})
    with pytest.raises(SignInNeededError) as told:
        account(tmp_path, refused).sign_in(lambda _code: None)
    assert told.value.facts["code"] == "authorization_declined"


def test_the_broker_signs_in_where_it_is_installed(tmp_path: Path):
    client = FakeClient()
    account(tmp_path, client, brokered=True).sign_in(lambda _code: pytest.fail("no code is needed"))
    (asked,) = client.asked
    assert asked[1]["login_hint"] == "aino@city.gov"
    assert asked[1]["parent_window_handle"] is FakeClient.CONSOLE_WINDOW_HANDLE
    assert client.built["enable_broker_on_windows"] is True
    assert client.built["enable_broker_on_mac"] is True


def test_there_is_no_broker_on_linux_nor_without_its_library():
    assert not broker_is_here("linux")
    assert not broker_is_here("win32")


def test_the_real_msal_takes_the_options_that_are_given():
    import inspect

    import msal

    known = inspect.signature(msal.PublicClientApplication.__init__).parameters
    assert {"enable_broker_on_windows", "enable_broker_on_mac"} <= known.keys()
    taken = inspect.signature(msal.PublicClientApplication.acquire_token_interactive).parameters
    assert {"parent_window_handle", "login_hint", "prompt"} <= taken.keys()
    assert hasattr(msal.PublicClientApplication, "CONSOLE_WINDOW_HANDLE")


def test_forgetting_destroys_what_is_stored(tmp_path: Path):
    signing = account(tmp_path, FakeClient())
    (tmp_path / "mail-tokens").write_bytes(b"sealed")
    signing.forget()
    assert not (tmp_path / "mail-tokens").exists()
