"""How the simulated tenant checks an application's proof: a signed assertion, or a secret."""

import hmac
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography import x509

from tenure_server.demo.graph_simulator import sign_in_errors as refused
from tenure_server.demo.graph_simulator.objects import SimulatedApp
from tenure_server.demo.graph_simulator.sign_in_errors import SignInError
from tenure_server.demo.graph_simulator.state import SimulatedTenant
from tenure_server.demo.graph_simulator.tokens import certificate_thumbprint

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def check_client(tenant: SimulatedTenant, app: SimulatedApp, form: Mapping[str, str], audience: str) -> None:
    """Check that it is the application itself that asks.

    Raises:
        SignInError: It is not, or its proof is too old.
    """
    if "client_assertion" in form:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise SignInError(refused.MISSING, "client_assertion_type")
        _check_assertion(tenant, app, form["client_assertion"], audience)
    elif "client_secret" in form:
        _check_secret(tenant, app, form["client_secret"])
    else:
        raise SignInError(refused.NO_CREDENTIAL)


def _check_secret(tenant: SimulatedTenant, app: SimulatedApp, given: str) -> None:
    for secret, expires in app.secrets.items():
        if hmac.compare_digest(secret.encode(), given.encode()):
            if expires is not None and expires <= tenant.clock.now():
                raise SignInError(refused.EXPIRED_SECRET, app.client_id)
            return
    raise SignInError(refused.WRONG_SECRET)


def _check_assertion(tenant: SimulatedTenant, app: SimulatedApp, assertion: str, audience: str) -> None:
    certificate = _signer(app, assertion)
    now = tenant.clock.now()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SignInError(refused.CERTIFICATE_OUT_OF_TIME)
    claims = _claims(certificate, assertion, audience)
    if claims["iss"] != app.client_id or claims["sub"] != app.client_id:
        raise SignInError(refused.WRONG_SIGNATURE, "issuer and subject are not the application")
    used = (app.client_id, claims["jti"])
    with tenant.lock:
        if used in tenant.used_assertions and tenant.assertions_count_once:
            raise SignInError(refused.ASSERTION_REPLAYED)
        tenant.used_assertions.add(used)


def _signer(app: SimulatedApp, assertion: str) -> x509.Certificate:
    try:
        header = jwt.get_unverified_header(assertion)
    except jwt.PyJWTError as error:
        raise SignInError(refused.WRONG_SIGNATURE, "it cannot be read") from error
    if header.get("alg") != "PS256":
        raise SignInError(refused.WRONG_SIGNATURE, "it is not signed with PS256")
    for certificate in app.certificates:
        if str(header.get("x5t#S256")).rstrip("=") == certificate_thumbprint(certificate):
            return certificate
    raise SignInError(refused.UNKNOWN_CERTIFICATE)


def _claims(certificate: x509.Certificate, assertion: str, audience: str) -> dict[str, Any]:
    try:
        return jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]
            algorithms=["PS256"],
            audience=audience,
            options={"require": ["aud", "exp", "iss", "jti", "sub"]},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        raise SignInError(refused.ASSERTION_EXPIRED) from error
    except jwt.InvalidAudienceError as error:
        raise SignInError(refused.WRONG_AUDIENCE) from error
    except jwt.PyJWTError as error:
        raise SignInError(refused.WRONG_SIGNATURE, "signature or claims do not fit") from error
