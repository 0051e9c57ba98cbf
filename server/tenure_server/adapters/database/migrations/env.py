"""What Alembic runs to migrate, on the connection and in the transaction of `migrations.run_pending`."""

from alembic import context

from tenure_server.adapters.database.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
