"""Stays, and small records.

Revision ID: 0002
"""

from alembic import op

from tenure_server.adapters.database.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of what puts an end off, and of tasks, notices and other small records."""
    run_sql(op.get_bind(), "v0002_stays_and_records")
