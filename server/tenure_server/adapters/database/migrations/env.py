"""What Alembic runs to migrate: on the connection that `migrations.run_pending` opened, in its transaction."""

from alembic import context

from tenure_server.adapters.database.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
