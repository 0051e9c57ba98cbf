"""The account that is signed in on this laptop, through msal; imported by the mail job's process alone.

Where the system's own broker is installed (msal[broker], Windows and macOS), it signs in; else a code that is
typed on another device. Claims challenges are answered (capability cp1). The authority is the order's own, so
msal asks nobody else whether there is such a place. Errors of sign-in are known by their code.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msal
from msal_extensions.persistence import PersistenceError

from tenure_agent.adapters.microsoft_http import SIGN_IN_HOSTS, MicrosoftHttp, MsalHttp
from tenure_agent.adapters.token_cache import ProtectionGoneError, TokenStore
from tenure_agent.errors import MailUnavailableError, SignInNeededError
from tenure_agent.language import N_
from tenure_agent.mail_ports import DeviceCode
from tenure_policies.forwarding.mail_order import MailOrder

GLOBAL_GRAPH: Final = "graph.microsoft.com"
_LATER = frozenset({"temporarily_unavailable", "server_error", "service_unavailable"})
_BROKER_PLATFORMS = frozenset({"win32", "darwin"})
_LONGEST_CODE = 60


class PublicClient(Protocol):
    """What of msal's PublicClientApplication is used."""

    def get_accounts(self) -> list[dict[str, Any]]:
        """Return the accounts in the cache."""
        ...

    def remove_account(self, account: dict[str, Any]) -> None:
        """Drop an account's tokens."""
        ...

    def acquire_token_silent_with_error(
        self, scopes: list[str], account: dict[str, Any], *, claims_challenge: str | None
    ) -> dict[str, Any] | None:
        """Return a token, an error, or None."""
        ...

    def initiate_device_flow(self, scopes: list[str]) -> dict[str, Any]:
        """Begin."""
        ...

    def acquire_token_by_device_flow(self, flow: dict[str, Any]) -> dict[str, Any]:
        """Wait until somebody has signed in."""
        ...

    def acquire_token_interactive(
        self, scopes: list[str], *, parent_window_handle: object, login_hint: str, prompt: str
    ) -> dict[str, Any]:
        """Sign in through the broker."""
        ...


BuildClient = Callable[..., PublicClient]


def broker_is_here(platform: str = sys.platform) -> bool:
    """Tell whether the system's broker can be used: msal[broker] is installed, on a system that has one."""
    return platform in _BROKER_PLATFORMS and importlib.util.find_spec("pymsalruntime") is not None


def scopes_of(order: MailOrder, *, fixing: bool) -> list[str]:
    """Return what is asked for: to read the rules, or to switch them off as well."""
    settings = "MailboxSettings.ReadWrite" if fixing else "MailboxSettings.Read"
    host = urlsplit(order.graph).hostname or ""
    national = host.startswith(("graph.", "dod-graph.", "microsoftgraph.")) and host != GLOBAL_GRAPH
    prefix = f"https://{host}/" if national else ""
    return [f"{prefix}{settings}", f"{prefix}User.Read"]


