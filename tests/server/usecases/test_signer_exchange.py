import msgspec
import pytest

from fakes.courier_server import courier_server
from fakes.keys import key_id, new_key
from fakes.signer import DUE, Laptop, manifest_of
from tenure_policies.envelope import (
    PayloadType,
    SignatureEntry,
    SignedDocument,
    digest,
    open_document,
    read_unverified,
    seal,
    signer_for,
)
from tenure_policies.payloads import Act, Outcome, Release
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.errors import ConflictError, InputError, NotFoundError, RefusedError
from tenure_server.signer.decide import release_of
from tenure_server.signer.settings import SignerSettings
from tenure_server.usecases.signer_exchange import (
    merge_approval,
    open_manifests,
    signer_inbox,
    store_release,
)

SETTINGS = SignerSettings(municipality="kuntala", server="https://tenure.example", audience="tenure:kuntala")


@pytest.fixture
async def server(tmp_path):
    async with courier_server(tmp_path) as opened:
        yield opened


async def prepared(server, *laptops, **facts):
    """Enrol and lock laptops, and store a draft over them; return the signed form by two approvers."""
    for laptop in laptops:
        laptop.receipts.append(laptop.receipt())
    await server.enrol(*laptops)
    manifest = manifest_of(*laptops, **facts)
    await server.prepare(manifest)
    return manifest, server.city.sign_manifest(manifest)


async def stored(server, manifest="manifest-1"):
    async with server.store.reading() as tx:
        return await tx.campaigns.manifest(manifest)


def release_for(server, laptop, listed, document, **changes):
    release = release_of(laptop.entry(), listed, digest(document), settings=SETTINGS, now=server.clock.now())
    return server.city.sign_release(msgspec.structs.replace(release, **changes))


async def test_a_second_approval_makes_a_manifest_approved(server):
    manifest, _ = await prepared(server, Laptop())
    first, second, _ = server.city.approvers
    answer = await merge_approval(server.store, server.clock, server.city.sign_manifest(manifest, first))
    assert (answer.outcome, answer.approvals, answer.needed) == ("stored", 1, 2)
    assert (await stored(server)).status is ManifestStatus.DRAFT
    answer = await merge_approval(server.store, server.clock, server.city.sign_manifest(manifest, second))
    assert answer.approvals == 2
    found = await stored(server)
    assert found.status is ManifestStatus.APPROVED
    assert set(found.approvals) == {key_id(first), key_id(second)}
    document = msgspec.json.decode(found.document, type=SignedDocument)
    open_document(
        document,
        PayloadType.MANIFEST,
        type(manifest),
        keys={"a": first.public_key(), "b": second.public_key()},
        threshold=2,
    )


async def test_each_new_approval_is_in_the_audit_log_once(server):
    _, signed = await prepared(server, Laptop())
    for _ in range(3):
        await merge_approval(server.store, server.clock, signed)
    assert (await server.audit_kinds()).count("manifest_approved") == 2


async def test_an_approval_given_again_changes_nothing(server):
    _, signed = await prepared(server, Laptop())
    await merge_approval(server.store, server.clock, signed)
    before = await stored(server)
    assert (await merge_approval(server.store, server.clock, signed)).outcome == "known"
    assert await stored(server) == before


async def test_the_preparers_signature_is_no_approval(server):
    preparer, other, _ = server.city.approvers
    manifest, _ = await prepared(server, Laptop(), prepared_by=key_id(preparer))
    with pytest.raises(RefusedError, match="other than"):
        await merge_approval(server.store, server.clock, server.city.sign_manifest(manifest, preparer))
    answer = await merge_approval(
        server.store, server.clock, server.city.sign_manifest(manifest, preparer, other)
    )
    assert answer.approvals == 1
    assert (await stored(server)).status is ManifestStatus.DRAFT


async def test_a_strangers_signature_is_no_approval(server):
    manifest, _ = await prepared(server, Laptop())
    with pytest.raises(RefusedError):
        await merge_approval(server.store, server.clock, server.city.sign_manifest(manifest, new_key()))


