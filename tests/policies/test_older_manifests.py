"""A list that was signed four years ago is still understood, and an older laptop understands a new one."""

import msgspec

from fakes.municipality import Municipality
from tenure_policies.directive import Identity, open_manifest
from tenure_policies.envelope import Counter, Moment, Payload, PayloadType, open_document, seal, signer_for
from tenure_policies.payloads import Manifest, Sentences

CITY = Municipality()
LAPTOP = Identity(municipality="kuntala", device="device-1", device_key="key-1", epoch=2, serial="S1")
WORDS = Sentences(fi="syy", sv="skäl", en="why")


class OldEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One laptop, as the first release wrote it."""

    serial: str
    device: str
    device_key: str
    epoch: Counter
    lock_id: str
    case: str
    not_before: Moment
    reason: str


class OldManifest(Payload, frozen=True, kw_only=True):
    """A list, as the first release wrote it."""

    municipality: str
    id: str
    campaign: bool
    rate_per_hour: int
    entries: tuple[OldEntry, ...]
    prepared_by: str
    issued: Moment
    expires: Moment


def new_manifest() -> Manifest:
    entry = msgspec.structs.replace(CITY.entry(LAPTOP), canary=True, grounds="ab" * 32, words=WORDS)
    return msgspec.structs.replace(CITY.manifest(entry), campaign=True, rate_per_hour=60, name=WORDS)


def test_a_list_without_canaries_grounds_and_words_still_verifies() -> None:
    old = msgspec.convert(msgspec.to_builtins(new_manifest()), OldManifest)
    signed = seal(old, PayloadType.MANIFEST, *(signer_for(key) for key in CITY.approvers[:2]))

    opened = open_manifest(signed, CITY.keys)

    (entry,) = opened.entries
    assert (entry.canary, entry.grounds, entry.words, opened.name) == (False, "", None, None)


def test_an_older_laptop_reads_a_new_list() -> None:
    signed = CITY.approve(new_manifest())
    keys = {str(number): key.public_key() for number, key in enumerate(CITY.approvers)}

    opened = open_document(signed, PayloadType.MANIFEST, OldManifest, keys=keys, threshold=2)

    assert opened.entries[0].serial == "S1"
