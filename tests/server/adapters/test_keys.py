import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fakes.keys import ISSUED, key_id, key_pem, new_key
from tenure_policies.envelope import PayloadType, open_document
from tenure_policies.payloads import KeysDocument, Profile, Role
from tenure_policies.trusted_keys import judge_keys
from tenure_server.adapters.keys import (
    first_keys,
    needs_passphrase,
    private_pem,
    read_private_key,
    read_public_key,
    write_new_file,
)
from tenure_server.domain.errors import ConflictError, InputError

PASSPHRASE = "correct horse battery"


def test_a_key_file_is_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "release.pem"
    write_new_file(path, b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path):
    path = tmp_path / "release.pem"
    write_new_file(path, b"first")
    with pytest.raises(ConflictError, match="not overwritten"):
        write_new_file(path, b"second")
    assert path.read_bytes() == b"first"


def test_a_file_in_a_missing_folder_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"missing/release\.pem"):
        write_new_file(tmp_path / "missing" / "release.pem", b"")


def test_an_encrypted_key_opens_under_its_passphrase_only(tmp_path):
    key, path = new_key(), tmp_path / "approver.pem"
    write_new_file(path, private_pem(key, PASSPHRASE))
    assert needs_passphrase(path)
    assert key_id(read_private_key(path, PASSPHRASE)) == key_id(key)
    with pytest.raises(InputError, match="passphrase is wrong"):
        read_private_key(path, "another passphrase")
    with pytest.raises(InputError, match="passphrase is needed"):
        read_private_key(path)


def test_a_short_passphrase_is_refused():
    with pytest.raises(InputError, match="at least 16"):
        private_pem(new_key(), "short")


def test_an_unencrypted_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "release.pem"
    write_new_file(path, private_pem(new_key(), None), mode=0o640)
    with pytest.raises(InputError, match="others can read it"):
        read_private_key(path)


@pytest.mark.parametrize(
    "other", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()]
)
def test_a_key_of_another_kind_is_refused(tmp_path, other):
    path = tmp_path / "key.pem"
    write_new_file(path, other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(InputError, match="P-256"):
        read_private_key(path)


def test_what_is_not_a_key_is_refused(tmp_path):
    path = tmp_path / "key.pem"
    write_new_file(path, b"hello")
    with pytest.raises(InputError, match="not a readable private key"):
        read_private_key(path)
    with pytest.raises(InputError, match="not a P-256 public key"):
        read_public_key(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_public_key(tmp_path / "absent.pem")


def test_a_public_key_is_read_as_it_was_written(tmp_path):
    key, path = new_key(), tmp_path / "approver.pub.pem"
    write_new_file(path, key_pem(key).encode(), mode=0o644)
    assert read_public_key(path).public_numbers() == key.public_key().public_numbers()


def test_the_first_start_keeps_the_directive_key_and_exports_root_encrypted(tmp_path):
    first = first_keys("kuntala", Profile.PRODUCTION, PASSPHRASE, now=ISSUED)
    path = tmp_path / "root.pem"
    write_new_file(path, first.root_export)
    root = read_private_key(path, PASSPHRASE)
    document = judge_keys(
        first.document, current=None, pinned_root=frozenset({key_id(root)}), municipality="kuntala"
    )
    assert document.number == 1
    assert document.roles[Role.ROOT].keyids == (key_id(root),)
    assert document.roles[Role.DIRECTIVE].keyids == (key_id(first.directive_private_key),)
    opened = open_document(
        first.document, PayloadType.KEYS, KeysDocument, keys={"root": root.public_key()}, threshold=1
    )
    assert opened == document
