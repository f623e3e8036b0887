"""What Alembic runs for each history: the given connection, the given schema, inside the caller's transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=context.config.attributes["schema"],
    transaction_per_migration=False,
    transactional_ddl=True,
)
context.run_migrations()
