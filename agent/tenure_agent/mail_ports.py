"""What looking at the holder's mailbox needs of Microsoft's side, as protocols; the adapters implement them.

Errors are of `tenure_agent.errors`: `SignInNeededError`, `WrongAccountError`, `MailUnavailableError`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tenure_policies.forwarding.tenant import Domain, User


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCode:
    """What a person types, and where."""

    url: str
    code: str
    expires_seconds: int


class Account(Protocol):
    """The one account that is signed in on this laptop, and its tokens."""

    @property
    def protection(self) -> str:
        """Name what protects the tokens at rest: `dpapi`, `keychain`, `libsecret` or `software`."""
        ...

    def token(self, claims: str | None = None) -> str:
        """Return an access token, without asking anybody.

        Args:
            claims: What the mailbox demanded of a new token (a claims challenge); None: any token does.

        Raises:
            SignInNeededError: Somebody must sign in.
            MailUnavailableError: Nobody answers.
        """
        ...

    def sign_in(self, show: Callable[[DeviceCode], None]) -> None:
        """Sign somebody in; waits for as long as the code lives.

        Raises:
            SignInNeededError: It did not happen: refused, or too late.
            MailUnavailableError: Nobody answers.
        """
        ...

    def forget(self) -> None:
        """Drop every token of this laptop; nothing happens if there is none."""
        ...


class OwnMailbox(Protocol):
    """The signed-in account's own mailbox; nobody else's can be named.

    Every verb raises SignInNeededError or MailUnavailableError.
    """

    def me(self) -> User:
        """Return whose it is."""
        ...

    def domains(self) -> tuple[Domain, ...]:
        """Return the tenant's domains."""
        ...

    def rules(self) -> tuple[Mapping[str, Any], ...]:
        """Return all inbox rules, as Graph gives them."""
        ...

    def switch_off(self, rule: str) -> None:
        """Switch one rule off and change nothing else of it; one that is gone is off."""
        ...
