"""What a city puts into the settings for a simulated tenant: key, certificate, secret, and the settings."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fakes.graph_simulator import RunningSimulator, SimulatedTenant
from tenure_server.adapters.clock import SystemClock
from tenure_server.settings import Settings

CLIENT = "5d2b0c1e-3f44-4b6a-8c7d-9e0f1a2b3c4d"
READING = ("User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All", "Domain.Read.All")
FIXING = (*READING, "MailboxSettings.ReadWrite")


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Return one key for all tests of a process: making one takes long."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_pem() -> bytes:
    """Return the private key."""
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_pem(*, ends: datetime | None = None) -> bytes:
    """Return a certificate of the key, from two years before its end; it ends next year."""
    until = ends or SystemClock().now() + timedelta(days=365)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tenure")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key().public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=730))
        .not_valid_after(until)
        .sign(rsa_key(), hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def certificate_file(folder: Path, certificate: bytes) -> Path:
    """Write key and certificate where `graph_certificate` points to, readable by us alone."""
    file = folder / "graph.pem"
    file.touch(mode=0o600)
    file.write_bytes(key_pem() + certificate)
    return file


def registered(tenant: SimulatedTenant, folder: Path, roles: Iterable[str] = FIXING) -> Path:
    """Register the application with a certificate; return the file for `graph_certificate`."""
    certificate = certificate_pem()
    tenant.register_app(CLIENT, certificate=certificate, roles=roles)
    return certificate_file(folder, certificate)


def settings_for(simulator: RunningSimulator, **facts: Any) -> Settings:
    """Return settings that lead to a running simulator."""
    values = {
        "graph_tenant": simulator.tenant_id,
        "graph_client_id": CLIENT,
        "graph_url": simulator.url,
        "graph_authority": simulator.authority,
        "graph_ca": simulator.ca_file,
        **facts,
    }
    return Settings(**values)


LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)
