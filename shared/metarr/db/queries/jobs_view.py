"""Jobs and queues as a person wants to see them: what is waited for, what runs, what failed and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.belonging import LIBRARY_OF
from metarr.db.queries.where import Where

MOST_AHEAD = 1000
"""Further nobody counts who is before a job in the line."""

MOST_COUNTED = 10_000
"""Further nobody counts how long a list or a line is."""

type JobStatus = Literal["pending", "running", "completed", "failed", "cancelled"]

_TITLE = """
CASE j.entity_type
  WHEN 'movie' THEN (SELECT m.title || coalesce(' (' || m.year || ')', '') FROM movies m WHERE m.id = j.entity_id)
  WHEN 'library' THEN (SELECT l.name FROM libraries l WHERE l.id = j.entity_id)
  WHEN 'collection' THEN (SELECT c.name FROM movie_collections c WHERE c.id = j.entity_id)
END
"""

# What a waiting job waits for, as far as its row and its neighbours tell; NULL for all others. `until` is a time that has not
# come yet; a time that has come is no reason. Whose pause it is comes first by what holds the row, then by what would.
_WAITING = f"""
CASE WHEN j.status = 'pending' THEN (
  SELECT jsonb_build_object(
    'now', now(),
    'parents', waiting.unmet_dependencies,
    'parent', (SELECT jsonb_build_object('id', j.id, 'kind', j.kind, 'title', {_TITLE})
               FROM job_dependencies d JOIN job_queue j ON j.id = d.depends_on_job_id
               WHERE d.job_id = waiting.id AND d.satisfied_at IS NULL ORDER BY j.id LIMIT 1),
    'held_by', waiting.held_by,
    'pause', (SELECT jsonb_build_object('scope', p.scope, 'reason', p.reason, 'title',
                (SELECT l.name FROM libraries l WHERE p.scope = 'library:' || l.id))
              FROM queue_pauses p
              WHERE p.scope IN (waiting.held_by, 'service:' || waiting.service,
                'library:' || {LIBRARY_OF.format(entity_type="waiting.entity_type", entity_id="waiting.entity_id")})
              ORDER BY p.scope IS DISTINCT FROM waiting.held_by, p.scope LIMIT 1),
    'until', CASE WHEN waiting.next_retry_at > now() THEN waiting.next_retry_at END,
    'gathers', waiting.debounce_until IS NOT NULL AND waiting.attempts = 0,
    'workers', (SELECT count(*) FROM workers w WHERE w.service = waiting.service AND NOT w.stopping
                AND w.heartbeat_at > now() - interval '20 seconds'),
    'able', (SELECT count(*) FROM workers w WHERE w.service = waiting.service AND NOT w.stopping
             AND w.heartbeat_at > now() - interval '20 seconds' AND waiting.kind = ANY(w.kinds)),
    'twin', (SELECT r.id FROM job_queue r WHERE r.status = 'running' AND r.unique_key = waiting.unique_key LIMIT 1),
    'running', (SELECT count(*) FROM job_queue r WHERE r.status = 'running' AND r.service = waiting.service),
    'urgent', (SELECT count(*) FROM (
                 SELECT FROM job_queue a
                 WHERE a.service = waiting.service AND a.status = 'pending' AND a.ready_seq IS NOT NULL
                   AND a.priority < waiting.priority LIMIT {MOST_AHEAD}) AS first),
    'older', (SELECT count(*) FROM (
                SELECT FROM job_queue a
                WHERE a.service = waiting.service AND a.status = 'pending' AND a.ready_seq IS NOT NULL
                  AND a.priority = waiting.priority AND a.ready_seq < waiting.ready_seq LIMIT {MOST_AHEAD}) AS first))
  FROM (SELECT j.id, j.kind, j.service, j.unmet_dependencies, j.unique_key, j.priority, j.ready_seq, j.held_by,
               j.next_retry_at, j.debounce_until, j.attempts, j.entity_type, j.entity_id) AS waiting) END
"""

_SHOWN = f"""
SELECT j.id, j.kind, j.job_type, j.service, j.priority, j.status, j.entity_type, j.entity_id, {_TITLE} AS title,
       j.retry_count, j.max_retries, j.attempts, j.next_retry_at, j.error_message, j.worker_id, j.trace_id,
       j.cancel_requested, j.started_at, j.completed_at, j.created_at, j.updated_at, {_WAITING} AS waiting
