"""A person cancels a job, whatever it is doing, and with it what would have come behind it; also while NATS is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from metarr import queue
from metarr.bus import Bus
from metarr.db import Connection, Database
from metarr.messages.jobs import EnrichItem, PublishItem
from metarr.runtime import SystemClock, new_job
from metarr.runtime.handlers import handlers_of
from metarr.runtime.work import Work
from metarr.runtime.worker import Worker
from support.api import client_of, make_tools
from support.studio import ITEM, Studio, has_status, put, row
from support.waiting import eventually
from support.workers import hire

SLACK = 4.0
"""Seconds: a second is promised, and this machine may be busy."""


@asynccontextmanager
async def working(db: Database, bus: Bus, folder: Path, studio: Studio) -> AsyncIterator[None]:
    worker = Worker("enricher", handlers_of(studio), db=db, bus=bus, clock=SystemClock(), data_dir=str(folder), slots=2)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


async def test_a_running_job_stops_within_a_second_while_nats_is_away(db: Database, tmp_path: Path) -> None:
    started = asyncio.Event()

    async def never_ends(_job: EnrichItem, _work: Work) -> None:
        started.set()
        await asyncio.Event().wait()

    async with Bus("nats://127.0.0.1:1", name="nobody") as bus, working(db, bus, tmp_path, Studio(never_ends)):
        (parent,) = await put(db, EnrichItem(**ITEM))
        await asyncio.wait_for(started.wait(), 10)
        (child,) = await put(db, PublishItem(**ITEM), depends_on=(parent,))
        async with client_of(make_tools(db, bus, tmp_path / "api")) as api:
            asked = await api.post(f"/api/v1/jobs/{parent}/cancel")
            began = time.monotonic()
            await eventually(has_status(db, child, "cancelled"), what="it has stopped")
            took = time.monotonic() - began
    assert (asked.status_code, asked.json()["status"], asked.json()["cancel_requested"]) == (200, "running", True)
    assert took < SLACK
    assert (await row(db, parent))["error_message"] == "cancelled by a person while it ran"
    assert (await row(db, child))["error_message"] == (
        f"job {parent}, which this one waited for: cancelled by a person while it ran"
    )


async def in_the_line(conn: Connection) -> int:
    return await enqueued(conn)


async def behind_another(conn: Connection) -> int:
    first = await enqueued(conn, 7)
    return await enqueued(conn, depends_on=(first,))


async def for_a_time(conn: Connection) -> int:
    return await enqueued(conn, run_at=datetime(2099, 1, 1, tzinfo=UTC))


async def for_a_retry(conn: Connection) -> int:
    return await put_back(conn, counts=True, after=datetime(2099, 1, 1, tzinfo=UTC) - datetime.now(UTC))


async def for_a_pause(conn: Connection) -> int:
    await queue.pause(conn, "provider:tmdb", "night")
    return await put_back(conn, counts=False, after=None, held_by="provider:tmdb")


async def put_back(conn: Connection, **how: Any) -> int:
    number = await enqueued(conn)
    await hire(conn, "e", "enricher")
    (claimed,) = await queue.claim(conn, "enricher", ["EnrichItem"], "e", limit=1)
    await queue.put_back(conn, claimed, "it has to wait", **how)
    return number


async def enqueued(conn: Connection, film: int = 1, **more: Any) -> int:
    job = EnrichItem(entity_type="movie", entity_id=film)
    return (await queue.enqueue(conn, [new_job(job, priority=5, **more)]))[0].id


@pytest.mark.parametrize("waits", [in_the_line, behind_another, for_a_time, for_a_retry, for_a_pause])
async def test_a_job_is_cancelled_whatever_it_waits_for_and_ends_what_is_behind_it(
    api: httpx.AsyncClient, db: Database, waits: Any
) -> None:
    async with db.transaction() as conn:
        number = await waits(conn)
        (child,) = await queue.enqueue(conn, [new_job(PublishItem(**ITEM), priority=5, depends_on=(number,))])
    answer = await api.post(f"/api/v1/jobs/{number}/cancel")
    below = await row(db, child.id)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["error_message"] == "cancelled by a person"
    assert (answer.json()["waits_because"], answer.json()["waiting"]) == (None, None)
    assert (below["status"], below["error_message"]) == (
        "cancelled",
        f"job {number}, which this one waited for, was cancelled",
    )


async def test_what_was_cancelled_while_a_pause_held_it_does_not_come_back_with_the_end_of_the_pause(
    api: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as conn:
        number = await for_a_pause(conn)
    await api.post(f"/api/v1/jobs/{number}/cancel")
    await api.post("/api/v1/providers/tmdb/resume")
    assert (await row(db, number))["status"] == "cancelled"
