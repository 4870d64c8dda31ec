"""procrastinate with its asynchronous worker: psycopg, ten jobs at a time, jobs kept when they are done (its default)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

import asyncpg
import uvloop
from procrastinate import App, PsycopgConnector

from bench.house import House
from bench.queue.signals import ready_and_go, say_started

_IS_BUSY = "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) AS bench"
_LEFT = "SELECT count(*) AS bench FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"


class Procrastinate:
    name: ClassVar = "procrastinate"
    table: ClassVar = "procrastinate_jobs"

    def __init__(self, app: App, conn: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._noop = app.tasks["noop"]
        self._conn = conn

    async def empty(self) -> None:
        await self._conn.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_workers CASCADE")

    async def enqueue(self, numbers: Sequence[int]) -> None:
        await self._noop.batch_defer_async(*({"number": number} for number in numbers))

    async def is_busy(self) -> bool:
        return bool(await self._conn.fetchval(_IS_BUSY))

    async def left(self) -> int:
        return int(await self._conn.fetchval(_LEFT))


@asynccontextmanager
async def open_side(house: House) -> AsyncIterator[Procrastinate]:
    app = _app(house.database_url, "idle", 1)
    conn = await asyncpg.connect(house.database_url)
    try:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            yield Procrastinate(app, conn)
    finally:
        await conn.close()


def _app(database_url: str, handlers: str, connections: int) -> App:
    app = App(connector=PsycopgConnector(conninfo=database_url, min_size=connections, max_size=connections))

    @app.task(name="noop")
    async def noop(number: int) -> None:
        if handlers == "start":
            say_started(number)

    return app


def work(database_url: str, _nats_url: str, concurrency: str, handlers: str = "idle") -> None:
    uvloop.run(_work(_app(database_url, handlers, int(concurrency) + 2), int(concurrency)))


async def _work(app: App, concurrency: int) -> None:
    async with app.open_async():
        ready_and_go()
        await app.run_worker_async(concurrency=concurrency, install_signal_handlers=False)
