"""Upkeep: what is due comes into the line, the dead lose what they held, whatever the server's clock does."""

from datetime import UTC, datetime, timedelta

from metarr import queue
from metarr.db import Database
from metarr.runtime.upkeep import Upkeep
from support.clock import ManualClock
from support.queueing import job, put, row, status, take
from support.workers import hire


async def rounds(upkeep: Upkeep, clock: ManualClock, seconds: int) -> set[str]:
    """Upkeep once a second; all services that were to be rung."""
    rung: set[str] = set()
    for _ in range(seconds):
        clock.advance(1.0)
        rung |= await upkeep.once()
    return rung


async def test_what_a_silent_worker_held_is_claimable_within_thirty_seconds(db: Database, clock: ManualClock) -> None:
    (job_id,) = await put(db, job())
    await take(db, worker="silent")
    upkeep = Upkeep(db, clock)
    assert await rounds(upkeep, clock, 19) == set()
    assert (await status(db, job_id))[0] == "running"
    assert await rounds(upkeep, clock, 11) == {"scanner"}
    assert [claimed.id for claimed in await take(db)] == [job_id]


async def test_a_server_clock_that_leaps_buries_nobody(db: Database, clock: ManualClock) -> None:
    (job_id,) = await put(db, job())
    await take(db, worker="alive")
    upkeep = Upkeep(db, clock)
    await upkeep.once()
    async with db.read() as conn:
        await conn.execute("UPDATE workers SET heartbeat_at = now() - interval '1 year'")
    await rounds(upkeep, clock, 4)
    async with db.read() as conn:
        assert await queue.beat(conn, "alive") is True
    await rounds(upkeep, clock, 18)
    assert (await status(db, job_id))[0] == "running"


async def test_retries_written_by_a_clock_that_was_ahead_are_not_waited_for_at_a_start(
    db: Database, clock: ManualClock
) -> None:
    (job_id,) = await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.put_back(conn, running, "busy", after=timedelta(0), counts=True)
        await conn.execute("ALTER TABLE job_queue DISABLE TRIGGER touch_updated_at")
        await conn.execute(
            "UPDATE job_queue SET next_retry_at = next_retry_at + interval '9 days', updated_at = now() + interval '9 days'"
        )
        await conn.execute("ALTER TABLE job_queue ENABLE TRIGGER touch_updated_at")
        await hire(conn, "starting", "scanner")
    await rounds(Upkeep(db, clock), clock, 2)
    assert [claimed.id for claimed in await take(db)] == [job_id]


async def test_delayed_jobs_come_into_the_line_in_the_order_of_their_times(db: Database, clock: ManualClock) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    later, sooner = await put(db, job(run_at=soon + timedelta(minutes=1)), job(run_at=soon))
    async with db.read() as conn:
        await conn.execute("UPDATE job_queue SET next_retry_at = next_retry_at - interval '2 hours'")
    assert await Upkeep(db, clock).once() == {"scanner"}
    assert [claimed.id for claimed in await take(db)] == [sooner, later]


async def test_what_waits_for_a_job_that_killed_too_often_is_cancelled(db: Database, clock: ManualClock) -> None:
    (wall,) = await put(db, job())
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    upkeep = Upkeep(db, clock)
    for number in range(3):
        await take(db, worker=f"killed-{number}")
        async with db.read() as conn:
            await conn.execute("DELETE FROM workers")
        await upkeep.once()
    assert (await status(db, wall))[0] == "failed"
    assert await status(db, dry) == ("cancelled", f"job {wall}, which this one waited for, failed")
    assert (await row(db, dry))["cancelled_by"] == wall