async def test_a_worthless_signature_never_pushes_a_good_one_out(server):
    manifest, signed = await prepared(server, Laptop())
    await merge_approval(server.store, server.clock, signed)
    third = server.city.sign_manifest(manifest, server.city.approvers[2])
    worthless = tuple(
        SignatureEntry(keyid=key_id(approver), sig=third.signatures[0].sig)
        for approver in server.city.approvers[:2]
    )
    await merge_approval(
        server.store,
        server.clock,
        msgspec.structs.replace(third, signatures=(*worthless, *third.signatures)),
    )
    assert len((await stored(server)).approvals) == 3
    assert (await stored(server)).status is ManifestStatus.APPROVED


@pytest.mark.parametrize("sig", ["%%%", ""])
async def test_malformed_signatures_are_left_out(server, sig):
    _, signed = await prepared(server, Laptop())
    odd = SignatureEntry(keyid=key_id(server.city.approvers[2]), sig=sig)
    double = msgspec.structs.replace(signed, signatures=(odd, *signed.signatures, *signed.signatures))
    assert (await merge_approval(server.store, server.clock, double)).approvals == 2


async def test_another_list_under_the_same_id_is_refused(server):
    await prepared(server, Laptop())
    other = server.city.sign_manifest(manifest_of(Laptop(), Laptop(number=2)))
    with pytest.raises(RefusedError, match="not the list"):
        await merge_approval(server.store, server.clock, other)


async def test_an_unknown_or_withdrawn_manifest_cannot_be_approved(server):
    _, signed = await prepared(server, Laptop())
    with pytest.raises(NotFoundError):
        await merge_approval(
            server.store, server.clock, server.city.sign_manifest(manifest_of(Laptop(), id="manifest-2"))
        )
    async with server.store.writing() as tx:
        await tx.campaigns.withdraw("manifest-1")
    with pytest.raises(RefusedError, match="withdrawn"):
        await merge_approval(server.store, server.clock, signed)


async def test_what_is_no_manifest_is_refused(server):
    await prepared(server, Laptop())
    rubbish = SignedDocument(payload="e30=", payloadType=PayloadType.MANIFEST.value, signatures=())
    with pytest.raises(InputError):
        await merge_approval(server.store, server.clock, rubbish)


async def test_the_inbox_holds_what_a_decision_needs_and_nothing_more(server):
    laptop, bystander = Laptop(), Laptop(number=2)
    bystander.receipts.append(bystander.receipt())
    await server.enrol(bystander)
    _, signed = await prepared(server, laptop)
    await merge_approval(server.store, server.clock, signed)
    inbox = await signer_inbox(server.store, after=0)
    assert [digest(document) for document in inbox.manifests] == [digest(signed)]
    assert inbox.receipts == tuple(laptop.receipts)
    assert set(inbox.device_keys) == {key_id(laptop.key)}
    assert len(inbox.keys) == 2
    assert not (await signer_inbox(server.store, after=2)).keys


async def test_the_inbox_holds_the_last_lock_or_unlock_of_each_laptop(server):
    laptop = Laptop()
    laptop.receipts += [
        laptop.receipt(number=1),
        laptop.receipt(number=2, act=Act.UNLOCK),
        laptop.receipt(number=3, outcome=Outcome.RUNNING),
    ]
    await server.enrol(laptop)
    await server.prepare(manifest_of(laptop))
    assert (await signer_inbox(server.store, after=0)).receipts == (laptop.receipts[1],)


async def test_a_withdrawn_manifest_is_not_in_the_inbox(server):
    await prepared(server, Laptop())
    async with server.store.writing() as tx:
        await tx.campaigns.withdraw("manifest-1")
    inbox = await signer_inbox(server.store, after=0)
    assert (inbox.manifests, inbox.receipts, inbox.device_keys) == ((), (), {})
    assert not (await open_manifests(server.store)).manifests


