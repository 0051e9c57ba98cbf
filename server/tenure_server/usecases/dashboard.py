"""The questions that the dashboard asks, and the people and the clock behind it. Ports only.

The pages know these and the read models of `views`; who answers is chosen in wiring.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tenure_server.domain.ids import PersonId, Serial
from tenure_server.domain.message import Message
from tenure_server.usecases.allow_domains import Allowance
from tenure_server.usecases.mail_views import Allowances, MailboxPage, MailFilter, MailList
from tenure_server.usecases.views import LaptopFilter, LaptopList, LaptopPage, Manifests


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEvent:
    """The next thing that will happen by itself."""

    at: datetime
    what: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who is signed in."""

    cookie: str
    name: str
    expires: datetime
    language: str | None = None
    user: str = ""
    """Their id, as the log names who decided."""


class DashboardQueries(Protocol):
    """Answers the dashboard's questions; reads only."""

    async def laptops(self, wanted: LaptopFilter) -> LaptopList:
        """List the laptops that a filter lets through, by serial."""

    async def laptop(self, serial: Serial) -> LaptopPage | None:
        """Return everything known of one laptop, or None for an unknown serial."""

    async def manifests(self) -> Manifests:
        """Return the wipes that are prepared, approved or under way."""

    async def mail(self, wanted: MailFilter) -> MailList:
        """List the mailboxes that a filter lets through, the gravest first, one page of them."""

    async def mailbox(self, person: PersonId) -> MailboxPage | None:
        """Return everything known of one person's mailbox, or None for an unknown person."""

    async def allowances(self) -> Allowances:
        """Return the domains that mail may be forwarded to, and those that it no longer may."""


class Sessions(Protocol):
    """Signs people in by one-time links and knows who is signed in."""

    async def sign_in(self, token: str) -> Session | None:
        """Use up a one-time token; None when it is unknown, used or too old."""

    async def session(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None when there is none or it is over."""

    async def sign_out(self, cookie: str) -> None:
        """End a session."""


class MailDecisions(Protocol):
    """Enters the city's decisions on mail."""

    async def allow(self, asked: Allowance) -> None:
        """Allow mail to be forwarded to a domain until a moment; what was allowed of it before ends now.

        Raises:
            InputError: It is no domain, the decision is missing, or the moment has passed.
            RefusedError: It is the city's own.
        """

    async def withdraw(self, domain: str, by: str) -> None:
        """Allow a domain no more.

        Raises:
            NotFoundError: It is not allowed now.
        """


class MovableClock(Protocol):
    """The demo's clock; a real installation has none."""

    async def now(self) -> datetime:
        """Return the time that the installation lives in."""

    async def next_event(self) -> NextEvent | None:
        """Return the next thing that will happen by itself."""

    async def move_to(self, at: datetime) -> None:
        """Move forward to an instant."""

    async def move_by(self, span: timedelta) -> None:
        """Move forward by a span."""
