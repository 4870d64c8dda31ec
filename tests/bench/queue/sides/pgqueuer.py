"""pgqueuer with its asyncpg driver and a single connection, its documented set-up; the batch size is what one dials for speed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

import asyncpg
import msgspec
import uvloop
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries

from bench.house import House
from bench.queue.signals import ready_and_go, say_started

_IS_BUSY = "SELECT EXISTS (SELECT FROM pgqueuer) AS bench"
_LEFT = "SELECT count(*) AS bench FROM pgqueuer"


class Pgqueuer:
    name: ClassVar = "pgqueuer"
    table: ClassVar = "pgqueuer"

    def __init__(self, conn: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._conn = conn
        self._queries = Queries(AsyncpgDriver(conn))

    async def install(self) -> None:
        await self._queries.install()

    async def empty(self) -> None:
        await self._conn.execute("TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_statistics")

    async def enqueue(self, numbers: Sequence[int]) -> None:
        payloads: list[bytes | None] = [msgspec.json.encode({"number": number}) for number in numbers]
        await self._queries.enqueue(["noop"] * len(payloads), payloads, [0] * len(payloads))

    async def is_busy(self) -> bool:
        return bool(await self._conn.fetchval(_IS_BUSY))

    async def left(self) -> int:
        return int(await self._conn.fetchval(_LEFT))


@asynccontextmanager
async def open_side(house: House) -> AsyncIterator[Pgqueuer]:
    conn = await asyncpg.connect(house.database_url)
    try:
        side = Pgqueuer(conn)
        await side.install()
        yield side
    finally:
        await conn.close()


def work(database_url: str, _nats_url: str, batch: str, handlers: str = "idle") -> None:
    uvloop.run(_work(database_url, int(batch), handlers))


async def _work(database_url: str, batch: int, handlers: str) -> None:
    queuer = PgQueuer(AsyncpgDriver(await asyncpg.connect(database_url)))

    @queuer.entrypoint("noop")
    async def noop(job: Job) -> None:
        if handlers == "start":
            say_started(msgspec.json.decode(job.payload or b"")["number"])

    ready_and_go()
    await queuer.run(batch_size=batch)
