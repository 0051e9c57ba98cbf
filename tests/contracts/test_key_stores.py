"""What a key store owes; the software one also guards its files."""

import os
from pathlib import Path

import pytest

from fakes.municipality import name_of
from tenure_agent.adapters.key_store import SoftwareKeyStore
from tenure_agent.errors import KeyStoreError


@pytest.fixture
def store(tmp_path: Path) -> SoftwareKeyStore:
    return SoftwareKeyStore(tmp_path / "keys")


def only_file(store: SoftwareKeyStore) -> Path:
    (path,) = store._folder.iterdir()
    return path


def test_a_key_that_was_made_is_found_by_its_thumbprint(store: SoftwareKeyStore):
    made = store.create()
    assert name_of(store.load(name_of(made))) == name_of(made)


def test_a_new_key_leaves_the_one_before_in_place(store: SoftwareKeyStore):
    first, second = store.create(), store.create()
    assert name_of(first) != name_of(second)
    assert name_of(store.load(name_of(first))) == name_of(first)


def test_after_an_enrolment_only_its_key_is_left(store: SoftwareKeyStore):
    first, second = store.create(), store.create()
    store.keep_only(name_of(second))
    assert name_of(store.load(name_of(second))) == name_of(second)
    with pytest.raises(KeyStoreError):
        store.load(name_of(first))


def test_a_key_that_is_not_there_is_never_replaced_silently(store: SoftwareKeyStore):
    with pytest.raises(KeyStoreError, match="enrol again"):
        store.load("f" * 64)
    assert not store._folder.exists()


def test_the_protection_is_labelled_as_what_it_is(store: SoftwareKeyStore):
    assert store.protection == "software"


def test_a_key_file_is_made_for_its_owner_only_whatever_the_umask(store: SoftwareKeyStore):
    before = os.umask(0)
    try:
        store.create()
    finally:
        os.umask(before)
    assert only_file(store).stat().st_mode & 0o777 == 0o600
    assert store._folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused_with_the_remedy(store: SoftwareKeyStore, mode: int):
    key = store.create()
    only_file(store).chmod(mode)
    with pytest.raises(KeyStoreError, match="chmod 600"):
        store.load(name_of(key))


def test_another_key_under_this_name_is_refused(store: SoftwareKeyStore):
    wanted, other = store.create(), store.create()
    path = store._path(name_of(wanted))
    path.write_bytes(store._path(name_of(other)).read_bytes())
    with pytest.raises(KeyStoreError, match="not the key"):
        store.load(name_of(wanted))


@pytest.mark.parametrize("content", [b"", b"garbage", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_refused(store: SoftwareKeyStore, content: bytes):
    key = store.create()
    only_file(store).write_bytes(content)
    with pytest.raises(KeyStoreError, match="not a readable key"):
        store.load(name_of(key))


def test_a_link_in_place_of_a_key_is_not_followed(store: SoftwareKeyStore, tmp_path: Path):
    key = store.create()
    path = only_file(store)
    path.rename(tmp_path / "elsewhere.pem")
    path.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(KeyStoreError):
        store.load(name_of(key))


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path):
    (tmp_path / "keys").write_text("a file where the folder should be")
    with pytest.raises(KeyStoreError):
        SoftwareKeyStore(tmp_path / "keys").create()
