"""Who is alive: one row per worker, its heartbeat, and the rescue of what a dead one held."""

from collections.abc import Sequence
from datetime import timedelta

from metarr.db import Connection

DEAD_AFTER = timedelta(seconds=20)
"""A worker that has not been seen for so long is dead; heartbeats come every 5 s."""
MAX_CRASHES = 3
"""A job that killed its worker this often is failed with that reason."""

REGISTER = """
INSERT INTO workers (worker_id, service, host, pid, version, kinds, started_at, heartbeat_at, stopping)
VALUES ($1, $2, $3, $4, $5, $6, now(), now(), false)
ON CONFLICT (worker_id) DO UPDATE SET service = excluded.service, host = excluded.host, pid = excluded.pid,
    version = excluded.version, kinds = excluded.kinds, started_at = now(), heartbeat_at = now(), stopping = false
"""

HEARTBEAT = "UPDATE workers SET heartbeat_at = now(), stopping = $2 WHERE worker_id = $1 RETURNING worker_id"

UNREGISTER = "DELETE FROM workers WHERE worker_id = $1"

# Rows of the dead go first; then every running job whose worker has no row is put back in one statement. A twin that waits
# under the same unique key takes the place of a rescued job; a job that has killed too many workers fails.
BURY = "DELETE FROM workers WHERE heartbeat_at < now() - $1::interval RETURNING worker_id"

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
FROM orphans AS o WHERE j.id = o.id RETURNING j.id, j.service, j.status
"""

# What a living worker holds by the table but not in its hands: the word that it ended, or the answer to its claim, was lost
# with the database. It is run again; what was committed before is not in state running any more.
TAKE_BACK = """
WITH lost AS MATERIALIZED (
    SELECT j.id, (SELECT t.id FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key LIMIT 1) AS twin
    FROM job_queue AS j WHERE j.status = 'running' AND j.worker_id = $1 AND j.id <> ALL($2::bigint[])
    ORDER BY j.id FOR NO KEY UPDATE OF j
)
UPDATE job_queue AS j SET
    status = CASE WHEN lost.twin IS NULL THEN 'pending' ELSE 'cancelled' END,
    error_message = CASE WHEN lost.twin IS NOT NULL THEN 'replaced by job ' || lost.twin END,
    completed_at = CASE WHEN lost.twin IS NOT NULL THEN now() END,
    ready_seq = CASE WHEN lost.twin IS NULL THEN nextval('job_ready_seq') END,
    worker_id = NULL
FROM lost WHERE j.id = lost.id RETURNING j.id
"""


async def register(
    conn: Connection, worker_id: str, *, service: str, host: str, pid: int, version: str, kinds: Sequence[str]
) -> None:
    """A worker is there. One that comes back under its old name frees what it held: its jobs have no runner."""
    await conn.execute(UNREGISTER, worker_id)
    await rescue(conn)
    await conn.execute(REGISTER, worker_id, service, host, pid, version, list(kinds))


async def heartbeat(conn: Connection, worker_id: str, *, stopping: bool = False) -> bool:
    """False when the worker was declared dead: it must stop what it runs."""
    return await conn.fetchval(HEARTBEAT, worker_id, stopping) is not None


async def unregister(conn: Connection, worker_id: str) -> None:
    """A clean end; what it still held is claimable with the next rescue."""
    await conn.execute(UNREGISTER, worker_id)


async def take_back(conn: Connection, worker_id: str, running: Sequence[int]) -> list[int]:
    """Put back what this worker holds beyond the jobs that really run in it; their ids. Not while it claims."""
    return [row["id"] for row in await conn.fetch(TAKE_BACK, worker_id, list(running))]


async def rescue(conn: Connection, *, dead_after: timedelta = DEAD_AFTER) -> tuple[set[str], list[int]]:
    """Free the jobs of the dead: (services to ring, ids of jobs that failed for good)."""
    await conn.fetch(BURY, dead_after)
    rows = await conn.fetch(RESCUE, MAX_CRASHES)
    ring = {row["service"] for row in rows if row["status"] == "pending"}
    return ring, [row["id"] for row in rows if row["status"] == "failed"]
