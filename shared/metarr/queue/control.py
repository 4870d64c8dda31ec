"""What a person does to the queue: cancel, retry, pause, resume."""

from metarr.db import Connection
from metarr.errors import Conflict, NotFound

STATUS = "SELECT status FROM job_queue WHERE id = $1 FOR NO KEY UPDATE"

CANCEL_PENDING = """
UPDATE job_queue SET status = 'cancelled', completed_at = now(), ready_seq = NULL, held_by = NULL,
    error_message = 'cancelled by a person'
WHERE id = $1
"""

ASK_TO_CANCEL = "UPDATE job_queue SET cancel_requested = true WHERE id = $1"

# A job whose own dependency ended badly would only wait for nothing.
LOST_PARENT = """
SELECT p.id, p.status FROM job_dependencies AS d JOIN job_queue AS p ON p.id = d.depends_on_job_id
WHERE d.job_id = $1 AND d.satisfied_at IS NULL AND p.status IN ('failed', 'cancelled') ORDER BY p.id LIMIT 1
"""

# A manual retry starts the count again; the waiting twin of the same work, if any, makes it unnecessary. What it waits for is
# counted anew: a dependency that was pruned meanwhile holds nobody.
RETRY = """
UPDATE job_queue AS j SET status = 'pending', retry_count = 0, crashes = 0, cancel_requested = false, error_message = NULL,
    completed_at = NULL, next_retry_at = NULL, cancelled_by = NULL, priority = least(priority, 2), unmet_dependencies = open.n,
    ready_seq = CASE WHEN open.n = 0 THEN nextval('job_ready_seq') END
FROM (SELECT count(*)::int AS n FROM job_dependencies WHERE job_id = $1 AND satisfied_at IS NULL) AS open
WHERE j.id = $1 AND NOT EXISTS (
    SELECT 1 FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key)
RETURNING service
"""

# What ended for its sake comes back, each into the line only when nothing else holds it. Of two with one unique key, which
# ended one after the other, only the younger does.
REVIVE = """
WITH ended AS MATERIALIZED (
    SELECT j.id, (SELECT count(*)::int FROM job_dependencies AS d WHERE d.job_id = j.id AND d.satisfied_at IS NULL) AS n
    FROM job_queue AS j
    WHERE j.cancelled_by = $1 AND j.status = 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key)
      AND NOT EXISTS (
        SELECT 1 FROM job_queue AS y
        WHERE y.cancelled_by = $1 AND y.status = 'cancelled' AND y.unique_key = j.unique_key AND y.id > j.id)
    ORDER BY j.id FOR NO KEY UPDATE OF j
)
UPDATE job_queue AS j SET status = 'pending', cancelled_by = NULL, error_message = NULL, completed_at = NULL,
    unmet_dependencies = ended.n,
    ready_seq = CASE WHEN ended.n = 0 AND next_retry_at IS NULL THEN nextval('job_ready_seq') END
FROM ended WHERE j.id = ended.id
"""

PAUSE = "INSERT INTO queue_pauses (scope, reason, paused_at) VALUES ($1, $2, now()) ON CONFLICT (scope) DO NOTHING"
RESUME = "DELETE FROM queue_pauses WHERE scope = $1"

# What a pause that has ended still holds goes back into the line, 1000 at a time. The distinct scopes are found by leaps
# through the index, so that the thousands that a pause holds rightly cost nothing.
UNHOLD = """
WITH RECURSIVE scope AS (
    (SELECT held_by FROM job_queue WHERE status = 'pending' AND held_by IS NOT NULL ORDER BY held_by LIMIT 1)
    UNION ALL
    SELECT (SELECT j.held_by FROM job_queue AS j WHERE j.status = 'pending' AND j.held_by > scope.held_by
            ORDER BY j.held_by LIMIT 1)
    FROM scope WHERE scope.held_by IS NOT NULL
), free AS MATERIALIZED (
    SELECT held.id FROM scope CROSS JOIN LATERAL (
        SELECT id FROM job_queue AS j WHERE j.status = 'pending' AND j.held_by = scope.held_by
        ORDER BY id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED) AS held
    WHERE NOT EXISTS (SELECT 1 FROM queue_pauses AS p WHERE p.scope = scope.held_by) LIMIT 1000
)
UPDATE job_queue AS j SET held_by = NULL,
    ready_seq = CASE WHEN unmet_dependencies = 0 AND next_retry_at IS NULL THEN nextval('job_ready_seq') END
FROM free WHERE j.id = free.id RETURNING j.service
"""


async def cancel(conn: Connection, job_id: int) -> bool:
    """Cancel a waiting job, or ask a running one to stop: True when it is running and its worker must be told.

    Raises NotFound, and Conflict when the job has ended already.
    """
    status = await _status(conn, job_id)
    if status == "pending":
        await conn.execute(CANCEL_PENDING, job_id)
        return False
    if status == "running":
        await conn.execute(ASK_TO_CANCEL, job_id)
        return True
    raise Conflict(f"job {job_id} is {status} already")


async def retry(conn: Connection, job_id: int) -> str:
    """Run a failed or cancelled job again, and with it what was cancelled for its sake; the answer is the service to ring.

    Raises NotFound, and Conflict when it is in another state, when the same work waits already, or when a job that it depends
    on has failed.
    """
    status = await _status(conn, job_id)
    if status not in {"failed", "cancelled"}:
        raise Conflict(f"job {job_id} is {status}; only failed and cancelled jobs can be retried")
    if (parent := await conn.fetchrow(LOST_PARENT, job_id)) is not None:
        raise Conflict(f"job {job_id} depends on job {parent['id']}, which is {parent['status']}: retry that one")
    service = await conn.fetchval(RETRY, job_id)
    if service is None:
        raise Conflict(f"the same work as job {job_id} is waiting already")
    await conn.execute(REVIVE, job_id)
    return str(service)


async def pause(conn: Connection, scope: str, reason: str) -> None:
    """Nothing of this scope (`service:scanner`, `library:3`, `provider:tmdb`) starts any more, also after a restart."""
    await conn.execute(PAUSE, scope, reason)


async def resume(conn: Connection, scope: str) -> set[str]:
    """The pause ends; the services to ring. Where very much was held, upkeep brings the rest."""
    await conn.execute(RESUME, scope)
    return await unhold(conn)


async def unhold(conn: Connection) -> set[str]:
    """Bring back what no pause holds any more; the services to ring."""
    return {row["service"] for row in await conn.fetch(UNHOLD)}


async def _status(conn: Connection, job_id: int) -> str:
    status = await conn.fetchval(STATUS, job_id)
    if status is None:
        raise NotFound(f"there is no job {job_id}")
    return str(status)
