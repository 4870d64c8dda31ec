"""What a person does: cancel, retry, pause, resume."""

import pytest

from metarr import queue
from metarr.db import Database
from metarr.errors import Conflict
from support.queueing import job, put, status, take


async def test_a_paused_service_starts_nothing_until_it_is_resumed(db: Database) -> None:
    await put(db, job())
    async with db.read() as conn:
        await queue.pause(conn, "service:scanner", "holidays")
        assert await take(db) == []
        await queue.resume(conn, "service:scanner")
    assert len(await take(db)) == 1


async def test_cancelling_ends_a_waiting_job_and_asks_a_running_one(db: Database) -> None:
    waiting, running = await put(db, job(), job(priority=1))
    await take(db, limit=1)
    async with db.transaction() as conn:
        assert await queue.cancel(conn, waiting) is False
        assert await queue.cancel(conn, running) is True
        assert await queue.held(conn, "one") == {running: True}
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


async def test_a_job_held_by_a_pause_waits_for_its_end_whatever_asks_for_it(db: Database) -> None:
    (job_id,) = await put(db, job(unique_key="wall"))
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.pause(conn, "library:3", "the disk is full")
        await queue.put_back(conn, running, "Films is paused", after=None, counts=False, held_by="library:3")
    await put(db, job(unique_key="wall", priority=1))
    assert await take(db) == []
    async with db.transaction() as conn:
        assert await queue.unhold(conn) == set()
        assert await queue.resume(conn, "library:3") == {"scanner"}
    assert [(claimed.id, claimed.paused) for claimed in await take(db)] == [(job_id, ())]


async def test_the_end_of_one_pause_does_not_end_another(db: Database) -> None:
    films, series = await put(db, job(), job())
    async with db.transaction() as conn:
        await queue.pause(conn, "library:1", "night")
        await queue.pause(conn, "library:2", "night")
    for claimed, scope in zip(await take(db), ("library:1", "library:2"), strict=True):
        assert set(claimed.paused) == {"library:1", "library:2"}
        async with db.transaction() as conn:
            await queue.put_back(conn, claimed, None, after=None, counts=False, held_by=scope)
    async with db.transaction() as conn:
        await queue.resume(conn, "library:2")
    assert [claimed.id for claimed in await take(db)] == [series]
    assert (await status(db, films))[0] == "pending"


async def test_a_held_job_can_be_cancelled_and_does_not_come_back(db: Database) -> None:
    (job_id,) = await put(db, job())
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.pause(conn, "library:1", "night")
        await queue.put_back(conn, running, None, after=None, counts=False, held_by="library:1")
        await queue.cancel(conn, job_id)
        await queue.resume(conn, "library:1")
    assert await take(db) == []
    assert (await status(db, job_id))[0] == "cancelled"


async def test_a_job_whose_dependency_failed_cannot_be_retried_before_it(db: Database) -> None:
    (wall,) = await put(db, job())
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.fail(conn, running, "fell over")
        await queue.cancel_dependents(conn, wall, "the wall fell over")
        with pytest.raises(Conflict, match=f"depends on job {wall}, which is failed"):
            await queue.retry(conn, dry)
