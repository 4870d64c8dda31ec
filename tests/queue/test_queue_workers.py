"""Leases and the rescue of what the dead held."""

import pytest

from metarr import queue
from metarr.db import Database
from metarr.queue import LeaseLostError
from support.queueing import dismiss, finish, job, put, status, take
from support.workers import hire


async def test_who_lost_the_lease_cannot_end_the_job(db: Database) -> None:
    await put(db, job())
    (running,) = await take(db)
    await dismiss(db)
    (other,) = await take(db, worker="two")
    assert other.id == running.id
    for end in (queue.complete, queue.fail, queue.discard):
        with pytest.raises(LeaseLostError):
            async with db.transaction() as conn:
                await end(conn, running, "late")
    await finish(db, other)
    assert (await status(db, other.id))[0] == "completed"


async def test_jobs_of_a_living_worker_are_not_rescued_and_those_of_a_dead_one_are(db: Database) -> None:
    first, second = await put(db, job(), job())
    await take(db, limit=1, worker="alive")
    await take(db, limit=1, worker="dead")
    assert await dismiss(db, "dead") == ({"scanner"}, [])
    assert [claimed.id for claimed in await take(db)] == [second]
    assert (await status(db, first))[0] == "running"


async def test_only_who_has_not_beaten_since_it_was_counted_is_buried(db: Database) -> None:
    async with db.transaction() as conn:
        await hire(conn, "alive", "scanner")
        await hire(conn, "dead", "scanner")
        counted, _ = await queue.roll(conn)
        assert await queue.beat(conn, "alive") is True
        assert await queue.bury(conn, counted) == ["dead"]
        assert await queue.beat(conn, "dead") is False


async def test_of_two_workers_with_one_name_the_younger_stays_and_gets_the_work(db: Database) -> None:
    (job_id,) = await put(db, job())
    await register(db, "scanner-1:a")
    await take(db, worker="scanner-1:a")
    assert await register(db, "scanner-1:b") == ["scanner-1:a"]
    async with db.read() as conn:
        assert await queue.beat(conn, "scanner-1:a") is False
        assert await queue.claim(conn, "scanner", ["Paint"], "scanner-1:a", limit=1) == []
        (claimed,) = await queue.claim(conn, "scanner", ["Paint"], "scanner-1:b", limit=1)
    assert (claimed.id, claimed.crashes) == (job_id, 1)


async def test_a_worker_that_leaves_frees_what_it_held_at_once(db: Database) -> None:
    (job_id,) = await put(db, job())
    await take(db, worker="leaving")
    async with db.transaction() as conn:
        assert await queue.unregister(conn, "leaving") == {"scanner"}
    assert [claimed.id for claimed in await take(db)] == [job_id]


async def test_what_a_worker_holds_and_does_not_run_is_taken_back(db: Database) -> None:
    first, second = await put(db, job(), job())
    await take(db)
    async with db.transaction() as conn:
        assert await queue.held(conn, "one") == {first: False, second: False}
        assert await queue.take_back(conn, "one", [second]) == [second]
    assert [claimed.id for claimed in await take(db)] == [second]


async def register(db: Database, worker_id: str) -> list[str]:
    async with db.transaction() as conn:
        return await queue.register(
            conn, worker_id, name="scanner-1", service="scanner", host="here", pid=1, version="0", kinds=["Paint"]
        )


async def test_a_job_that_kills_its_worker_three_times_fails_with_that_reason(db: Database) -> None:
    (job_id,) = await put(db, job())
    for _ in range(2):
        await take(db)
        assert await dismiss(db) == ({"scanner"}, [])
    await take(db)
    assert await dismiss(db) == (set(), [job_id])
    assert await status(db, job_id) == ("failed", "its worker died 3 times while it ran")


async def test_a_job_that_was_beside_the_killer_is_marked_and_completes(db: Database) -> None:
    await put(db, job())
    await take(db)
    await dismiss(db)
    (again,) = await take(db)
    assert again.crashes == 1
    await finish(db, again)
    assert (await status(db, again.id))[0] == "completed"
