"""The floor: the least that a queue of this shape must do, on a table of its own, with nothing around it.

Claim: a materialized CTE with SKIP LOCKED, then one UPDATE. Completion: by id, lease and worker. The indexes are those that the
shape needs: what can run, what waits for a time, what a worker holds, unique keys. No heartbeat, no upkeep, no pause, no log,
no facts. Ten tasks a process, each with a connection: claim `batch`, complete them. A bell on core NATS wakes one task; who finds work wakes the next.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

import asyncpg
import nats
import uvloop

from bench.house import House
from bench.queue.signals import ready_and_go, say_started

_BELL = "floor.bell"
_CONCURRENCY = 10
_POLL_SECONDS = 2.0

_TABLE = """
DROP TABLE IF EXISTS floor_jobs;
DROP SEQUENCE IF EXISTS floor_ready_seq;
CREATE SEQUENCE floor_ready_seq;
CREATE TABLE floor_jobs (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  priority integer NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  payload jsonb NOT NULL,
  unique_key text,
  ready_seq bigint,
  next_retry_at timestamptz,
  unmet_dependencies integer NOT NULL DEFAULT 0,
  has_dependents boolean NOT NULL DEFAULT false,
  lease integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  worker_id text,
  completed_at timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON floor_jobs (priority, ready_seq) WHERE status = 'pending' AND ready_seq IS NOT NULL;
CREATE INDEX ON floor_jobs (next_retry_at) WHERE status = 'pending' AND ready_seq IS NULL AND unmet_dependencies = 0;
CREATE INDEX ON floor_jobs (worker_id) WHERE status = 'running';
CREATE UNIQUE INDEX ON floor_jobs (unique_key) WHERE status IN ('pending', 'running');
"""
_ENQUEUE = """
INSERT INTO floor_jobs (kind, priority, payload, ready_seq)
SELECT 'noop', 5, n.payload::jsonb, nextval('floor_ready_seq') FROM unnest($1::text[]) AS n(payload)
"""
_CLAIM = """
WITH ready AS MATERIALIZED (
    SELECT id FROM floor_jobs WHERE status = 'pending' AND ready_seq IS NOT NULL
    ORDER BY priority, ready_seq LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE floor_jobs AS j
SET status = 'running', worker_id = $2, lease = j.lease + 1, attempts = j.attempts + 1, ready_seq = NULL
FROM ready WHERE j.id = ready.id RETURNING j.id, j.kind, j.payload, j.lease
"""
# Without a word about the status: with it the planner walks the index of what runs, dead entries and all, instead of the key.
_COMPLETE = """
UPDATE floor_jobs AS j SET status = 'completed', completed_at = now()
FROM unnest($1::bigint[], $2::int[]) AS d(id, lease)
WHERE j.id = ANY($1::bigint[]) AND j.id = d.id AND j.lease = d.lease AND j.worker_id = $3
"""
_COMPLETE_ONE = """
UPDATE floor_jobs SET status = 'completed', completed_at = now() WHERE id = $1 AND lease = $2 AND worker_id = $3
"""
_IS_BUSY = """
SELECT EXISTS (SELECT FROM floor_jobs WHERE status = 'pending' AND ready_seq IS NOT NULL)
    OR EXISTS (SELECT FROM floor_jobs WHERE status = 'running') AS bench
"""
_LEFT = "SELECT count(*) AS bench FROM floor_jobs WHERE status <> 'completed'"


class Floor:
    name: ClassVar = "floor"
    table: ClassVar = "floor_jobs"

    def __init__(self, conn: "asyncpg.Connection[asyncpg.Record]", bell: nats.NATS) -> None:
        self._conn = conn
        self._bell = bell

    async def empty(self) -> None:
        await self._conn.execute("TRUNCATE floor_jobs")

    async def enqueue(self, numbers: Sequence[int]) -> None:
        await self._conn.execute(_ENQUEUE, [f'{{"number": {number}}}' for number in numbers])
        await self._bell.publish(_BELL)

    async def claim(self, limit: int) -> float:
        """Seconds that the claim takes; it is rolled back."""
        transaction = self._conn.transaction()
        await transaction.start()
        began = time.perf_counter()
        await self._conn.fetch(_CLAIM, limit, "bench")
        seconds = time.perf_counter() - began
        await transaction.rollback()
        return seconds

    async def is_busy(self) -> bool:
        return bool(await self._conn.fetchval(_IS_BUSY))

    async def left(self) -> int:
        return int(await self._conn.fetchval(_LEFT))


@asynccontextmanager
async def open_side(house: House) -> AsyncIterator[Floor]:
    conn = await asyncpg.connect(house.database_url)
    bell = await nats.connect(house.nats_url)
    try:
        await conn.execute(_TABLE)
        yield Floor(conn, bell)
    finally:
        await bell.close()
        await conn.close()


class FloorWorker:
    def __init__(self, batch: int, *, says_start: bool) -> None:
        self._batch = batch
        self._says_start = says_start
        self._idle: list[asyncio.Event] = []
        self._name = f"floor-{os.getpid()}"

    async def run(self, database_url: str, nats_url: str) -> None:
        connections = [await asyncpg.connect(database_url) for _ in range(_CONCURRENCY)]
        bell = await nats.connect(nats_url)
        await bell.subscribe(_BELL, cb=self._on_bell)
        await bell.flush()
        ready_and_go()
        async with asyncio.TaskGroup() as group:
            for conn in connections:
                group.create_task(self._work(conn))

    async def _on_bell(self, _message: object) -> None:
        self._wake_one()

    def _wake_one(self) -> None:
        if self._idle:
            self._idle.pop().set()

    async def _work(self, conn: "asyncpg.Connection[asyncpg.Record]") -> None:
        claim, one, many = [await conn.prepare(said) for said in (_CLAIM, _COMPLETE_ONE, _COMPLETE)]
        while True:
            jobs = await claim.fetch(self._batch, self._name)
            if not jobs:
                await self._rest()
                continue
            self._wake_one()
            for job in jobs:
                self._handle(job["payload"])
            if len(jobs) == 1:
                await one.fetch(jobs[0]["id"], jobs[0]["lease"], self._name)
            else:
                await many.fetch([job["id"] for job in jobs], [job["lease"] for job in jobs], self._name)

    def _handle(self, payload: str) -> None:
        if self._says_start:
            say_started(int(payload.split()[1].rstrip("}")))

    async def _rest(self) -> None:
        woken = asyncio.Event()
        self._idle.append(woken)
        try:
            await asyncio.wait_for(woken.wait(), _POLL_SECONDS)
        except TimeoutError:
            if woken in self._idle:
                self._idle.remove(woken)


def work(database_url: str, nats_url: str, batch: str, handlers: str = "idle") -> None:
    uvloop.run(FloorWorker(int(batch), says_start=handlers == "start").run(database_url, nats_url))
