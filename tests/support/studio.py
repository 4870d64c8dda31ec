"""A handler whose behaviour the test decides, and the jobs it is given."""

from collections.abc import Awaitable, Callable
from typing import Any

from metarr import queue
from metarr.bus import Bus
from metarr.db import Database
from metarr.messages.facts import ItemEnriched
from metarr.messages.jobs import EnrichItem, Job
from metarr.runtime import new_job
from metarr.runtime.work import Work

ITEM: dict[str, Any] = {"entity_type": "movie", "entity_id": 1}


class Studio:
    """A handler whose behaviour the test decides."""

    def __init__(self, behave: Callable[[EnrichItem, Work], Awaitable[Any]]) -> None:
        self._behave = behave
        self.runs = 0

    async def enrich_item(self, job: EnrichItem, work: Work) -> ItemEnriched | None:
        self.runs += 1
        return await self._behave(job, work)


async def put(db: Database, *jobs: Job, bus: Bus | None = None, **more: Any) -> list[int]:
    async with db.transaction() as conn:
        placed = await queue.enqueue(conn, [new_job(j, priority=5, **more) for j in jobs])
    if bus is not None:
        await bus.ring(sorted({job.service for job in placed}))
    return [job.id for job in placed]


async def row(db: Database, job_id: int) -> dict[str, Any]:
    async with db.read() as conn:
        found = await conn.fetchrow("SELECT * FROM job_queue WHERE id = $1", job_id)
    assert found is not None
    return dict(found)


def has_status(db: Database, job_id: int, *wanted: str) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return (await row(db, job_id))["status"] in wanted

    return check
