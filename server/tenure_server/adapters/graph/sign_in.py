"""Tokens for Graph, by msal: one at a time, kept until they age, asked for anew where Graph wants others.

msal blocks, so it runs in a thread; it keeps error replies, so after an error it is built anew, from files
that are read anew. Neither tokens nor secrets are ever logged or told.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2
import msal
from msal.exceptions import MsalError

from tenure_server.adapters.graph.clouds import Cloud
from tenure_server.adapters.graph.credentials import Certificate, Credential, ManagedIdentity, Secret
from tenure_server.adapters.graph.errors import GraphUnavailableError
from tenure_server.adapters.graph.sign_in_answers import (
    certificate_ended,
    no_authority,
    no_identity,
    refused_or_unavailable,
    unreachable,
)
from tenure_server.domain.errors import InputError
from tenure_server.usecases.ports import Clock

CAPABILITIES = ["CP1"]
"""We understand claims challenges, so tokens may be revoked at once (continuous access evaluation)."""
_MARGIN_SECONDS = 300
_SHORTEST_SECONDS = 5


class SignIn(Protocol):
    """Who gives us tokens."""

    async def token(self, *, claims: str | None = None, instead_of: str | None = None) -> str:
        """Return a token; with `instead_of`, another than that one.

        Raises:
            SignInRefusedError: The tenant lets us in no more; the message says what to do.
            GraphUnavailableError: Sign-in does not answer now.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Application(Protocol):
    """msal's applications, as far as they are used."""

    def acquire(self, claims: str | None) -> dict[str, Any]:
        """Return msal's answer; blocks."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    token: str
    old_at: float
    """By the loop's clock: from here on another is asked for."""
    ends_at: float


class MsalSignIn:
    """Signs in as an application."""

    def __init__(self, build: Callable[[], Application], http: httpx2.Client) -> None:
        """Remember how msal's application is built; `build` runs in a thread and may do I/O."""
        self._build = build
        self._http = http
        self._application: Application | None = None
        self._held: _Held | None = None
        self._one_at_a_time = asyncio.Lock()

    async def token(self, *, claims: str | None = None, instead_of: str | None = None) -> str:
        """Return a token; see `SignIn.token`."""
        held = self._held
        if held is not None and held.token != instead_of and self._now() < held.old_at:
            return held.token
        async with self._one_at_a_time:
            held = self._held
            if held is not None and held.token != instead_of and self._now() < held.old_at:
                return held.token  # somebody fetched it while we waited
            return await self._fetch(claims, instead_of)

    async def close(self) -> None:
        """Close the connections to sign-in."""
        await asyncio.to_thread(self._http.close)

    async def _fetch(self, claims: str | None, instead_of: str | None) -> str:
        if instead_of is not None and claims is None:
            self._application = None  # else msal would give the same token out of its memory
        try:
            answer = await asyncio.to_thread(self._ask, claims)
        except GraphUnavailableError:
            held = self._held
            if held is not None and held.token != instead_of and self._now() < held.ends_at:
                return held.token
            raise
        begun = self._now()
        lasts = _seconds(answer.get("expires_in"))
        fresh = min(_seconds(answer.get("refresh_in"), lasts), lasts - _MARGIN_SECONDS)
        self._held = _Held(
            token=str(answer["access_token"]),
            old_at=begun + max(fresh, _SHORTEST_SECONDS),
            ends_at=begun + lasts,
        )
        return self._held.token

    def _ask(self, claims: str | None) -> dict[str, Any]:
        """Ask msal, in a thread; only one runs at a time."""
        application, self._application = self._application, None
        try:
            if application is None:
                application = self._build()
            answer: Any = application.acquire(claims)
        except InputError as error:  # the file was good at the start: it is being renewed, say
            raise GraphUnavailableError(error.message, code="CredentialUnusable") from error
        except (httpx2.HTTPError, OSError, MsalError) as error:
            raise unreachable(error) from error
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise unreachable(error) from error
        except msal.ManagedIdentityError as error:
            raise no_identity(error) from error
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise refused_or_unavailable(answer)
        self._application = application
        return answer

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Who signs in, and where."""

    tenant: str
    client_id: str
    cloud: Cloud


class _Confidential:
    """A registration with a certificate or a secret."""

    def __init__(self, who: Registration, credential: Certificate | Secret, http: httpx2.Client) -> None:
        self._scopes = [who.cloud.scope]
        try:
            self._msal = msal.ConfidentialClientApplication(
                who.client_id,
                client_credential=_msal_credential(credential),
                authority=f"{who.cloud.authority}/{who.tenant}",
                instance_discovery=None if who.cloud.known_authority else False,
                client_capabilities=CAPABILITIES,
                http_client=http,
            )
        except ValueError as error:
            raise no_authority(error) from error

    def acquire(self, claims: str | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._msal.acquire_token_for_client(self._scopes, claims_challenge=claims)
        return answer


class _Managed:
    """An identity that Azure gave to this machine."""

    def __init__(self, who: Registration, credential: ManagedIdentity, http: httpx2.Client) -> None:
        self._resource = who.cloud.resource
        identity = (
            msal.UserAssignedManagedIdentity(client_id=credential.client_id)
            if credential.client_id
            else msal.SystemAssignedManagedIdentity()
        )
        self._msal = msal.ManagedIdentityClient(identity, http_client=http, client_capabilities=CAPABILITIES)

    def acquire(self, claims: str | None) -> dict[str, Any]:
        answer: dict[str, Any] = self._msal.acquire_token_for_client(
            resource=self._resource, claims_challenge=claims
        )
        return answer


def application(who: Registration, credential: Credential, http: httpx2.Client, clock: Clock) -> Application:
    """Build msal's application for a credential; asks the authority for its addresses, so it blocks.

    Raises:
        SignInRefusedError: The certificate has ended, or there is no such tenant.
        GraphUnavailableError: The authority does not answer.
    """
    if isinstance(credential, ManagedIdentity):
        return _Managed(who, credential, http)
    if isinstance(credential, Certificate) and credential.ends <= clock.now():
        raise certificate_ended(credential.ends)
    return _Confidential(who, credential, http)


def _msal_credential(credential: Certificate | Secret) -> str | dict[str, str]:
    if isinstance(credential, Secret):
        return credential.secret
    # Without "thumbprint" msal signs with PS256 and names the certificate by SHA-256.
    return {"private_key": credential.private_key, "public_certificate": credential.certificate}


def _seconds(value: Any, otherwise: float = 3600.0) -> float:
    try:
        return max(float(value), 0.0)
    except (TypeError, ValueError):
        return otherwise
