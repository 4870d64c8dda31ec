"""Brings a database to the newest version of the tables; `python -m metarr.db.migrate` does so from METARR_DATABASE_URL."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from metarr.db.database import LOST, Connection
from metarr.errors import DatabaseUnavailable

VERSIONS = os.path.join(os.path.dirname(__file__), "migrations", "versions")

_LOCK = 0x6D657461  # "meta": the advisory lock that lets one migration run at a time
_CONNECT_TIMEOUT = 10.0
_MIGRATION_TIMEOUT = 3600.0

# Which versions a database has; the table is missing in a new one.
_HAS_RECORD = "SELECT to_regclass('schema_migrations') IS NOT NULL"
_APPLIED = "SELECT version FROM schema_migrations ORDER BY version"
_TAKE_LOCK = "SELECT pg_advisory_lock($1)"
# A migration that waits for a busy table makes everybody else wait behind it: rather give up and come back.
_BE_POLITE = "SET lock_timeout = '30s'"


async def migrate(url: str) -> list[str]:
    """Apply what is missing and return the versions applied, oldest first; [] when the database was up to date.

    Services that start together may all call it: one migrates, the others wait and find nothing left to do. Each version is
    a transaction of its own, so a migration that was killed is taken up where it stopped. Raises DatabaseUnavailable, also
    when a long transaction elsewhere holds a table that must change.
    """
    async with _connection(url) as connection:
        if not await _missing(connection):
            return []
        await connection.execute(_TAKE_LOCK, _LOCK, timeout=_MIGRATION_TIMEOUT)
        missing = await _missing(connection)
        if missing:
            await _apply(connection, missing)
        return missing


async def pending(url: str) -> list[str]:
    """The versions that `migrate` would apply. Raises DatabaseUnavailable."""
    async with _connection(url) as connection:
        return await _missing(connection)


def versions() -> list[str]:
    """All versions this code knows, oldest first: the numbers its migration files begin with."""
    return sorted(
        name.partition("_")[0] for name in os.listdir(VERSIONS) if name[:1].isdigit() and name.endswith(".py")
    )


def render(after: str | None, until: str) -> str:
    """The SQL that leads from version `after` (None: an empty database) to version `until`."""
    # Imported here: a start that finds nothing to migrate need not load Alembic and SQLAlchemy.
    from alembic import command
    from alembic.config import Config

    script = io.StringIO()
    config = Config(output_buffer=script)
    config.set_main_option("script_location", "metarr.db:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, f"{after}:{until}" if after else until, sql=True)
    return script.getvalue()


async def _apply(connection: Connection, missing: list[str]) -> None:
    script = await asyncio.to_thread(render, _before(missing[0]), missing[-1])
    await connection.execute(_BE_POLITE)
    try:
        await connection.execute(script, timeout=_MIGRATION_TIMEOUT)
    except asyncpg.LockNotAvailableError as busy:
        raise DatabaseUnavailable(f"a table that a migration must change is in use: {busy}") from busy


def _before(version: str) -> str | None:
    known = versions()
    place = known.index(version)
    return known[place - 1] if place else None


async def _missing(connection: Connection) -> list[str]:
    if not await connection.fetchval(_HAS_RECORD):
        return versions()
    applied = {row["version"] for row in await connection.fetch(_APPLIED)}
    return [version for version in versions() if version not in applied]


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[Connection]:
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_TIMEOUT)
        try:
            yield connection
        finally:
            # Also gives the advisory lock back and rolls back what a failed script left open.
            await connection.close(timeout=_CONNECT_TIMEOUT)
    except LOST as gone:
        raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone


def main() -> int:
    """The one-shot container: 0 when the database is up to date, 1 when it cannot be reached, 2 without an address."""
    url = os.environ.get("METARR_DATABASE_URL")
    if not url:
        sys.stderr.write("METARR_DATABASE_URL is not set\n")
        return 2
    try:
        applied = asyncio.run(migrate(url))
    except DatabaseUnavailable as gone:
        sys.stderr.write(f"{gone}\n")
        return 1
    sys.stdout.write(f"applied {', '.join(applied)}\n" if applied else "the database is up to date\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
