"""Jobs of a building site, each with one effect that can be counted: a row written in the job's own transaction."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from metarr.db import Connection
from metarr.errors import Retry
from metarr.messages.facts import ItemEnriched
from metarr.messages.jobs import CacheAssets, Job
from metarr.runtime import Work

# No key on job_id: a second effect must be seen, not refused.
EFFECTS = """
CREATE TABLE effects (
    job_id bigint NOT NULL, piece int NOT NULL, begun double precision NOT NULL, written double precision NOT NULL,
    early int NOT NULL, worker int NOT NULL DEFAULT pg_backend_pid()
)
"""

PUT_EFFECT = "INSERT INTO effects (job_id, piece, begun, written, early) VALUES ($1, $2, $3, $4, $5)"

# Jobs that should have completed before this one started.
EARLY = """
SELECT count(*) FROM job_dependencies AS d JOIN job_queue AS p ON p.id = d.depends_on_job_id
WHERE d.job_id = $1 AND p.status <> 'completed'
"""

type InTheWork = Callable[[Job, Work], Awaitable[None]]


class Piece(Job, frozen=True, kw_only=True):
    """One piece of the building. `tells`: states a fact, from which a CacheAssets follows. `stumbles`: asks once for a retry."""

    job_type = "enrichment"
    piece: int
    key: str | None = None
    tells: bool = False
    stumbles: bool = False
    seconds: float = 0.0

    @property
    def unique_key(self) -> str | None:
        return self.key


class LayStone(Piece, frozen=True, kw_only=True):
    """A piece that the enricher's workers lay."""

    service = "enricher"


class LayBeam(Piece, frozen=True, kw_only=True):
    """A piece that the cache's workers lay."""

    service = "cache"


class Measure(Piece, frozen=True, kw_only=True):
    """Writes nothing and tells nothing: its end is gathered with others."""

    service = "enricher"


class BreakTool(Piece, frozen=True, kw_only=True):
    """Kills its worker each time."""

    service = "enricher"


class Site:
    """The handlers. `in_the_work` is called between reading and writing."""

    def __init__(self, in_the_work: InTheWork) -> None:
        self._in_the_work = in_the_work

    async def lay_stone(self, job: LayStone, work: Work) -> ItemEnriched | None:
        return await self._lay(job, work)

    async def lay_beam(self, job: LayBeam, work: Work) -> ItemEnriched | None:
        return await self._lay(job, work)

    async def measure(self, job: Measure, work: Work) -> None:
        await self._in_the_work(job, work)
        await asyncio.sleep(job.seconds)

    async def break_tool(self, job: BreakTool, work: Work) -> None:
        await self._in_the_work(job, work)

    async def cache_assets(self, job: CacheAssets, work: Work) -> None:
        begun = time.monotonic()
        await self._in_the_work(job, work)
        async with work.write() as conn:
            await _put_effect(conn, work, job.entity_id, begun)

    async def _lay(self, job: Piece, work: Work) -> ItemEnriched | None:
        begun = time.monotonic()
        async with work.read() as conn:
            early = await conn.fetchval(EARLY, work.job.id)
        await self._in_the_work(job, work)
        await asyncio.sleep(job.seconds)
        if job.stumbles and work.job.retry_count == 0:
            raise Retry("stumbled", after=timedelta())
        async with work.write() as conn:
            await _put_effect(conn, work, job.piece, begun, early)
        return ItemEnriched(entity_type="movie", entity_id=job.piece, sources=(), changed=()) if job.tells else None


async def _put_effect(conn: Connection, work: Work, piece: int, begun: float, early: int = 0) -> None:
    await conn.execute(PUT_EFFECT, work.job.id, piece, begun, time.monotonic(), early)
