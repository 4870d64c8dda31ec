"""What the benchmarks of whole services run on: PostgreSQL that keeps its promises, NATS, services as processes of their own."""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property
from pathlib import Path

from bench.film_library import make_film_library
from metarr import queue
from metarr.bus import Bus
from metarr.db import Database
from metarr.db.migrate import migrate
from metarr.messages.jobs import Job
from metarr.runtime import new_job
from metarr_local import nats, postgres
from metarr_local.processes import Program
from support.rows import insert
from support.servers import running
from support.waiting import soon

_SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "1000"}
"""As `metarr up` runs it, fsync and all, and every statement counted."""
_PATIENCE = 300.0
_LOOK_SECONDS = 0.05
"""Between two looks whether a service is done: each takes time from what is measured, and the last one comes late."""

_EMPTY = """
TRUNCATE libraries, movies, job_queue, event_outbox, local_files, asset_candidates, metadata_answers, problems, video_streams,
  audio_streams, subtitle_streams, field_history RESTART IDENTITY CASCADE
"""
_IS_BUSY = "SELECT EXISTS (SELECT FROM job_queue WHERE service = $1 AND status IN ('pending', 'running')) AS bench"
_FAILED = "SELECT kind || ': ' || error_message FROM job_queue WHERE service = $1 AND status <> 'completed' LIMIT 1"
_IS_ABSENT = "SELECT NOT EXISTS (SELECT FROM workers WHERE service = $1) AS bench"


class House:
    """Servers, connections to them, and a folder for everything that is written."""

    def __init__(self, folder: Path, database_url: str, nats_url: str, db: Database, bus: Bus) -> None:
        self.folder = folder
        self.database_url = database_url
        self.nats_url = nats_url
        self.db = db
        self.bus = bus

    @cached_property
    def film_library(self) -> Path:
        """The library of films, made when it is first needed."""
        return make_film_library(self.folder / "films")

    async def start_afresh(self, root: Path) -> int:
        """Forget all films and jobs; the answer is the id of a new library at `root`."""
        async with self.db.transaction() as conn:
            await conn.execute(_EMPTY)
            return await insert(conn, "libraries", name="Films", path=str(root), type="movie")

    @asynccontextmanager
    async def service(self, name: str, **variables: str) -> AsyncIterator[None]:
        """A service as a process of its own, up and waiting for jobs."""
        given = {
            "METARR_DATA_DIR": str(self.folder / "data"),
            "METARR_DATABASE_URL": self.database_url,
            "METARR_NATS_URL": self.nats_url,
            "METARR_LOG_LEVEL": "info",
            **variables,
        }
        outer = {key: value for key, value in os.environ.items() if not key.startswith("METARR_")}
        program = Program(name=name, argv=(sys.executable, "-m", f"metarr_{name}"), variables=outer | given)
        with running(program, self.folder / f"{name}.log"):
            await self._while(_IS_ABSENT, name)
            yield

    async def finish(self, *jobs: Job) -> float:
        """Put jobs of one service in the line and wait until it has done them and what followed from them; in seconds."""
        began = time.perf_counter()
        async with self.db.transaction() as conn:
            await queue.enqueue(conn, [new_job(job, priority=5, trace_id="bench") for job in jobs])
        service = jobs[0].service
        await self.bus.ring([service])
        await self._while(_IS_BUSY, service)
        seconds = time.perf_counter() - began
        async with self.db.read() as conn:
            failed = await conn.fetchval(_FAILED, service)
        assert failed is None, failed
        return seconds

    async def _while(self, statement: str, service: str) -> None:
        async with asyncio.timeout(_PATIENCE), self.db.read() as conn:
            while await conn.fetchval(statement, service):  # noqa: ASYNC110 - it happens in another process
                await asyncio.sleep(_LOOK_SECONDS)


@asynccontextmanager
async def open_house() -> AsyncIterator[House]:
    """Start the servers for the time of the block."""
    with _scratch() as folder, _postgres(folder) as database_url, _nats(folder) as nats_url:
        await migrate(database_url)
        db = await Database.connect(database_url, name="bench")
        async with Bus(nats_url, name="bench") as bus:
            await bus.wait_connected(10)
            async with db.read() as conn:
                await conn.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            yield House(folder, database_url, nats_url, db, bus)
        db.terminate()


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    cluster = postgres.prepare(folder / "postgres")
    with running(postgres.program(cluster, os.environ, _SETTINGS), folder / "postgres.log"):
        soon(lambda: postgres.accepts(cluster), timeout=60, what="PostgreSQL starts")
        yield cluster.url()


@contextmanager
def _nats(folder: Path) -> Iterator[str]:
    broker = nats.prepare(folder / "nats")
    with running(nats.program(broker, os.environ), folder / "nats.log"):
        soon(lambda: nats.accepts(broker), timeout=30, what="NATS starts")
        yield broker.url


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="metarr-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)