"""

_PAGE = f"{_SHOWN} FROM job_queue j WHERE {{where}} ORDER BY j.id DESC LIMIT {{limit}}"
_COUNT = "SELECT count(*) FROM (SELECT FROM job_queue j WHERE {where} LIMIT {limit}) AS few"

ONE = f"{_SHOWN}, j.payload, j.result FROM job_queue j WHERE j.id = $1"

DEPENDS_ON = f"""
SELECT j.id, j.kind, j.status, {_TITLE} AS title, d.satisfied_at IS NOT NULL AS satisfied
FROM job_dependencies d JOIN job_queue j ON j.id = d.depends_on_job_id WHERE d.job_id = $1 ORDER BY j.id LIMIT 500
"""

WAITED_FOR_BY = f"""
SELECT j.id, j.kind, j.status, {_TITLE} AS title, d.satisfied_at IS NOT NULL AS satisfied
FROM job_dependencies d JOIN job_queue j ON j.id = d.job_id WHERE d.depends_on_job_id = $1 ORDER BY j.id LIMIT 500
"""

# Each number comes from an index that holds little else, and none is counted further than $2: a million waiting or finished rows
# must not be walked for a glance. What is ready comes by service; of the rest there is one walk for all services. What waits
# for other jobs is in no index of its own and found by its open edges. `rate` is what was completed in the last minute.
QUEUES = """
WITH counted AS MATERIALIZED (
    SELECT service, 'timed' AS what, created_at FROM (
        SELECT service, created_at FROM job_queue
        WHERE status = 'pending' AND ready_seq IS NULL AND unmet_dependencies = 0 LIMIT $2) AS few
    UNION ALL
    SELECT j.service, 'blocked', j.created_at FROM job_queue j
    WHERE j.status = 'pending' AND j.unmet_dependencies > 0 AND j.id = ANY(ARRAY(
        SELECT job_id FROM job_dependencies WHERE satisfied_at IS NULL LIMIT $2))
    UNION ALL
    SELECT service, 'running', NULL FROM job_queue WHERE status = 'running'
    UNION ALL
    SELECT service, 'failed', NULL FROM (SELECT service FROM job_queue WHERE status = 'failed' LIMIT $2) AS few
    UNION ALL
    SELECT service, 'completed', NULL FROM (
        SELECT service FROM job_queue
        WHERE status = 'completed' AND completed_at > now() - interval '60 seconds' LIMIT $2) AS few
), number AS (
    SELECT service, count(*) FILTER (WHERE what IN ('timed', 'blocked')) AS later,
           count(*) FILTER (WHERE what = 'running') AS running, count(*) FILTER (WHERE what = 'failed') AS failed,
           count(*) FILTER (WHERE what = 'completed') AS rate, min(created_at) AS oldest
    FROM counted GROUP BY service
)
SELECT s.service, line.ready + coalesce(n.later, 0) AS depth, line.ready, coalesce(n.running, 0) AS running,
       coalesce(n.failed, 0) AS failed, coalesce(n.rate, 0) AS rate, least(n.oldest, head.oldest) AS oldest_waiting_at,
       (SELECT count(*) FROM workers w WHERE w.service = s.service AND w.heartbeat_at > now() - interval '20 seconds')
         AS workers,
       p.scope IS NOT NULL AS paused, p.reason AS pause_reason, p.paused_at
