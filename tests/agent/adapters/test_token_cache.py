"""Tokens at rest: encrypted always, of one enrolment, and never by another protection than before."""

from collections.abc import Callable
from pathlib import Path

import msal
import pytest
from msal_extensions.persistence import (
    BasePersistence,
    PersistenceDecryptionError,
    PersistenceNotFound,
)

from tenure_agent.adapters.token_cache import (
    CACHE_FILE,
    KEY_FILE,
    ProtectionGoneError,
    SealedFile,
    TokenStore,
    described,
    offers,
)

ENROLMENT = described({"device": "device-1", "epoch": 1, "key": "k" * 64})
SECRET = '{"RefreshToken": {"secret": "very-secret-token"}}'


def sealed(folder: Path, enrolment: str = ENROLMENT) -> SealedFile:
    return SealedFile(folder / CACHE_FILE, folder / KEY_FILE, enrolment)


def test_what_was_saved_is_read_back_and_lies_nowhere_in_clear_text(tmp_path: Path):
    sealed(tmp_path).save(SECRET)
    assert sealed(tmp_path).load() == SECRET
    for path in tmp_path.iterdir():
        assert b"very-secret-token" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_the_same_content_is_sealed_differently_each_time(tmp_path: Path):
    sealed(tmp_path).save(SECRET)
    first = (tmp_path / CACHE_FILE).read_bytes()
    sealed(tmp_path).save(SECRET)
    assert (tmp_path / CACHE_FILE).read_bytes() != first


def test_nothing_saved_is_nothing_found(tmp_path: Path):
    with pytest.raises(PersistenceNotFound):
        sealed(tmp_path).load()
    with pytest.raises(PersistenceNotFound):
        sealed(tmp_path).time_last_modified()


def test_without_its_key_it_is_as_if_nothing_was_there(tmp_path: Path):
    sealed(tmp_path).save(SECRET)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(PersistenceNotFound):
        sealed(tmp_path).load()


def test_another_enrolment_opens_nothing(tmp_path: Path):
    sealed(tmp_path).save(SECRET)
    with pytest.raises(PersistenceDecryptionError):
        sealed(tmp_path, described({"device": "device-1", "epoch": 2, "key": "k" * 64})).load()


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_file_that_was_changed_anywhere_opens_nothing(tmp_path: Path, at: int):
    sealed(tmp_path).save(SECRET)
    octets = bytearray((tmp_path / CACHE_FILE).read_bytes())
    octets[at] ^= 1
    (tmp_path / CACHE_FILE).write_bytes(octets)
    with pytest.raises(PersistenceDecryptionError):
        sealed(tmp_path).load()


@pytest.mark.parametrize("held", [b"", b"short", b"tenure-sealed-1\n"])
def test_a_file_that_was_cut_off_opens_nothing(tmp_path: Path, held: bytes):
    sealed(tmp_path).save(SECRET)
    (tmp_path / CACHE_FILE).write_bytes(held)
    with pytest.raises(PersistenceDecryptionError):
        sealed(tmp_path).load()


def missing() -> BasePersistence:
    raise ImportError("not on this machine")


def test_the_best_that_the_machine_offers_is_taken_and_named(tmp_path: Path):
    store = TokenStore(tmp_path, (("libsecret", missing), ("software", lambda: sealed(tmp_path))))
    cache, protection = store.open()
    assert protection == "software"
    assert isinstance(cache, msal.SerializableTokenCache)


def test_another_protection_is_never_taken_in_the_place_of_the_one_before(tmp_path: Path):
    store = TokenStore(tmp_path, (("keychain", missing), ("software", lambda: sealed(tmp_path))))
    with pytest.raises(ProtectionGoneError):
        store.open("keychain")


@pytest.mark.parametrize(
    ("platform", "labels"),
    [
        ("win32", ["dpapi", "software"]),
        ("darwin", ["keychain", "software"]),
        ("linux", ["libsecret", "software"]),
    ],
)
def test_each_system_offers_its_own_first_and_never_clear_text(
    tmp_path: Path, platform: str, labels: list[str]
):
    offered = offers(tmp_path, ENROLMENT, platform)
    assert [label for label, _ in offered] == labels
    for label, build in offered:
        built = _built(build)
        assert built is None or built.is_encrypted, label


def _built(build: Callable[[], BasePersistence]) -> BasePersistence | None:
    try:
        return build()
    except Exception:
        return None  # not the system that it is of


def test_destroying_leaves_neither_key_nor_tokens(tmp_path: Path):
    store = TokenStore(tmp_path, (("software", lambda: sealed(tmp_path)),))
    sealed(tmp_path).save(SECRET)
    store.destroy()
    store.destroy()
    assert list(tmp_path.iterdir()) == []


def test_what_the_system_keeps_is_emptied_when_it_is_destroyed(tmp_path: Path):
    kept: list[str] = []

    class Keyring(SealedFile):
        def save(self, content: str) -> None:
            kept.append(content)

    (tmp_path / CACHE_FILE).touch()
    keyring = Keyring(tmp_path / CACHE_FILE, tmp_path / KEY_FILE, ENROLMENT)
    TokenStore(tmp_path, (("keychain", lambda: keyring),)).destroy()
    assert kept == ["{}"]
