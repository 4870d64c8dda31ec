"""What a worker takes and what it leaves: urgent work, paused work, work of a newer version, suspects."""

import asyncio
from typing import Any

import pytest

from metarr import queue
from metarr.bus import Bus
from metarr.db import Database
from metarr.errors import DatabaseUnavailable
from metarr.messages.facts import ItemEnriched
from metarr.messages.jobs import EnrichItem
from metarr.runtime import new_job
from metarr.runtime.completions import Completions
from metarr.runtime.work import Work
from support.queueing import job as paint
from support.queueing import take
from support.rows import insert, insert_movie
from support.studio import ITEM, Studio, has_status, put, row
from support.waiting import eventually
from support.workers import hire


def film(number: int) -> EnrichItem:
    return EnrichItem(entity_type="movie", entity_id=number)


async def test_urgent_work_starts_while_the_pool_is_full_of_other_work(db: Database, bus: Bus, working: Any) -> None:
    gate = asyncio.Event()

    async def enrich(job: EnrichItem, work: Work) -> None:
        if job.entity_id < 100:
            await gate.wait()

    studio = Studio(enrich)
    async with working(studio, slots=4):
        await put(db, *[film(number) for number in range(1, 9)], bus=bus)
        await eventually(lambda: studio.runs == 3)
        async with db.transaction() as conn:
            (urgent,) = await queue.enqueue(conn, [new_job(film(100), priority=2)])
        await bus.ring(["enricher"])
        await eventually(has_status(db, urgent.id, "completed"))
        assert studio.runs == 4
        gate.set()


async def test_jobs_of_a_paused_library_wait_and_others_run(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> None:
        return None

    async with db.transaction() as conn:
        quiet, busy = [
            await insert(conn, "libraries", name=name, path=f"/{name}", type="movie") for name in ("quiet", "busy")
        ]
        held, free = await insert_movie(conn, quiet), await insert_movie(conn, busy)
        await queue.pause(conn, f"library:{quiet}", "the disk is being moved")
    async with working(Studio(enrich)):
        waiting, running = await put(db, film(held), film(free), bus=bus)
        await eventually(has_status(db, running, "completed"))

        async def is_held() -> bool:
            return (await row(db, waiting))["held_by"] == f"library:{quiet}"

        await eventually(is_held)
        async with db.transaction() as conn:
            ring = await queue.resume(conn, f"library:{quiet}")
        await bus.ring(sorted(ring))
        await eventually(has_status(db, waiting, "completed"))
    assert (await row(db, waiting))["retry_count"] == 0


async def test_a_job_that_needs_a_paused_provider_waits_for_it(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> None:
        work.ensure_not_paused("provider:tmdb")

    async with db.transaction() as conn:
        await queue.pause(conn, "provider:tmdb", "over the limit")
    async with working(Studio(enrich)):
        (job_id,) = await put(db, film(1), bus=bus)

        async def is_held() -> bool:
            return (await row(db, job_id))["held_by"] == "provider:tmdb"

        await eventually(is_held)
        async with db.transaction() as conn:
            await queue.resume(conn, "provider:tmdb")
        await eventually(has_status(db, job_id, "completed"))


async def test_a_payload_that_only_a_newer_version_knows_is_left_for_it(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> None:
        return None

    studio = Studio(enrich)
    async with working(studio):
        async with db.transaction() as conn:
            (placed,) = await queue.enqueue(
                conn,
                [
                    queue.NewJob(
                        kind="EnrichItem",
                        service="enricher",
                        job_type="enrichment",
                        payload={**ITEM, "in_colour": True},
                    )
                ],
            )

        async def is_put_back() -> bool:
            return (await row(db, placed.id))["retry_count"] == 1

        await eventually(is_put_back)
    left = await row(db, placed.id)
    assert (left["status"], studio.runs) == ("pending", 0)
    assert left["error_message"] == "EnrichItem holds in_colour, which this version does not know"


async def test_of_jobs_that_were_running_when_a_worker_died_one_runs_at_a_time(
    db: Database, bus: Bus, working: Any
) -> None:
    together: list[int] = []
    running = 0

    async def enrich(job: EnrichItem, work: Work) -> None:
        nonlocal running
        running += 1
        together.append(running)
        await asyncio.sleep(0)
        running -= 1

    jobs = await put(db, *[film(number) for number in range(1, 4)])
    async with db.read() as conn:
        await hire(conn, "killed", "enricher")
        assert len(await queue.claim(conn, "enricher", ["EnrichItem"], "killed", limit=3)) == 3
        await conn.execute("DELETE FROM workers")
    async with working(Studio(enrich), slots=8):
        for job_id in jobs:
            await eventually(has_status(db, job_id, "completed"))
    assert together == [1, 1, 1]


async def test_a_job_that_wrote_nothing_releases_who_waited_for_it(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> ItemEnriched | None:
        return None

    async with working(Studio(enrich)):
        (first,) = await put(db, film(1))
        (second,) = await put(db, film(2), depends_on=(first,))
        await bus.ring(["enricher"])
        await eventually(has_status(db, second, "completed"))
    before, after = await row(db, first), await row(db, second)
    assert before["completed_at"] <= after["started_at"]
    assert before["result"] is None


async def test_ends_that_are_gathered_are_refused_one_by_one(db: Database) -> None:
    async with db.transaction() as conn:
        await queue.enqueue(conn, [paint(), paint()])
    kept, lost = await take(db)
    async with db.transaction() as conn:
        await queue.take_back(conn, "one", [lost.id])
    completions = Completions(db)
    async with asyncio.TaskGroup() as group:
        gathering = group.create_task(completions.run())
        ends = await asyncio.gather(*map(completions.complete, (kept, lost)), return_exceptions=True)
        gathering.cancel()
    assert ends[0] is False
    assert isinstance(ends[1], queue.LeaseLostError)


async def test_ends_that_cannot_be_written_are_told_to_all_who_wait(db: Database) -> None:
    async with db.transaction() as conn:
        await queue.enqueue(conn, [paint()])
    (claimed,) = await take(db)
    completions = Completions(db)
    db.terminate()
    async with asyncio.TaskGroup() as group:
        gathering = group.create_task(completions.run())
        with pytest.raises(DatabaseUnavailable):
            await completions.complete(claimed)
        gathering.cancel()
