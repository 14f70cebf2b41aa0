"""Alembic runs this module, with the connection that ``gateway.storage.migrate`` passes in."""

from alembic import context

from gateway.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite can alter a table only by copying it.
)
with context.begin_transaction():
    context.run_migrations()
