"""At most so many calls at a time to one mailbox, from everything that this process does.

Exchange Online serves an application four at a time in one mailbox and turns the fifth away.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

AT_ONCE = 4
_MAILBOX = re.compile(r"/users/([^/?]+)/(?:mailFolders|mailboxSettings|messages|sendMail)\b", re.IGNORECASE)


def mailbox_of(path: str) -> str:
    """Return whose mailbox a call goes to, as the path names it; empty if it goes to none."""
    found = _MAILBOX.search(path)
    return unquote(found[1]).lower() if found else ""


@dataclass(slots=True)
class _Turnstile:
    free: asyncio.Semaphore
    interested: int = 0


@dataclass(slots=True)
class MailboxSlots:
    """Counts calls by mailbox; remembers only mailboxes that are being called."""

    at_once: int = AT_ONCE
    _turnstiles: dict[str, _Turnstile] = field(default_factory=dict)

    @asynccontextmanager
    async def one(self, mailbox: str) -> AsyncIterator[None]:
        """Hold a slot for one call; no mailbox needs none."""
        if not mailbox:
            yield
            return
        await self.take(mailbox)
        try:
            yield
        finally:
            self.give_back(mailbox)

    async def take(self, mailbox: str) -> None:
        """Wait for a slot and take it."""
        turnstile = self._turnstiles.setdefault(mailbox, _Turnstile(asyncio.Semaphore(self.at_once)))
        turnstile.interested += 1
        try:
            await turnstile.free.acquire()
        except BaseException:
            self._leave(mailbox, turnstile)
            raise

    def is_free(self, mailbox: str) -> bool:
        """Tell whether `take` would not have to wait."""
        turnstile = self._turnstiles.get(mailbox)
        return turnstile is None or not turnstile.free.locked()

    def give_back(self, mailbox: str) -> None:
        """Give a slot back."""
        turnstile = self._turnstiles[mailbox]
        turnstile.free.release()
        self._leave(mailbox, turnstile)

    @property
    def mailboxes(self) -> int:
        """Return how many mailboxes are being called now."""
        return len(self._turnstiles)

    def _leave(self, mailbox: str, turnstile: _Turnstile) -> None:
        turnstile.interested -= 1
        if not turnstile.interested:
            del self._turnstiles[mailbox]
