"""The managed identity of a machine in the simulated cloud, as App Service and virtual machines offer it."""

import hmac
from collections.abc import Mapping
from typing import Any

from tenure_server.demo.graph_simulator.objects import SimulatedApp
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.demo.graph_simulator.tokens import RESOURCES, Wanted, issue

APP_SERVICE_PATH = "/msi/token"
VIRTUAL_MACHINE_PATH = "/metadata/identity/oauth2/token"


def identity_token(
    tenant: SimulatedTenant, path: str, query: Mapping[str, str], headers: Mapping[str, str], origin: str
) -> tuple[int, dict[str, Any]]:
    """Answer a machine that asks for its own token: status and body."""
    if path == APP_SERVICE_PATH:
        given = headers.get("x-identity-header", "")
        if not hmac.compare_digest(given.encode(), tenant.identity_header.encode()):
            return 401, {"statusCode": 401, "message": "The identity header is wrong."}
    elif headers.get("metadata", "").lower() != "true":
        return 400, _refusal("Required metadata header not specified.")
    app = _identity(tenant, query.get("client_id", ""))
    if app is None:
        return 400, {"statusCode": 400, "message": "No managed identity.", **_refusal("Identity not found.")}
    resource = query.get("resource", "").rstrip("/")
    if resource not in RESOURCES | {origin}:
        return 400, _refusal(f"AADSTS500011: The resource principal named {resource} was not found.")
    token, lifetime = issue(tenant, Wanted(app=app, resource=resource), f"{origin}/{tenant.tenant_id}/")
    expires = int(tenant.clock.now().timestamp()) + lifetime
    return 200, {
        "access_token": token,
        "expires_in": str(lifetime),
        "expires_on": str(expires),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": app.client_id,
    }


def _identity(tenant: SimulatedTenant, client_id: str) -> SimulatedApp | None:
    identities = [app for app in tenant.apps.values() if app.identity]
    if not client_id:
        return identities[0] if identities else None
    return next((app for app in identities if app.client_id == client_id), None)


def _refusal(text: str) -> dict[str, Any]:
    return {"error": "invalid_request", "error_description": text}
