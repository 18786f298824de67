"""Alembic's entry: runs the history on the connection that `poolhouse.store.migrations` hands in."""

from alembic import context

from poolhouse.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
