"""Putting jobs in the line: in bulk, once per unique key, behind what they depend on."""

from collections.abc import Sequence
from typing import Any

import msgspec

from metarr.db import Connection
from metarr.errors import Conflict
from metarr.queue.rows import Enqueued, NewJob

# One statement for any number of jobs. Ids and places are drawn first, in the order of the input, so that each input finds its
# row again. A waiting job with the same unique key absorbs the new one: the more urgent of the two decides priority and payload,
# a flag that either of them raised stays up. Urgent requests (priority 1-2) do not wait for a retry time that automation had
# set. A debounce starts again with each request, up to the end that the first one set; a request without one ends it, and a
# time that is no debounce is never moved back. Rows go in by unique key so that two batches that overlap wait for each other
# instead of deadlocking.
_INSERT = """
WITH input AS MATERIALIZED (
    SELECT nextval('job_queue_id_seq') AS id, coalesce(n.kind, ($1::text[])[1]) AS kind,
           coalesce(n.service, ($2::text[])[1]) AS service, coalesce(n.job_type, ($3::text[])[1]) AS job_type, n.payload,
           coalesce(n.priority, ($5::int[])[1]) AS priority, coalesce(n.max_retries, ($6::int[])[1]) AS max_retries,
           n.entity_type, n.entity_id, n.unique_key, n.trace_id, n.most, n.place, start_at,
           CASE WHEN start_at IS NULL OR start_at <= now() THEN nextval('job_ready_seq') END AS ready_seq
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[], $7::text[], $8::bigint[], $9::text[],
                $10::text[], $11::timestamptz[], $12::interval[], $13::interval[]) WITH ORDINALITY
         AS n(kind, service, job_type, payload, priority, max_retries, entity_type, entity_id, unique_key, trace_id, run_at,
              wait, most, place),
         LATERAL (SELECT coalesce(now() + n.wait, n.run_at) AS start_at) AS start
), put AS (
    INSERT INTO job_queue AS j (id, kind, service, job_type, payload, priority, max_retries, entity_type, entity_id,
                                unique_key, trace_id, next_retry_at, debounce_until, ready_seq)
    SELECT id, kind, service, job_type, payload::jsonb, priority, max_retries, entity_type, entity_id, unique_key, trace_id,
           CASE WHEN ready_seq IS NULL THEN start_at END, now() + most, ready_seq
    FROM input ORDER BY unique_key NULLS FIRST, place
"""
_ABSORB = """
    ON CONFLICT (unique_key) WHERE status = 'pending' AND unique_key IS NOT NULL DO UPDATE SET
        priority = least(j.priority, excluded.priority),
        payload = CASE WHEN excluded.priority <= j.priority THEN excluded.payload ELSE j.payload END || (
            SELECT coalesce(jsonb_object_agg(key, true), '{}') FROM (
                SELECT * FROM jsonb_each(j.payload) UNION ALL SELECT * FROM jsonb_each(excluded.payload)) AS flags
            WHERE value = 'true'),
        next_retry_at = CASE
            WHEN j.next_retry_at IS NULL OR (excluded.priority <= 2 AND excluded.next_retry_at IS NULL) THEN NULL
            WHEN j.retry_count > 0 THEN j.next_retry_at
            WHEN excluded.next_retry_at IS NULL THEN NULL
            WHEN j.debounce_until IS NULL OR excluded.debounce_until IS NULL
                THEN least(j.next_retry_at, excluded.next_retry_at)
            ELSE least(excluded.next_retry_at, j.debounce_until) END,
        ready_seq = CASE
            WHEN j.ready_seq IS NOT NULL AND excluded.priority < j.priority THEN nextval('job_ready_seq')
            WHEN j.ready_seq IS NOT NULL OR j.unmet_dependencies > 0 OR j.held_by IS NOT NULL THEN j.ready_seq
            WHEN excluded.priority <= 2 OR j.retry_count = 0 THEN excluded.ready_seq END
"""
_ANSWER = """
    RETURNING j.id, j.unique_key
)
SELECT coalesce(fresh.id, merged.id) AS id, input.service, fresh.id IS NOT NULL AS fresh
FROM input LEFT JOIN put AS fresh ON fresh.id = input.id
           LEFT JOIN put AS merged ON fresh.id IS NULL AND merged.unique_key = input.unique_key
ORDER BY input.place
"""
ENQUEUE = _INSERT + _ABSORB + _ANSWER

# The same for jobs without a key: nothing can absorb them, and not looking for a rival costs a fifth less.
ENQUEUE_KEYLESS = _INSERT + _ANSWER

