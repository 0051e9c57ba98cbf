"""A signed-in account and its mailbox in memory, with what can go wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tenure_agent.errors import AgentError, SignInNeededError
from tenure_agent.mail_ports import DeviceCode
from tenure_policies.forwarding.tenant import Domain, User

AINO = User(id="id-aino", user_principal_name="aino@city.gov", mail="aino@city.gov")


def rule(name: str, *to: str, on: bool = True) -> dict[str, Any]:
    recipients = [{"emailAddress": {"name": one, "address": one}} for one in to]
    return {
        "id": name,
        "displayName": name,
        "sequence": 1,
        "isEnabled": on,
        "isReadOnly": False,
        "hasError": False,
        "actions": {"forwardTo": recipients},
    }


@dataclass(slots=True)
class FakeAccount:
    """The account."""

    signed_in: bool = True
    refuses: AgentError | None = None
    protection: str = "software"
    forgotten: int = 0

    def token(self, claims: str | None = None) -> str:
        if not self.signed_in:
            raise SignInNeededError("Nobody is signed in.")
        return f"token {claims}"

    def sign_in(self, show: Callable[[DeviceCode], None]) -> None:
        show(DeviceCode(url="https://microsoft.com/devicelogin", code="ABCD", expires_seconds=900))
        if self.refuses is not None:
            raise self.refuses
        self.signed_in = True

    def forget(self) -> None:
        self.signed_in = False
        self.forgotten += 1


@dataclass(slots=True)
class FakeMailbox:
    """The mailbox."""

    account: FakeAccount = field(default_factory=FakeAccount)
    owner: User = AINO
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    own_domains: tuple[Domain, ...] = (Domain(name="city.gov", verified=True, email=True),)
    asked: list[str] = field(default_factory=list)
    reading_fails: AgentError | None = None
    fixing_fails: dict[str, AgentError] = field(default_factory=dict)
    before_fixing: Callable[[str], None] = lambda _rule: None

    def add(self, *rules: dict[str, Any]) -> "FakeMailbox":
        self.found |= {one["id"]: one for one in rules}
        return self

    def me(self) -> User:
        self.account.token()
        return self.owner

    def domains(self) -> tuple[Domain, ...]:
        self.asked.append("domains")
        return self.own_domains

    def rules(self) -> tuple[Mapping[str, Any], ...]:
        if self.reading_fails is not None:
            raise self.reading_fails
        return tuple(dict(one) for one in self.found.values())

    def switch_off(self, rule: str) -> None:
        self.before_fixing(rule)
        self.asked.append(rule)
        if rule in self.fixing_fails:
            raise self.fixing_fails[rule]
        self.found[rule]["isEnabled"] = False
