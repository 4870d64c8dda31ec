"""The line: order, bounds, unique keys, times."""

from datetime import UTC, datetime, timedelta

import pytest

from metarr import queue
from metarr.db import Database
from metarr.queue import Debounce, Line
from support.queueing import finish, job, put, status, take


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


async def test_requests_with_one_key_in_a_batch_gather_as_if_they_came_one_after_another(db: Database) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    ids = await put(
        db,
        job(unique_key="wall", priority=2, payload={"fresh": True}, run_at=later),
        job(unique_key="wall", priority=10, payload={"fresh": False}),
        job(unique_key="wall", priority=10, payload={"fresh": False}),
    )
    assert len(set(ids)) == 1
    (claimed,) = await take(db)
    assert (claimed.id, claimed.priority, claimed.payload) == (ids[0], 2, {"fresh": True})


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


async def test_a_flag_that_one_of_two_requests_raised_stays_up(db: Database) -> None:
    await put(db, job(unique_key="wall", payload={"fresh": True, "colour": "red"}))
    await put(db, job(unique_key="wall", payload={"fresh": False, "colour": "blue"}))
    (claimed,) = await take(db)
    assert claimed.payload == {"fresh": True, "colour": "blue"}


async def test_a_batch_keeps_its_order_whether_its_jobs_have_keys_or_not(db: Database) -> None:
    ids = await put(db, job(unique_key="z"), job(), job(unique_key="a"), job())
    assert [claimed.id for claimed in await take(db)] == ids


async def test_a_job_that_becomes_urgent_stands_behind_those_that_were_urgent_before(db: Database) -> None:
    (wall,) = await put(db, job(unique_key="wall", priority=10))
    (urgent,) = await put(db, job(priority=2))
    await put(db, job(unique_key="wall", priority=2))
    assert [claimed.id for claimed in await take(db)] == [urgent, wall]


async def due_in(db: Database, job_id: int) -> float | None:
    """Seconds from the job's creation to its time; None for one that stands in the line."""
    async with db.read() as conn:
        return await conn.fetchval(
            "SELECT extract(epoch FROM next_retry_at - created_at)::float8 FROM job_queue WHERE id = $1", job_id
        )


DEBOUNCE = Debounce(wait=timedelta(seconds=10), most=timedelta(seconds=60))


async def test_requests_gather_behind_the_last_one_but_not_for_ever(db: Database) -> None:
    (job_id,) = await put(db, job(unique_key="wall", debounce=DEBOUNCE))
    assert await due_in(db, job_id) == pytest.approx(10, abs=0.1)
    later = Debounce(wait=timedelta(seconds=30), most=timedelta(hours=1))
    assert await put(db, job(unique_key="wall", debounce=later)) == [job_id]
    assert await due_in(db, job_id) == pytest.approx(30, abs=1)
    much_later = Debounce(wait=timedelta(hours=1), most=timedelta(hours=1))
    await put(db, job(unique_key="wall", debounce=much_later))
    assert await due_in(db, job_id) == pytest.approx(60, abs=0.1)


async def test_a_second_request_shortens_a_debounce(db: Database) -> None:
    (job_id,) = await put(db, job(unique_key="wall", debounce=DEBOUNCE))
    await put(db, job(unique_key="wall", debounce=Debounce(wait=timedelta(seconds=1), most=timedelta(hours=1))))
    assert await due_in(db, job_id) == pytest.approx(1, abs=1)
    assert await take(db) == []


async def test_a_debounce_does_not_put_off_what_has_a_time_of_its_own(db: Database) -> None:
    (job_id,) = await put(db, job(unique_key="wall", run_at=datetime.now(UTC) + timedelta(seconds=20)))
    slow = Debounce(wait=timedelta(hours=1), most=timedelta(hours=2))
    await put(db, job(unique_key="wall", debounce=slow))
    assert await due_in(db, job_id) == pytest.approx(20, abs=1)


async def test_a_request_that_cannot_wait_ends_a_debounce(db: Database) -> None:
    (job_id,) = await put(db, job(unique_key="wall", debounce=DEBOUNCE))
    await put(db, job(unique_key="wall"))
    assert [claimed.id for claimed in await take(db)] == [job_id]


async def test_background_requests_do_not_shorten_a_retry_and_a_persons_does(db: Database) -> None:
    (job_id,) = await put(db, job(unique_key="wall"))
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.put_back(conn, running, "wet", after=timedelta(hours=1), counts=True)
    await put(db, job(unique_key="wall"))
    await put(db, job(unique_key="wall", debounce=DEBOUNCE))
    assert await take(db) == []
    await put(db, job(unique_key="wall", priority=2))
    assert [claimed.id for claimed in await take(db)] == [job_id]


async def test_a_level_that_has_waited_too_long_gets_every_fourth_claim_first(db: Database) -> None:
    old = await put(db, *[job(priority=10) for _ in range(2)])
    async with db.transaction() as conn:
        await conn.execute("UPDATE job_queue SET created_at = now() - interval '5 minutes'")
    line = Line()
    fresh = await put(db, *[job(priority=1) for _ in range(8)])
    async with db.read() as conn:
        await queue.find_aged(conn, "scanner", line)
    order = [(await take(db, limit=1, line=line))[0].id for _ in range(8)]
    assert order == [*fresh[:3], old[0], *fresh[3:6], old[1]]


async def test_priorities_are_strict_while_nobody_has_waited_too_long(db: Database) -> None:
    await put(db, job(priority=10))
    line = Line()
    fresh = await put(db, *[job(priority=5) for _ in range(8)])
    async with db.read() as conn:
        await queue.find_aged(conn, "scanner", line)
    assert [(await take(db, limit=1, line=line))[0].id for _ in range(8)] == fresh


async def test_what_a_claim_passed_over_is_found_by_the_next_walk_of_the_whole_line(db: Database) -> None:
    passed, taken = await put(db, job(), job())
    line = Line()
    async with db.transaction() as conn:
        await conn.execute("SELECT FROM job_queue WHERE id = $1 FOR UPDATE", passed)
        assert [claimed.id for claimed in await take(db, line=line)] == [taken]
    line.walked(0.0, seconds=1.0)
    assert await take(db, line=line) == []
    later = line.until_walk(0.0)
    assert [claimed.id for claimed in await take(db, line=line, now=later)] == [passed]


async def test_a_server_clock_that_was_set_back_does_not_hold_retries(db: Database) -> None:
    (job_id,) = await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.put_back(conn, running, "wet", after=timedelta(seconds=1), counts=True)
        await conn.execute("ALTER TABLE job_queue DISABLE TRIGGER touch_updated_at")
        await conn.execute(
            "UPDATE job_queue SET next_retry_at = next_retry_at + interval '1 day', updated_at = now() + interval '1 day'"
        )
        await conn.execute("ALTER TABLE job_queue ENABLE TRIGGER touch_updated_at")
        await queue.shift(conn)
        assert await conn.fetchval(
            "SELECT next_retry_at <= now() + interval '1 second' FROM job_queue WHERE id = $1", job_id
        )
