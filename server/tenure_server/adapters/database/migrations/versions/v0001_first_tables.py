"""The first tables.

Revision ID: 0001
"""

from alembic import op

from tenure_server.adapters.database.migrations import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of the first version, and what guards the audit log."""
    run_sql(op.get_bind(), "v0001_first_tables")