FROM unnest($1::text[]) WITH ORDINALITY AS s (service, place)
CROSS JOIN LATERAL (
    SELECT count(*) AS ready FROM (
        SELECT FROM job_queue j WHERE j.service = s.service AND j.status = 'pending' AND j.ready_seq IS NOT NULL LIMIT $2
    ) AS few
) AS line
CROSS JOIN LATERAL (
    SELECT min(first.created_at) AS oldest FROM generate_series(1, 10) AS level (priority) CROSS JOIN LATERAL (
        SELECT j.created_at FROM job_queue j
        WHERE j.service = s.service AND j.status = 'pending' AND j.ready_seq IS NOT NULL AND j.priority = level.priority
        ORDER BY j.ready_seq LIMIT 1) AS first
) AS head
LEFT JOIN number n ON n.service = s.service
LEFT JOIN queue_pauses p ON p.scope = 'service:' || s.service
ORDER BY s.place
"""


class OtherJob(Struct, frozen=True, kw_only=True):
    """A job that another one depends on, or the other way round."""

    id: int
    kind: str
    status: JobStatus
    title: str | None
    satisfied: bool


class ParentWaitedFor(Struct, frozen=True, kw_only=True):
    """The oldest job that must complete first."""

    id: int
    kind: str
    title: str | None = None


class PauseWaitedFor(Struct, frozen=True, kw_only=True):
    """What a person paused: `service:scanner`, `library:3` (whose name is `title`), `provider:tmdb`."""

    scope: str
    reason: str | None = None
    title: str | None = None


class Waiting(Struct, frozen=True, kw_only=True):
    """What stands between a waiting job and its start.

    `parents` must complete first, `parent` is one of them. `pause` holds it; `held_by` alone is the scope of a pause that has just
    ended. `until` is when it may start, `gathers` says that further requests gather until then. Of the `workers` alive `able` know
    its kind. `twin` runs the same work now. `urgent` and `older` jobs are before it in the line, counted to 1000, while `running`
    ones have the slots.
    """

    now: datetime
    parents: int
    workers: int
    able: int
    running: int
    urgent: int
    older: int
    gathers: bool
    parent: ParentWaitedFor | None = None
    held_by: str | None = None
    pause: PauseWaitedFor | None = None
    until: datetime | None = None
    twin: int | None = None


class JobRow(Struct, frozen=True, kw_only=True):
    """A job without what it was given and what came of it."""

    id: int
    kind: str
    job_type: str
    service: str
    priority: int
    status: JobStatus
    entity_type: str | None
    entity_id: int | None
    title: str | None
    retry_count: int
    max_retries: int
    attempts: int
    next_retry_at: datetime | None
    error_message: str | None
    worker_id: str | None
    trace_id: str | None
    cancel_requested: bool
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    waiting: Waiting | None


class JobWhole(JobRow, frozen=True, kw_only=True):
    """A job with everything."""

    payload: Any
    result: Any
    depends_on: list[OtherJob]
    waited_for_by: list[OtherJob]


class JobFilter(Struct, frozen=True, kw_only=True):
    """Which jobs; `entity` is (entity_type, entity_id)."""

    status: str | None = None
    job_type: str | None = None
    kind: str | None = None
    service: str | None = None
    entity: tuple[str, int] | None = None


class QueueShown(Struct, frozen=True, kw_only=True):
    """A service's line: `depth` waits (of which `ready` could start), `failed` are kept for a person, `rate` is per minute.

    Nothing is counted beyond some 10,000. `oldest_waiting_at` looks at the heads of the line and at what waits outside of it.
    """

    service: str
    depth: int
    ready: int
    running: int
    failed: int
    rate: int
    workers: int
    oldest_waiting_at: datetime | None
    paused: bool
    pause_reason: str | None
    paused_at: datetime | None


async def list_jobs(
    conn: Connection, wanted: JobFilter, *, before: int | None, limit: int
) -> tuple[list[JobRow], int | None, int]:
    """The newest first; the id before which the next page begins, and how many there are in all, counted to 10,000."""
    where = _conditions(wanted)
    count, counted = _COUNT.format(where=where.text, limit=MOST_COUNTED), tuple(where.values)
    if before is not None:
        where.add("j.id < {}", before)
    statement = _PAGE.format(where=where.text, limit=where.place(limit + 1))
    rows = await conn.fetch(statement, *where.values)
    items = [msgspec.convert(dict(row), JobRow) for row in rows[:limit]]
    # The first page may be all there is: then nothing is left to count.
    whole = before is None and len(rows) <= limit
    total = len(rows) if whole else int(await conn.fetchval(count, *counted))
    return items, items[-1].id if len(rows) > limit else None, total


async def load_job(conn: Connection, job_id: int) -> JobWhole | None:
    """A job with its neighbours, at most 500 on each side."""
    row = await conn.fetchrow(ONE, job_id)
    if row is None:
        return None
    neighbours = {
        "depends_on": [dict(other) for other in await conn.fetch(DEPENDS_ON, job_id)],
        "waited_for_by": [dict(other) for other in await conn.fetch(WAITED_FOR_BY, job_id)],
    }
    return msgspec.convert(dict(row) | neighbours, JobWhole)


async def list_queues(conn: Connection, services: Sequence[str]) -> list[QueueShown]:
    """The lines of these services, in this order."""
    return [msgspec.convert(dict(row), QueueShown) for row in await conn.fetch(QUEUES, list(services), MOST_COUNTED)]


def _conditions(wanted: JobFilter) -> Where:
    where = Where()
    for column in ("status", "job_type", "kind", "service"):
        if (value := getattr(wanted, column)) is not None:
            where.add(f"j.{column} = {{}}", value)
    if wanted.entity is not None:
        where.add("j.entity_type = {} AND j.entity_id = {}", *wanted.entity)
    return where