async def test_a_server_restored_from_a_backup_offers_nothing_to_wipe(server):
    await prepared(server, Laptop())
    async with server.store.writing() as tx:
        await tx.municipality.mark_rolled_back(DUE, "kuntala/2")
    inbox = await signer_inbox(server.store, after=0)
    assert (inbox.manifests, inbox.receipts, inbox.device_keys) == ((), (), {})
    assert inbox.keys


async def test_a_release_is_stored_once_and_becomes_news_for_the_laptop(server):
    laptop = Laptop()
    manifest, signed = await prepared(server, laptop)
    release = release_for(server, laptop, manifest, signed)
    assert (await store_release(server.store, server.clock, release)).outcome == "stored"
    assert (await store_release(server.store, server.clock, release)).outcome == "known"
    async with server.store.reading() as tx:
        [kept] = await tx.campaigns.releases()
        assert (await tx.devices.by_id(laptop.device)).news > 0
    assert kept.manifest == "manifest-1"
    assert (await server.audit_kinds()).count("release_stored") == 1


async def test_a_wholly_released_manifest_leaves_the_inbox(server):
    laptops = Laptop(), Laptop(number=2)
    manifest, signed = await prepared(server, *laptops)
    await store_release(server.store, server.clock, release_for(server, laptops[0], manifest, signed))
    inbox = await signer_inbox(server.store, after=2)
    assert len(inbox.manifests) == 1
    assert len(inbox.known_releases) == 1
    assert inbox.receipts == tuple(laptops[1].receipts)
    await store_release(server.store, server.clock, release_for(server, laptops[1], manifest, signed))
    assert not (await signer_inbox(server.store, after=2)).manifests


async def test_a_second_different_release_for_one_lock_is_refused(server):
    laptop = Laptop()
    manifest, signed = await prepared(server, laptop)
    await store_release(server.store, server.clock, release_for(server, laptop, manifest, signed))
    server.clock.passes(days=1)
    with pytest.raises(ConflictError):
        await store_release(server.store, server.clock, release_for(server, laptop, manifest, signed))


@pytest.mark.parametrize(
    "change",
    [
        {"serial": "PF399999"},
        {"device_key": "0" * 64},
        {"epoch": 2},
        {"lock_id": "lock-9"},
        {"case": "case-9"},
        {"manifest": "0" * 64},
        {"municipality": "muukunta"},
    ],
)
async def test_a_release_that_no_manifest_names_is_refused(server, change):
    laptop = Laptop()
    manifest, signed = await prepared(server, laptop)
    with pytest.raises(RefusedError, match="no manifest that stands"):
        await store_release(
            server.store, server.clock, release_for(server, laptop, manifest, signed, **change)
        )


async def test_a_release_under_a_withdrawn_manifest_is_refused(server):
    laptop = Laptop()
    manifest, signed = await prepared(server, laptop)
    async with server.store.writing() as tx:
        await tx.campaigns.withdraw("manifest-1")
    with pytest.raises(RefusedError, match="withdrawn"):
        await store_release(server.store, server.clock, release_for(server, laptop, manifest, signed))


@pytest.mark.parametrize("forger", ["directive", "root"])
async def test_a_release_by_another_key_is_refused(server, forger):
    laptop = Laptop()
    manifest, signed = await prepared(server, laptop)
    honest = read_unverified(release_for(server, laptop, manifest, signed), Release)
    forged = seal(honest, PayloadType.RELEASE, signer_for(getattr(server.city, forger)))
    with pytest.raises(RefusedError):
        await store_release(server.store, server.clock, forged)
    async with server.store.reading() as tx:
        assert not await tx.campaigns.releases()


async def test_the_list_shows_how_many_approvals_are_there_and_needed(server):
    _, signed = await prepared(server, Laptop())
    await merge_approval(server.store, server.clock, signed)
    listed = await open_manifests(server.store)
    assert (listed.threshold, len(listed.manifests)) == (2, 1)
    assert listed.manifests[0].status == "approved"
    assert len(listed.manifests[0].approvals) == 2
