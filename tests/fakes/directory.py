"""A directory that does what it is asked, keeps what it was asked, and fails as it is told to."""

from dataclasses import dataclass, field

from tenure_server.domain.account_step import AccountStep, DirectoryAnswer
from tenure_server.domain.mandate import Person


@dataclass(slots=True)
class FakeDirectory:
    """Accounts and mailboxes in memory."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    answers: list[Exception | None] = field(default_factory=list)
    known: frozenset[str] | None = None

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        self._take("block_sign_in", person)
        self.blocked.add(person.id)
        return DirectoryAnswer(done=True)

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        self._take("unblock_sign_in", person)
        self.blocked.discard(person.id)
        return DirectoryAnswer(done=True)

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        self._take("close_mailbox", person)
        self.closed.add(person.id)
        return DirectoryAnswer(done=True)

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        self._take("reopen_mailbox", person)
        self.closed.discard(person.id)
        return DirectoryAnswer(done=True)

    async def mailboxes(self) -> frozenset[str] | None:
        return self.known

    def _take(self, verb: str, person: Person) -> None:
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.calls.append((verb, person.id))
