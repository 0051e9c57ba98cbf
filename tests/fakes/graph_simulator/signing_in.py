"""Signing in to the simulated tenant with the real msal, and calling it with what that gives."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tenure_server.demo.graph_simulator.running import RunningSimulator

SCOPE = "https://graph.microsoft.com/.default"


def session(simulator: RunningSimulator) -> requests.Session:
    """Make msal's HTTP client, which trusts the simulator and nobody else."""
    made = requests.Session()
    made.trust_env = False  # the environment's CA file would win over `verify`
    made.verify = str(simulator.ca_file)
    made.headers["Connection"] = "close"  # msal closes no session
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An application's key and certificate, as PEM."""

    private: str
    certificate: str

    @property
    def credential(self) -> dict[str, str]:
        return {"private_key": self.private, "public_certificate": self.certificate}


def make_key(*, days: int = 30, starts: datetime | None = None) -> Key:
    """Make a self-signed certificate that lasts so many days."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tenure")])
    begins = starts or datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return Key(
        private=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
    )


def application(
    simulator: RunningSimulator, client_id: str, credential: Any, **more: Any
) -> msal.ConfidentialClientApplication:
    """Make msal's application."""
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=simulator.tenant_authority,
        instance_discovery=False,
        http_client=session(simulator),
        **more,
    )


def public_application(
    simulator: RunningSimulator, client_id: str, **more: Any
) -> msal.PublicClientApplication:
    """Make msal's public application, as a laptop has it."""
    return msal.PublicClientApplication(
        client_id,
        authority=simulator.tenant_authority,
        instance_discovery=False,
        http_client=session(simulator),
        **more,
    )


def signed_in(simulator: RunningSimulator, *roles: str, client_id: str = "", **more: Any) -> httpx2.Client:
    """Register an application with a secret and return a client that calls Graph as it."""
    app = simulator.tenant.register_app(client_id, secret="open sesame", roles=roles, **more)
    answer = application(simulator, app.client_id, "open sesame").acquire_token_for_client([SCOPE])
    return calling(simulator, answer["access_token"])


def calling(simulator: RunningSimulator, token: str) -> httpx2.Client:
    """Return a client that calls Graph with a token."""
    return httpx2.Client(
        base_url=simulator.url,
        verify=ssl.create_default_context(cafile=str(simulator.ca_file)),
        headers={"Authorization": f"Bearer {token}", "Connection": "close"},
        trust_env=False,
    )