# Parents are locked in id order before an edge is drawn, so that a completion in flight either sees the edge or is seen by
# us; edges to parents that are completed already count as satisfied from the start.
LOCK_PARENTS = """
SELECT id, status FROM job_queue WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""

# Only a job that waited already can close a circle, by taking in a request that depends on what waits for it. It is asked when
# the edges are drawn, since the requests of one batch may close a circle together. Two
# transactions that would close one together hold each other's rows: one of them ends as a deadlock and sees the other's edge.
WAITS_FOR = """
WITH RECURSIVE below AS (
    SELECT $1::bigint AS job_id
    UNION
    SELECT d.job_id FROM job_dependencies AS d JOIN below ON d.depends_on_job_id = below.job_id WHERE d.satisfied_at IS NULL
)
SELECT job_id FROM below WHERE job_id = ANY($2::bigint[]) AND job_id <> $1 LIMIT 1
"""

DRAW_EDGES = """
WITH edge AS (
    INSERT INTO job_dependencies (job_id, depends_on_job_id)
    SELECT e.job_id, e.parent FROM unnest($1::bigint[], $2::bigint[]) AS e(job_id, parent)
    ON CONFLICT DO NOTHING RETURNING job_id, depends_on_job_id
), parents AS (
    UPDATE job_queue SET has_dependents = true
    WHERE id IN (SELECT depends_on_job_id FROM edge) AND NOT has_dependents
)
UPDATE job_queue j SET unmet_dependencies = j.unmet_dependencies + open.n, ready_seq = NULL
FROM (SELECT job_id, count(*)::int AS n FROM edge GROUP BY job_id) AS open
WHERE j.id = open.job_id
"""


async def enqueue(conn: Connection, jobs: Sequence[NewJob]) -> list[Enqueued]:
    """Put jobs in the line inside the caller's transaction; the answer is in the order of `jobs`.

    Jobs of a batch that share a unique key gather as they would if they came one after another.
    Raises Conflict when a job depends on one that failed, was cancelled or does not exist, or on one that waits for it; the
    transaction is to be rolled back then. A request that depends on the very job that absorbs it does not wait for itself.
    """
    placed: dict[int, Enqueued] = {}
    for turn in _rounds(jobs):
        placed |= zip(turn, await _put(conn, list(turn.values())), strict=True)
    by_key = {jobs[position].unique_key: row.id for position, row in placed.items()}
    return [
        placed[position]
        if position in placed
        else Enqueued(id=by_key[job.unique_key], service=job.service, fresh=False)
        for position, job in enumerate(jobs)
    ]


def _rounds(jobs: Sequence[NewJob]) -> list[dict[int, NewJob]]:
    """Jobs by their position, no unique key twice in a round: one statement may touch a row only once.

    Who says again what was said last for the same key is left out.
    """
    rounds: list[dict[int, NewJob]] = []
    latest: dict[str, tuple[int, NewJob]] = {}
    for position, job in enumerate(jobs):
        turn = 0
        if job.unique_key is not None:
            last, said = latest.get(job.unique_key, (-1, None))
            if said == job:
                continue
            turn = last + 1
            latest[job.unique_key] = (turn, job)
        if turn == len(rounds):
            rounds.append({})
        rounds[turn][position] = job
    return rounds


async def _put(conn: Connection, jobs: Sequence[NewJob]) -> list[Enqueued]:
    keyless = all(job.unique_key is None for job in jobs)
    rows = await conn.fetch(ENQUEUE_KEYLESS if keyless else ENQUEUE, *_columns(jobs))
    placed = [Enqueued(id=row["id"], service=row["service"], fresh=row["fresh"]) for row in rows]
    edges = [(row, job.depends_on) for row, job in zip(placed, jobs, strict=True) if job.depends_on]
    if edges:
        await _depend(conn, edges)
    return placed


def _columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    """One array for each column, as long as there are jobs; see `_short` and `_sparse` for those that are shorter."""
    return (
        _short([job.kind for job in jobs]),
        _short([job.service for job in jobs]),
        _short([job.job_type for job in jobs]),
        [msgspec.json.encode(job.payload).decode() for job in jobs],
        _short([job.priority for job in jobs]),
        _short([job.max_retries for job in jobs]),
        _sparse([job.entity_type for job in jobs]),
        _sparse([job.entity_id for job in jobs]),
        _sparse([job.unique_key for job in jobs]),
        _sparse([job.trace_id for job in jobs]),
        _sparse([job.run_at for job in jobs]),
        _sparse([job.debounce and job.debounce.wait for job in jobs]),
        _sparse([job.debounce and job.debounce.most for job in jobs]),
    )


def _short[T](values: list[T]) -> list[T]:
    """A column that says the same for all is sent once; the statement repeats its first value."""
    return values[:1] if values.count(values[0]) == len(values) else values


def _sparse[T](values: list[T | None]) -> list[T | None]:
    """A column that says nothing is not sent; unnest fills it up."""
    return values if any(value is not None for value in values) else []


async def _depend(conn: Connection, edges: Sequence[tuple[Enqueued, tuple[int, ...]]]) -> None:
    parents = sorted({parent for _, depends_on in edges for parent in depends_on})
    status = {row["id"]: row["status"] for row in await conn.fetch(LOCK_PARENTS, parents)}
    for parent in parents:
        if status.get(parent) in {None, "failed", "cancelled"}:
            raise Conflict(f"job {parent} is {status.get(parent, 'unknown')}; nothing can wait for it")
    open_edges = [
        (job.id, parent)
        for job, depends_on in edges
        for parent in depends_on
        if status[parent] != "completed" and parent != job.id
    ]
    if open_edges:
        await conn.execute(DRAW_EDGES, [job for job, _ in open_edges], [parent for _, parent in open_edges])
        await _refuse_circles(conn, edges)


async def _refuse_circles(conn: Connection, edges: Sequence[tuple[Enqueued, tuple[int, ...]]]) -> None:
    for job, depends_on in edges:
        if not job.fresh and (parent := await conn.fetchval(WAITS_FOR, job.id, list(depends_on))) is not None:
            raise Conflict(f"job {parent} waits for job {job.id}; they cannot wait for each other")
