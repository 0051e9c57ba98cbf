"""Where an address leads by the address book alone: outside, to a user, to a group. Pure: no I/O, no clock.

Rules:
1. The book comes before the domain: what an address resolves to counts. Exactly first; then what Exchange
   unpacks from an `IMCEA` address; then without its `+tag`. A user name is the last thing that is looked up.
2. Guests are outside, and members whose own mail is elsewhere; contacts are where their mail goes. Only a
   partner's domain is allowed among them.
3. What resolves to nothing is judged by its domain: own and authoritative bounces; own and relayed is
   unknown; a partner's is allowed; every other is outside.
4. An address that several entries claim leads to all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tenure_policies.forwarding.address import Address, Form, a_label, read_address
from tenure_policies.forwarding.entries import (
    GUEST_MARK,
    Entry,
    addresses_of,
    home_of_guest,
    is_guest,
    spellings,
    target_of,
    unpacked_from,
)
from tenure_policies.forwarding.tenant import AddressBook, Contact, DomainType, Group, User
from tenure_policies.forwarding.verdicts import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An end that is not inside: outside, or not known."""

    reason: Reason
    outside: bool
    domain: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """All that an address or a group leads to at once."""

    outcomes: tuple[Outcome, ...] = ()
    users: tuple[str, ...] = ()
    """Ids of members of the tenant, in whose mailboxes it goes on."""
    groups: tuple[str, ...] = ()
    domain: str | None = None
    """Of the address, for a finding that has no other."""


