"""Write the current register in the format of an import, for a file that people carry elsewhere."""

from tenure_server.domain.errors import NotFoundError
from tenure_server.domain.message import N_, say
from tenure_server.domain.quarantine import lent_rows
from tenure_server.domain.register_change import mandate_key
from tenure_server.domain.register_table import register_table
from tenure_server.domain.table import Table
from tenure_server.domain.term import TermPolicy
from tenure_server.usecases.import_register import decisions
from tenure_server.usecases.ports import Store


async def export_register(store: Store, policy: TermPolicy) -> Table:
    """Return the register as it is recorded now.

    Raises:
        NotFoundError: No register was imported yet.
    """
    async with store.reading() as tx:
        facts = await tx.register.facts()
        lent = lent_rows(facts.mandates, await decisions(tx))
    if not facts.mandates:
        raise NotFoundError(say(N_("There is no register yet: import one first.")))
    own = [row for row in facts.mandates if mandate_key(row) not in lent]
    return register_table(facts.people, facts.bodies, own, policy.zone)
