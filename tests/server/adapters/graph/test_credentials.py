from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from structlog.testing import capture_logs

from fakes.registration import LONG_AGO, certificate_file, certificate_pem, key_pem, rsa_key
from fakes.tls import certificate as other_certificate
from tenure_server.adapters.graph.credentials import Certificate, ManagedIdentity, Secret, read_credential
from tenure_server.domain.errors import InputError
from tenure_server.settings import Settings


def settings(**facts: Any) -> Settings:
    return Settings(graph_tenant="t", graph_client_id="c", **facts)


def test_a_certificate_is_the_one_of_the_key_whatever_else_the_file_holds(tmp_path: Path) -> None:
    ours = certificate_pem()
    file = tmp_path / "graph.pem"
    file.write_bytes(b"Bag Attributes\n" + other_certificate(tmp_path).read_bytes() + ours + key_pem())
    found = read_credential(settings(graph_certificate=file))
    assert isinstance(found, Certificate)
    assert found.certificate.encode() == ours
    assert "PRIVATE KEY" in found.private_key


def test_of_two_certificates_of_the_key_the_one_that_lasts_longer_is_used(tmp_path: Path) -> None:
    newer = certificate_pem()
    file = certificate_file(tmp_path, certificate_pem(ends=LONG_AGO) + newer)
    found = read_credential(settings(graph_certificate=file))
    assert isinstance(found, Certificate)
    assert found.certificate.encode() == newer


def test_an_ended_certificate_is_read_for_the_server_has_other_work_too(tmp_path: Path) -> None:
    file = certificate_file(tmp_path, certificate_pem(ends=LONG_AGO))
    found = read_credential(settings(graph_certificate=file))
    assert isinstance(found, Certificate)
    assert found.ends == LONG_AGO


def encrypted() -> bytes:
    return rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def elliptic() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no private key"),
        (certificate_pem(), "no private key"),
        (key_pem(), "no certificate of its private key"),
        (encrypted() + certificate_pem(), "encrypted"),
        (elliptic() + certificate_pem(), "RSA"),
        (b"-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----", "cannot be read"),
        (key_pem() + b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read"),
        (b"\x00\xff" * 100, "no private key"),
    ],
)
def test_a_file_without_a_usable_pair_says_what_belongs_in_it(
    tmp_path: Path, content: bytes, why: str
) -> None:
    file = tmp_path / "graph.pem"
    file.write_bytes(content)
    with pytest.raises(InputError, match=why) as caught:
        read_credential(settings(graph_certificate=file))
    assert str(file) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    for facts in ({"graph_certificate": tmp_path / "none"}, {"graph_secret_file": tmp_path / "none"}):
        with pytest.raises(InputError, match="does not exist"):
            read_credential(settings(**facts))
    with pytest.raises(InputError, match="cannot be read"):
        read_credential(settings(graph_certificate=tmp_path))


def test_a_secret_is_read_without_its_line_end_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cr3t~value\n")
    found = read_credential(settings(graph_secret_file=file))
    assert found == Secret(secret="s3cr3t~value")
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb", "sécret".encode(), b"\x00"])
def test_a_secret_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(InputError, match="no client secret"):
        read_credential(settings(graph_secret_file=file))


def test_a_managed_identity_is_the_machines_or_a_named_one() -> None:
    assert read_credential(settings(graph_managed_identity="system")) == ManagedIdentity(client_id="")
    assert read_credential(settings(graph_managed_identity="abc")) == ManagedIdentity(client_id="abc")


def test_no_way_to_sign_in_is_told() -> None:
    with pytest.raises(InputError, match="graph_certificate"):
        read_credential(settings())


def test_a_key_that_everyone_may_read_is_warned_of(tmp_path: Path) -> None:
    file = certificate_file(tmp_path, certificate_pem())
    with capture_logs() as quiet:
        read_credential(settings(graph_certificate=file))
    file.chmod(0o644)
    with capture_logs() as logs:
        read_credential(settings(graph_certificate=file))
    assert not quiet
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert "PRIVATE" not in str(logs)
