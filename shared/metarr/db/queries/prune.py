"""Old history goes, a batch at a time: jobs and webhook events that have ended."""

from datetime import datetime

from metarr.db.database import Connection

# A job stays as long as another one needs it: one that waits or runs behind it, one whose way back still counts on it (an
# edge that was never satisfied), and one that ended for its sake and would come back with it. Those are younger, and go before
# it. Nothing can begin to depend on a job that has ended; what a person is reviving in this moment is passed over.
PRUNE_JOBS = """
WITH old AS MATERIALIZED (
    SELECT id FROM job_queue AS j
    WHERE status = $1 AND status IN ('completed', 'failed', 'cancelled') AND completed_at < $2
      AND NOT EXISTS (
        SELECT FROM job_dependencies AS d JOIN job_queue AS child ON child.id = d.job_id
        WHERE d.depends_on_job_id = j.id AND (d.satisfied_at IS NULL OR child.status IN ('pending', 'running')))
      AND NOT EXISTS (SELECT FROM job_queue AS child WHERE child.cancelled_by = j.id)
    ORDER BY completed_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
DELETE FROM job_queue USING old WHERE job_queue.id = old.id RETURNING 1
"""

# What nobody has understood yet stays, however old it is.
PRUNE_WEBHOOKS = """
WITH old AS MATERIALIZED (
    SELECT id FROM webhook_events WHERE processed AND created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
DELETE FROM webhook_events USING old WHERE webhook_events.id = old.id RETURNING 1
"""


async def prune_jobs(conn: Connection, *, completed_before: datetime, failed_before: datetime, limit: int) -> int:
    """Delete at most `limit` jobs, the oldest of each state first; how many that were."""
    removed = 0
    for status, before in (("completed", completed_before), ("failed", failed_before), ("cancelled", failed_before)):
        removed += len(await conn.fetch(PRUNE_JOBS, status, before, limit - removed))
    return removed


async def prune_webhook_events(conn: Connection, *, before: datetime, limit: int) -> int:
    """Delete at most `limit` events that were processed; how many that were."""
    return len(await conn.fetch(PRUNE_WEBHOOKS, before, limit))
