"""Show a notice as it would be sent to a person, without sending it, and list what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenure_server.domain.due_notices import DueNotice, channel_of, notices
from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.ids import PersonId
from tenure_server.domain.message import N_, say
from tenure_server.domain.notice import NOTICES, Channel, Notice
from tenure_server.usecases.following import Following, see
from tenure_server.usecases.notice_words import Written, write
from tenure_server.usecases.plan_notices import told_beside


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One notice as it would be sent."""

    due: DueNotice
    channel: Channel
    written: Written | None
    """None: there is no address, and a person is asked to tell."""


async def preview_notice(following: Following, person: str, key: str) -> Preview:
    """Write the notice that a person's plan has under a key.

    Raises:
        NotFoundError: No such person, or the plan has no such notice for them; says which it has.
    """
    async with following.store.reading() as tx:
        seen = await see(following, tx)
        if seen is None:
            raise NotFoundError(say(N_("Nothing is sent now: the register waits to be confirmed.")))
        found = seen.facts.people.get(PersonId(person))
        planned = seen.people.get(PersonId(person))
        if found is None or planned is None:
            raise NotFoundError(say(N_("{person} is not in the register."), person=person))
        told = await told_beside(tx, seen.now)
    theirs = [one for one in notices(seen.facts, seen.plan, told) if one.person == person]
    due = next((one for one in theirs if one.key == key), None)
    if due is None:
        keys = ", ".join(dict.fromkeys(one.key for one in theirs)) or "-"
        sentence = N_("The plan has no notice {key} for {person}; it has: {keys}.")
        raise NotFoundError(say(sentence, key=key, person=person, keys=keys))
    at = max(due.at, seen.now)
    channel = channel_of(found, planned, at)
    written = write(seen.municipality, due, seen.facts, following.words, following.templates, channel)
    return Preview(due=due, channel=channel, written=written)


async def known_notices(following: Following, person: str | None = None) -> Sequence[Notice]:
    """Return what was sent, skipped or is waiting, oldest first."""
    async with following.store.reading() as tx:
        return await tx.records.all(NOTICES, subject=person)
