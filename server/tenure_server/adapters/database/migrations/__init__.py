"""Bringing a database's tables to this version, whichever of several processes starts first.

A migration is a file in `versions`; it is never changed once released. All pending ones run in one
transaction under a lock: SQLite's write lock, or an advisory lock on PostgreSQL. A test proves that they
build exactly `tables.metadata`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tenure_server.adapters.database.connection import begun
from tenure_server.adapters.database.failures import translated
from tenure_server.domain.errors import RefusedError
from tenure_server.domain.message import N_, say

FOLDER = Path(__file__).parent
MIGRATORS_LOCK = 7385904416
"""Advisory lock that PostgreSQL's migrating processes take one after another."""


async def upgrade(engine: AsyncEngine) -> None:
    """Bring the tables to this version.

    Raises:
        UnavailableError: The database does not answer.
        RefusedError: The database is of a newer version than this program.
    """
    with translated():
        async with begun(engine) as connection:
            if engine.dialect.name == "postgresql":
                await connection.execute(text("SET LOCAL lock_timeout = '60s'"))
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATORS_LOCK}
                )
            await connection.run_sync(run_pending)


def run_pending(connection: Connection) -> None:
    """Run the migrations that a database has not had, in the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise RefusedError(
            say(N_("The database was made by a newer version of Tenure: run that version, or restore."))
        ) from error


def run_sql(connection: Connection, name: str) -> None:
    """Run the statements of `versions/NAME.DIALECT.sql`; a blank line ends a statement."""
    script = (FOLDER / "versions" / f"{name}.{connection.dialect.name}.sql").read_text(encoding="utf-8")
    for statement in script.split("\n\n"):
        connection.exec_driver_sql(statement.strip())
