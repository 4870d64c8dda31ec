"""Taking jobs out of the line: a batch in order of priority, then age, never two of one unique key at once."""

from collections.abc import Sequence

from metarr.db import Connection
from metarr.queue.rows import ClaimedJob

# MATERIALIZED keeps the planner from running the limited part again and claiming more than was asked for. The ready index
# holds only rows that can run now; what waits for a time or a dependency has no ready_seq and costs nothing here.
# A job whose unique key is running already stays in the line: two publishes of one film never meet on the disk.
CLAIM = """
WITH ready AS MATERIALIZED (
    SELECT id FROM job_queue AS j
    WHERE service = $1 AND status = 'pending' AND ready_seq IS NOT NULL AND kind = ANY($2::text[]) AND priority <= $3
      AND NOT EXISTS (SELECT 1 FROM queue_pauses WHERE scope = 'service:' || $1)
      AND (unique_key IS NULL OR NOT EXISTS (
            SELECT 1 FROM job_queue AS r WHERE r.status = 'running' AND r.unique_key = j.unique_key))
    ORDER BY priority, ready_seq
    LIMIT $4
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE job_queue AS j
SET status = 'running', worker_id = $5, lease = j.lease + 1, attempts = j.attempts + 1, started_at = now(), ready_seq = NULL
FROM ready WHERE j.id = ready.id
RETURNING j.id, j.kind, j.payload, j.priority, j.lease, j.attempts, j.retry_count, j.max_retries, j.trace_id, j.unique_key,
          j.has_dependents
"""

# Retries, snoozes and delayed jobs whose time has come get a place in the line. Any worker may do it: SKIP LOCKED keeps
# them apart, and the line's order is the order in which they became ready.
PROMOTE = """
WITH due AS MATERIALIZED (
    SELECT id FROM job_queue
    WHERE status = 'pending' AND ready_seq IS NULL AND unmet_dependencies = 0 AND next_retry_at <= now()
    ORDER BY next_retry_at LIMIT 500 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE job_queue AS j SET ready_seq = nextval('job_ready_seq'), next_retry_at = NULL
FROM due WHERE j.id = due.id RETURNING j.service
"""


async def claim(
    conn: Connection, service: str, kinds: Sequence[str], worker_id: str, *, limit: int, most: int = 10
) -> list[ClaimedJob]:
    """Take at most `limit` jobs of these kinds, of priority `most` or more urgent. Kinds this worker does not know stay."""
    rows = await conn.fetch(CLAIM, service, list(kinds), most, limit, worker_id)
    jobs = [ClaimedJob(**dict(row)) for row in rows]
    return sorted(jobs, key=lambda job: (job.priority, job.id))


async def promote(conn: Connection) -> set[str]:
    """Put what is due into the line; the answer names the services to ring."""
    return {row["service"] for row in await conn.fetch(PROMOTE)}
