import pytest

from fakes import stored
from fakes.stored import CASE, DEVICE, KEY, LOCK, MANIFEST, NOW
from tenure_server.domain.campaign import ManifestStatus
from tenure_server.domain.errors import ConflictError, NotFoundError
from tenure_server.domain.ids import CaseId, DeviceId, LockId, ManifestId
from tenure_server.domain.lifecycle import CaseStatus
from tenure_server.usecases.ports import Store


@pytest.fixture(autouse=True)
async def enrolled(store: Store) -> None:
    async with store.writing() as tx:
        for number in (1, 2):
            await tx.devices.put(stored.device(number))


async def test_the_newest_directive_is_of_the_newest_epoch_and_then_of_the_highest_seq(store: Store) -> None:
    first, second = stored.directive(1), stored.directive(2)
    anew = stored.directive(1, epoch=2, lock_at=None, holder=None, case=None)
    other = stored.directive(8, device=DeviceId("device-2"))
    async with store.writing() as tx:
        for one in (second, first):
            await tx.directives.add(one)
        assert await tx.directives.latest(DEVICE) == second
        for one in (anew, other):
            await tx.directives.add(one)
    async with store.reading() as tx:
        assert await tx.directives.latest(DEVICE) == anew
        assert await tx.directives.history(DEVICE) == [first, second, anew]
        assert await tx.directives.all_latest() == {DEVICE: anew, "device-2": other}
        assert await tx.directives.latest(DeviceId("unknown")) is None


async def test_one_number_has_one_directive(store: Store) -> None:
    async with store.writing() as tx:
        await tx.directives.add(stored.directive(1))
    with pytest.raises(ConflictError):
        async with store.writing() as tx:
            await tx.directives.add(stored.directive(1, digest="other"))


async def test_keys_documents_follow_each_other_and_are_news_for_every_laptop(store: Store) -> None:
    async with store.writing() as tx:
        await tx.directives.add_keys_document(stored.keys_document(1), b"one")
        await tx.directives.add_keys_document(stored.keys_document(2), b"two")
    for wrong in (2, 4):
        with pytest.raises(ConflictError):
            async with store.writing() as tx:
                await tx.directives.add_keys_document(stored.keys_document(wrong), b"wrong")
    async with store.reading() as tx:
        assert await tx.directives.keys_documents() == [
            (stored.keys_document(1), b"one"),
            (stored.keys_document(2), b"two"),
        ]
        assert [device.news for device in await tx.devices.all()] == [2, 2]


async def test_cases_are_listed_oldest_first_with_their_status(store: Store) -> None:
    unknown_end = stored.case(2, ends_at=None)
    async with store.writing() as tx:
        await tx.directives.add_case(unknown_end)
        await tx.directives.add_case(stored.case())
        await tx.directives.set_case_status(CASE, CaseStatus.LOCKED)
    async with store.reading() as tx:
        assert await tx.directives.cases() == [stored.case(status=CaseStatus.LOCKED), unknown_end]


async def test_an_unknown_case_has_no_status(store: Store) -> None:
    with pytest.raises(NotFoundError):
        async with store.writing() as tx:
            await tx.directives.set_case_status(CaseId("unknown"), CaseStatus.PROVEN)


async def test_a_manifest_comes_back_with_its_entries_in_their_order(store: Store) -> None:
    async with store.writing() as tx:
        await tx.campaigns.add_manifest(stored.manifest(2, entries=()))
        await tx.campaigns.add_manifest(stored.manifest())
    async with store.reading() as tx:
        assert await tx.campaigns.manifest(MANIFEST) == stored.manifest()
        assert await tx.campaigns.manifests() == [stored.manifest(), stored.manifest(2, entries=())]
        assert await tx.campaigns.manifest(ManifestId("unknown")) is None


async def test_approvals_are_stored_with_the_document_that_carries_them(store: Store) -> None:
    async with store.writing() as tx:
        await tx.campaigns.add_manifest(stored.manifest())
        await tx.campaigns.put_approvals(MANIFEST, b"signed", [KEY], ManifestStatus.APPROVED)
    async with store.reading() as tx:
        assert await tx.campaigns.manifest(MANIFEST) == stored.manifest(
            document=b"signed", approvals=(KEY,), status=ManifestStatus.APPROVED
        )


async def test_a_withdrawn_manifest_stays_as_a_record(store: Store) -> None:
    async with store.writing() as tx:
        await tx.campaigns.add_manifest(stored.manifest())
        await tx.campaigns.withdraw(MANIFEST)
    async with store.reading() as tx:
        assert await tx.campaigns.manifest(MANIFEST) == stored.manifest(status=ManifestStatus.WITHDRAWN)


async def test_an_unknown_manifest_is_neither_approved_nor_withdrawn(store: Store) -> None:
    with pytest.raises(NotFoundError):
        async with store.writing() as tx:
            await tx.campaigns.withdraw(MANIFEST)
    with pytest.raises(NotFoundError):
        async with store.writing() as tx:
            await tx.campaigns.put_approvals(MANIFEST, b"", [], ManifestStatus.APPROVED)


async def test_one_lock_of_one_laptop_is_released_once(store: Store) -> None:
    async with store.writing() as tx:
        assert await tx.campaigns.add_release(stored.release())
        assert not await tx.campaigns.add_release(stored.release(2))
        assert await tx.campaigns.add_release(stored.release(3, lock_id=LockId("lock-2")))
        assert await tx.campaigns.add_release(stored.release(4, epoch=2))
    async with store.reading() as tx:
        assert await tx.campaigns.release_for(DEVICE, 1, LOCK) == stored.release()
        assert await tx.campaigns.release_for(DEVICE, 3, LOCK) is None
        assert [one.id for one in await tx.campaigns.releases()] == ["release-1", "release-3", "release-4"]


async def test_a_release_keeps_when_it_was_stored(store: Store) -> None:
    async with store.writing() as tx:
        await tx.campaigns.add_release(stored.release(stored_at=NOW))
    async with store.reading() as tx:
        assert await tx.campaigns.releases() == [stored.release(stored_at=NOW)]
