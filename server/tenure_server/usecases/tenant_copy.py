"""Keep the copy of the tenant's directory: read what changed, and put it in place together with the bookmark.

All of one refresh is written in one transaction: a server that is killed while it reads has the copy as it
was, and asks from the same bookmark again. A tenant that forgot the bookmark is read anew, and whoever is not
told of then is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tenure_policies.forwarding.address import a_label
from tenure_policies.forwarding.tenant import AddressBook, User
from tenure_server.domain.errors import UnavailableError
from tenure_server.domain.message import N_, say
from tenure_server.domain.tenant_copy import (
    TENANT_BOOKS,
    TENANT_USERS,
    TenantBook,
    UserShard,
    changed_shards,
    users_of,
)
from tenure_server.usecases.ports import Clock, People, Store, Transaction

_BOOK = "book"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    book: TenantBook | None
    shards: Sequence[UserShard]


async def refresh_copy(store: Store, clock: Clock, people: People) -> AddressBook:
    """Bring the copy up to date and return it; nothing is allowed outside yet.

    Raises:
        RefusedError: The tenant may not be read: a permission is missing.
        UnavailableError: The tenant or the database does not answer now; the copy is as it was.
        ConflictError: Another process refreshed it meanwhile.
    """
    async with store.reading() as tx:
        known = await _known(tx)
    bookmark = known.book.bookmark if known.book is not None else None
    users, read_to = await _read_users(people, users_of(known.shards) if bookmark else {}, bookmark)
    domains = tuple(await people.domains())
    contacts = tuple(await people.contacts())
    groups = tuple(replace(group, members=None) for group in await people.groups())
    now = clock.now()
    book = TenantBook(
        at=known.book.at if known.book is not None else now,
        domains=domains,
        contacts=contacts,
        groups=groups,
        bookmark=read_to,
    )
    async with store.writing() as tx:
        for was, shard in changed_shards(known.shards, users, now):
            if was is None:
                await tx.records.add(TENANT_USERS, shard)
            else:
                await tx.records.replace(TENANT_USERS, was, shard)
        if known.book is None:
            await tx.records.add(TENANT_BOOKS, book)
        elif book != known.book:
            await tx.records.replace(TENANT_BOOKS, known.book, book)
    return AddressBook(domains=domains, users=tuple(users.values()), groups=groups, contacts=contacts)


async def own_domains(tx: Transaction) -> frozenset[str]:
    """Return the domains that carry the city's mail, in ASCII, as the tenant was copied last."""
    book = await tx.records.get(TENANT_BOOKS, _BOOK)
    if book is None:
        return frozenset()
    labels = (a_label(one.name) for one in book.domains if one.verified and one.email)
    return frozenset(label for label in labels if label is not None)


async def _known(tx: Transaction) -> _Known:
    book = await tx.records.get(TENANT_BOOKS, _BOOK)
    return _Known(book=book, shards=await tx.records.all(TENANT_USERS))


async def _read_users(
    people: People, users: dict[str, User], bookmark: str | None
) -> tuple[dict[str, User], str]:
    """Return every account as it is now, and the next bookmark."""
    read_to: str | None = None
    async for page in people.changed_users(bookmark):
        if page.restart:
            users = {}
        for user in page.changed:
            users[user.id] = user
        for gone in page.removed:
            users.pop(gone, None)
        read_to = page.bookmark or read_to
    if read_to is None:
        raise UnavailableError(say(N_("The tenant's list of accounts broke off before its end.")))
    return users, read_to
