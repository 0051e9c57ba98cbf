"""Sign people in by one-time links; secrets are kept as hashes only."""

import secrets
from datetime import timedelta

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import UserId
from tenure_server.domain.message import N_, say
from tenure_server.usecases.dashboard import Session
from tenure_server.usecases.enrol_device import hashed
from tenure_server.usecases.ports import Clock, Store

LINK_LIVES = timedelta(days=1)
SESSION_LIVES = timedelta(hours=12)
ADMINISTRATOR = UserId("administrator")


async def make_sign_in_link(store: Store, clock: Clock, user: UserId) -> str:
    """Make a one-time token for a user; whoever opens its link first is signed in.

    Raises:
        NotFoundError: No such user.
    """
    now = clock.now()
    token = secrets.token_urlsafe(32)
    async with store.writing() as tx:
        if await tx.access.user(user) is None:
            raise NotFoundError(say(N_("There is no user {user}."), user=user))
        await tx.access.add_sign_in_link(hashed(token), user, now + LINK_LIVES)
        await tx.audit.append([entry(now, AuditKind.SIGN_IN_LINK_MADE, user, user=user)])
    return token


class StoredSessions:
    """The dashboard's sessions, in the database.

    They are timed by the machine's own clock, also where the installation's clock can be moved: a person who
    moves the demo on by a month stays signed in.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def sign_in(self, token: str) -> Session | None:
        """Use up a one-time token; None when it is unknown, used or too old."""
        now = self._clock.now()
        async with self._store.writing() as tx:
            user = await tx.access.use_sign_in_link(hashed(token), now)
            known = None if user is None else await tx.access.user(user)
            if user is None or known is None:
                return None
            cookie = secrets.token_urlsafe(32)
            await tx.access.add_session(hashed(cookie), user, now + SESSION_LIVES)
            await tx.audit.append([entry(now, AuditKind.SIGNED_IN, user, user=user)])
        return Session(cookie=cookie, name=known[0], expires=now + SESSION_LIVES, user=user)

    async def session(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None when there is none or it is over."""
        now = self._clock.now()
        async with self._store.reading() as tx:
            user = await tx.access.session(hashed(cookie), now)
            known = None if user is None else await tx.access.user(user)
        if user is None or known is None:
            return None
        return Session(cookie=cookie, name=known[0], expires=now + SESSION_LIVES, user=user)

    async def sign_out(self, cookie: str) -> None:
        """End a session."""
        now = self._clock.now()
        async with self._store.writing() as tx:
            user = await tx.access.session(hashed(cookie), now)
            await tx.access.end_session(hashed(cookie))
            if user is not None:
                await tx.audit.append([entry(now, AuditKind.SIGNED_OUT, user, user=user)])
