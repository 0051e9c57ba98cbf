"""What the simulated sign-in refuses, in Entra's codes."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One kind of refusal."""

    code: int
    error: str
    text: str
    status: int = 400


UNKNOWN_TENANT = Refusal(
    90002, "invalid_tenant", "Tenant '{what}' not found. Check to make sure you have the correct tenant ID."
)
UNKNOWN_APP = Refusal(
    700016, "unauthorized_client", "Application with identifier '{what}' was not found in the directory."
)
WRONG_SECRET = Refusal(7000215, "invalid_client", "Invalid client secret provided.", 401)
EXPIRED_SECRET = Refusal(
    7000222, "invalid_client", "The provided client secret keys for app '{what}' are expired.", 401
)
NO_CREDENTIAL = Refusal(
    7000218,
    "invalid_client",
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    401,
)
UNKNOWN_CERTIFICATE = Refusal(
    700027,
    "invalid_client",
    "The certificate with identifier used to sign the client assertion is not registered on application.",
    401,
)
CERTIFICATE_OUT_OF_TIME = Refusal(
    1000502, "invalid_client", "The provided certificate is not within its specified validity window.", 401
)
WRONG_SIGNATURE = Refusal(50013, "invalid_client", "Assertion failed signature validation: {what}.", 401)
ASSERTION_EXPIRED = Refusal(
    700024, "invalid_client", "Client assertion is not within its valid time range.", 401
)
WRONG_AUDIENCE = Refusal(
    700023, "invalid_client", "Client assertion audience claim does not match Realm issuer.", 401
)
ASSERTION_REPLAYED = Refusal(
    50013, "invalid_client", "Assertion failed: its identifier was used before.", 401
)
WRONG_GRANT = Refusal(
    70003, "unsupported_grant_type", "The app requested an unsupported grant type '{what}'."
)
MISSING = Refusal(
    900144, "invalid_request", "The request body must contain the following parameter: '{what}'."
)
WRONG_SCOPE = Refusal(
    70011, "invalid_scope", "The provided value for the input parameter 'scope' is not valid: {what}."
)
WRONG_RESOURCE = Refusal(
    500011, "invalid_resource", "The resource principal named {what} was not found in the tenant."
)
NO_CONSENT = Refusal(
    65001,
    "invalid_grant",
    "The user or administrator has not consented to use the application with ID '{what}'.",
)
NOT_PUBLIC = Refusal(7000218, "invalid_client", "The application '{what}' is not a public client.", 401)
REFRESH_REVOKED = Refusal(
    50173,
    "invalid_grant",
    "The provided grant has expired due to it being revoked, a fresh auth token is needed.",
)
REFRESH_UNKNOWN = Refusal(9002313, "invalid_grant", "Invalid request. Request is malformed or invalid.")
BLOCKED = Refusal(50057, "invalid_grant", "The user account is disabled.")
GONE = Refusal(50034, "invalid_grant", "The user account does not exist in the directory.")
PENDING = Refusal(
    70016, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
)
SLOW_DOWN = Refusal(70016, "slow_down", "OAuth 2.0 device flow error. Polling too fast.")
DECLINED = Refusal(70000, "authorization_declined", "OAuth 2.0 device flow error. The user declined.")
CODE_EXPIRED = Refusal(
    70020, "expired_token", "The provided value for the input parameter 'device_code' is expired."
)
CODE_UNKNOWN = Refusal(
    70000, "bad_verification_code", "The provided value for the input parameter 'device_code' is not valid."
)


class SignInError(Exception):
    """A refused sign-in."""

    def __init__(self, refusal: Refusal, what: str = "") -> None:
        super().__init__(refusal.text.format(what=what))
        self.refusal = refusal

    def body(self, now: datetime) -> dict[str, Any]:
        """Return it as the token endpoint says it."""
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = now.strftime("%Y-%m-%d %H:%M:%SZ")
        code = self.refusal.code
        marks = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        return {
            "error": self.refusal.error,
            "error_description": f"AADSTS{code}: {self} {marks}",
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            **({"suberror": "consent_required"} if self.refusal is NO_CONSENT else {}),
        }
