"""The simulated token endpoint: applications by certificate or secret, people by device code, refreshing."""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from tenure_server.demo.graph_simulator import sign_in_errors as refused
from tenure_server.demo.graph_simulator.client_proof import check_client
from tenure_server.demo.graph_simulator.objects import (
    DeviceFlow,
    RefreshGrant,
    SimulatedApp,
    SimulatedUser,
)
from tenure_server.demo.graph_simulator.sign_in_errors import SignInError
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.demo.graph_simulator.tokens import (
    CAE,
    RESOURCES,
    Wanted,
    client_info,
    issue,
    issue_id_token,
)

DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
OPENID = frozenset({"openid", "profile", "offline_access", "email"})
CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
Form = Mapping[str, str]


class SignIn:
    """One tenant's sign-in, reached at an origin."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant

    def discovery(self, name: str, origin: str) -> dict[str, Any]:
        """Return the OpenID document of the tenant."""
        self._check_name(name)
        base = f"{origin}/{self._tenant.tenant_id}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "tenant_region_scope": "EU",
        }

    def token(self, name: str, form: Form, origin: str) -> dict[str, Any]:
        """Answer a token request.

        Raises:
            SignInError: It is refused, or has to be asked for again.
        """
        self._check_name(name)
        app = self._app(form)
        match form.get("grant_type", ""):
            case "client_credentials":
                return self._for_app(app, form, origin)
            case "refresh_token":
                return self._refresh(app, form, origin)
            case grant if grant == DEVICE_CODE_GRANT:
                return self._by_device_code(app, form, origin)
            case other:
                raise SignInError(refused.WRONG_GRANT, other)

    def device_code(self, name: str, form: Form, origin: str) -> dict[str, Any]:
        """Begin a sign-in by device code."""
        self._check_name(name)
        app = self._app(form)
        resource, scopes = self._scopes(form.get("scope", ""), origin)
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(9))
        lifetime = self._tenant.device_code_seconds
        flow = DeviceFlow(
            device_code=secrets.token_urlsafe(48),
            user_code=code,
            client_id=app.client_id,
            scopes=scopes,
            resource=resource,
            expires=time.monotonic() + lifetime,
            interval=self._tenant.device_code_interval_seconds,
        )
        self._tenant.device_flows[flow.device_code] = flow
        page = f"{origin}/devicelogin"
        return {
            "user_code": code,
            "device_code": flow.device_code,
            "verification_uri": page,
            "expires_in": lifetime,
            "interval": flow.interval,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code {code}.",
        }

    def _check_name(self, name: str) -> None:
        known = {self._tenant.tenant_id, *self._tenant.domains, "organizations", "common"}
        if name.lower() not in known:
            raise SignInError(refused.UNKNOWN_TENANT, name)

    def _app(self, form: Form) -> SimulatedApp:
        client_id = form.get("client_id", "")
        if not client_id:
            raise SignInError(refused.MISSING, "client_id")
        app = self._tenant.apps.get(client_id)
        if app is None or app.identity:
            raise SignInError(refused.UNKNOWN_APP, client_id)
        return app

    def _for_app(self, app: SimulatedApp, form: Form, origin: str) -> dict[str, Any]:
        check_client(self._tenant, app, form, f"{origin}/{self._tenant.tenant_id}/oauth2/v2.0/token")
        scope = form.get("scope", "")
        resource, _, end = scope.rpartition("/")
        if end != ".default" or not resource:
            raise SignInError(refused.WRONG_SCOPE, scope)
        self._check_resource(resource, origin)
        wanted = Wanted(app=app, resource=resource, speaks_cae=_speaks_cae(form))
        token, lifetime = issue(self._tenant, wanted, f"{origin}/{self._tenant.tenant_id}/")
        return {
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
            "scope": scope,
        }

    def _by_device_code(self, app: SimulatedApp, form: Form, origin: str) -> dict[str, Any]:
        if not app.public:
            raise SignInError(refused.NOT_PUBLIC, app.client_id)
        flow = self._tenant.device_flows.get(form.get("device_code", ""))
        if flow is None or flow.client_id != app.client_id or flow.used:
            raise SignInError(refused.CODE_UNKNOWN)
        if not app.public:
            raise SignInError(refused.NOT_PUBLIC, app.client_id)
        now = time.monotonic()
        if now >= flow.expires:
            raise SignInError(refused.CODE_EXPIRED)
        too_fast = now - flow.polled < flow.interval * 0.9
        flow.polled = now
        if flow.declined:
            raise SignInError(refused.DECLINED)
        if too_fast:
            raise SignInError(refused.SLOW_DOWN)
        if not flow.user:
            raise SignInError(refused.PENDING)
        answer = self._for_user(app, flow.user, flow.scopes, flow.resource, form, origin)
        flow.used = True
        return answer

    def _refresh(self, app: SimulatedApp, form: Form, origin: str) -> dict[str, Any]:
        grant = self._tenant.refresh_grants.get(form.get("refresh_token", ""))
        if grant is None or grant.client_id != app.client_id:
            raise SignInError(refused.REFRESH_UNKNOWN)
        if grant.serial <= self._tenant.revoked_through.get(grant.user, 0):
            raise SignInError(refused.REFRESH_REVOKED)
        resource, scopes = grant.resource, grant.scopes
        if form.get("scope"):
            resource, scopes = self._scopes(form["scope"], origin)
        return self._for_user(app, grant.user, scopes, resource, form, origin)

    def _for_user(
        self, app: SimulatedApp, user_id: str, scopes: tuple[str, ...], resource: str, form: Form, origin: str
    ) -> dict[str, Any]:
        user = self._user(user_id)
        granted = tuple(scope for scope in scopes if scope not in OPENID)
        if ".default" in granted:
            granted = tuple(sorted(app.scopes))
        if not granted or not set(granted) <= app.scopes:
            raise SignInError(refused.NO_CONSENT, app.client_id)
        issuer = f"{origin}/{self._tenant.tenant_id}/v2.0"
        wanted = Wanted(app=app, resource=resource, scopes=granted, user=user, speaks_cae=_speaks_cae(form))
        token, lifetime = issue(self._tenant, wanted, issuer)
        answer = {
            "token_type": "Bearer",
            "scope": " ".join([*(f"{resource}/{scope}" for scope in granted), *(OPENID & set(scopes))]),
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }
        if "offline_access" in scopes:
            answer["refresh_token"] = self._grant(app, user, scopes, resource)
        if "openid" in scopes:
            answer["id_token"] = issue_id_token(self._tenant, app, user, issuer)
        if form.get("client_info") == "1":
            answer["client_info"] = client_info(self._tenant, user)
        return answer

    def _user(self, user_id: str) -> SimulatedUser:
        user = self._tenant.users.get(user_id)
        if user is None:
            raise SignInError(refused.GONE)
        if not user.account_enabled:
            raise SignInError(refused.BLOCKED)
        return user

    def _grant(self, app: SimulatedApp, user: SimulatedUser, scopes: tuple[str, ...], resource: str) -> str:
        token = secrets.token_urlsafe(64)
        self._tenant.refresh_grants[token] = RefreshGrant(
            client_id=app.client_id,
            user=user.id,
            scopes=scopes,
            resource=resource,
            serial=self._tenant.next_serial(),
        )
        return token

    def _scopes(self, text: str, origin: str) -> tuple[str, tuple[str, ...]]:
        """Return the resource and the scopes without it; a bare scope is Graph's."""
        resource, scopes = "https://graph.microsoft.com", []
        for scope in text.split():
            before, _, name = scope.rpartition("/")
            if before:
                self._check_resource(before, origin)
                resource = before
            scopes.append(name)
        if not scopes:
            raise SignInError(refused.MISSING, "scope")
        return resource, tuple(scopes)

    @staticmethod
    def _check_resource(resource: str, origin: str) -> None:
        if resource.rstrip("/") not in RESOURCES | {origin}:
            raise SignInError(refused.WRONG_RESOURCE, resource)


def _speaks_cae(form: Form) -> bool:
    """Tell whether the client says that it understands claims challenges."""
    try:
        claims = json.loads(form.get("claims") or "{}")
        values = claims["access_token"]["xms_cc"]["values"]
    except (ValueError, KeyError, TypeError):
        return False
    return any(str(value).upper() == CAE for value in values)
