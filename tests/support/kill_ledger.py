"""What the jobs of a building site have left: rows, effects, facts in the outbox and in the stream."""

import re
from collections import Counter
from typing import Any

import nats
from nats.js.errors import NotFoundError

from metarr import queue
from metarr.db import Database
from metarr.messages import subjects
from metarr.messages.jobs import Job
from metarr.runtime import new_job
from support.kill_jobs import EFFECTS
from support.waiting import eventually


async def open_ledger(db: Database) -> None:
    """Make the table that the effects go into."""
    async with db.read() as conn:
        await conn.execute(EFFECTS)


async def put_jobs(db: Database, *jobs: Job, after: tuple[int, ...] = ()) -> list[int]:
    """In one transaction, all depending on the jobs `after`; their ids."""
    async with db.transaction() as conn:
        placed = await queue.enqueue(conn, [new_job(job, priority=5, depends_on=after) for job in jobs])
    return [job.id for job in placed]


async def look(db: Database, statement: str, *arguments: object) -> list[Any]:
    async with db.read() as conn:
        return list(await conn.fetch(statement, *arguments))


async def effects(db: Database) -> Counter[int]:
    """How often each job had its effect."""
    return Counter(row["job_id"] for row in await look(db, "SELECT job_id FROM effects"))


async def ends(db: Database, *job_ids: int) -> list[tuple[str, int]]:
    """(status, crashes) of these jobs, in their order."""
    rows = {row["id"]: row for row in await look(db, "SELECT id, status, crashes FROM job_queue")}
    return [(rows[job_id]["status"], rows[job_id]["crashes"]) for job_id in job_ids]


async def crashes(db: Database) -> dict[int, int]:
    """How many jobs lost how many workers."""
    rows = await look(db, "SELECT crashes, count(*) AS jobs FROM job_queue GROUP BY 1 ORDER BY 1")
    return {row["crashes"]: row["jobs"] for row in rows}


async def completed(db: Database, *job_ids: int, timeout: float = 20.0) -> None:
    """Wait until these jobs are."""

    async def are_they() -> bool:
        return all(status == "completed" for status, _ in await ends(db, *job_ids))

    await eventually(are_they, timeout=timeout, what=f"jobs {job_ids} to complete")


async def outbox_empty(db: Database, *, timeout: float = 20.0) -> None:
    """Wait until every fact is told."""

    async def is_it() -> bool:
        return not await look(db, "SELECT id FROM event_outbox")

    await eventually(is_it, timeout=timeout, what="all facts to be told")


async def told(nats_url: str) -> Counter[str]:
    """How often each subject stands in the stream; a fact that was sent twice with one message id stands there once."""
    connection = await nats.connect(nats_url)
    try:
        info = await connection.jetstream().stream_info(subjects.EVENT_STREAM, subjects_filter=">")
    except NotFoundError:
        return Counter()
    finally:
        await connection.close()
    return Counter(info.state.subjects or {})


def piece_of(subject: str) -> int:
    """Which piece a fact in the stream is about."""
    found = re.fullmatch(r".*\.(\d+)", subject)
    assert found is not None
    return int(found[1])
