"""Databases for tests: made from a migrated template, emptied after use and used again.

Emptying takes a twentieth of the time of making one. A test that changed tables, triggers or functions leaves a database that
counts differently from the template; that one is dropped.
"""

import itertools

import asyncpg

from metarr.db.migrate import migrate
from support.servers import DatabaseUrl

TEMPLATE = "metarr_template"

LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

# As many of each as in the template: nothing was added, taken away or replaced by a test.
SHAPE = """
SELECT (SELECT count(*) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'), (SELECT count(*) FROM pg_class),
       (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped), (SELECT count(*) FROM pg_constraint),
       (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'), (SELECT count(*) FROM pg_proc)
"""

CONTENTS = """
SELECT 'DELETE FROM ' || format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname = 'public' AND tablename NOT IN ('schema_migrations', 'alembic_version')
UNION ALL
SELECT 'ALTER SEQUENCE ' || format('%I.%I', schemaname, sequencename) || ' RESTART' FROM pg_sequences
WHERE schemaname = 'public' AND sequencename NOT LIKE 'schema\\_migrations%'
"""


class Databases:
    """The databases of one server."""

    def __init__(self, server: DatabaseUrl) -> None:
        self._server = server
        self._numbers = itertools.count(1)
        self._spare: list[str] = []
        self._shape: asyncpg.Record | None = None
        self._clean = ""

    async def make_template(self) -> None:
        await self._administer(f"CREATE DATABASE {TEMPLATE}")
        await migrate(self._server(TEMPLATE))
        template = await asyncpg.connect(self._server(TEMPLATE))
        self._shape = await template.fetchrow(SHAPE)
        statements = [row[0] for row in await template.fetch(CONTENTS)]
        self._clean = "SET session_replication_role = replica; " + "; ".join(statements)
        await template.close()

    async def take(self) -> str:
        """The name of a migrated database without a row."""
        if self._spare:
            return self._spare.pop()
        name = f"test_{next(self._numbers)}"
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        return name

    async def give_back(self, name: str) -> None:
        """Whoever is still connected is thrown out."""
        if await self._emptied(name):
            self._spare.append(name)
        else:
            await self._administer(f"DROP DATABASE {name} WITH (FORCE)")

    async def _emptied(self, name: str) -> bool:
        connection = await asyncpg.connect(self._server(name))
        try:
            await connection.execute(LEAVE)
            if await connection.fetchrow(SHAPE) != self._shape:
                return False
            await connection.execute(self._clean)
            return True
        finally:
            await connection.close()

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
