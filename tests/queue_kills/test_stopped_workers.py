"""Workers that are asked to stop, frozen, doubled, or killed by a job: nothing is lost, and nothing has its effect twice."""

import signal
from pathlib import Path

import pytest

from metarr import queue
from metarr.db import Database
from support import kill_ledger as ledger
from support.kill_jobs import BreakTool, LayStone
from support.kill_processes import Crew, WorkerProcess
from support.kill_worker import Orders

pytestmark = pytest.mark.xdist_group("queue_kills")

WAITING = "waiting in the work"
GAVE_UP = "gave up: others have taken over"
REFUSED = "outcome=lost"
NEVER = 3600.0

WORKERS = "SELECT name FROM workers"


async def bury(db: Database, name: str) -> None:
    """What a watcher does who has not seen a beat of this worker for long."""
    ((worker_id, beats),) = await ledger.look(db, "SELECT worker_id, beats FROM workers WHERE name = $1", name)
    async with db.transaction() as conn:
        assert await queue.bury(conn, {worker_id: beats}) == [worker_id]


async def frozen_in_mid_job(crew: Crew, db: Database, orders: Orders) -> tuple[WorkerProcess, int]:
    """A worker that stands still in the middle of a job, and the job, which another worker did meanwhile."""
    (stone,) = await ledger.put_jobs(db, LayStone(piece=1, tells=True))
    frozen = await crew.ready("frozen", orders)
    await frozen.says(WAITING)
    frozen.signal(signal.SIGSTOP)
    await crew.ready("quick", Orders())
    await bury(db, "frozen")
    await ledger.completed(db, stone)
    return frozen, stone


async def test_a_job_that_ends_within_the_grace_of_a_stop_is_completed(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await ledger.open_ledger(db)
    first, second = await ledger.put_jobs(db, LayStone(piece=1, tells=True), LayStone(piece=2))
    with Crew(database_url, nats_url, tmp_path) as crew:
        worker = await crew.ready("mason", Orders(waits=True, slots=1))
        await worker.says(WAITING)
        worker.signal(signal.SIGTERM)
        await worker.says("finishing what runs")
        worker.signal(signal.SIGUSR1)
        assert await worker.ends() == 0
    assert await ledger.ends(db, first, second) == [("completed", 0), ("pending", 0)]
    assert await ledger.effects(db) == {first: 1}
    assert await ledger.told(nats_url) == {"metarr.events.movie.ItemEnriched.1": 1}
    assert await ledger.look(db, WORKERS) == []


async def test_a_job_that_outlasts_the_grace_of_a_stop_is_handed_back_and_done_by_the_next_worker(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await ledger.open_ledger(db)
    (stone,) = await ledger.put_jobs(db, LayStone(piece=1))
    with Crew(database_url, nats_url, tmp_path) as crew:
        worker = await crew.ready("mason", Orders(waits=True, grace=0.1))
        await worker.says(WAITING)
        worker.signal(signal.SIGTERM)
        assert await worker.ends() == 0
        ((status, retries, place),) = await ledger.look(db, "SELECT status, retry_count, ready_seq FROM job_queue")
        assert (status, retries, place is not None) == ("pending", 0, True)
        assert await ledger.look(db, WORKERS) == []
        await crew.ready("mason", Orders())
        await ledger.completed(db, stone)
    assert await ledger.ends(db, stone) == [("completed", 0)]
    assert await ledger.effects(db) == {stone: 1}


async def test_what_a_frozen_worker_writes_after_others_took_over_is_refused(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await ledger.open_ledger(db)
    with Crew(database_url, nats_url, tmp_path) as crew:
        frozen, stone = await frozen_in_mid_job(crew, db, Orders(waits=True, beat=NEVER))
        frozen.signal(signal.SIGUSR1)
        frozen.signal(signal.SIGCONT)
        await frozen.says(REFUSED)
        await ledger.outbox_empty(db)
    assert await ledger.effects(db) == {stone: 1}
    assert await ledger.told(nats_url) == {"metarr.events.movie.ItemEnriched.1": 1}
    assert await ledger.ends(db, stone) == [("completed", 1)]


async def test_a_frozen_worker_that_wakes_up_after_its_burial_ends_itself(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await ledger.open_ledger(db)
    with Crew(database_url, nats_url, tmp_path) as crew:
        frozen, stone = await frozen_in_mid_job(crew, db, Orders(waits=True))
        frozen.signal(signal.SIGCONT)
        assert await frozen.ends() == 1
        assert GAVE_UP in frozen.words
        assert [row["name"] for row in await ledger.look(db, WORKERS)] == ["quick"]
    assert await ledger.effects(db) == {stone: 1}
    assert await ledger.ends(db, stone) == [("completed", 1)]


async def test_of_two_workers_with_one_name_the_older_ends_itself_and_claims_nothing_before(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await ledger.open_ledger(db)
    (first,) = await ledger.put_jobs(db, LayStone(piece=1))
    with Crew(database_url, nats_url, tmp_path) as crew:
        older = await crew.ready("twin", Orders(waits=True, beat=2.0))
        await older.says(WAITING)
        younger = await crew.ready("twin", Orders())
        others = await ledger.put_jobs(db, *(LayStone(piece=piece) for piece in range(2, 12)))
        await ledger.completed(db, first, *others)
        assert await older.ends() == 1
        assert GAVE_UP in older.words
        assert older.words.count(WAITING) == 1
        assert younger.exit_code is None
    assert await ledger.effects(db) == dict.fromkeys([first, *others], 1)


async def test_a_job_that_kills_its_worker_three_times_is_failed_and_its_neighbours_are_not_blamed(
    db: Database, database_url: str, nats_url: str, tmp_path: Path
) -> None:
    await ledger.open_ledger(db)
    neighbours = await ledger.put_jobs(db, *(LayStone(piece=piece, seconds=0.05) for piece in range(1, 16)))
    (killer,) = await ledger.put_jobs(db, BreakTool(piece=16))
    neighbours += await ledger.put_jobs(db, *(LayStone(piece=piece, seconds=0.05) for piece in range(17, 32)))

    with Crew(database_url, nats_url, tmp_path) as crew:
        for _ in range(3):
            assert await crew.start("mason", Orders()).ends() == -signal.SIGKILL
        last = await crew.ready("mason", Orders())
        await ledger.completed(db, *neighbours)
        assert last.exit_code is None

    ((reason, status),) = await ledger.look(db, "SELECT error_message, status FROM job_queue WHERE id = $1", killer)
    assert (status, reason) == ("failed", "its worker died 3 times while it ran")
    assert await ledger.effects(db) == dict.fromkeys(neighbours, 1)