class Resolver:
    """An address book, indexed once."""

    def __init__(self, book: AddressBook, aliases: Iterable[tuple[str, Address]] = ()) -> None:
        self._book = book
        self._entries: dict[str, Entry] = {}
        self._by_address: dict[str, list[Entry]] = {}
        self._by_name: dict[str, User] = {}
        self._known: dict[Address, Leads] = {}
        entries: tuple[Entry, ...] = (*book.users, *book.groups, *book.contacts)
        for entry in entries:
            self._entries[entry.id] = entry
            for address in addresses_of(entry):
                self._add(address, entry)
        for user in book.users:
            self._by_name.setdefault(read_address(user.user_principal_name).key, user)
        for user_id, address in aliases:
            self._add_alias(user_id, address)

    def leads(self, address: Address) -> Leads:
        """Say where an address leads."""
        if address not in self._known:
            self._known[address] = self._follow(address)
        return self._known[address]

    def group_leads(self, group_id: str) -> Leads:
        """Say where a group leads: to every member."""
        group = self._entries.get(group_id)
        members = group.members if isinstance(group, Group) else None
        if members is None:
            return Leads(outcomes=(Outcome(reason=Reason.GROUP_UNREADABLE, outside=False),))
        path = _Path()
        for member in dict.fromkeys(members):
            entry = self._entries.get(member)
            if entry is None:
                path.outcomes[Outcome(reason=Reason.GROUP_UNREADABLE, outside=False)] = None
            else:
                self._enter(entry, path, None)
        self._walk(path)
        return path.leads(None)

    def _add(self, address: Address, entry: Entry) -> None:
        held = self._by_address.setdefault(address.key, [])
        if not held or held[-1] is not entry:  # an entry's addresses come one after another
            held.append(entry)

    def _add_alias(self, user_id: str, address: Address) -> None:
        """Add what only Exchange knows; the book has the first word."""
        entry = self._entries.get(user_id)
        if entry is None:
            entry = self._entries[user_id] = User(id=user_id, user_principal_name="")
        if address.key not in self._by_address:
            self._add(address, entry)

    def _follow(self, address: Address) -> Leads:
        path = _Path(addresses=[(address, False)])
        self._walk(path)
        return path.leads(address.domain)

    def _walk(self, path: "_Path") -> None:
        while path.addresses:
            address, by_contact = path.addresses.pop()
            entries = self._find(address)
            fresh = [entry for entry in entries if entry.id not in path.contacts]
            if not fresh:
                self._end(address, path, by_contact=by_contact, circular=bool(entries))
            for entry in fresh:
                self._enter(entry, path, address)

    def _find(self, address: Address) -> tuple[Entry, ...]:
        """Look an address up: the address itself, what it was packed from, without its tag, a user name."""
        if address.form is Form.OBJECT_ID:
            named = self._entries.get(address.key)
            return () if named is None else (named,)
        for spelling in spellings(address):
            held = self._by_address.get(spelling)
            if held:
                return tuple(held)
            user = self._by_name.get(spelling)
            if user is not None:
                return (user,)
        return ()

    def _enter(self, entry: Entry, path: "_Path", address: Address | None) -> None:
        match entry:
            case Group():
                path.groups[entry.id] = None
            case Contact():
                path.contacts.add(entry.id)
                target = read_address(target_of(entry))
                if target.key:
                    path.addresses.append((target, True))
                else:
                    path.outcomes[Outcome(reason=Reason.CONTACT_UNREADABLE, outside=False)] = None
            case User():
                outcome = self._user_outcome(entry, None if address is None else address.domain)
                if outcome is not None:
                    path.outcomes[outcome] = None
                elif not is_guest(entry):
                    path.users[entry.id] = None

    def _user_outcome(self, user: User, domain: str | None) -> Outcome | None:
        """Say why a user is outside; None: a member of the tenant, or a partner's guest."""
        mail = read_address(user.mail)
        guest = is_guest(user)
        elsewhere = mail.form is Form.SMTP and mail.domain not in self.own_domains
        if (elsewhere and mail.domain in self._partners) or not (guest or elsewhere):
            return None
        if elsewhere:
            reason = Reason.GUEST if guest else Reason.OUTSIDE_CONTACT
            return Outcome(reason=reason, outside=True, domain=mail.domain)
        home = home_of_guest(read_address(user.user_principal_name).local)
        return Outcome(reason=Reason.GUEST, outside=True, domain=home or mail.domain or domain)

    def _end(self, address: Address, path: "_Path", *, by_contact: bool, circular: bool) -> None:
        """Judge an address that leads to nothing further by its domain."""
        outcome = self._by_domain(address, by_contact=by_contact, circular=circular)
        if outcome is not None:
            path.outcomes[outcome] = None

    def _by_domain(self, address: Address, *, by_contact: bool, circular: bool) -> Outcome | None:
        if address.form in (Form.NAME, Form.OBJECT_ID):
            return Outcome(reason=Reason.BAD_ADDRESS, outside=False)
        if address.form is Form.X500:
            return Outcome(reason=Reason.UNRESOLVED_X500, outside=False)
        domain = address.domain
        kind = None if domain is None else self.own_domains.get(domain)
        if GUEST_MARK in address.local:
            return Outcome(reason=Reason.GUEST, outside=True, domain=home_of_guest(address.local) or domain)
        if kind is None:
            if domain is not None and domain in self._partners:
                return None
            reason = Reason.OUTSIDE_CONTACT if by_contact else Reason.OUTSIDE_DOMAIN
            return Outcome(reason=reason, outside=True, domain=domain)
        return self._unresolved(address, kind, circular=circular)

    def _unresolved(self, address: Address, kind: DomainType, *, circular: bool) -> Outcome | None:
        """Say why an own address that resolves to nothing is not known; None: it bounces."""
        unpacked = unpacked_from(address)
        reason = None
        if circular:
            reason = Reason.CONTACT_UNREADABLE
        elif unpacked is not None:
            return self._packed(unpacked)
        elif address.odd:
            reason = Reason.BAD_ADDRESS
        elif kind is not DomainType.AUTHORITATIVE:
            reason = Reason.RELAY_DOMAIN
        elif self._book.lists_missing:
            reason = Reason.BOOK_INCOMPLETE
        return None if reason is None else Outcome(reason=reason, outside=False, domain=address.domain)

    def _packed(self, unpacked: Address) -> Outcome | None:
        if unpacked.form is Form.SMTP and unpacked_from(unpacked) is None:
            return self._by_domain(unpacked, by_contact=False, circular=False)
        reason = Reason.UNRESOLVED_X500 if unpacked.form is Form.X500 else Reason.BAD_ADDRESS
        return Outcome(reason=reason, outside=False)

    @cached_property
    def own_domains(self) -> dict[str, DomainType]:
        """Return the domains that are the tenant's own: verified, and carrying mail."""
        own: dict[str, DomainType] = {}
        for domain in self._book.domains:
            name = a_label(domain.name)
            if name is None or not (domain.verified and domain.email):
                continue
            if own.get(name, DomainType.AUTHORITATIVE) is DomainType.AUTHORITATIVE:
                own[name] = domain.type  # listed twice: what relays is not certain
        return own

    @cached_property
    def _partners(self) -> frozenset[str]:
        named = (a_label(name) for name in self._book.allowed_partner_domains)
        return frozenset(name for name in named if name is not None)


class _Path:
    """What was met on the way, each once and in order."""

    def __init__(self, addresses: Iterable[tuple[Address, bool]] = ()) -> None:
        self.addresses = list(addresses)
        self.contacts: set[str] = set()
        self.outcomes: dict[Outcome, None] = {}
        self.users: dict[str, None] = {}
        self.groups: dict[str, None] = {}

    def leads(self, domain: str | None) -> Leads:
        return Leads(
            outcomes=tuple(self.outcomes),
            users=tuple(self.users),
            groups=tuple(self.groups),
            domain=domain,
        )
