"""What the house says about itself: who is alive, how much there is, and whether the database answers."""

from datetime import datetime

import msgspec
from msgspec import Struct

from metarr.db.database import Connection

PING = "SELECT 1"

VERSION = "SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes"

WORKERS = """
SELECT worker_id, service, host, pid, version, kinds, started_at, heartbeat_at, stopping
FROM workers WHERE heartbeat_at > now() - interval '20 seconds' ORDER BY service, worker_id
"""

# What a library holds, by the state of its items, and what waits for a person.
COUNTS = """
SELECT l.id, l.name, l.type, l.path, l.enabled, l.mount_state, l.mount_detail,
       count(m.id) FILTER (WHERE m.deleted_at IS NULL AND m.identification_status = 'unidentified') AS unidentified,
       count(m.id) FILTER (WHERE m.deleted_at IS NULL AND m.identification_status = 'identified') AS identified,
       count(m.id) FILTER (WHERE m.deleted_at IS NULL AND m.identification_status = 'enriched') AS enriched,
       count(m.id) FILTER (WHERE m.deleted_at IS NOT NULL) AS deleted
FROM libraries l LEFT JOIN movies m ON m.library_id = l.id GROUP BY l.id ORDER BY l.id
"""

STORE = "SELECT count(*) AS files, coalesce(sum(file_size), 0)::bigint AS bytes FROM cache_assets"

LEFT_BEHIND = "SELECT count(*) FROM event_outbox WHERE created_at < now() - interval '30 seconds'"


class WorkerShown(Struct, frozen=True, kw_only=True):
    """A worker that was heard of in the last 20 seconds."""

    worker_id: str
    service: str
    host: str
    pid: int
    version: str
    kinds: list[str]
    started_at: datetime
    heartbeat_at: datetime
    stopping: bool


class LibraryCounts(Struct, frozen=True, kw_only=True):
    """A library's films by state, and its disk."""

    id: int
    name: str
    type: str
    path: str
    enabled: bool
    mount_state: str
    mount_detail: str | None
    unidentified: int
    identified: int
    enriched: int
    deleted: int


class Stored(Struct, frozen=True, kw_only=True):
    """How much of something there is."""

    files: int
    bytes: int


async def ping(conn: Connection) -> None:
    """Raises DatabaseUnavailable when nobody answers."""
    await conn.fetchval(PING)


async def database_version(conn: Connection) -> tuple[str, int]:
    """PostgreSQL's version and the size of our database in bytes."""
    row = await conn.fetchrow(VERSION)
    assert row is not None
    return row["version"], row["bytes"]


async def list_workers(conn: Connection) -> list[WorkerShown]:
    return [msgspec.convert(dict(row), WorkerShown) for row in await conn.fetch(WORKERS)]


async def count_libraries(conn: Connection) -> list[LibraryCounts]:
    return [msgspec.convert(dict(row), LibraryCounts) for row in await conn.fetch(COUNTS)]


async def stored_assets(conn: Connection) -> Stored:
    """The store of pictures: files and bytes."""
    return msgspec.convert(dict(await conn.fetchrow(STORE) or {}), Stored)


async def facts_untold(conn: Connection) -> int:
    """Facts that have waited for more than half a minute: NATS is away, or nobody relays."""
    return int(await conn.fetchval(LEFT_BEHIND))
