"""What a simulated tenant holds, how to look it up, and what can be changed from behind the scenes."""

import itertools
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from tenure_server.adapters.clock import SystemClock
from tenure_server.demo.graph_simulator.limits import Limits
from tenure_server.demo.graph_simulator.objects import (
    FRONTLINE_SKU,
    MAIL_SKU,
    NO_MAIL_SKU,
    DeviceFlow,
    Logged,
    MailboxState,
    RefreshGrant,
    SentMail,
    SimulatedApp,
    SimulatedContact,
    SimulatedDomain,
    SimulatedGroup,
    SimulatedSku,
    SimulatedUser,
)
from tenure_server.demo.graph_simulator.quirks import Quirks
from tenure_server.usecases.ports import Clock

NAMES = uuid.UUID("a3c1f2de-5b0e-4f63-9a55-0d2c6a1b7e90")


def _skus() -> dict[str, SimulatedSku]:
    bought = (
        SimulatedSku(id=MAIL_SKU, part_number="STANDARDPACK", units=100_000, has_mailbox=True),
        SimulatedSku(id=FRONTLINE_SKU, part_number="DESKLESSPACK", units=500, has_mailbox=True),
        SimulatedSku(id=NO_MAIL_SKU, part_number="AAD_PREMIUM", units=500, has_mailbox=False),
    )
    return {sku.id: sku for sku in bought}