class MicrosoftAccount:
    """One order's account."""

    def __init__(
        self,
        order: MailOrder,
        store: TokenStore,
        way: MicrosoftHttp,
        *,
        protection: str = "",
        brokered: bool = False,
        build: BuildClient = msal.PublicClientApplication,
    ) -> None:
        self._order = order
        self._store = store
        self._way = way
        self._wanted = protection
        self._brokered = brokered
        self._build = build
        self._client: PublicClient | None = None
        self._protection = protection

    @property
    def protection(self) -> str:
        """Name what protects the tokens at rest."""
        return self._protection

    def token(self, claims: str | None = None) -> str:
        """Return an access token, without asking anybody."""
        with _Sorted():
            client = self._open(self._wanted)
            accounts = client.get_accounts()
            if len(accounts) != 1:
                raise SignInNeededError(N_("Nobody is signed in: run `tenure-agent mail sign-in`."))
            fixing = self._order.fix_until is not None
            answer = self._silent(client, accounts[0], claims, fixing=fixing)
            if answer is None or "error" in answer:
                # A city may have consented to one of the two only: to look, either will do.
                answer = self._silent(client, accounts[0], claims, fixing=not fixing) or answer
        return _token_of(answer)

    def sign_in(self, show: Callable[[DeviceCode], None]) -> None:
        """Sign somebody in; waits for as long as the code lives."""
        with _Sorted():
            client = self._open("")
            scopes = scopes_of(self._order, fixing=self._order.fix_until is not None)
            answer = self._by_broker(client, scopes) if self._brokered else _by_code(client, scopes, show)
        _token_of(answer)
        self._wanted = self._protection

    def forget(self) -> None:
        """Drop every token of this laptop."""
        self._client = None
        self._store.destroy()

    def _silent(
        self, client: PublicClient, account: dict[str, Any], claims: str | None, *, fixing: bool
    ) -> dict[str, Any] | None:
        scopes = scopes_of(self._order, fixing=fixing)
        return client.acquire_token_silent_with_error(scopes, account, claims_challenge=claims)

    def _by_broker(self, client: PublicClient, scopes: list[str]) -> dict[str, Any]:
        handle = getattr(client, "CONSOLE_WINDOW_HANDLE", None)
        return client.acquire_token_interactive(
            scopes, parent_window_handle=handle, login_hint=self._order.address, prompt="select_account"
        )

    def _open(self, protection: str) -> PublicClient:
        if self._client is None:
            self._way.check(self._order.authority, SIGN_IN_HOSTS)
            cache, self._protection = self._store.open(protection)
            self._client = self._build(
                self._order.client_id,
                authority=self._order.authority,
                token_cache=cache,
                http_client=MsalHttp(self._way),
                client_capabilities=["CP1"],
                instance_discovery=False,
                **_broker_options(brokered=self._brokered),
            )
        return self._client


def _broker_options(*, brokered: bool) -> dict[str, bool]:
    return {"enable_broker_on_windows": True, "enable_broker_on_mac": True} if brokered else {}


def _by_code(client: PublicClient, scopes: list[str], show: Callable[[DeviceCode], None]) -> dict[str, Any]:
    flow = client.initiate_device_flow(scopes)
    url, code = flow.get("verification_uri"), flow.get("user_code")
    if not isinstance(url, str) or not isinstance(code, str) or urlsplit(url).scheme != "https":
        _token_of(flow)
        raise MailUnavailableError(N_("Sign-in gives no code to type."), code="no_code")
    show(DeviceCode(url=url, code=code, expires_seconds=int(flow.get("expires_in", 900))))
    return client.acquire_token_by_device_flow(flow)


def _token_of(answer: Mapping[str, Any] | None) -> str:
    """Return the access token of msal's answer.

    Raises:
        SignInNeededError: there is none, and only a person can change that.
        MailUnavailableError: there is none now.
    """
    if answer is None:
        raise SignInNeededError(N_("Nobody is signed in: run `tenure-agent mail sign-in`."))
    token = answer.get("access_token")
    if isinstance(token, str) and token:
        return token
    code = str(answer.get("error", "no_token"))[:_LONGEST_CODE]
    if code in _LATER:
        raise MailUnavailableError(N_("Sign-in is not to be had now ({code})."), code=code)
    raise SignInNeededError(N_("Microsoft refuses the sign-in ({code}): sign in again."), code=code)


class _Sorted:
    """Turns what msal and its cache raise into the agent's errors."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ProtectionGoneError | PersistenceError):
            raise SignInNeededError(
                N_("The stored sign-in cannot be opened any more: sign in again.")
            ) from error
        if isinstance(error, ValueError | OSError | KeyError | TypeError):
            raise MailUnavailableError(
                N_("Sign-in answers with what cannot be used."), code="sign_in_unreadable"
            ) from error
