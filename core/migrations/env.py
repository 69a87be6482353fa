"""Alembic's entry: runs the migrations on the connection that core.db.migrate hands over."""

from alembic import context

from core.tables.all import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
