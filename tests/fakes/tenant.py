"""A city's tenant in memory: `FakePeople` and `FakeMailboxes` answer from one `FakeTenant`.

tenant = FakeTenant()
tenant.has_user("aino", rules=[forward("r1", "aino@gmail.com")])
tenant.unreadable["aino"] = "ErrorItemNotFound"
tenant.down = ServiceDownError(...)
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenure_policies.forwarding.tenant import Contact, Domain, Group, Mailbox, User, UserType
from tenure_server.domain.errors import RefusedError, UnavailableError
from tenure_server.domain.message import say
from tenure_server.usecases.ports.mailboxes import RuleOff, UserChanges

CITY = "kuntala.example"


def no_answer() -> UnavailableError:
    """Say that the tenant does not answer now."""
    return UnavailableError(say("Microsoft Graph does not answer."))


def no_consent() -> RefusedError:
    """Say that a permission is missing."""
    return RefusedError(say("Microsoft Graph refuses: a permission is missing."))


def forward(
    rule: str,
    *addresses: str,
    action: str = "forwardTo",
    enabled: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """Return a Graph `messageRule` that sends mail on."""
    return {
        "id": rule,
        "displayName": f"rule {rule}",
        "sequence": 1,
        "isEnabled": enabled,
        "isReadOnly": False,
        "hasError": False,
        "actions": {action: [{"emailAddress": {"name": "", "address": one}} for one in addresses]},
        **more,
    }


def read_only(rule: str) -> dict[str, Any]:
    """Return a rule whose actions Graph cannot express."""
    return {"id": rule, "displayName": "x", "sequence": 1, "isEnabled": True, "isReadOnly": True}


@dataclass(slots=True)
class FakeTenant:
    """What there is, what fails, and what was asked."""

    all_domains: list[Domain] = field(default_factory=lambda: [Domain(name=CITY, verified=True, email=True)])
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Inbox rules of each user; a user without an entry has a mailbox without rules."""
    unreadable: dict[str, str] = field(default_factory=dict)
    """Graph's error code for a user's mailbox."""
    down: Exception | None = None
    """Raised by every call."""
    mailboxes_down: Exception | None = None
    """Raised when mailboxes are read; the directory answers."""
    down_after: int | None = None
    """Reading breaks off with `no_answer` after so many more mailboxes."""
    switching: list[Exception | RuleOff | None] = field(default_factory=list)
    """What switching a rule off comes to, one for each call; None: it works."""
    forgets_bookmarks: bool = False
    """The next delta answers with a restart."""
    page_size: int = 100
    calls: list[tuple[str, ...]] = field(default_factory=list)
    log: list[tuple[int, str, User | None]] = field(default_factory=list)
    """What changed among the users, in order: the delta."""

    def has_user(
        self,
        name: str,
        *,
        rules: Iterable[Mapping[str, Any]] | None = None,
        address: str | None = None,
        aliases: Sequence[str] = (),
        guest: bool = False,
    ) -> User:
        """Add or change an account whose id is `id-NAME`."""
        mail = address if address is not None else f"{name}@{CITY}"
        user = User(
            id=f"id-{name}",
            user_principal_name=mail or f"{name}@{CITY}",
            mail=mail,
            proxy_addresses=(f"SMTP:{mail}", *(f"smtp:{alias}" for alias in aliases)) if mail else (),
            user_type=UserType.GUEST if guest else UserType.MEMBER,
        )
        self.users[user.id] = user
        self.log.append((len(self.log) + 1, user.id, user))
        if rules is not None:
            self.rules[user.id] = [dict(rule) for rule in rules]
        return user

    def loses_user(self, name: str) -> None:
        """Remove an account."""
        del self.users[f"id-{name}"]
        self.rules.pop(f"id-{name}", None)
        self.log.append((len(self.log) + 1, f"id-{name}", None))

    def rule(self, name: str, rule: str) -> dict[str, Any]:
        """Return one rule of a user as it is now."""
        return next(one for one in self.rules[f"id-{name}"] if one["id"] == rule)

    def asked(self, verb: str) -> list[tuple[str, ...]]:
        """Return what was asked by one verb."""
        return [call[1:] for call in self.calls if call[0] == verb]

    def takes(self, *call: str) -> None:
        """Note a call, and fail if the tenant is down."""
        if self.down is not None:
            raise self.down
        self.calls.append(call)


@dataclass(slots=True)
class FakePeople:
    """The port `People` on a tenant in memory."""

    tenant: FakeTenant

    async def domains(self) -> Sequence[Domain]:
        self.tenant.takes("domains")
        return list(self.tenant.all_domains)

    async def changed_users(self, bookmark: str | None) -> AsyncIterator[UserChanges]:
        self.tenant.takes("changed_users", bookmark or "")
        restart = bookmark is not None and self.tenant.forgets_bookmarks
        if restart:
            self.tenant.forgets_bookmarks = False
        last = len(self.tenant.log)
        if bookmark is None or restart:
            changed: list[User] = list(self.tenant.users.values())
            removed: list[str] = []
        else:
            newest = {user: now_is for at, user, now_is in self.tenant.log if at > int(bookmark)}
            changed = [one for one in newest.values() if one is not None]
            removed = [user for user, now_is in newest.items() if now_is is None]
        size = self.tenant.page_size
        pages = [tuple(changed[at : at + size]) for at in range(0, len(changed), size)] or [()]
        for number, page in enumerate(pages, start=1):
            is_last = number == len(pages)
            yield UserChanges(
                changed=page,
                removed=tuple(removed) if is_last else (),
                restart=restart and number == 1,
                bookmark=str(last) if is_last else None,
            )

    async def contacts(self) -> Sequence[Contact]:
        self.tenant.takes("contacts")
        return list(self.tenant.contacts)

    async def groups(self) -> Sequence[Group]:
        self.tenant.takes("groups")
        return list(self.tenant.groups.values())

    async def members(self, group: str) -> tuple[str, ...] | None:
        self.tenant.takes("members", group)
        return self.tenant.members.get(group)


@dataclass(slots=True)
class FakeMailboxes:
    """The port `Mailboxes` on a tenant in memory."""

    tenant: FakeTenant

    async def read(self, users: Sequence[str]) -> AsyncIterator[Mailbox]:
        if self.tenant.mailboxes_down is not None:
            raise self.tenant.mailboxes_down
        for user in users:
            if self.tenant.down_after is not None:
                if self.tenant.down_after == 0:
                    raise no_answer()
                self.tenant.down_after -= 1
            self.tenant.takes("read", user)
            yield self._mailbox(user)

    def _mailbox(self, user: str) -> Mailbox:
        error = self.tenant.unreadable.get(user)
        if error is None and user not in self.tenant.users:
            error = "Request_ResourceNotFound"
        if error is not None:
            return Mailbox(user=user, error=error)
        return Mailbox(user=user, rules=tuple(dict(rule) for rule in self.tenant.rules.get(user, [])))

    async def switch_off(self, user: str, rule: str) -> RuleOff:
        self.tenant.takes("switch_off", user, rule)
        answer = self.tenant.switching.pop(0) if self.tenant.switching else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        found = [one for one in self.tenant.rules.get(user, []) if one["id"] == rule]
        if not found:
            return RuleOff(done=True, gone=True)
        (one,) = found
        if one.get("isReadOnly"):
            return RuleOff(done=False, why="ErrorMessageRuleIsReadOnly")
        was_on = bool(one["isEnabled"])
        one["isEnabled"] = False
        return RuleOff(done=True, was_on=was_on)
