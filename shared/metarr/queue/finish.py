"""Ending a job: completed, failed, cancelled, or back into the line. Every statement is fenced by the lease."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from metarr.db import Connection
from metarr.errors import MetarrError
from metarr.queue.rows import ClaimedJob

# In the handler's own transaction: when the lease is another's by now, the whole effect is rolled back.
COMPLETE = """
UPDATE job_queue SET status = 'completed', completed_at = now(), result = $3, error_message = NULL
WHERE id = $1 AND lease = $2 AND status = 'running' RETURNING has_dependents
"""

FAIL = """
UPDATE job_queue SET status = $4, completed_at = now(), error_message = $3
WHERE id = $1 AND lease = $2 AND status = 'running' RETURNING has_dependents
"""

# Back into the line, behind a time ($3, NULL = now). When the same work was asked for again meanwhile, that request stands
# and this one ends: the unique key is not broken and nothing is done twice.
PUT_BACK = """
UPDATE job_queue AS j SET
    status = CASE WHEN twin.id IS NULL THEN 'pending' ELSE 'cancelled' END,
    completed_at = CASE WHEN twin.id IS NOT NULL THEN now() END,
    error_message = CASE WHEN twin.id IS NULL THEN $4 ELSE 'replaced by job ' || twin.id END,
    retry_count = j.retry_count + $5,
    next_retry_at = CASE WHEN $3::interval IS NOT NULL THEN now() + $3::interval END,
    ready_seq = CASE WHEN twin.id IS NULL AND $3::interval IS NULL THEN nextval('job_ready_seq') END
FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT t.id FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = $6 LIMIT 1) AS twin ON true
WHERE j.id = $1 AND j.lease = $2 AND j.status = 'running' RETURNING j.status
"""

# In a transaction of its own after the completion is visible: its snapshot sees edges that were drawn meanwhile. satisfied_at
# is the token that lets each edge count once; children are locked in id order.
RELEASE = """
WITH freed AS (
    UPDATE job_dependencies SET satisfied_at = now()
    WHERE depends_on_job_id = ANY($1::bigint[]) AND satisfied_at IS NULL RETURNING job_id
), counted AS (
    SELECT job_id, count(*)::int AS n FROM freed GROUP BY job_id
), children AS MATERIALIZED (
    SELECT j.id, counted.n FROM job_queue AS j JOIN counted ON counted.job_id = j.id ORDER BY j.id FOR NO KEY UPDATE OF j
)
UPDATE job_queue AS j SET
    unmet_dependencies = j.unmet_dependencies - children.n,
    ready_seq = CASE WHEN j.status = 'pending' AND j.unmet_dependencies = children.n
                      AND (j.next_retry_at IS NULL OR j.next_retry_at <= now()) THEN nextval('job_ready_seq') END
FROM children WHERE j.id = children.id RETURNING j.service, j.unmet_dependencies
"""

# The whole tree below a job that failed for good or was cancelled ends with the reason; `cancelled_by` remembers for whose sake,
# so that retrying that job brings back exactly these.
CANCEL_DEPENDENTS = """
WITH RECURSIVE below AS (
    SELECT d.job_id FROM job_dependencies AS d WHERE d.depends_on_job_id = $1 AND d.satisfied_at IS NULL
    UNION
    SELECT d.job_id FROM job_dependencies AS d JOIN below ON d.depends_on_job_id = below.job_id WHERE d.satisfied_at IS NULL
)
UPDATE job_queue SET status = 'cancelled', completed_at = now(), ready_seq = NULL, error_message = $2, cancelled_by = $1
WHERE id IN (SELECT job_id FROM below) AND status = 'pending' RETURNING id
"""

# The net for a crash between completion and release: open edges whose parent has ended and whose child still waits.
OPEN_EDGES = """
SELECT d.depends_on_job_id AS id, p.status FROM job_dependencies AS d JOIN job_queue AS p ON p.id = d.depends_on_job_id
JOIN job_queue AS c ON c.id = d.job_id AND c.status = 'pending'
WHERE d.satisfied_at IS NULL AND p.status IN ('completed', 'failed', 'cancelled')
  AND p.completed_at < now() - interval '5 seconds'
GROUP BY 1, 2 LIMIT 1000
"""


class LeaseLostError(MetarrError):
    """The job was rescued by another worker meanwhile (or cancelled): its effect must not be committed."""


async def complete(conn: Connection, job: ClaimedJob, result: Any) -> bool:
    """Mark completed inside the handler's transaction; the answer tells whether dependents wait. Raises LeaseLostError."""
    return await _fenced(conn, COMPLETE, job, result)


async def fail(conn: Connection, job: ClaimedJob, reason: str) -> bool:
    """For good: shown to a person, dependents are to be cancelled. Raises LeaseLostError."""
    return await _fenced(conn, FAIL, job, reason, "failed")


async def discard(conn: Connection, job: ClaimedJob, reason: str) -> bool:
    """The job has lost its object. Raises LeaseLostError."""
    return await _fenced(conn, FAIL, job, reason, "cancelled")


async def put_back(
    conn: Connection, job: ClaimedJob, reason: str | None, *, after: timedelta | None, counts: bool
) -> None:
    """Back into the line, now or `after` a while; `counts` as a retry. Raises LeaseLostError."""
    arguments = (job.id, job.lease, after, reason, int(counts), job.unique_key)
    try:
        async with conn.transaction():
            row = await conn.fetchrow(PUT_BACK, *arguments)
    except asyncpg.UniqueViolationError:
        # A twin came in between the look and the update; now it is visible.
        row = await conn.fetchrow(PUT_BACK, *arguments)
    if row is None:
        raise LeaseLostError(f"job {job.id} is not ours any more")


async def release(conn: Connection, parents: Sequence[int]) -> set[str]:
    """Let go the dependents of completed jobs; the answer names the services to ring."""
    rows = await conn.fetch(RELEASE, list(parents))
    return {row["service"] for row in rows if row["unmet_dependencies"] == 0}


async def cancel_dependents(conn: Connection, parent: int, reason: str) -> list[int]:
    """End everything that waits, directly or not, for this job."""
    return [row["id"] for row in await conn.fetch(CANCEL_DEPENDENTS, parent, reason)]


async def reconcile(conn: Connection) -> set[str]:
    """Finish what a crash left between the end of a job and the word to its dependents."""
    rows = await conn.fetch(OPEN_EDGES)
    ended = [row["id"] for row in rows if row["status"] != "completed"]
    for parent in ended:
        await cancel_dependents(conn, parent, f"job {parent}, which this one waited for, did not complete")
    completed = [row["id"] for row in rows if row["status"] == "completed"]
    return await release(conn, completed) if completed else set()


async def _fenced(conn: Connection, statement: str, job: ClaimedJob, *arguments: Any) -> bool:
    row = await conn.fetchrow(statement, job.id, job.lease, *arguments)
    if row is None:
        raise LeaseLostError(f"job {job.id} is not ours any more")
    return bool(row["has_dependents"])
