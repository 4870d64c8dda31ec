"""Old history goes in small batches; what somebody may still need stays."""

from datetime import timedelta
from typing import Any

import pytest

from metarr import queue
from metarr.db import Database
from metarr.messages.facts import HistoryPruned
from metarr.messages.jobs import EnrichItem, PruneHistory
from metarr.runtime import new_job
from metarr_scanner import history
from metarr_scanner.jobs import Handlers
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober
from support.clock import ManualClock
from support.running import RunJob


class Past:
    """Jobs that ended some days ago."""

    def __init__(self, db: Database, clock: ManualClock, run_job: RunJob) -> None:
        self.db = db
        self._now = clock.now()
        self._handlers = Handlers(Prober(), NameReader())
        self._run_job = run_job
        self._films = 0

    async def job(self, status: str, days: int, *, behind: tuple[int, ...] = (), **columns: Any) -> int:
        self._films += 1
        job = EnrichItem(entity_type="movie", entity_id=self._films)
        async with self.db.transaction() as conn:
            (placed,) = await queue.enqueue(conn, [new_job(job, priority=5, depends_on=behind)])
        await self.change(placed.id, status=status, completed_at=self._now - timedelta(days=days), **columns)
        return placed.id

    async def change(self, job_id: int, **columns: Any) -> None:
        async with self.db.read() as conn:
            for name, value in columns.items():
                await conn.execute(f"UPDATE job_queue SET {name} = $2 WHERE id = $1", job_id, value)

    async def prune(self) -> HistoryPruned:
        fact = await self._run_job(self._handlers, PruneHistory(), priority=10)
        assert isinstance(fact, HistoryPruned)
        return fact

    async def left(self, kind: str = "EnrichItem") -> list[int]:
        async with self.db.read() as conn:
            return [row["id"] for row in await conn.fetch("SELECT id FROM job_queue WHERE kind = $1 ORDER BY id", kind)]


@pytest.fixture
def past(db: Database, clock: ManualClock, run_job: RunJob) -> Past:
    return Past(db, clock, run_job)


async def test_completed_jobs_go_after_30_days_and_failed_and_cancelled_ones_after_90(past: Past) -> None:
    for status, days in (("completed", 31), ("failed", 91), ("cancelled", 91)):
        await past.job(status, days)
    kept = [await past.job(status, days) for status, days in (("completed", 29), ("failed", 89), ("cancelled", 89))]
    assert await past.prune() == HistoryPruned(jobs=3)
    assert await past.left() == kept


async def test_the_settings_say_how_long(past: Past) -> None:
    async with past.db.read() as conn:
        await conn.execute(
            "INSERT INTO app_settings VALUES ('history.completed_days', '2'), ('history.failed_days', '4')"
        )
    await past.job("completed", 3)
    await past.job("failed", 5)
    kept = [await past.job("failed", 3)]
    assert (await past.prune()).jobs == 2
    assert await past.left() == kept


@pytest.mark.parametrize("status", ["pending", "running"])
async def test_what_has_not_ended_stays_however_old(past: Past, status: str) -> None:
    job = await past.job(status, 400)
    assert await past.prune() == HistoryPruned(jobs=0)
    assert await past.left() == [job]


async def test_a_job_goes_in_batches_and_the_next_one_follows_from_the_fact(
    past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "BATCH", 2)
    for _ in range(3):
        await past.job("completed", 40)
    assert await past.prune() == HistoryPruned(jobs=2, more=True)
    assert len(await past.left("PruneHistory")) == 2
    assert await past.prune() == HistoryPruned(jobs=1)
    assert await past.left() == []


@pytest.mark.parametrize("child", ["pending", "running"])
async def test_what_a_living_job_stands_behind_stays(past: Past, child: str) -> None:
    parent = await past.job("pending", 0)
    behind = await past.job(child, 0, behind=(parent,))
    await past.change(parent, status="completed", completed_at=past._now - timedelta(days=400))
    async with past.db.read() as conn:
        await conn.execute("UPDATE job_dependencies SET satisfied_at = now()")
    assert (await past.prune()).jobs == 0
    assert await past.left() == [parent, behind]


async def test_what_a_cancelled_job_could_come_back_behind_goes_only_after_that_one(past: Past) -> None:
    parent = await past.job("pending", 0)
    child = await past.job("cancelled", 95, behind=(parent,))
    await past.change(parent, status="failed", completed_at=past._now - timedelta(days=95))
    assert (await past.prune()).jobs == 1
    assert child not in await past.left()
    assert (await past.prune()).jobs == 1
    assert await past.left() == []


async def test_a_job_named_by_one_that_ended_for_its_sake_stays_with_it(past: Past) -> None:
    parent = await past.job("failed", 95)
    child = await past.job("cancelled", 10, cancelled_by=parent)
    assert (await past.prune()).jobs == 0
    assert await past.left() == [parent, child]


async def test_a_job_that_a_person_is_reviving_in_this_moment_is_passed_over(past: Past) -> None:
    job = await past.job("failed", 95)
    async with past.db.transaction() as person:
        await queue.retry(person, job)
        assert (await past.prune()).jobs == 0
    assert await past.left() == [job]


async def test_webhook_events_go_when_they_were_processed_and_keep_no_job_here(past: Past) -> None:
    job = await past.job("completed", 95)
    async with past.db.read() as conn:
        await conn.execute(
            """
            INSERT INTO webhook_events (source, event_type, payload, processed, job_id, created_at)
            SELECT 'radarr', e.name, '{}', e.processed, $2, $1::timestamptz - e.age
            FROM (VALUES ('old', true, interval '91 days'), ('unread', false, interval '91 days'),
                         ('young', true, interval '89 days')) AS e (name, processed, age)
            """,
            past._now,
            job,
        )
        assert await past.prune() == HistoryPruned(jobs=1, webhook_events=1)
        rows = await conn.fetch("SELECT event_type, job_id FROM webhook_events ORDER BY event_type")
    assert [tuple(row) for row in rows] == [("unread", None), ("young", None)]
