import re
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from fakes import stored
from fakes.databases import OWNER, POSTGRESQL
from fakes.stored import NOW, SERIAL
from tenure_server.adapters.database.engine import Database, open_database
from tenure_server.domain import audit
from tenure_server.domain.audit import AuditKind
from tenure_server.usecases.ports import Store

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "database.md"
ROLE = "tenure_server"


@pytest.mark.parametrize("backend", [POSTGRESQL], indirect=True)
async def test_the_documented_role_runs_the_server_and_can_only_add_to_the_log(
    database_url: str, database: Database, store: Store
) -> None:
    statements = re.search(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert statements is not None
    async with database.writing.begin() as connection:
        for statement in statements[1].split(";\n"):
            await connection.exec_driver_sql(statement)
    limited = open_database(database_url.replace(f"//{OWNER}@", f"//{ROLE}@"))
    await limited.upgrade()
    async with limited.store(stored.municipality().id).writing() as tx:
        await tx.devices.put(stored.device())
        await tx.register.put_hold(stored.HOLD, NOW)
        await tx.claims.claim("sweep", "12:00", NOW)
        await tx.audit.append([audit.entry(NOW, AuditKind.HOLD_SET, SERIAL)])
        await tx.audit.add_checkpoint(1, b"{}", NOW)
    assert (await limited.visit_log(stored.municipality().id).record(stored.visit(), stored.KEY)).fresh
    for change in (
        "UPDATE audit_entry SET subject = ''",
        "DELETE FROM audit_entry",
        "DROP TABLE audit_entry",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await as_role(database_url, change)
    async with store.reading() as tx:
        assert await tx.audit.size() == 1
    await limited.close()


async def as_role(url: str, statement: str) -> None:
    address = make_url(url)
    connection = await asyncpg.connect(host=str(address.query["host"]), user=ROLE, database=address.database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
