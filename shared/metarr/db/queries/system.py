"""What the house says about itself: who is alive, how much there is, and whether the database answers."""

from datetime import datetime, timedelta

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

SILENT = "SELECT count(*) FROM workers WHERE heartbeat_at <= now() - interval '20 seconds'"

# Counted to 10,000: a long outage of NATS leaves very many.
LEFT_BEHIND = """
SELECT count(*) FROM (
    SELECT FROM event_outbox WHERE undeliverable IS NULL AND created_at < now() - interval '30 seconds' LIMIT 10000) AS few
"""

UNDELIVERABLE = """
SELECT count(*) AS facts, (array_agg(undeliverable ORDER BY id DESC))[1] AS reason
FROM event_outbox WHERE undeliverable IS NOT NULL
"""

# What failed in the last day and was not tried again, by kind, with the reason of the last one; the newest 10,000.
FAILED_LATELY = """
SELECT kind, count(*) AS jobs, (array_agg(error_message ORDER BY completed_at DESC))[1] AS reason FROM (
    SELECT kind, error_message, completed_at FROM job_queue
    WHERE status = 'failed' AND completed_at > now() - interval '1 day' ORDER BY completed_at DESC LIMIT 10000) AS few
GROUP BY kind ORDER BY jobs DESC, kind
"""

# Transactions of others in this database. Rows that were dead before one began cannot be cleaned up while it is open, and a
# queue leaves very many.
OPEN_TRANSACTIONS = """
SELECT pid, coalesce(nullif(application_name, ''), usename, 'unknown') AS who, clock_timestamp() - xact_start AS age
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
  AND application_name NOT LIKE 'metarr-%' AND xact_start < clock_timestamp() - $1::interval
ORDER BY xact_start LIMIT 10
"""


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


class Failures(Struct, frozen=True, kw_only=True):
    """Jobs of one kind that failed for good."""

    kind: str
    jobs: int
    reason: str | None


class OpenTransaction(Struct, frozen=True, kw_only=True):
    """Somebody else's transaction: the server process, what the program calls itself, how long it has been open."""

    pid: int
    who: str
    age: timedelta


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


async def count_silent_workers(conn: Connection) -> int:
    """Workers that were not heard of for 20 seconds and that nobody has buried yet."""
    return int(await conn.fetchval(SILENT))


async def failed_lately(conn: Connection) -> list[Failures]:
    """By kind, the most first."""
    return [msgspec.convert(dict(row), Failures) for row in await conn.fetch(FAILED_LATELY)]


async def open_transactions(conn: Connection, longer_than: timedelta) -> list[OpenTransaction]:
    """At most ten, the oldest first. Those of other roles are only seen with the rights of pg_read_all_stats."""
    rows = await conn.fetch(OPEN_TRANSACTIONS, longer_than)
    return [OpenTransaction(**dict(row)) for row in rows]


async def facts_undeliverable(conn: Connection) -> tuple[int, str]:
    """How many facts no stream takes, and why the last of them."""
    row = await conn.fetchrow(UNDELIVERABLE)
    assert row is not None
    return row["facts"], row["reason"] or ""


async def facts_untold(conn: Connection) -> int:
    """Facts that have waited for more than half a minute: NATS is away, or nobody relays."""
    return int(await conn.fetchval(LEFT_BEHIND))
