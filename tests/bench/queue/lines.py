"""Databases of their own with job_queue as it looks after a long time: much waiting, blocked, finished."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from bench.house import House
from bench.queue.sides.metarr import SERVICE, Noop
from metarr import queue
from metarr.db import Connection, Database
from metarr.db.migrate import migrate

KINDS = (Noop.__name__,)
WORKER = "bench:1"
_FILL_SECONDS = 300

# With unique keys, as most jobs have them: a claim must see which of them run.
WAITING = """
INSERT INTO job_queue (kind, service, job_type, payload, priority, ready_seq, unique_key)
SELECT 'Noop', 'scanner', 'scan', jsonb_build_object('number', n), 5, place.seq, 'Noop:' || place.seq
FROM generate_series(1, $1::int) AS n, LATERAL (SELECT nextval('job_ready_seq') + 0 * n AS seq) AS place
"""
FINISHED = """
INSERT INTO job_queue (kind, service, job_type, payload, priority, status, lease, attempts, worker_id, started_at, completed_at)
SELECT 'Noop', 'scanner', 'scan', jsonb_build_object('number', n), 5, 'completed', 1, 1, 'bench:0', now(), now()
FROM generate_series(1, $1::int) AS n
"""
# The first of the line, as if each waited for another job.
BLOCK = """
UPDATE job_queue SET ready_seq = NULL, unmet_dependencies = 1
WHERE id IN (SELECT id FROM job_queue WHERE status = 'pending' ORDER BY ready_seq LIMIT $1)
"""


class Lines:
    """Makes databases on the house's server, each as a copy of another."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def new(self, name: str) -> None:
        await self._create(name, "TEMPLATE template0")
        await migrate(self._url(name))
        async with self.open(name) as conn:
            await queue.register(
                conn, WORKER, name="bench", service=SERVICE, host="bench", pid=1, version="0", kinds=KINDS
            )

    async def copy(self, name: str, of: str) -> None:
        await self._create(name, f"TEMPLATE {of} STRATEGY FILE_COPY")

    async def change(self, name: str, *statements: tuple[str, int]) -> None:
        async with self.open(name) as conn:
            for statement, rows in statements:
                await conn.execute(statement, rows, timeout=_FILL_SECONDS)
            await conn.execute("VACUUM ANALYZE job_queue", timeout=_FILL_SECONDS)

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[Connection]:
        """A connection with the house's codecs."""
        db = await Database.connect(self._url(name), name="bench", max_size=1)
        try:
            async with db.read() as conn:
                yield conn
        finally:
            await db.close()

    async def drop(self, *names: str) -> None:
        async with self._house.db.read() as conn:
            for name in names:
                await conn.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", timeout=_FILL_SECONDS)

    async def _create(self, name: str, how: str) -> None:
        async with self._house.db.read() as conn:
            await conn.execute(f"CREATE DATABASE {name} {how}", timeout=_FILL_SECONDS)

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._house.database_url)._replace(path=f"/{name}"))
