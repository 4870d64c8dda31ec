"""Ending a job: completed, failed, cancelled, or back into the line. Every statement is fenced by the lease."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from metarr.db import Connection
from metarr.errors import MetarrError
from metarr.queue.rows import ClaimedJob

MAX_CRASHES = 3
"""A job that killed its worker this often is failed with that reason."""

# In the handler's own transaction: when the lease is another's by now, the whole effect is rolled back. Here and below the status
# is asked in a form that no partial index answers: the index of running jobs looks small and is full of those that ended lately.
COMPLETE = """
UPDATE job_queue SET status = 'completed', completed_at = now(), result = $3, error_message = NULL
WHERE id = $1 AND lease = $2 AND CASE WHEN status = 'running' THEN true END RETURNING has_dependents
"""

# For jobs that wrote nothing: their ends are gathered. Locked in id order, as all who lock several rows do.
COMPLETE_MANY = """
WITH said AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::int[]) AS said(id, lease) ORDER BY id
), ended AS MATERIALIZED (
    SELECT own.id FROM said CROSS JOIN LATERAL (
        SELECT j.id FROM job_queue AS j
        WHERE j.id = said.id AND j.lease = said.lease AND CASE WHEN j.status = 'running' THEN true END
        FOR NO KEY UPDATE) AS own
)
UPDATE job_queue AS j SET status = 'completed', completed_at = now(), result = NULL, error_message = NULL
FROM ended WHERE j.id = ended.id RETURNING j.id, j.has_dependents
"""

FAIL = """
UPDATE job_queue SET status = $4, completed_at = now(), error_message = $3
WHERE id = $1 AND lease = $2 AND CASE WHEN status = 'running' THEN true END RETURNING has_dependents
"""

# Back into the line, behind a time ($3, NULL = now) or a pause ($7). When the same work was asked for again meanwhile, that
# request stands and this one ends: the unique key is not broken and nothing is done twice.
PUT_BACK = """
UPDATE job_queue AS j SET
    status = CASE WHEN twin.id IS NULL THEN 'pending' ELSE 'cancelled' END,
    completed_at = CASE WHEN twin.id IS NOT NULL THEN now() END,
    error_message = CASE WHEN twin.id IS NULL THEN $4 ELSE 'replaced by job ' || twin.id END,
    retry_count = j.retry_count + $5,
    next_retry_at = CASE WHEN $3::interval IS NOT NULL THEN now() + $3::interval END,
    held_by = CASE WHEN twin.id IS NULL THEN $7::text END,
    ready_seq = CASE WHEN twin.id IS NULL AND $3::interval IS NULL AND $7::text IS NULL THEN nextval('job_ready_seq') END
FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT t.id FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = $6 LIMIT 1) AS twin ON true
WHERE j.id = $1 AND j.lease = $2 AND CASE WHEN j.status = 'running' THEN true END RETURNING j.has_dependents, twin.id AS twin
"""

# Who waited for a job that gave way to its twin waits for the twin now, unless the twin itself waits for it. A child that waits
# for the twin already has one edge less to wait for.
INHERIT = """
WITH RECURSIVE above AS (
    SELECT depends_on_job_id AS id FROM job_dependencies WHERE job_id = $2 AND satisfied_at IS NULL
    UNION
    SELECT d.depends_on_job_id FROM job_dependencies AS d JOIN above ON d.job_id = above.id WHERE d.satisfied_at IS NULL
), moved AS (
    DELETE FROM job_dependencies
    WHERE depends_on_job_id = $1 AND satisfied_at IS NULL AND job_id <> $2 AND job_id NOT IN (SELECT id FROM above)
    RETURNING job_id
), drawn AS (
    INSERT INTO job_dependencies (job_id, depends_on_job_id) SELECT job_id, $2 FROM moved
    ON CONFLICT DO NOTHING RETURNING job_id
), heir AS (
    UPDATE job_queue SET has_dependents = true WHERE id = $2 AND EXISTS (SELECT 1 FROM moved)
)
UPDATE job_queue AS j SET unmet_dependencies = j.unmet_dependencies - 1
FROM moved WHERE j.id = moved.job_id AND moved.job_id NOT IN (SELECT job_id FROM drawn)
"""

# Where the twin waits for what waits for the job, none of them would ever run: then the job stays in the line, without its key,
# which the twin has. They cannot meet, since the twin comes after it.
STAY = """
UPDATE job_queue AS j SET status = 'pending', unique_key = NULL, completed_at = NULL, error_message = NULL,
    ready_seq = CASE WHEN j.next_retry_at IS NULL THEN nextval('job_ready_seq') END
WHERE j.id = $1 AND j.crashes < $2 AND EXISTS (
    SELECT 1 FROM job_dependencies AS d WHERE d.depends_on_job_id = j.id AND d.satisfied_at IS NULL)
