"""A worker is killed at each step of a job, by its own hand: the job has one effect, is told once and followed once."""

from pathlib import Path

import pytest

from metarr.db import Database
from support import kill_ledger as ledger
from support.kill_jobs import LayStone, Measure
from support.kill_processes import Crew
from support.kill_worker import WORKING, Orders

pytestmark = pytest.mark.xdist_group("queue_kills")

KILLED = -9

STEPS = {"claimed": 1, WORKING: 1, "worked": 1, "written": 1, "committed": 0, "told": 0}
"""Where the worker dies, and whether that counts against the job: not when its effect stands already."""

FOLLOWING = "SELECT status FROM job_queue WHERE kind = 'CacheAssets'"
ORDER = "SELECT job_id, early FROM effects ORDER BY begun"


@pytest.mark.parametrize(("step", "crashes"), STEPS.items())
async def test_a_job_whose_worker_is_killed_has_one_effect_one_fact_and_one_of_each_follower(
    db: Database, database_url: str, nats_url: str, tmp_path: Path, step: str, crashes: int
) -> None:
    await ledger.open_ledger(db)
    (stone,) = await ledger.put_jobs(db, LayStone(piece=1, tells=True))
    dependents = await ledger.put_jobs(db, *(LayStone(piece=piece) for piece in (2, 3, 4)), after=(stone,))

    with Crew(database_url, nats_url, tmp_path) as crew:
        assert await crew.start("mason", Orders(die_at=step)).ends() == KILLED
        await crew.ready("mason", Orders())
        await ledger.completed(db, stone, *dependents)
        await ledger.outbox_empty(db)

    assert await ledger.effects(db) == dict.fromkeys([stone, *dependents], 1)
    first, *others = map(tuple, await ledger.look(db, ORDER))
    assert first == (stone, 0)
    assert sorted(others) == [(dependent, 0) for dependent in dependents]
    assert await ledger.told(nats_url) == {"metarr.events.movie.ItemEnriched.1": 1}
    assert [row["status"] for row in await ledger.look(db, FOLLOWING)] == ["pending"]
    assert await ledger.ends(db, stone, *dependents) == [("completed", crashes), *[("completed", 0)] * 3]


@pytest.mark.parametrize(("step", "crashes"), [("claimed", 1), ("committed", 0)])
async def test_who_waits_for_a_job_that_writes_nothing_starts_once_after_it(
    db: Database, database_url: str, nats_url: str, tmp_path: Path, step: str, crashes: int
) -> None:
    await ledger.open_ledger(db)
    (measure,) = await ledger.put_jobs(db, Measure(piece=1))
    (stone,) = await ledger.put_jobs(db, LayStone(piece=2), after=(measure,))

    with Crew(database_url, nats_url, tmp_path) as crew:
        assert await crew.start("mason", Orders(die_at=step)).ends() == KILLED
        await crew.ready("mason", Orders())
        await ledger.completed(db, measure, stone)

    assert [tuple(row) for row in await ledger.look(db, ORDER)] == [(stone, 0)]
    assert await ledger.ends(db, measure, stone) == [("completed", crashes), ("completed", 0)]
