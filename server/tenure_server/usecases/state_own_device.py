"""Keep a trustee's statement that they use a computer of their own, at their own responsibility (P16).

The statement changes no right by itself: the choice stands in the register. A city laptop that the person
still has opens a return case (case 21), once the register says that they chose another computer.
"""

from collections.abc import Sequence

from tenure_server.domain.audit import AuditKind, entry
from tenure_server.domain.commitment_text import CommitmentText, TextKind
from tenure_server.domain.errors import ConflictError, NotFoundError, RefusedError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.own_device import (
    OWN_DEVICE_STATEMENTS,
    OwnDeviceStatement,
    laptops_to_bring_back,
)
from tenure_server.domain.task import Task
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.ports import Clock, Store
from tenure_server.usecases.tasks import open_task


async def state_own_device(
    store: Store, clock: Clock, policy: TermPolicy, *, person: PersonId, text: CommitmentText
) -> tuple[OwnDeviceStatement, Sequence[Task]]:
    """Keep a signed statement; return it with the return cases of the person's city laptops.

    Raises:
        NotFoundError: The register knows no such person.
        RefusedError: The text is a commitment for a city laptop.
        ConflictError: The person has signed this text before.
        UnavailableError: The database cannot write now; nothing was written.
    """
    if text.kind is not TextKind.OWN_DEVICE:
        raise RefusedError(say(N_("That text is for a city laptop: choose a statement for an own device.")))
    now = clock.now()
    statement = OwnDeviceStatement(
        person=person, version=text.version, language=text.language, text=text.text, signed_at=now
    )
    async with store.writing() as tx:
        facts = await tx.register.facts()
        if person not in facts.people:
            raise NotFoundError(say(N_("The register knows no person {id}."), id=person))
        before = await tx.records.all(OWN_DEVICE_STATEMENTS, subject=person)
        if any(one.digest == statement.digest for one in before):
            raise ConflictError(say(N_("{person} has signed this statement before."), person=person))
        await tx.records.add(OWN_DEVICE_STATEMENTS, statement)
        logged = entry(
            now,
            AuditKind.OWN_DEVICE_STATED,
            person,
            holder=person,
            digest=statement.digest,
            text_version=statement.version,
            language=statement.language,
            signed_at=now.isoformat(),
        )
        await tx.audit.append([logged])
        tasks = [one for one in laptops_to_bring_back(facts, policy, now) if one.reference == person]
        for task in tasks:
            await open_task(tx, task, now)
    return statement, tasks


async def statements(store: Store, person: PersonId | None = None) -> Sequence[OwnDeviceStatement]:
    """Return the statements of one person, or all, oldest first."""
    async with store.reading() as tx:
        return await tx.records.all(OWN_DEVICE_STATEMENTS, subject=person)
