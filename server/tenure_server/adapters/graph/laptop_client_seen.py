"""Whether the tenant gives device codes to the registration for laptops: asks for one, and lets it lapse.

Nobody is shown the code, so nobody can sign in with it; it ends by itself after a quarter of an hour.
"""

from typing import Any

import httpx2

from tenure_server.adapters.graph import authorities
from tenure_server.adapters.graph.clouds import cloud
from tenure_server.domain.errors import InputError
from tenure_server.domain.graph_connection import LaptopClient
from tenure_server.domain.graph_permissions import SCOPES
from tenure_server.settings import Settings

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_TIMEOUT_SECONDS = 20.0
_WAITS = frozenset({"authorization_pending", "slow_down"})
_UNKNOWN = frozenset({700016, 7000112})
"""Entra's numbers for a registration that is not in the tenant, or is switched off."""
_NOT_PUBLIC = 7000218
"""Entra asks for a secret: public client flows are not allowed."""


async def laptop_client(settings: Settings) -> LaptopClient:
    """Return what the tenant says of the registration for laptops."""
    where = cloud(settings)
    base = f"{where.authority}/{settings.graph_tenant}/oauth2/v2.0"
    scope = " ".join(
        one.name if one.name == "offline_access" else f"{where.resource}/{one.name}" for one in SCOPES
    )
    client = {"client_id": settings.graph_laptop_client_id}
    try:
        async with httpx2.AsyncClient(verify=authorities(settings), timeout=_TIMEOUT_SECONDS) as http:
            given = _body(await http.post(f"{base}/devicecode", data={**client, "scope": scope}))
            code = given.get("device_code")
            if not isinstance(code, str):
                return _meaning(given)
            asked = {**client, "grant_type": _GRANT, "device_code": code}
            return _meaning(_body(await http.post(f"{base}/token", data=asked)))
    except (httpx2.HTTPError, httpx2.InvalidURL, InputError):
        return LaptopClient.UNSEEN


def _meaning(body: dict[str, Any]) -> LaptopClient:
    numbers = body.get("error_codes")
    codes = set(numbers) if isinstance(numbers, list) else set()
    if _NOT_PUBLIC in codes:
        return LaptopClient.CONFIDENTIAL
    if codes & _UNKNOWN:
        return LaptopClient.UNKNOWN
    return LaptopClient.READY if body.get("error") in _WAITS else LaptopClient.UNSEEN


def _body(answer: httpx2.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
