"""Which enrolment tokens, users, sign-in links and sessions there are; secrets are hashes only.

A one-time secret is used up by one conditional update, so of two that come at once only one gets in.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, false, or_, select, update

from tenure_server.adapters.database.connection import Connection
from tenure_server.adapters.database.tables import enrol_token, session, sign_in_link, user_account
from tenure_server.domain.ids import Serial, UserId


class AccessQueries:
    """Answers who may come in; see `usecases.ports.AccessStore`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add_enrol_token(self, token_hash: str, serial: Serial | None, expires: datetime) -> None:
        """Store a one-time token, for one serial or for any."""
        await self._connection.add(
            enrol_token, [{"token_hash": token_hash, "serial": serial, "expires": expires}]
        )

    async def use_enrol_token(
        self, token_hash: str, serial: Serial, now: datetime, *, named: bool = False
    ) -> bool:
        """Use a token up; False if it is unknown, used, old, for another serial or, if `named`, for any."""
        any_serial = false() if named else enrol_token.c.serial.is_(None)
        used = await self._connection.run(
            update(enrol_token)
            .where(
                self._connection.mine(enrol_token),
                enrol_token.c.token_hash == token_hash,
                enrol_token.c.used_at.is_(None),
                enrol_token.c.expires > now,
                or_(any_serial, enrol_token.c.serial == serial),
            )
            .values(used_at=now)
        )
        return used == 1

    async def add_user(self, user: UserId, name: str, roles: Sequence[str]) -> None:
        """Create a user.

        Raises:
            ConflictError: There is one of this id.
        """
        await self._connection.add(user_account, [{"user_id": user, "name": name, "roles": tuple(roles)}])

    async def user(self, user: UserId) -> tuple[str, Sequence[str]] | None:
        """Return a user's name and roles."""
        row = await self._connection.row(
            select(user_account).where(self._connection.mine(user_account), user_account.c.user_id == user)
        )
        return None if row is None else (row.name, row.roles)

    async def add_sign_in_link(self, token_hash: str, user: UserId, expires: datetime) -> None:
        """Store a one-time sign-in link."""
        await self._connection.add(
            sign_in_link, [{"token_hash": token_hash, "user_id": user, "expires": expires}]
        )

    async def use_sign_in_link(self, token_hash: str, now: datetime) -> UserId | None:
        """Use a link up; None if it is unknown, used or expired."""
        user: UserId | None = await self._connection.value(
            update(sign_in_link)
            .where(
                self._connection.mine(sign_in_link),
                sign_in_link.c.token_hash == token_hash,
                sign_in_link.c.used_at.is_(None),
                sign_in_link.c.expires > now,
            )
            .values(used_at=now)
            .returning(sign_in_link.c.user_id)
        )
        return user

    async def add_session(self, token_hash: str, user: UserId, expires: datetime) -> None:
        """Begin a session."""
        await self._connection.add(session, [{"token_hash": token_hash, "user_id": user, "expires": expires}])

    async def session(self, token_hash: str, now: datetime) -> UserId | None:
        """Return whose session it is; None if unknown or expired."""
        user: UserId | None = await self._connection.value(
            select(session.c.user_id).where(
                self._connection.mine(session), session.c.token_hash == token_hash, session.c.expires > now
            )
        )
        return user

    async def end_session(self, token_hash: str) -> None:
        """End a session."""
        await self._connection.run(
            delete(session).where(self._connection.mine(session), session.c.token_hash == token_hash)
        )
