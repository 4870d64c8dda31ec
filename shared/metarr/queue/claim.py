"""Taking jobs out of the line: a batch in order of priority, then age, never two of one unique key at once."""

from collections.abc import Sequence
from typing import Any

from metarr.db import Connection
from metarr.queue.line import Line
from metarr.queue.rows import ClaimedJob

# The ready index holds only rows that can run now; what waits for a time, a dependency or the end of a pause has no ready_seq
# and costs nothing here. Each level of priority is entered at its mark, in the order in which the levels are given, and the
# walk ends with the last row that is wanted. MATERIALIZED keeps the planner from running that part again and claiming more
# than was asked for. A job whose unique key is running already stays in the line: two publishes of one film never meet on the
# disk; one probe of the index of running keys each, where NOT EXISTS would become a walk over all that ran lately. A worker
# without a row, because it was buried or replaced, gets nothing.
CLAIM = """
WITH ready AS MATERIALIZED (
    SELECT head.id, head.ready_seq
    FROM unnest($3::int[], $4::bigint[]) WITH ORDINALITY AS level (priority, mark, turn)
    CROSS JOIN LATERAL (
        SELECT id, ready_seq FROM job_queue AS j
        WHERE j.service = $1 AND j.status = 'pending' AND j.ready_seq IS NOT NULL
          AND j.priority = level.priority AND j.ready_seq >= level.mark AND j.kind = ANY($2::text[])
          AND (j.unique_key IS NULL OR (
                SELECT r.id FROM job_queue AS r WHERE r.status = 'running' AND r.unique_key = j.unique_key LIMIT 1) IS NULL)
        ORDER BY j.ready_seq LIMIT $5 FOR NO KEY UPDATE SKIP LOCKED
    ) AS head
    WHERE NOT EXISTS (SELECT 1 FROM queue_pauses WHERE scope = 'service:' || $1)
      AND EXISTS (SELECT 1 FROM workers WHERE worker_id = $6)
    LIMIT $5
)
UPDATE job_queue AS j
SET status = 'running', worker_id = $6, lease = j.lease + 1, attempts = j.attempts + 1, started_at = now(), ready_seq = NULL
FROM ready WHERE j.id = ready.id
RETURNING j.id, j.kind, j.payload, j.priority, j.lease, j.attempts, j.retry_count, j.max_retries, j.crashes, j.trace_id,
          j.unique_key, j.entity_type, j.entity_id, ready.ready_seq,
          (SELECT coalesce(array_agg(scope), '{}') FROM queue_pauses WHERE scope NOT LIKE 'service:%') AS paused
"""

# Which levels have a job at their head that has waited too long, the longest first.
AGED = """
SELECT level.priority
FROM unnest($2::int[], $3::bigint[]) AS level (priority, mark)
CROSS JOIN LATERAL (
    SELECT created_at FROM job_queue AS j
    WHERE j.service = $1 AND j.status = 'pending' AND j.ready_seq IS NOT NULL
      AND j.priority = level.priority AND j.ready_seq >= level.mark
    ORDER BY j.ready_seq LIMIT 1
) AS head
WHERE head.created_at < now() - $4::interval ORDER BY head.created_at
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

# After the server's clock was set back: what was written "in the future" waits as long as it should have waited then.
SHIFT = """
UPDATE job_queue SET next_retry_at = now() + (next_retry_at - updated_at)
WHERE status = 'pending' AND ready_seq IS NULL AND unmet_dependencies = 0 AND updated_at > now() AND next_retry_at IS NOT NULL
"""


async def claim(
    conn: Connection, service: str, kinds: Sequence[str], worker_id: str, *, limit: int, line: Line | None = None
) -> list[ClaimedJob]:
    """Take at most `limit` jobs of these kinds, in the order of `line`. Kinds this worker does not know stay."""
    line = line or Line()
    rows = await conn.fetch(CLAIM, service, kinds, *line.levels(), limit, worker_id)
    line.remember([(row["priority"], row["ready_seq"]) for row in rows])
    return [_claimed(dict(row)) for row in sorted(rows, key=lambda row: line.rank(row["priority"], row["ready_seq"]))]


async def find_aged(conn: Connection, service: str, line: Line) -> None:
    """Look which levels have waited too long; the line takes them in turn from now on."""
    rows = await conn.fetch(AGED, service, *line.all_levels(), line.PATIENCE)
    line.take_in_turn([row["priority"] for row in rows])


async def promote(conn: Connection) -> set[str]:
    """Put what is due into the line; the answer names the services to ring."""
    return {row["service"] for row in await conn.fetch(PROMOTE)}


async def shift(conn: Connection) -> None:
    """Mend waiting times after the server's clock was set back."""
    await conn.execute(SHIFT)


def _claimed(row: dict[str, Any]) -> ClaimedJob:
    del row["ready_seq"]
    return ClaimedJob(**row | {"paused": tuple(row["paused"])})
