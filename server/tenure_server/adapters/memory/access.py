"""Enrolment tokens, users, sign-in links and sessions, in memory; secrets are hashes only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tenure_server.adapters.memory.moments import in_utc
from tenure_server.adapters.memory.state import Secret
from tenure_server.adapters.memory.work import Work, contradiction
from tenure_server.domain.ids import Serial, UserId


class MemoryAccess:
    """Answers who may come in; see `usecases.ports.AccessStore`."""

    __slots__ = ("_work",)

    def __init__(self, work: Work) -> None:
        self._work = work

    async def add_enrol_token(self, token_hash: str, serial: Serial | None, expires: datetime) -> None:
        """Store a one-time token, for one serial or for any."""
        state = self._work.changing()
        state.enrol_tokens = _with(state.enrol_tokens, token_hash, serial, expires)

    async def use_enrol_token(
        self, token_hash: str, serial: Serial, now: datetime, *, named: bool = False
    ) -> bool:
        """Use a token up; False if it is unknown, used, old, for another serial or, if `named`, for any."""
        state = self._work.adding()
        token = _usable(state.enrol_tokens, token_hash, now)
        if token is None or token.about not in ((serial,) if named else (serial, None)):
            return False
        state.enrol_tokens = {**state.enrol_tokens, token_hash: replace(token, used_at=in_utc(now))}
        return True

    async def add_user(self, user: UserId, name: str, roles: Sequence[str]) -> None:
        """Create a user.

        Raises:
            ConflictError: There is one of this id.
        """
        state = self._work.changing()
        if user in state.users:
            raise contradiction()
        state.users = {**state.users, user: (name, tuple(roles))}

    async def user(self, user: UserId) -> tuple[str, Sequence[str]] | None:
        """Return a user's name and roles."""
        return self._work.state.users.get(user)

    async def add_sign_in_link(self, token_hash: str, user: UserId, expires: datetime) -> None:
        """Store a one-time sign-in link."""
        state = self._work.changing()
        state.links = _with(state.links, token_hash, user, expires)

    async def use_sign_in_link(self, token_hash: str, now: datetime) -> UserId | None:
        """Use a link up; None if it is unknown, used or expired."""
        state = self._work.adding()
        link = _usable(state.links, token_hash, now)
        if link is None or link.about is None:
            return None
        state.links = {**state.links, token_hash: replace(link, used_at=in_utc(now))}
        return UserId(link.about)

    async def add_session(self, token_hash: str, user: UserId, expires: datetime) -> None:
        """Begin a session."""
        state = self._work.changing()
        state.sessions = _with(state.sessions, token_hash, user, expires)

    async def session(self, token_hash: str, now: datetime) -> UserId | None:
        """Return whose session it is; None if unknown or expired."""
        found = _usable(self._work.state.sessions, token_hash, now)
        return None if found is None or found.about is None else UserId(found.about)

    async def end_session(self, token_hash: str) -> None:
        """End a session."""
        state = self._work.adding()
        state.sessions = {name: one for name, one in state.sessions.items() if name != token_hash}


def _with(
    secrets: Mapping[str, Secret], token_hash: str, about: str | None, expires: datetime
) -> Mapping[str, Secret]:
    if token_hash in secrets:
        raise contradiction()
    return {**secrets, token_hash: Secret(about=about, expires=in_utc(expires))}


def _usable(secrets: Mapping[str, Secret], token_hash: str, now: datetime) -> Secret | None:
    found = secrets.get(token_hash)
    return found if found is not None and found.used_at is None and found.expires > now else None
