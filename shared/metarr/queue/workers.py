"""Who is alive: one row per worker, its beats, and the rescue of what a dead one held.

No clock decides who is dead: a worker's `beats` grow, and whoever watches them with a clock that only grows (runtime/watch.py)
names those that have not grown for too long. So a server whose clock is set forward buries nobody.
"""

from collections.abc import Mapping, Sequence

import asyncpg

from metarr.db import Connection
from metarr.queue.finish import MAX_CRASHES, inherit

# Of two processes with one name the younger stays: the older finds no row at its next beat, and can claim nothing before.
REPLACE = "DELETE FROM workers WHERE name = $1 RETURNING worker_id"

REGISTER = """
INSERT INTO workers (worker_id, name, service, host, pid, version, kinds, started_at, heartbeat_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now())
"""

BEAT = """
UPDATE workers SET beats = beats + 1, heartbeat_at = now(), stopping = $2 WHERE worker_id = $1 RETURNING worker_id
"""

ROLL = "SELECT worker_id, beats, extract(epoch FROM clock_timestamp())::float8 AS server_time FROM workers"

UNREGISTER = "DELETE FROM workers WHERE worker_id = $1"

# Only those that have not beaten since they were counted.
BURY = """
DELETE FROM workers AS w USING unnest($1::text[], $2::bigint[]) AS silent(worker_id, beats)
WHERE w.worker_id = silent.worker_id AND w.beats = silent.beats RETURNING w.worker_id
"""

# Every running job whose worker has no row is put back in one statement. A twin that waits under the same unique key takes
# the place of a rescued job; a job that has killed too many workers fails.
RESCUE = """
WITH orphans AS MATERIALIZED (
    SELECT j.id, j.crashes + 1 AS crashes,
           (SELECT t.id FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key LIMIT 1) AS twin
    FROM job_queue AS j
    WHERE j.status = 'running' AND NOT EXISTS (SELECT 1 FROM workers AS w WHERE w.worker_id = j.worker_id)
    ORDER BY j.id LIMIT 500 FOR NO KEY UPDATE OF j SKIP LOCKED
)
UPDATE job_queue AS j SET
    status = CASE WHEN o.twin IS NOT NULL THEN 'cancelled' WHEN o.crashes >= $1 THEN 'failed' ELSE 'pending' END,
    error_message = CASE WHEN o.twin IS NOT NULL THEN 'replaced by job ' || o.twin
        WHEN o.crashes >= $1 THEN 'its worker died ' || o.crashes || ' times while it ran' ELSE 'its worker died' END,
    completed_at = CASE WHEN o.twin IS NOT NULL OR o.crashes >= $1 THEN now() END,
    ready_seq = CASE WHEN o.twin IS NULL AND o.crashes < $1 THEN nextval('job_ready_seq') END,
    crashes = o.crashes, worker_id = NULL
FROM orphans AS o WHERE j.id = o.id RETURNING j.id, j.service, j.status, j.has_dependents, o.twin
"""

# What a worker holds by the table, and which of it a person wants to stop.
HELD = "SELECT id, cancel_requested FROM job_queue WHERE worker_id = $1 AND status = 'running'"

# What a living worker holds by the table but not in its hands: the word that it ended, or the answer to its claim, was lost
# with the database. It is run again; what was committed before is not in state running any more.
TAKE_BACK = """
WITH lost AS MATERIALIZED (
    SELECT j.id, (SELECT t.id FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key LIMIT 1) AS twin
    FROM job_queue AS j WHERE j.status = 'running' AND j.worker_id = $1 AND j.id = ANY($2::bigint[])
    ORDER BY j.id FOR NO KEY UPDATE OF j
)
UPDATE job_queue AS j SET
    status = CASE WHEN lost.twin IS NULL THEN 'pending' ELSE 'cancelled' END,
    error_message = CASE WHEN lost.twin IS NOT NULL THEN 'replaced by job ' || lost.twin END,
    completed_at = CASE WHEN lost.twin IS NOT NULL THEN now() END,
    ready_seq = CASE WHEN lost.twin IS NULL THEN nextval('job_ready_seq') END,
    worker_id = NULL
FROM lost WHERE j.id = lost.id RETURNING j.id, j.has_dependents, lost.twin
"""


async def register(
    conn: Connection,
    worker_id: str,
    *,
    name: str,
    service: str,
    host: str,
    pid: int,
    version: str,
    kinds: Sequence[str],
) -> list[str]:
    """A worker is there, under an id that no other start has. What an older one of its name held is freed; their ids."""
    replaced = [row["worker_id"] for row in await conn.fetch(REPLACE, name)]
    await conn.execute(REGISTER, worker_id, name, service, host, pid, version, list(kinds))
    if replaced:
        await rescue(conn)
    return replaced


async def beat(conn: Connection, worker_id: str, *, stopping: bool = False) -> bool:
    """False when the worker was declared dead or replaced: it must stop what it runs."""
    return await conn.fetchval(BEAT, worker_id, stopping) is not None


async def roll(conn: Connection) -> tuple[dict[str, int], float]:
    """All workers and how often each has beaten, and the server's time in seconds."""
    rows = await conn.fetch(ROLL)
    server_time = rows[0]["server_time"] if rows else 0.0
    return {row["worker_id"]: row["beats"] for row in rows}, server_time


async def bury(conn: Connection, silent: Mapping[str, int]) -> list[str]:
    """Declare workers dead that have not beaten since they were counted; the answer names those."""
    return [row["worker_id"] for row in await conn.fetch(BURY, list(silent), list(silent.values()))]


async def unregister(conn: Connection, worker_id: str) -> set[str]:
    """A clean end; what it still held is free at once. The services to ring."""
    await conn.execute(UNREGISTER, worker_id)
    ring, _ = await rescue(conn)
    return ring


async def held(conn: Connection, worker_id: str) -> dict[int, bool]:
    """What this worker holds: id → whether a person wants it to stop."""
    return {row["id"]: row["cancel_requested"] for row in await conn.fetch(HELD, worker_id)}


async def take_back(conn: Connection, worker_id: str, lost: Sequence[int]) -> list[int]:
    """Put back jobs that this worker holds by the table and does not run; their ids."""
    rows = await conn.fetch(TAKE_BACK, worker_id, list(lost))
    await _inherit(conn, rows)
    return [row["id"] for row in rows]


async def rescue(conn: Connection) -> tuple[set[str], list[int]]:
    """Free the running jobs of workers that have no row: (services to ring, ids of jobs that failed for good)."""
    rows = await conn.fetch(RESCUE, MAX_CRASHES)
    await _inherit(conn, rows)
    ring = {row["service"] for row in rows if row["status"] == "pending"}
    return ring, [row["id"] for row in rows if row["status"] == "failed"]


async def _inherit(conn: Connection, ended: Sequence[asyncpg.Record]) -> None:
    for row in ended:
        if row["twin"] is not None and row["has_dependents"]:
            await inherit(conn, row["id"], row["twin"])
