"""Runs one job through the real queue and runtime, as a worker would, and hands back what it stated."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from metarr import queue
from metarr.db import Database
from metarr.messages.facts import AnyFact
from metarr.messages.jobs import Job
from metarr.runtime import new_job
from metarr.runtime.handlers import handlers_of
from metarr.runtime.running import end_unfinished, run_once
from metarr.runtime.work import Work
from support.clock import ManualClock
from support.workers import hire

type RunJob = Callable[..., Awaitable[Any]]

WORKER = "worker-of-the-test"


@pytest.fixture
def run_job(db: Database, clock: ManualClock, tmp_path: Path) -> RunJob:
    """`await run_job(handlers, job, priority=5)` → the fact, a tuple of facts, or None; raises what the handler raised."""
    data_dir = tmp_path / "data"
    data_dir.mkdir(exist_ok=True)

    async def run(handlers: object, job: Job, *, priority: int = 5) -> AnyFact | tuple[AnyFact, ...] | None:
        handler = handlers_of(handlers)[type(job).__name__]
        async with db.transaction() as conn:
            (placed,) = await queue.enqueue(conn, [new_job(job, priority=priority, trace_id="test")])
            await hire(conn, WORKER, job.service)
            claimed = await queue.claim(conn, job.service, [handler.kind], WORKER, limit=100)
        work = Work(
            next(taken for taken in claimed if taken.id == placed.id), db=db, clock=clock, data_dir=str(data_dir)
        )
        try:
            recorded, _ = await run_once(handler, work)
        except Exception as error:
            await end_unfinished(db, clock, work.job, error)
            raise
        facts = tuple(msgspec.json.decode(told.data, type=AnyFact) for told in recorded.facts)
        return facts[0] if len(facts) == 1 else facts or None

    return run
