"""Runs migrations on the connection that the upgrade hands over; it never opens one of its own."""

from alembic import context

from gridmap.storage.models import SCHEMA, Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table_schema=SCHEMA,
    transactional_ddl=True,
)
context.run_migrations()
