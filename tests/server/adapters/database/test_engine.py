import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import make_url, text

from tenure_server.adapters.database.engine import Database, _connect_options, open_database, sqlite_url
from tenure_server.domain.errors import InputError


async def pragma(database: Database, name: str, *, writing: bool) -> object:
    engine = database.writing if writing else database.reading
    async with engine.connect() as connection:
        return (await connection.execute(text(f"PRAGMA {name}"))).scalar()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("writing", [True, False])
async def test_sqlite_keeps_what_it_commits_and_checks_references(
    database: Database, *, writing: bool
) -> None:
    full = 2
    assert await pragma(database, "journal_mode", writing=writing) == "wal"
    assert await pragma(database, "synchronous", writing=writing) == full
    assert await pragma(database, "foreign_keys", writing=writing) == 1
    assert await pragma(database, "query_only", writing=writing) == (0 if writing else 1)


def test_a_file_with_spaces_and_percent_signs_has_an_address(tmp_path: Path) -> None:
    file = tmp_path / "my data%20" / "tenure.sqlite"
    assert open_database(sqlite_url(file)).writing.url.database == str(file)


def test_both_names_of_postgresql_are_understood() -> None:
    for name in ("postgresql", "postgres"):
        url = open_database(f"{name}://tenure@db.example:6432/tenure?sslmode=require").writing.url
        assert (url.drivername, url.host, url.port) == ("postgresql+asyncpg", "db.example", 6432)


def test_how_postgresql_is_to_be_encrypted_is_said_as_its_own_programs_say_it() -> None:
    assert _connect_options(make_url("postgresql://db/tenure?sslmode=require"))["ssl"] == "require"
    assert "ssl" not in _connect_options(make_url("postgresql://db/tenure"))
    with pytest.raises(InputError):
        open_database("postgresql://db/tenure?sslmode=perhaps")


@pytest.mark.parametrize(("mode", "checks_name"), [("verify-full", True), ("verify-ca", False)])
def test_a_root_certificate_verifies_the_server(tmp_path: Path, mode: str, *, checks_name: bool) -> None:
    authority = tmp_path / "root.crt"
    authority.write_text(self_signed(), encoding="ascii")
    query = {"sslmode": mode, "sslrootcert": str(authority)}
    url = make_url("postgresql://db/tenure").update_query_dict(query)
    context = _connect_options(url)["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, checks_name)


def self_signed() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "db")])
    begins = datetime(2025, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=9999))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode("ascii")
