"""The server's copy of the tenant's directory, as records. Pure: no I/O, no clock.

Rules (ADR 0029): only what an address may resolve to is kept, and nobody who is gone from the tenant:
accounts stand in a fixed number of shards, each replaced whole, so that whoever was removed leaves no trace
in them. The bookmark is replaced together with what it stands for. Who is in a group is never kept.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenure_policies.forwarding.tenant import Contact, Domain, Group, User
from tenure_server.domain.record import RecordKind

SHARDS = 64
_TENANT = "tenant"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserShard:
    """Some of the tenant's accounts."""

    number: int
    at: datetime
    """When the tenant was copied for the first time."""
    users: tuple[User, ...]

    @property
    def id(self) -> str:
        """Name it by its place."""
        return f"{self.number:02d}"

    @property
    def subject(self) -> str:
        """It is about the whole tenant."""
        return _TENANT

    @property
    def is_open(self) -> bool:
        """Nobody has anything to do about it."""
        return False


TENANT_USERS: RecordKind[UserShard] = RecordKind(name="tenant_users", type=UserShard)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantBook:
    """The tenant's domains, contacts and groups, and where its list of accounts was read to; there is one."""

    at: datetime
    """When the tenant was copied for the first time."""
    domains: tuple[Domain, ...]
    contacts: tuple[Contact, ...]
    groups: tuple[Group, ...]
    """Without members: they are asked for when a forward leads there."""
    bookmark: str
    """From where the tenant tells what changed; opaque."""

    @property
    def id(self) -> str:
        """There is one."""
        return "book"

    @property
    def subject(self) -> str:
        """It is about the whole tenant."""
        return _TENANT

    @property
    def is_open(self) -> bool:
        """Nobody has anything to do about it."""
        return False


TENANT_BOOKS: RecordKind[TenantBook] = RecordKind(name="tenant_book", type=TenantBook)


def shard_of(user: str) -> int:
    """Return in which shard an account stands: the same for the same id, for ever."""
    return hashlib.sha256(user.encode()).digest()[0] % SHARDS


def users_of(shards: Iterable[UserShard]) -> dict[str, User]:
    """Return the accounts of all shards by id."""
    return {user.id: user for shard in shards for user in shard.users}


def changed_shards(
    was: Sequence[UserShard], users: Mapping[str, User], at: datetime
) -> Sequence[tuple[UserShard | None, UserShard]]:
    """Return the shards that differ from these accounts: each as it was, if it was, and as it is to be."""
    known = {shard.number: shard for shard in was}
    wanted: dict[int, list[User]] = {number: [] for number in known}
    for user in sorted(users.values(), key=lambda one: one.id):
        wanted.setdefault(shard_of(user.id), []).append(user)
    changed: list[tuple[UserShard | None, UserShard]] = []
    for number, theirs in sorted(wanted.items()):
        before = known.get(number)
        if before is None or before.users != tuple(theirs):
            shard = UserShard(number=number, at=before.at if before else at, users=tuple(theirs))
            changed.append((before, shard))
    return changed
