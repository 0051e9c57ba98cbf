"""A directory that people look after: each thing to do to an account becomes a task for the staff.

It is done when a person closes the task. The task's name follows from the step, so that asking twice opens it
once.
"""

from tenure_server.domain.account_step import AccountStep, DirectoryAnswer
from tenure_server.domain.mandate import Person
from tenure_server.usecases.close_accounts import staff_task
from tenure_server.usecases.ports import Clock, Store
from tenure_server.usecases.tasks import open_task


class StaffTasks:
    """Asks people; see `usecases.ports.Directory`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def block_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Ask people to end a person's sessions and let them sign in no more."""
        return await self._ask(person, step)

    async def unblock_sign_in(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Ask people to let a person sign in again."""
        return await self._ask(person, step)

    async def close_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Ask people to close a person's mailbox."""
        return await self._ask(person, step)

    async def reopen_mailbox(self, person: Person, step: AccountStep) -> DirectoryAnswer:
        """Ask people to open a closed mailbox again."""
        return await self._ask(person, step)

    async def mailboxes(self) -> frozenset[str] | None:
        """Return None: tasks cannot tell which mailboxes there are."""
        return None

    async def _ask(self, _person: Person, step: AccountStep) -> DirectoryAnswer:
        task = staff_task(step)
        async with self._store.writing() as tx:
            await open_task(tx, task, self._clock.now())
        return DirectoryAnswer(done=False, reference=task.id)