"""

# In a transaction of its own after the completion is visible: its snapshot sees edges that were drawn meanwhile. satisfied_at
# is the token that lets each edge count once; edges, then children, are locked in id order. A time that passed meanwhile goes.
RELEASE = """
WITH edge AS MATERIALIZED (
    SELECT id FROM job_dependencies WHERE depends_on_job_id = ANY($1::bigint[]) AND satisfied_at IS NULL
    ORDER BY id FOR NO KEY UPDATE
), freed AS (
    UPDATE job_dependencies AS d SET satisfied_at = now() FROM edge WHERE d.id = edge.id RETURNING d.job_id
), counted AS (
    SELECT job_id, count(*)::int AS n FROM freed GROUP BY job_id
), children AS MATERIALIZED (
    SELECT j.id, counted.n FROM job_queue AS j JOIN counted ON counted.job_id = j.id ORDER BY j.id FOR NO KEY UPDATE OF j
)
UPDATE job_queue AS j SET
    unmet_dependencies = j.unmet_dependencies - children.n,
    next_retry_at = CASE WHEN j.next_retry_at > now() THEN j.next_retry_at END,
    ready_seq = CASE WHEN j.status = 'pending' AND j.unmet_dependencies = children.n AND j.held_by IS NULL
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
), waiting AS MATERIALIZED (
    SELECT id FROM job_queue WHERE id IN (SELECT job_id FROM below) AND status = 'pending' ORDER BY id FOR NO KEY UPDATE
)
UPDATE job_queue AS j SET status = 'cancelled', completed_at = now(), ready_seq = NULL, held_by = NULL, error_message = $2,
    cancelled_by = $1
FROM waiting WHERE j.id = waiting.id RETURNING j.id
"""

# The net for a crash between completion and release: open edges whose parent has ended and whose child still waits.
OPEN_EDGES = """
WITH parent AS MATERIALIZED (SELECT DISTINCT depends_on_job_id AS id FROM job_dependencies WHERE satisfied_at IS NULL)
SELECT ended.id, ended.status FROM parent CROSS JOIN LATERAL (
    SELECT p.id, p.status FROM job_queue AS p
    WHERE p.id = parent.id AND p.completed_at < now() - interval '5 seconds'
      AND CASE WHEN p.status IN ('completed', 'failed', 'cancelled') THEN true END) AS ended
WHERE EXISTS (
    SELECT 1 FROM job_dependencies AS d JOIN job_queue AS c ON c.id = d.job_id
    WHERE d.depends_on_job_id = ended.id AND d.satisfied_at IS NULL AND CASE WHEN c.status = 'pending' THEN true END)
LIMIT 1000
"""


class LeaseLostError(MetarrError):
    """The job was rescued by another worker meanwhile (or cancelled): its effect must not be committed."""


async def complete(conn: Connection, job: ClaimedJob, result: Any) -> bool:
    """Mark completed inside the handler's transaction; the answer tells whether dependents wait. Raises LeaseLostError."""
    return await _fenced(conn, COMPLETE, job, result)


async def complete_many(conn: Connection, jobs: Sequence[ClaimedJob]) -> dict[int, bool]:
    """Mark jobs completed that wrote nothing: id → whether dependents wait, for those whose lease was still theirs."""
    rows = await conn.fetch(COMPLETE_MANY, [job.id for job in jobs], [job.lease for job in jobs])
    return {row["id"]: row["has_dependents"] for row in rows}


async def fail(conn: Connection, job: ClaimedJob, reason: str) -> bool:
    """For good: shown to a person, dependents are to be cancelled. Raises LeaseLostError."""
    return await _fenced(conn, FAIL, job, reason, "failed")


async def discard(conn: Connection, job: ClaimedJob, reason: str) -> bool:
    """The job has lost its object. Raises LeaseLostError."""
    return await _fenced(conn, FAIL, job, reason, "cancelled")


async def put_back(
    conn: Connection,
    job: ClaimedJob,
    reason: str | None,
    *,
    after: timedelta | None,
    counts: bool,
    held_by: str | None = None,
) -> None:
    """Back into the line, now or `after` a while, or until the pause `held_by` ends; `counts` as a retry.

    Raises LeaseLostError.
    """
    arguments = (job.id, job.lease, after, reason, int(counts), job.unique_key, held_by)
    try:
        async with conn.transaction():
            row = await conn.fetchrow(PUT_BACK, *arguments)
    except asyncpg.UniqueViolationError:
        # A twin came in between the look and the update; now it is visible.
        row = await conn.fetchrow(PUT_BACK, *arguments)
    if row is None:
        raise LeaseLostError(f"job {job.id} is not ours any more")
    if row["twin"] is not None and row["has_dependents"]:
        await inherit(conn, job.id, row["twin"])


async def inherit(conn: Connection, job_id: int, twin: int) -> None:
    """The dependents of a job that gave way to another with the same unique key wait for that one.

    Where that one waits for them, the job goes on without its key instead.
    """
    await conn.execute(INHERIT, job_id, twin)
    await conn.execute(STAY, job_id, MAX_CRASHES)


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
