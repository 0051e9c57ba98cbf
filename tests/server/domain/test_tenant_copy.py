"""The copy of the tenant's directory keeps nobody who is gone."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tenure_policies.forwarding.tenant import User
from tenure_server.domain.record import decode_record, encode_record
from tenure_server.domain.tenant_copy import SHARDS, TENANT_USERS, changed_shards, shard_of, users_of

NOON = datetime(2029, 6, 1, 9, tzinfo=UTC)
_IDS = st.dictionaries(st.text(min_size=1, max_size=8), st.integers(0, 2), max_size=40)


def users(ids: dict[str, int]) -> dict[str, User]:
    return {one: User(id=one, user_principal_name=f"{mark}@kuntala.example") for one, mark in ids.items()}


@given(_IDS, _IDS)
def test_after_any_change_the_shards_hold_exactly_who_is_there(
    before: dict[str, int], after: dict[str, int]
) -> None:
    first = [shard for _, shard in changed_shards([], users(before), NOON)]
    standing = {shard.number: shard for shard in first}
    for was, shard in changed_shards(first, users(after), NOON):
        assert standing.get(shard.number) == was
        assert was != shard
        standing[shard.number] = shard
    assert users_of(standing.values()) == users(after)
    documents = b"".join(encode_record(shard) for shard in standing.values())
    assert all(decode_record(TENANT_USERS, encode_record(shard)) == shard for shard in standing.values()), (
        documents
    )


@given(_IDS)
def test_nothing_changed_is_nothing_written(ids: dict[str, int]) -> None:
    shards = [shard for _, shard in changed_shards([], users(ids), NOON)]
    assert changed_shards(shards, users(ids), NOON) == []


def test_shards_are_few_and_the_same_for_ever() -> None:
    assert {shard_of(str(number)) for number in range(5000)} == set(range(SHARDS))
    assert shard_of("id-aino") == shard_of("id-aino")
    assert [shard_of(name) for name in ("a", "b", "c")] == [10, 62, 46]
