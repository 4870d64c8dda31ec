"""A worker on a real queue and a real bus: what it runs, what follows, what happens when things break."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from metarr import queue
from metarr.bus import Bus
from metarr.db import Database
from metarr.errors import DatabaseUnavailable, Discard, Permanent, Retry, Snooze
from metarr.messages.facts import AnyFact, ItemEnriched, ItemPublished, LibraryWalked
from metarr.messages.jobs import EnrichItem, PublishItem
from metarr.runtime import SystemClock, new_job
from metarr.runtime.handlers import handlers_of
from metarr.runtime.work import Work
from metarr.runtime.worker import Worker
from support.studio import ITEM, Studio, has_status, put, row
from support.waiting import eventually
from support.workers import hire


async def test_a_job_ends_with_its_fact_told_and_what_follows_in_the_line(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> ItemEnriched:
        async with work.write() as conn:
            await conn.execute("INSERT INTO studios (name) VALUES ('Nordlys')")
            return ItemEnriched(**ITEM, sources=("tmdb",), changed=("plot",))

    async with working(Studio(enrich)):
        (job_id,) = await put(db, EnrichItem(**ITEM), bus=bus, trace_id="t-1")
        await eventually(has_status(db, job_id, "completed"))
        told = await anext(aiter(bus.facts(after=0)))
    assert msgspec.json.decode(told.data, type=AnyFact) == ItemEnriched(**ITEM, sources=("tmdb",), changed=("plot",))
    assert (told.subject, told.trace_id) == ("metarr.events.movie.ItemEnriched.1", "t-1")
    async with db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM studios") == 1
        following = await conn.fetchrow("SELECT kind, service, status, trace_id FROM job_queue WHERE id <> $1", job_id)
    assert tuple(following or ()) == ("CacheAssets", "cache", "pending", "t-1")


async def test_what_a_failed_handler_wrote_is_undone(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> ItemEnriched:
        async with work.write() as conn:
            await conn.execute("INSERT INTO studios (name) VALUES ('Nordlys')")
            raise Permanent("the film does not exist")

    async with working(Studio(enrich)):
        (job_id,) = await put(db, EnrichItem(**ITEM), bus=bus)
        await eventually(has_status(db, job_id, "failed"))
    assert (await row(db, job_id))["error_message"] == "the film does not exist"
    async with db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM studios") == 0
        assert await conn.fetchval("SELECT count(*) FROM event_outbox") == 0


@pytest.mark.parametrize(
    ("error", "status", "retries", "message"),
    [
        (Retry("busy", after=timedelta(hours=1)), "pending", 1, "busy"),
        (Snooze("later", until=datetime(2999, 1, 1, tzinfo=UTC)), "pending", 0, "later"),
        (Discard("gone"), "cancelled", 0, "gone"),
        (ZeroDivisionError("1/0"), "failed", 0, "ZeroDivisionError: 1/0"),
    ],
)
async def test_a_handler_steers_the_queue_by_what_it_raises(
    db: Database, bus: Bus, working: Any, error: Exception, status: str, retries: int, message: str
) -> None:
    async def enrich(job: EnrichItem, work: Work) -> ItemEnriched:
        raise error

    async def has_ended() -> bool:
        return (await row(db, job_id))["error_message"] is not None

    async with working(Studio(enrich)):
        (job_id,) = await put(db, EnrichItem(**ITEM), bus=bus)
        await eventually(has_ended)
    ended = await row(db, job_id)
    assert (ended["status"], ended["retry_count"], ended["error_message"]) == (status, retries, message)


async def test_a_transient_error_is_tried_again_until_the_retries_are_used_up(
    db: Database, bus: Bus, working: Any
) -> None:
    async def enrich(job: EnrichItem, work: Work) -> ItemEnriched:
        raise Retry("busy", after=timedelta())

    studio = Studio(enrich)
    async with working(studio):
        (job_id,) = await put(db, EnrichItem(**ITEM), bus=bus)
        await eventually(has_status(db, job_id, "failed"))
    assert studio.runs == 4


async def test_a_payload_of_another_shape_fails_with_a_clear_reason(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> None:
        return None

    async with working(Studio(enrich)):
        async with db.transaction() as conn:
            placed = await queue.enqueue(
                conn,
                [
                    queue.NewJob(
                        kind="EnrichItem", service="enricher", job_type="enrichment", payload={"entity_id": "x"}
                    )
                ],
            )
        await eventually(has_status(db, placed[0].id, "failed"))
    assert "payload" in (await row(db, placed[0].id))["error_message"]


async def test_cancelling_reaches_a_running_job_through_the_bus(db: Database, bus: Bus, working: Any) -> None:
    started = asyncio.Event()

    async def enrich(job: EnrichItem, work: Work) -> None:
        started.set()
        await asyncio.Event().wait()

    async with working(Studio(enrich)):
        (job_id,) = await put(db, EnrichItem(**ITEM), bus=bus)
        await asyncio.wait_for(started.wait(), 10)
        await bus.command("enricher", "cancel", str(job_id).encode())
        await eventually(has_status(db, job_id, "cancelled"))
    assert (await row(db, job_id))["error_message"] == "cancelled by a person while it ran"


async def test_a_worker_that_stops_leaves_no_row_and_no_running_job(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> None:
        return None

    async with working(Studio(enrich)):
        (job_id,) = await put(db, EnrichItem(**ITEM), bus=bus)
        await eventually(has_status(db, job_id, "completed"))
    async with db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM workers") == 0


async def test_upkeep_takes_over_what_a_killed_worker_held(db: Database, bus: Bus, working: Any) -> None:
    async def enrich(job: EnrichItem, work: Work) -> None:
        return None

    (job_id,) = await put(db, EnrichItem(**ITEM))
    async with db.read() as conn:
        await hire(conn, "killed", "enricher")
        await queue.claim(conn, "enricher", ["EnrichItem"], "killed", limit=1)
        await conn.execute("DELETE FROM workers WHERE worker_id = 'killed'")
    async with working(Studio(enrich)):
        await eventually(has_status(db, job_id, "completed"))
    assert (await row(db, job_id))["crashes"] == 1


async def test_a_job_whose_end_was_lost_with_the_database_runs_again_in_the_living_worker(
    db: Database, bus: Bus, working: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die_once(_job: EnrichItem, _work: Work) -> None:
        if studio.runs == 1:
            raise DatabaseUnavailable("gone")

    async def gone_as_well(*_: object) -> bool:
        monkeypatch.undo()
        raise DatabaseUnavailable("gone")

    studio = Studio(die_once)
    monkeypatch.setattr("metarr.runtime.worker.end_unfinished", gone_as_well)
    async with working(studio):
        (job,) = await put(db, EnrichItem(**ITEM), bus=bus)
        await eventually(has_status(db, job, "completed"))
    assert studio.runs == 2


async def test_a_job_whose_claim_was_never_answered_is_run_by_the_one_it_is_written_down_for(
    db: Database, bus: Bus, working: Any
) -> None:
    async def enrich(_job: EnrichItem, _work: Work) -> None:
        return None

    async with working(Studio(enrich)) as worker:
        async with db.transaction() as conn:
            (placed,) = await queue.enqueue(conn, [new_job(EnrichItem(**ITEM), priority=5)])
            await queue.claim(conn, "enricher", ["EnrichItem"], worker.worker_id, limit=1)
        await eventually(has_status(db, placed.id, "completed"))


async def test_without_nats_jobs_run_at_polling_speed_and_facts_wait_in_the_outbox(
    db: Database, tmp_path: Path
) -> None:
    class Desk:
        async def publish_item(self, job: PublishItem, work: Work) -> ItemPublished:
            return ItemPublished(**ITEM)

    async with Bus("nats://127.0.0.1:1", name="test") as unreachable:
        worker = Worker(
            "publisher",
            handlers_of(Desk()),
            db=db,
            bus=unreachable,
            clock=SystemClock(),
            data_dir=str(tmp_path),
            slots=1,
        )
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        (job_id,) = await put(db, PublishItem(**ITEM))
        await eventually(has_status(db, job_id, "completed"))
        stop.set()
        await running
    async with db.read() as conn:
        assert await conn.fetchval("SELECT subject FROM event_outbox") == "metarr.events.movie.ItemPublished.1"


async def test_facts_that_were_left_behind_are_told_by_whoever_sweeps(db: Database, bus: Bus) -> None:
    from metarr.runtime import Relay, record

    await bus.wait_connected(10)
    async with db.transaction() as conn:
        await record(conn, [LibraryWalked(library_id=1, folders=1, changed=0, vanished=0)], priority=5, trace_id=None)
        await conn.execute("UPDATE event_outbox SET created_at = now() - interval '1 minute'")
    assert await Relay(db, bus, SystemClock()).sweep_once() == 1
    async with db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM event_outbox") == 0


async def test_a_handler_must_carry_the_name_of_its_job() -> None:
    class Wrong:
        async def enrich(self, job: EnrichItem, work: Work) -> None: ...

    with pytest.raises(TypeError, match="EnrichItem"):
        handlers_of(Wrong())
