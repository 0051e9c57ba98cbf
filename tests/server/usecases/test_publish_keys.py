import asyncio

import pytest

from fakes.courier_server import courier_server
from fakes.keys import also_signed, city_without_signer, new_key
from tenure_policies.envelope import PayloadType, SignedDocument, seal, signer_for
from tenure_policies.payloads import Role, RoleKeys
from tenure_policies.trusted_keys import judge_keys
from tenure_server.domain.ceremony import NewRole, next_document, next_keys
from tenure_server.domain.errors import InputError, RefusedError
from tenure_server.usecases.publish_keys import publish_keys, published_keys


@pytest.fixture
async def server(tmp_path):
    async with courier_server(tmp_path, city_without_signer()) as opened:
        yield opened


def ceremony(city):
    return next_keys(
        city.keys,
        [city.root],
        {
            Role.APPROVE: NewRole(keys=tuple(key.public_key() for key in city.approvers), threshold=2),
            Role.RELEASE: NewRole(keys=(city.release.public_key(),)),
        },
        now=city.keys.issued,
    )


async def test_the_next_document_is_published_and_logged_once(server):
    signed = ceremony(server.city)
    assert (await publish_keys(server.store, server.clock, signed)).outcome == "stored"
    assert (await publish_keys(server.store, server.clock, signed)).outcome == "known"
    assert (await server.audit_kinds()).count("keys_published") == 2
    published = await published_keys(server.store)
    assert (published.municipality, published.audience) == ("kuntala", "tenure:kuntala")
    current = None
    for document in published.keys:
        current = judge_keys(
            document, current=current, pinned_root=server.city.root_ids, municipality="kuntala"
        )
    assert current.number == 2


async def test_a_document_that_root_did_not_sign_is_refused(server):
    payload = next_document(server.city.keys, {}, now=server.clock.now())
    for forger in (server.city.directive, new_key()):
        with pytest.raises(RefusedError, match="bad_signature"):
            await publish_keys(
                server.store, server.clock, seal(payload, PayloadType.KEYS, signer_for(forger))
            )
    assert len((await published_keys(server.store)).keys) == 1


async def test_a_number_that_is_not_the_next_is_refused(server):
    payload = next_document(
        next_document(server.city.keys, {}, now=server.clock.now()), {}, now=server.clock.now()
    )
    with pytest.raises(RefusedError, match="skipped_keys_number"):
        await publish_keys(
            server.store, server.clock, seal(payload, PayloadType.KEYS, signer_for(server.city.root))
        )


async def test_roots_own_mistake_of_one_approver_is_refused(server):
    payload = next_document(server.city.keys, {}, now=server.clock.now())
    keyid = next(iter(payload.keys))
    payload.roles[Role.APPROVE] = RoleKeys(keyids=(keyid,), threshold=1)
    with pytest.raises(RefusedError):
        await publish_keys(
            server.store, server.clock, seal(payload, PayloadType.KEYS, signer_for(server.city.root))
        )


async def test_signatures_that_nobody_needs_are_left_out(server):
    await publish_keys(server.store, server.clock, also_signed(ceremony(server.city), new_key(), new_key()))
    newest = (await published_keys(server.store)).keys[-1]
    assert len(newest.signatures) == 1


async def test_what_is_no_document_is_refused(server):
    rubbish = SignedDocument(payload="%", payloadType=PayloadType.KEYS.value, signatures=())
    with pytest.raises(InputError):
        await publish_keys(server.store, server.clock, rubbish)
    empty = SignedDocument(payload="e30=", payloadType=PayloadType.KEYS.value, signatures=())
    with pytest.raises(RefusedError):
        await publish_keys(server.store, server.clock, empty)


async def test_a_stranger_never_gets_to_the_writers_turn(server):
    payload = next_document(server.city.keys, {}, now=server.clock.now())
    strange = seal(payload, PayloadType.KEYS, signer_for(new_key()))
    async with server.store.writing(), asyncio.timeout(5):
        with pytest.raises(RefusedError, match="bad_signature"):
            await publish_keys(server.store, server.clock, strange)
        known = server.city.documents[0]
        assert (await publish_keys(server.store, server.clock, known)).outcome == "known"
