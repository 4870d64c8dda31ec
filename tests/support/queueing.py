"""Jobs for tests of the queue: put in the line, taken by hand, finished, looked at."""

from typing import Any

from metarr import queue
from metarr.db import Database
from metarr.queue import ClaimedJob, Line, NewJob
from support.workers import hire

SERVICE = "scanner"
KINDS = ("Paint", "Dry")


def job(kind: str = "Paint", **more: Any) -> NewJob:
    values: dict[str, Any] = {"kind": kind, "service": SERVICE, "job_type": "scan", "payload": {}} | more
    return NewJob(**values)


async def put(db: Database, *jobs: NewJob) -> list[int]:
    async with db.transaction() as conn:
        return [placed.id for placed in await queue.enqueue(conn, jobs)]


async def take(
    db: Database, limit: int = 100, most: int = 10, worker: str = "one", line: Line | None = None, now: float = 0.0
) -> list[ClaimedJob]:
    """As a worker that is alive would."""
    line = line or Line()
    line.begin(now, most=most)
    async with db.read() as conn:
        await hire(conn, worker, SERVICE)
        return await queue.claim(conn, SERVICE, KINDS, worker, limit=limit, line=line)


async def dismiss(db: Database, worker: str = "one") -> tuple[set[str], list[int]]:
    """The worker is gone without a word, and it has been noticed: what the rescue did."""
    async with db.transaction() as conn:
        await conn.execute("DELETE FROM workers WHERE worker_id = $1", worker)
        return await queue.rescue(conn)


async def finish(db: Database, claimed: ClaimedJob) -> None:
    async with db.transaction() as conn:
        await queue.complete(conn, claimed, None)
    async with db.transaction() as conn:
        await queue.release(conn, [claimed.id])


async def status(db: Database, job_id: int) -> tuple[str, str | None]:
    async with db.read() as conn:
        row = await conn.fetchrow("SELECT status, error_message FROM job_queue WHERE id = $1", job_id)
    assert row is not None
    return row["status"], row["error_message"]


async def row(db: Database, job_id: int) -> dict[str, Any]:
    async with db.read() as conn:
        found = await conn.fetchrow("SELECT * FROM job_queue WHERE id = $1", job_id)
    assert found is not None
    return dict(found)


def claimed_job(kind: str, **more: Any) -> ClaimedJob:
    """A job in a worker's hands that no table knows of."""
    values: dict[str, Any] = {"id": 1, "payload": {}, "priority": 5, "lease": 1, "attempts": 1, "retry_count": 0}
    values |= {
        "max_retries": 3,
        "crashes": 0,
        "trace_id": None,
        "unique_key": None,
        "entity_type": None,
        "entity_id": None,
    }
    return ClaimedJob(**values | {"kind": kind} | more)
