"""Access and id tokens of the simulated tenant: signed like the real ones, short-lived, and revocable."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import Certificate

from tenure_server.demo.graph_simulator.answers import Caller, GraphError
from tenure_server.demo.graph_simulator.objects import SimulatedApp, SimulatedUser
from tenure_server.demo.graph_simulator.state import SimulatedTenant

CAE = "CP1"
CAE_TOKEN_SECONDS = 86_399
KEY_ID = "tenant-simulator"
RESOURCES = frozenset(
    {
        "https://graph.microsoft.com",
        "https://graph.microsoft.us",
        "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn",
        "00000003-0000-0000-c000-000000000000",
    }
)
"""What Graph calls itself in the audiences of tokens, besides the address it is reached at."""


@cache
def _key() -> rsa.RSAPrivateKey:
    """Return the key of this process; making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def published_keys() -> dict[str, Any]:
    """Return the key set that a discovery document leads to."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_key().public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


def certificate_thumbprint(certificate: Certificate) -> str:
    """Return `x5t#S256` of a certificate."""
    return _base64url(certificate.fingerprint(hashes.SHA256()))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a token is asked for."""

    app: SimulatedApp
    resource: str
    scopes: tuple[str, ...] = ()
    user: SimulatedUser | None = None
    speaks_cae: bool = False


def issue(tenant: SimulatedTenant, wanted: Wanted, issuer: str) -> tuple[str, int]:
    """Sign an access token and return it with its lifetime in seconds."""
    now = int(tenant.clock.now().timestamp())
    lifetime = CAE_TOKEN_SECONDS if wanted.speaks_cae else tenant.token_seconds
    claims: dict[str, Any] = {
        "aud": wanted.resource,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "appid": wanted.app.client_id,
        "app_displayname": wanted.app.name,
        "tid": tenant.tenant_id,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
        "sn": tenant.next_serial(),
    }
    if wanted.user is None:
        claims |= {"idtyp": "app", "oid": wanted.app.object_id, "sub": wanted.app.object_id}
        claims |= {"roles": sorted(wanted.app.roles)} if wanted.app.roles else {}
    else:
        claims |= {
            "idtyp": "user",
            "oid": wanted.user.id,
            "sub": hashlib.sha256(f"{wanted.user.id}{wanted.app.client_id}".encode()).hexdigest(),
            "upn": wanted.user.user_principal_name,
            "name": wanted.user.display_name,
            "scp": " ".join(wanted.scopes),
        }
    if wanted.speaks_cae:
        claims["xms_cc"] = [CAE]
    return _sign(claims), lifetime


def issue_id_token(tenant: SimulatedTenant, app: SimulatedApp, user: SimulatedUser, issuer: str) -> str:
    """Sign an id token, from which a client knows who signed in."""
    now = int(tenant.clock.now().timestamp())
    return _sign(
        {
            "aud": app.client_id,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + tenant.token_seconds,
            "name": user.display_name,
            "oid": user.id,
            "preferred_username": user.user_principal_name,
            "sub": hashlib.sha256(f"{user.id}{app.client_id}".encode()).hexdigest(),
            "tid": tenant.tenant_id,
            "ver": "2.0",
        }
    )


def client_info(tenant: SimulatedTenant, user: SimulatedUser) -> str:
    """Return what msal names an account by."""
    return _base64url(json.dumps({"uid": user.id, "utid": tenant.tenant_id}).encode())


def _sign(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, _key(), algorithm="RS256", headers={"kid": KEY_ID})


class Tokens:
    """Reads the bearer of a call; what was read once is not verified again."""

    def __init__(self, tenant: SimulatedTenant) -> None:
        self._tenant = tenant
        self._read: dict[str, dict[str, Any]] = {}

    def caller(self, authorization: str, origin: str) -> Caller:
        """Return who calls.

        Raises:
            GraphError: 401, for Continuous Access Evaluation with the challenge.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._unauthenticated("Access token is empty.", origin)
        claims = self._claims(token, origin)
        if claims["exp"] <= self._tenant.clock.now().timestamp():
            raise self._unauthenticated("Lifetime validation failed, the token is expired.", origin)
        if claims["aud"].rstrip("/") not in RESOURCES | {origin}:
            raise self._unauthenticated("Access token validation failure. Invalid audience.", origin)
        is_user = claims["idtyp"] == "user"
        subject = claims["oid"] if is_user else claims["appid"]
        self._check_revocation(claims, subject, origin)
        return Caller(
            client_id=claims["appid"],
            roles=frozenset(claims.get("roles", ())),
            scopes=frozenset(claims.get("scp", "").split()),
            user=subject if is_user else None,
            name=claims["upn"] if is_user else claims["appid"],
        )

    def _claims(self, token: str, origin: str) -> dict[str, Any]:
        if token not in self._read:
            try:
                self._read[token] = jwt.decode(
                    token,
                    _key().public_key(),
                    algorithms=["RS256"],
                    options={
                        "verify_aud": False,
                        "verify_exp": False,
                        "verify_iat": False,
                        "verify_nbf": False,
                    },
                )
            except jwt.PyJWTError as error:
                message = "CompactToken parsing failed with error code: 80049217"
                raise self._unauthenticated(message, origin) from error
        claims = self._read[token]
        if claims["tid"] != self._tenant.tenant_id:
            raise self._unauthenticated("Access token validation failure. Invalid tenant.", origin)
        return claims

    def _check_revocation(self, claims: dict[str, Any], subject: str, origin: str) -> None:
        """Challenge a revoked token of a client that understands it; others' run on, as the real ones do."""
        user = self._tenant.users.get(subject)
        blocked = claims["idtyp"] == "user" and (user is None or not user.account_enabled)
        revoked = claims["sn"] <= self._tenant.revoked_through.get(subject, 0)
        if CAE not in claims.get("xms_cc", ()) or not (blocked or revoked):
            return
        wanted = {"access_token": {"nbf": {"essential": True, "value": str(claims["iat"] + 1)}}}
        encoded = base64.b64encode(json.dumps(wanted).encode()).decode()
        raise self._unauthenticated(
            "Continuous access evaluation resulted in challenge with result: InteractionRequired "
            "and code: TokenIssuedBeforeRevocationTimestamp",
            origin,
            f', error="insufficient_claims", claims="{encoded}"',
        )

    @staticmethod
    def _unauthenticated(message: str, origin: str, more: str = "") -> GraphError:
        challenge = f'Bearer realm="", authorization_uri="{origin}/common/oauth2/authorize"{more}'
        return GraphError(401, "InvalidAuthenticationToken", message, {"WWW-Authenticate": challenge})
