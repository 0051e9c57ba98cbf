"""Of two server processes on one database, one looks at the mailboxes; on every database there is."""

import asyncio
from dataclasses import replace
from pathlib import Path

from fakes.checked_town import checked_town, council
from fakes.databases import Opened
from fakes.tenant import FakeMailboxes, forward
from tenure_server.usecases.check_mailboxes import check_mailboxes


async def test_one_process_looks_fixes_and_the_other_does_nothing(
    database: Opened, other_process: Opened, tmp_path: Path
) -> None:
    async with checked_town(tmp_path, memory=database) as here:
        people = [f"p{number:02d}" for number in range(12)]
        await here.know(council(*people))
        for person in people:
            here.tenant.has_user(person, rules=[forward("r1", f"{person}@gmail.com")])
        await here.fixing()
        one = here.checking
        other = replace(one, store=other_process.store(here.town.id), mailboxes=FakeMailboxes(here.tenant))
        results = await asyncio.gather(
            check_mailboxes(one, slot="09:00"), check_mailboxes(other, slot="09:00")
        )
        assert sorted(result.claimed for result in results) == [False, True]
        assert len(here.tenant.asked("switch_off")) == 12
        assert {await here.verdict(person) for person in people} == {"ok"}
        here.passes(hours=1)
        assert (await check_mailboxes(other, slot="10:00")).claimed
        assert not (await check_mailboxes(one, slot="10:00")).claimed
        assert len(here.tenant.asked("switch_off")) == 12
