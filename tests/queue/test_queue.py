"""The queue against the real table: order, unique keys, dependencies, fences, rescue."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metarr import queue
from metarr.db import Database
from metarr.errors import Conflict
from metarr.queue import ClaimedJob, LeaseLostError, NewJob


def job(kind: str = "Paint", **more: Any) -> NewJob:
    values: dict[str, Any] = {"kind": kind, "service": "scanner", "job_type": "scan", "payload": {}} | more
    return NewJob(**values)


async def put(db: Database, *jobs: NewJob) -> list[int]:
    async with db.transaction() as conn:
        return [placed.id for placed in await queue.enqueue(conn, jobs)]


async def take(db: Database, limit: int = 100, most: int = 10, worker: str = "one") -> list[ClaimedJob]:
    async with db.read() as conn:
        return await queue.claim(conn, "scanner", ["Paint", "Dry"], worker, limit=limit, most=most)


async def finish(db: Database, claimed: ClaimedJob) -> None:
    async with db.transaction() as conn:
        await queue.complete(conn, claimed, None)
    async with db.transaction() as conn:
        await queue.release(conn, [claimed.id])


async def status(db: Database, job_id: int) -> tuple[str, str | None]:
    async with db.read() as conn:
        row = await conn.fetchrow("SELECT status, error_message FROM job_queue WHERE id = $1", job_id)
    assert row is not None
    return row["status"], row["error_message"]


async def test_more_urgent_jobs_come_first_and_older_ones_before_younger(db: Database) -> None:
    low, first, second, urgent = await put(db, job(priority=10), job(), job(), job(priority=1))
    assert [claimed.id for claimed in await take(db)] == [urgent, first, second, low]


async def test_a_claim_takes_no_more_than_asked_and_nothing_twice(db: Database) -> None:
    ids = await put(db, *[job() for _ in range(10)])
    taken = [c.id for c in await take(db, limit=4)] + [c.id for c in await take(db, limit=4, worker="two")]
    assert taken == ids[:8]


async def test_only_urgent_work_is_claimed_for_the_reserved_slot(db: Database) -> None:
    _, urgent = await put(db, job(priority=5), job(priority=2))
    assert [claimed.id for claimed in await take(db, most=2)] == [urgent]


async def test_kinds_that_the_worker_does_not_know_are_left_in_the_line(db: Database) -> None:
    await put(db, job(kind="Carve"))
    assert await take(db) == []


async def test_a_second_request_for_waiting_work_is_the_same_job_and_may_make_it_urgent(db: Database) -> None:
    async with db.transaction() as conn:
        (first,) = await queue.enqueue(conn, [job(unique_key="wall", payload={"colour": "red"})])
        (second,) = await queue.enqueue(conn, [job(unique_key="wall", priority=2, payload={"colour": "blue"})])
    assert (second.id, second.fresh) == (first.id, False)
    (claimed,) = await take(db)
    assert (claimed.priority, claimed.payload) == (2, {"colour": "blue"})


async def test_two_requests_with_one_key_in_a_batch_are_one_job(db: Database) -> None:
    ids = await put(db, job(unique_key="wall"), job(), job(unique_key="wall"))
    assert ids[0] == ids[2] != ids[1]


async def test_work_that_is_asked_for_while_it_runs_waits_for_its_end(db: Database) -> None:
    (first,) = await put(db, job(unique_key="wall"))
    (running,) = await take(db)
    (second,) = await put(db, job(unique_key="wall"))
    assert second != first
    assert await take(db) == []
    await finish(db, running)
    assert [claimed.id for claimed in await take(db)] == [second]


async def test_a_job_that_goes_back_gives_way_to_the_same_work_asked_for_meanwhile(db: Database) -> None:
    (first,) = await put(db, job(unique_key="wall"))
    (running,) = await take(db)
    (second,) = await put(db, job(unique_key="wall"))
    async with db.transaction() as conn:
        await queue.put_back(conn, running, "wet", after=timedelta(seconds=5), counts=True)
    assert await status(db, first) == ("cancelled", f"replaced by job {second}")
    assert [claimed.id for claimed in await take(db)] == [second]


async def test_a_retry_waits_for_its_time_and_counts(db: Database) -> None:
    (job_id,) = await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.put_back(conn, running, "no paint", after=timedelta(hours=1), counts=True)
        assert await queue.promote(conn) == set()
    assert await take(db) == []
    async with db.transaction() as conn:
        await conn.execute("UPDATE job_queue SET next_retry_at = now() WHERE id = $1", job_id)
        assert await queue.promote(conn) == {"scanner"}
    (again,) = await take(db)
    assert (again.id, again.retry_count, again.lease) == (job_id, 1, running.lease + 1)


async def test_a_job_for_later_is_not_in_the_line_before_its_time(db: Database) -> None:
    await put(db, job(run_at=datetime.now(UTC) + timedelta(hours=1)))
    assert await take(db) == []


async def test_a_job_waits_for_all_it_depends_on(db: Database) -> None:
    walls = await put(db, job(), job())
    (dry,) = await put(db, job(kind="Dry", depends_on=tuple(walls)))
    first, second = await take(db)
    await finish(db, first)
    assert await take(db) == []
    await finish(db, second)
    assert [claimed.id for claimed in await take(db)] == [dry]


async def test_a_dependency_that_is_completed_already_does_not_hold(db: Database) -> None:
    walls = await put(db, job())
    await finish(db, (await take(db))[0])
    (dry,) = await put(db, job(kind="Dry", depends_on=tuple(walls)))
    assert [claimed.id for claimed in await take(db)] == [dry]


async def test_nothing_can_wait_for_a_job_that_failed_or_is_unknown(db: Database) -> None:
    (wall,) = await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.fail(conn, running, "fell over")
    with pytest.raises(Conflict, match="failed"):
        await put(db, job(kind="Dry", depends_on=(wall,)))
    with pytest.raises(Conflict, match="unknown"):
        await put(db, job(kind="Dry", depends_on=(999_999,)))


async def test_what_waits_for_a_failed_job_ends_with_the_reason_down_the_whole_chain(db: Database) -> None:
    (wall,) = await put(db, job())
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (hang,) = await put(db, job(kind="Dry", depends_on=(dry,)))
    (running,) = await take(db)
    async with db.transaction() as conn:
        assert await queue.fail(conn, running, "fell over") is True
        await queue.cancel_dependents(conn, wall, "the wall fell over")
    assert await status(db, dry) == await status(db, hang) == ("cancelled", "the wall fell over")


async def test_a_crash_between_completion_and_release_is_made_good(db: Database) -> None:
    (wall,) = await put(db, job())
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.complete(conn, running, None)
        await conn.execute("UPDATE job_queue SET completed_at = now() - interval '1 minute' WHERE id = $1", wall)
    async with db.transaction() as conn:
        assert await queue.reconcile(conn) == {"scanner"}
        assert await queue.reconcile(conn) == set()
    assert [claimed.id for claimed in await take(db)] == [dry]


async def test_who_lost_the_lease_cannot_end_the_job(db: Database) -> None:
    await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.rescue(conn)
    (other,) = await take(db, worker="two")
    assert other.id == running.id
    for end in (queue.complete, queue.fail, queue.discard):
        with pytest.raises(LeaseLostError):
            async with db.transaction() as conn:
                await end(conn, running, "late")
    await finish(db, other)
    assert (await status(db, other.id))[0] == "completed"


async def register(db: Database, worker_id: str) -> None:
    async with db.transaction() as conn:
        await queue.register(conn, worker_id, service="scanner", host="here", pid=1, version="0", kinds=["Paint"])


async def test_jobs_of_a_living_worker_are_not_rescued_and_those_of_a_dead_one_are(db: Database) -> None:
    await register(db, "alive")
    await register(db, "dead")
    first, second = await put(db, job(), job())
    await take(db, limit=1, worker="alive")
    await take(db, limit=1, worker="dead")
    async with db.transaction() as conn:
        await conn.execute("UPDATE workers SET heartbeat_at = now() - interval '1 hour' WHERE worker_id = 'dead'")
        assert await queue.rescue(conn) == ({"scanner"}, [])
        assert await queue.heartbeat(conn, "dead") is False
        assert await queue.heartbeat(conn, "alive") is True
    assert [claimed.id for claimed in await take(db)] == [second]
    assert (await status(db, first))[0] == "running"


async def test_a_job_that_kills_its_worker_three_times_fails_with_that_reason(db: Database) -> None:
    (job_id,) = await put(db, job())
    for _ in range(2):
        await take(db)
        async with db.transaction() as conn:
            assert await queue.rescue(conn) == ({"scanner"}, [])
    await take(db)
    async with db.transaction() as conn:
        assert await queue.rescue(conn) == (set(), [job_id])
    assert await status(db, job_id) == ("failed", "its worker died 3 times while it ran")


async def test_a_paused_service_starts_nothing_until_it_is_resumed(db: Database) -> None:
    await put(db, job())
    async with db.read() as conn:
        await queue.pause(conn, "scanner", "holidays")
        assert await take(db) == []
        await queue.resume(conn, "scanner")
    assert len(await take(db)) == 1


async def test_cancelling_ends_a_waiting_job_and_asks_a_running_one(db: Database) -> None:
    waiting, running = await put(db, job(), job(priority=1))
    await take(db, limit=1)
    async with db.transaction() as conn:
        assert await queue.cancel(conn, waiting) is False
        assert await queue.cancel(conn, running) is True
        assert await queue.cancel_requested(conn, [running]) == {running}
        with pytest.raises(Conflict):
            await queue.cancel(conn, waiting)


async def test_a_person_can_retry_what_failed_but_not_what_is_well(db: Database) -> None:
    (job_id,) = await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        with pytest.raises(Conflict):
            await queue.retry(conn, job_id)
        await queue.fail(conn, running, "fell over")
        assert await queue.retry(conn, job_id) == "scanner"
    (again,) = await take(db)
    assert (again.id, again.priority) == (job_id, 2)


async def test_retrying_a_job_brings_back_exactly_what_was_cancelled_for_its_sake(db: Database) -> None:
    wall, other = await put(db, job(), job())
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (hang,) = await put(db, job(kind="Dry", depends_on=(dry, other)))
    (bystander,) = await put(db, job(kind="Carve"))
    first, second = await take(db)
    async with db.transaction() as conn:
        await queue.cancel(conn, bystander)
        await queue.fail(conn, first, "fell over")
        await queue.cancel_dependents(conn, wall, "the wall fell over")
        await queue.retry(conn, wall)
    assert [(await status(db, one))[0] for one in (dry, hang, bystander)] == ["pending", "pending", "cancelled"]
    await finish(db, second)
    order = []
    for _ in range(3):
        (running,) = await take(db)
        order.append(running.id)
        await finish(db, running)
    assert order == [wall, dry, hang]


async def test_a_flag_that_one_of_two_requests_raised_stays_up(db: Database) -> None:
    await put(db, job(unique_key="wall", payload={"fresh": True, "colour": "red"}))
    await put(db, job(unique_key="wall", payload={"fresh": False, "colour": "blue"}))
    (claimed,) = await take(db)
    assert claimed.payload == {"fresh": True, "colour": "blue"}
