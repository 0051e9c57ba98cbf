"""The audit log can only grow: what makes both databases refuse to change or delete an entry.

Whoever owns the tables can drop these triggers; what they then change shows in the checkpoints that laptops
and other witnesses hold. `docs/operations/database.md` says how PostgreSQL's role gets INSERT and SELECT,
and no more.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, event

from tenure_server.adapters.database.tables import audit_entry

GUARDS: Mapping[str, Sequence[str]] = {
    "sqlite": (
        (
            "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        ),
        (
            "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
            "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
        ),
    ),
    "postgresql": (
        (
            "CREATE FUNCTION audit_entry_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$"
        ),
        (
            "CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_grows()"
        ),
    ),
}


@event.listens_for(audit_entry, "after_create")
def _guard(_table: Any, connection: Connection, **_options: Any) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
