"""Renders migrations as SQL for metarr.db.migrate, and enters each of them in the client's schema_migrations table.

Alembic runs in its offline mode: it writes the statements, asyncpg executes them, so no second database driver is needed.
"""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from sqlalchemy import Text, column, insert, table

from metarr.db.models import Base

SCHEMA_MIGRATIONS = table("schema_migrations", column("version", Text), column("name", Text))


def record_version(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Alembic's on_version_apply hook; a version's name is the first line of its migration's docstring."""
    script = step.up_revision
    if isinstance(script, Script):
        ctx.impl.execute(insert(SCHEMA_MIGRATIONS).values(version=script.revision, name=script.doc))


context.configure(
    dialect_name="postgresql",
    dialect_opts={"paramstyle": "named"},
    literal_binds=True,
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    on_version_apply=record_version,
)
with context.begin_transaction():
    context.run_migrations()
