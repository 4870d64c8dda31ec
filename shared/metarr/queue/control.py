"""What a person does to the queue: cancel, retry, pause, resume."""

from metarr.db import Connection
from metarr.errors import Conflict, NotFound

STATUS = "SELECT status FROM job_queue WHERE id = $1 FOR NO KEY UPDATE"

CANCEL_PENDING = """
UPDATE job_queue SET status = 'cancelled', completed_at = now(), ready_seq = NULL, error_message = 'cancelled by a person'
WHERE id = $1
"""

ASK_TO_CANCEL = "UPDATE job_queue SET cancel_requested = true WHERE id = $1"

# A manual retry starts the count again; the waiting twin of the same work, if any, makes it unnecessary.
RETRY = """
UPDATE job_queue AS j SET status = 'pending', retry_count = 0, crashes = 0, cancel_requested = false, error_message = NULL,
    completed_at = NULL, next_retry_at = NULL, cancelled_by = NULL, priority = least(priority, 2),
    ready_seq = CASE WHEN unmet_dependencies = 0 THEN nextval('job_ready_seq') END
WHERE id = $1 AND NOT EXISTS (
    SELECT 1 FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key)
RETURNING service
"""

# What ended for its sake comes back, each into the line only when nothing else holds it.
REVIVE = """
UPDATE job_queue AS j SET status = 'pending', cancelled_by = NULL, error_message = NULL, completed_at = NULL, ready_seq = NULL
WHERE cancelled_by = $1 AND status = 'cancelled' AND NOT EXISTS (
    SELECT 1 FROM job_queue AS t WHERE t.status = 'pending' AND t.unique_key = j.unique_key)
"""

CANCELLED = "SELECT id FROM job_queue WHERE id = ANY($1::bigint[]) AND cancel_requested"

PAUSE = "INSERT INTO queue_pauses (scope, reason, paused_at) VALUES ($1, $2, now()) ON CONFLICT (scope) DO NOTHING"
RESUME = "DELETE FROM queue_pauses WHERE scope = $1"


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
    """Run a failed or cancelled job again, and with it what was cancelled for its sake; the answer is the service to ring. Raises NotFound, Conflict."""
    status = await _status(conn, job_id)
    if status not in {"failed", "cancelled"}:
        raise Conflict(f"job {job_id} is {status}; only failed and cancelled jobs can be retried")
    service = await conn.fetchval(RETRY, job_id)
    if service is None:
        raise Conflict(f"the same work as job {job_id} is waiting already")
    await conn.execute(REVIVE, job_id)
    return str(service)


async def cancel_requested(conn: Connection, running: list[int]) -> set[int]:
    """Which of these running jobs a person wants to stop."""
    return {row["id"] for row in await conn.fetch(CANCELLED, running)}


async def pause(conn: Connection, service: str, reason: str) -> None:
    """No worker of this service starts anything new, also after a restart."""
    await conn.execute(PAUSE, f"service:{service}", reason)


async def resume(conn: Connection, service: str) -> None:
    await conn.execute(RESUME, f"service:{service}")


async def _status(conn: Connection, job_id: int) -> str:
    status = await conn.fetchval(STATUS, job_id)
    if status is None:
        raise NotFound(f"there is no job {job_id}")
    return str(status)
