"""Jobs that wait for jobs: released once, cancelled with the reason, revived, never in a circle."""

from datetime import UTC, datetime, timedelta

import pytest

from metarr import queue
from metarr.db import Database
from metarr.errors import Conflict
from support.queueing import dismiss, finish, job, put, row, status, take


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


async def test_two_jobs_cannot_wait_for_each_other(db: Database) -> None:
    (wall,) = await put(db, job(unique_key="wall"))
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (hang,) = await put(db, job(kind="Dry", depends_on=(dry,)))
    with pytest.raises(Conflict, match=f"job {hang} waits for job {wall}"):
        await put(db, job(unique_key="wall", depends_on=(hang,)))
    assert [claimed.id for claimed in await take(db)] == [wall]


async def test_requests_of_one_batch_cannot_wait_for_each_other(db: Database) -> None:
    wall, roof = await put(db, job(unique_key="wall"), job(unique_key="roof"))
    with pytest.raises(Conflict, match="they cannot wait for each other"):
        await put(db, job(unique_key="wall", depends_on=(roof,)), job(unique_key="roof", depends_on=(wall,)))
    assert [claimed.id for claimed in await take(db)] == [wall, roof]


async def test_a_more_urgent_request_in_the_same_batch_waits_for_what_the_other_waits_for(db: Database) -> None:
    (wall,) = await put(db, job(priority=10))
    hang, same = await put(db, job(unique_key="hang", depends_on=(wall,)), job(unique_key="hang", priority=1))
    assert hang == same
    assert [claimed.id for claimed in await take(db)] == [wall]


async def test_a_time_that_passed_while_a_job_waited_for_another_is_over(db: Database) -> None:
    (wall,) = await put(db, job())
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,), run_at=datetime.now(UTC) + timedelta(hours=1)))
    async with db.transaction() as conn:
        await conn.execute("UPDATE job_queue SET next_retry_at = now() WHERE id = $1", dry)
    await finish(db, (await take(db))[0])
    assert (await row(db, dry))["next_retry_at"] is None
    assert [claimed.id for claimed in await take(db)] == [dry]


async def test_a_request_that_is_absorbed_by_what_it_depends_on_does_not_wait_for_itself(db: Database) -> None:
    (wall,) = await put(db, job(unique_key="wall"))
    assert await put(db, job(unique_key="wall", depends_on=(wall,))) == [wall]
    assert [claimed.id for claimed in await take(db)] == [wall]


async def test_a_thousand_jobs_wait_for_one_and_one_for_a_thousand(db: Database) -> None:
    (first,) = await put(db, job())
    crowd = await put(db, *[job(kind="Dry", depends_on=(first,)) for _ in range(1000)])
    (last,) = await put(db, job(kind="Dry", priority=1, depends_on=tuple(crowd)))
    (running,) = await take(db)
    await finish(db, running)
    claimed = await take(db, limit=2000)
    assert [one.id for one in claimed] == crowd
    async with db.transaction() as conn:
        assert set(await queue.complete_many(conn, claimed)) == set(crowd)
    async with db.transaction() as conn:
        assert await queue.release(conn, crowd[:999]) == set()
        assert await queue.release(conn, crowd) == {"scanner"}
    assert [one.id for one in await take(db)] == [last]


async def test_a_second_release_of_the_same_jobs_changes_nothing(db: Database) -> None:
    wall, other = await put(db, job(), job())
    await put(db, job(kind="Dry", depends_on=(wall, other)))
    first, _ = await take(db)
    await finish(db, first)
    async with db.transaction() as conn:
        assert await queue.release(conn, [wall]) == set()
    assert await take(db) == []


async def test_who_waited_for_a_job_that_gave_way_to_its_twin_waits_for_the_twin(db: Database) -> None:
    (wall,) = await put(db, job(unique_key="wall"))
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (running,) = await take(db)
    (twin,) = await put(db, job(unique_key="wall"))
    async with db.transaction() as conn:
        await queue.put_back(conn, running, None, after=None, counts=False)
    assert (await status(db, wall))[0] == "cancelled"
    (second,) = await take(db)
    assert second.id == twin
    await finish(db, second)
    assert [claimed.id for claimed in await take(db)] == [dry]


async def test_what_waits_for_the_job_and_for_its_twin_waits_once(db: Database) -> None:
    (wall,) = await put(db, job(unique_key="wall"))
    (running,) = await take(db)
    (twin,) = await put(db, job(unique_key="wall"))
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall, twin)))
    assert (await dismiss(db))[1] == []
    (second,) = await take(db)
    assert second.id == twin
    await finish(db, second)
    assert [claimed.id for claimed in await take(db)] == [dry]
    assert (await status(db, running.id))[0] == "cancelled"


async def test_jobs_that_wrote_nothing_are_completed_together_and_only_by_who_holds_them(db: Database) -> None:
    kept, lost = await put(db, job(), job())
    first, second = await take(db)
    async with db.transaction() as conn:
        await queue.take_back(conn, "one", [lost])
        assert await queue.complete_many(conn, [first, second]) == {kept: False}
    assert (await status(db, lost))[0] == "pending"


async def test_of_two_that_ended_for_the_sake_of_one_job_and_do_the_same_the_younger_comes_back(db: Database) -> None:
    (wall,) = await put(db, job())
    (first,) = await put(db, job(kind="Dry", unique_key="dry", depends_on=(wall,)))
    await _fall_over(db)
    (second,) = await put(db, job(kind="Dry", unique_key="dry", priority=10))
    async with db.transaction() as conn:
        await queue.retry(conn, wall)
    await put(db, job(kind="Dry", unique_key="dry", priority=10, depends_on=(wall,)))
    await _fall_over(db)
    async with db.transaction() as conn:
        await queue.retry(conn, wall)
    assert [(await status(db, one))[0] for one in (wall, first, second)] == ["pending", "cancelled", "pending"]


async def _fall_over(db: Database) -> None:
    (running,) = await take(db)
    async with db.transaction() as conn:
        await queue.fail(conn, running, "fell over")
        await queue.cancel_dependents(conn, running.id, "the wall fell over")


async def test_a_job_that_its_twin_waits_for_goes_on_and_all_of_them_run(db: Database) -> None:
    (wall,) = await put(db, job(unique_key="wall"))
    (dry,) = await put(db, job(kind="Dry", depends_on=(wall,)))
    (running,) = await take(db)
    (again,) = await put(db, job(unique_key="wall", depends_on=(dry,)))
    async with db.transaction() as conn:
        await queue.put_back(conn, running, None, after=None, counts=False)
    order = []
    for _ in range(3):
        (claimed,) = await take(db)
        order.append(claimed.id)
        await finish(db, claimed)
    assert order == [wall, dry, again]