@dataclass(slots=True, kw_only=True)
class Contents:
    """A tenant's objects, its knobs, and what was done to it."""

    tenant_id: str = "7a3e9d10-52c4-4b8e-9f6d-2c1b0a9e8d7f"
    name: str = "Rantala"
    clock: Clock = field(default_factory=SystemClock)
    domains: dict[str, SimulatedDomain] = field(default_factory=dict)
    users: dict[str, SimulatedUser] = field(default_factory=dict)
    deleted_users: dict[str, SimulatedUser] = field(default_factory=dict)
    groups: dict[str, SimulatedGroup] = field(default_factory=dict)
    contacts: dict[str, SimulatedContact] = field(default_factory=dict)
    skus: dict[str, SimulatedSku] = field(default_factory=_skus)
    apps: dict[str, SimulatedApp] = field(default_factory=dict)
    log: list[Logged] = field(default_factory=list)
    sent: list[SentMail] = field(default_factory=list)
    crashes: list[Exception] = field(default_factory=list)
    """What the simulator itself could not cope with; a test ends with the first of them."""
    quirks: Quirks = field(default_factory=Quirks)
    limits: Limits = field(default_factory=Limits)
    latency_seconds: float = 0.0
    """How long every call to Graph takes at least."""
    page_size: int = 100
    """Items of a page where the client asks for no other number."""
    rules_page_size: int | None = None
    """Rules of a page; None: all at once, as Exchange does."""
    delta_tells_only_changes: bool = False
    """A change is told with the id and the changed properties only, not the whole account."""
    delta_repeats: bool = False
    """The same account may come twice, as Graph says it may."""
    delta_epoch: int = 0
    token_seconds: int = 3599
    identity_header: str = "identity-header-of-this-machine"
    device_code_seconds: int = 900
    device_code_interval_seconds: int = 5
    serial: int = 0
    """Grows with every change and every token."""
    revoked_through: dict[str, int] = field(default_factory=dict)
    """Client id or account id -> tokens with at most this serial are revoked."""
    user_changes: dict[str, dict[str, int]] = field(default_factory=dict)
    """Account id -> property -> the serial of its last change."""
    gone_users: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Account id -> serial and reason of its removal."""
    device_flows: dict[str, DeviceFlow] = field(default_factory=dict)
    refresh_grants: dict[str, RefreshGrant] = field(default_factory=dict)
    assertions_count_once: bool = False
    """Refuse an assertion whose identifier was used; Entra does not, and msal uses one for ten minutes."""
    used_assertions: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)
    by_name: dict[str, str] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def new_id(self, kind: str) -> str:
        """Return the next id of this tenant; the same in every run."""
        return str(uuid.uuid5(NAMES, f"{self.tenant_id}/{kind}/{next(self.numbers)}"))

    def find_user(self, name: str) -> SimulatedUser | None:
        """Return the account of an id or a user principal name."""
        known = name.lower()
        return self.users.get(known) or self.users.get(name) or self.users.get(self.by_name.get(known, ""))

    def user(self, name: str) -> SimulatedUser:
        """Return the account of an id or a user principal name.

        Raises:
            KeyError: There is none.
        """
        user = self.find_user(name)
        if user is None:
            raise KeyError(name)
        return user

    def has_mailbox(self, user: SimulatedUser) -> bool:
        """Tell whether Graph reaches a mailbox of an account."""
        licensed = any(self.skus[sku].has_mailbox for sku in user.licences if sku in self.skus)
        return licensed and user.user_type == "Member" and user.mailbox is MailboxState.ACTIVE

    def calls(self, method: str = "", path: str = "") -> list[tuple[str, str, str]]:
        """Return what was asked, as method, path and who; of one method, of paths that contain a text."""
        return [
            (entry.method, entry.path, entry.who)
            for entry in list(self.log)
            if method in ("", entry.method) and path in entry.path
        ]

    def next_serial(self) -> int:
        """Return a number higher than any before."""
        with self.lock:
            self.serial += 1
            return self.serial

    def put_user(self, user: SimulatedUser) -> None:
        """Add an account, or one that was deleted again."""
        self.users[user.id] = user
        self.by_name[user.user_principal_name.lower()] = user.id
        self.gone_users.pop(user.id, None)
        user.deleted = None
        user.number = user.number or next(self.numbers) + 1
        user.changed_in = self.next_serial()
        self.user_changes.pop(user.id, None)

    def change_user(self, name: str, **changes: Any) -> SimulatedUser:
        """Change an account's fields, so that delta tells of it."""
        user = self.user(name)
        before = user.user_principal_name.lower()
        for key, value in changes.items():
            setattr(user, key, value)
        if user.user_principal_name.lower() != before:
            self.by_name.pop(before, None)
            self.by_name[user.user_principal_name.lower()] = user.id
        user.changed_in = self.next_serial()
        told = self.user_changes.setdefault(user.id, {})
        told.update(dict.fromkeys(changes, user.changed_in))
        return user

    def remove_user(self, name: str, *, for_good: bool = False) -> None:
        """Delete an account: for thirty days it can be restored, unless for good."""
        user = self.user(name)
        del self.users[user.id]
        self.by_name.pop(user.user_principal_name.lower(), None)
        self.gone_users[user.id] = (self.next_serial(), "deleted" if for_good else "changed")
        user.deleted = self.clock.now()
        if not for_good:
            self.deleted_users[user.id] = user

    def restore_user(self, user_id: str) -> SimulatedUser:
        """Bring a deleted account back."""
        user = self.deleted_users.pop(user_id)
        self.put_user(user)
        return user

    def forget_deltas(self) -> None:
        """Make every delta link so far one of which the tenant knows nothing: 410 and a full resync."""
        self.delta_epoch += 1

    def revoke_tokens(self, who: str) -> None:
        """Revoke what a client id or an account holds; without CAE a token runs on until it expires."""
        user = self.find_user(who)
        self.revoked_through[who if user is None else user.id] = self.next_serial()

    def revoke_sessions(self, user: SimulatedUser) -> None:
        """End an account's sessions; guests sign in at home, so nothing happens to theirs."""
        if user.user_type == "Member":
            user.sessions_valid_from = self.clock.now()
            self.revoked_through[user.id] = self.next_serial()

    def approve_device_code(self, user_code: str, upn: str) -> None:
        """Sign a person in with the code that their laptop shows.

        Raises:
            KeyError: No such code, or no such account.
        """
        self._flow(user_code).user = self.user(upn).id

    def decline_device_code(self, user_code: str) -> None:
        """Say no to the code that a laptop shows."""
        self._flow(user_code).declined = True

    def _flow(self, user_code: str) -> DeviceFlow:
        for flow in list(self.device_flows.values()):
            if flow.user_code == user_code and not flow.used:
                return flow
        raise KeyError(user_code)
