"""Metarr's queue, and a real service on it whose only job does nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import ClassVar

from bench.house import House
from bench.queue.signals import ready_and_go, say_started
from metarr import queue
from metarr.messages.facts import LibraryWalked
from metarr.messages.jobs import Job
from metarr.runtime import Service, ServiceParts, Work, new_job, run_service

SERVICE = "scanner"

# The marker `bench` keeps these looks out of the count of statements.
_IS_BUSY = """
SELECT EXISTS (SELECT FROM job_queue WHERE service = 'scanner' AND status = 'pending' AND ready_seq IS NOT NULL)
    OR EXISTS (SELECT FROM job_queue WHERE status = 'running') AS bench
"""
_LEFT = "SELECT count(*) AS bench FROM job_queue WHERE status IN ('pending', 'running')"
_EMPTY = "TRUNCATE job_queue, event_outbox, workers CASCADE"


class Noop(Job, frozen=True, kw_only=True):
    job_type = "scan"
    service = SERVICE
    number: int


class Metarr:
    name: ClassVar = "metarr"
    table: ClassVar = "job_queue"

    def __init__(self, house: House) -> None:
        self._db = house.db
        self._bus = house.bus

    async def empty(self) -> None:
        async with self._db.read() as conn:
            await conn.execute(_EMPTY)

    async def enqueue(self, numbers: Sequence[int]) -> None:
        async with self._db.queue() as conn:  # one statement, which commits by itself, as POST /movies/{id}/enrich does
            await queue.enqueue(conn, [new_job(Noop(number=number), priority=5) for number in numbers])
        await self._bus.ring([SERVICE])

    async def is_busy(self) -> bool:
        async with self._db.read() as conn:
            return bool(await conn.fetchval(_IS_BUSY))

    async def left(self) -> int:
        async with self._db.read() as conn:
            return int(await conn.fetchval(_LEFT))


@asynccontextmanager
async def open_side(house: House) -> AsyncIterator[Metarr]:
    yield Metarr(house)


class Writing:
    """Opens its transaction, as a handler does that stores something."""

    async def noop(self, job: Noop, work: Work) -> None:
        async with work.write():
            return


class Telling:
    """The same, and states a fact that nothing follows."""

    async def noop(self, job: Noop, work: Work) -> LibraryWalked:
        async with work.write():
            return LibraryWalked(library_id=job.number, folders=1, changed=0, vanished=0)


class Idle:
    """Writes nothing."""

    async def noop(self, job: Noop, work: Work) -> None:
        return


class Starting:
    """Says when it started."""

    async def noop(self, job: Noop, work: Work) -> None:
        say_started(job.number)


_HANDLERS = {"write": Writing, "fact": Telling, "idle": Idle, "start": Starting}


def work(_database_url: str, _nats_url: str, handlers: str, slots: str) -> None:
    run_service(SERVICE, partial(_parts, handlers, int(slots)))


async def _parts(handlers: str, slots: int, _service: Service) -> ServiceParts:
    await asyncio.to_thread(ready_and_go)
    return ServiceParts(handlers=_HANDLERS[handlers](), slots=slots)
