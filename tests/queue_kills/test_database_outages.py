"""PostgreSQL drops, refuses or only reads while a worker writes: the worker neither ends nor spins, and goes on by itself."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from metarr.bus import Bus
from metarr.db import Connection, Database
from metarr.db.database import Pool
from metarr.messages.jobs import Job
from metarr.runtime import SystemClock, Work
from metarr.runtime.handlers import handlers_of
from metarr.runtime.worker import Worker
from support import kill_ledger as ledger
from support.kill_jobs import LayStone
from support.kill_processes import READY, Crew
from support.kill_worker import Orders
from support.waiting import eventually

pytestmark = pytest.mark.xdist_group("queue_kills")

JOBS = 20
SLOTS = 4
AT_ONCE = SLOTS - 1
"""One slot is kept for urgent jobs."""
MOST_A_SECOND = 10
"""How often a worker may turn to a database that is away, all its loops together."""

HIRE = """
DO $$ BEGIN
    CREATE ROLE apprentice LOGIN PASSWORD 'apprentice';
    GRANT ALL ON ALL TABLES IN SCHEMA public TO apprentice;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO apprentice;
END $$
"""
DISMISS = "DROP OWNED BY apprentice; DROP ROLE apprentice"
DROP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'apprentice'"

REFUSED = ("ALTER ROLE apprentice CONNECTION LIMIT 0", "ALTER ROLE apprentice CONNECTION LIMIT -1")
READ_ONLY = (
    "ALTER ROLE apprentice SET default_transaction_read_only = on",
    "ALTER ROLE apprentice RESET default_transaction_read_only",
)


class AskedDatabase(Database):
    """Counts how often somebody turns to it."""

    asked = 0

    @asynccontextmanager
    async def _use(self, pool: Pool) -> AsyncIterator[Connection]:
        self.asked += 1
        async with super()._use(pool) as connection:
            yield connection


class Masons:
    """Handlers that stand still with an open transaction until the gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.writing = 0

    async def lay_stone(self, job: LayStone, work: Work) -> None:
        async with work.write() as conn:
            await conn.execute("INSERT INTO effects VALUES ($1, $2, 0, 0, 0)", work.job.id, job.piece)
            self.writing += 1
            await self.gate.wait()


@pytest.fixture
async def apprentice_url(db: Database, database_url: str) -> AsyncIterator[str]:
    """An address of the database for somebody who is no superuser, so that limits hold."""
    await ledger.open_ledger(db)
    async with db.read() as conn:
        await conn.execute(HIRE)
    parts = urlsplit(database_url)
    place = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"apprentice:apprentice@{place}").geturl()
    async with db.read() as conn:
        await conn.execute(DROP)
        await conn.execute(DISMISS)


@pytest.fixture
async def asked(apprentice_url: str) -> AsyncIterator[AskedDatabase]:
    database = await AskedDatabase.connect(apprentice_url, name="apprentice")
    yield database
    database.terminate()


@pytest.fixture
async def masons(asked: AskedDatabase, bus: Bus, tmp_path: Path) -> AsyncIterator[Masons]:
    """Their worker runs for the time of the test, and ends well."""
    masons = Masons()
    handlers = handlers_of(masons)
    worker = Worker("enricher", handlers, db=asked, bus=bus, clock=SystemClock(), data_dir=str(tmp_path), slots=SLOTS)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    yield masons
    stop.set()
    await running


@pytest.fixture
def said() -> Iterator[list[EventDict]]:
    """Every line that is logged."""
    with capture_logs() as lines:
        yield lines


def times(said: list[EventDict], what: str) -> int:
    return sum(line["event"] == what for line in said)


async def drop(db: Database, first: str | None = None) -> None:
    """All the worker's connections at once; what the server shall do from now on comes before."""
    async with db.read() as conn:
        if first is not None:
            await conn.execute(first)
        await conn.execute(DROP)


async def stones(db: Database) -> list[int]:
    jobs: list[Job] = [LayStone(piece=piece) for piece in range(1, JOBS + 1)]
    return await ledger.put_jobs(db, *jobs)


async def laid_once_and_never_blamed(db: Database, job_ids: list[int]) -> None:
    await ledger.completed(db, *job_ids, timeout=30)
    assert await ledger.effects(db) == dict.fromkeys(job_ids, 1)
    blamed = await ledger.look(db, "SELECT id, retry_count, crashes FROM job_queue WHERE retry_count + crashes > 0")
    assert blamed == []


async def test_connections_that_drop_in_mid_transaction_cost_nothing_but_time(db: Database, masons: Masons) -> None:
    job_ids = await stones(db)
    for dropped in range(1, 4):
        await eventually(lambda dropped=dropped: masons.writing >= dropped * AT_ONCE, what="all to be writing")
        await drop(db)
        masons.gate.set()
        masons.gate.clear()
    masons.gate.set()
    await laid_once_and_never_blamed(db, job_ids)


@pytest.mark.parametrize(("begin", "end"), [REFUSED, READ_ONLY], ids=["no connection left", "read-only"])
async def test_while_postgresql_takes_no_writes_the_worker_asks_now_and_then_and_goes_on_when_it_does(
    db: Database, asked: AskedDatabase, masons: Masons, said: list[EventDict], begin: str, end: str
) -> None:
    job_ids = await stones(db)
    await eventually(lambda: masons.writing == AT_ONCE, what="all to be writing")
    await drop(db, begin)
    masons.gate.set()
    await eventually(lambda: times(said, "not claiming"), what="the outage to be noticed")

    began, asked_before, said_before = time.monotonic(), asked.asked, len(said)
    await eventually(lambda: asked.asked >= asked_before + 2 * MOST_A_SECOND, what="the worker to try again and again")
    lasted = time.monotonic() - began
    assert lasted >= 2.0
    assert len(said) - said_before <= lasted * MOST_A_SECOND
    assert await ledger.effects(db) == {}

    await drop(db, end)
    await laid_once_and_never_blamed(db, job_ids)
    assert times(said, "not claiming") == times(said, "claiming again") == 1


@pytest.mark.parametrize("left", [0, 1])
async def test_a_worker_that_starts_when_hardly_a_connection_is_left_gets_to_work_when_there_are_more(
    db: Database, apprentice_url: str, nats_url: str, tmp_path: Path, left: int
) -> None:
    job_ids = await stones(db)
    await ledger.look(db, f"ALTER ROLE apprentice CONNECTION LIMIT {left}")
    with Crew(apprentice_url, nats_url, tmp_path) as crew:
        worker = crew.start("mason", Orders())
        await worker.says("waiting for the database" if left == 0 else READY)
        await ledger.look(db, "ALTER ROLE apprentice CONNECTION LIMIT -1")
        await laid_once_and_never_blamed(db, job_ids)
        assert worker.exit_code is None
