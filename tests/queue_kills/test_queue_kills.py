"""Two thousand jobs while a process is killed every second: each has its effect once, and after what it depends on."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from metarr import queue
from metarr.db import CONFLICTS, Database
from metarr.db.migrate import migrate
from metarr.errors import DatabaseUnavailable
from metarr.runtime import new_job
from support import kill_ledger as ledger
from support.kill_house import WORKERS, KillHouse, kill_house
from support.kill_plan import Plan, order
from support.waiting import eventually

pytestmark = [pytest.mark.flow, pytest.mark.xdist_group("queue_kills")]

JOBS = 2000
PAUSE = 1.0
"""Seconds between two deaths."""
MOST_DEATHS = 25
FEWEST_DEATHS = 10
LIMIT = 180.0
"""Seconds in which all must be over; a tenth of it is what an idle machine needs."""
STORE = "nats and its store"

OPEN = "SELECT count(*) FROM job_queue WHERE status IN ('pending', 'running')"
LEFT = """
SELECT id, kind, status, ready_seq, next_retry_at, unmet_dependencies, held_by, crashes, worker_id, error_message
FROM job_queue WHERE status IN ('pending', 'running') ORDER BY id LIMIT 20
"""
BLAMED = "SELECT id FROM job_queue WHERE status = 'failed' AND error_message LIKE 'its worker died 3 times%'"
ENDS = "SELECT id, kind, payload, status, error_message, crashes, unique_key FROM job_queue"
STATED_AFTER = """
SELECT piece FROM effects JOIN job_queue AS j ON j.id = job_id
WHERE written > $1 AND j.kind <> 'CacheAssets' AND j.payload -> 'tells' = 'true'
"""
FIRST_LAID = """
SELECT piece, min(begun) AS begun, min(written) AS written FROM effects JOIN job_queue AS j ON j.id = job_id
WHERE j.kind <> 'CacheAssets' GROUP BY piece
"""
EDGES = "SELECT count(*) FROM job_dependencies WHERE satisfied_at IS NULL"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[KillHouse]:
    with kill_house(tmp_path) as house:
        yield house


@pytest.fixture
async def site(house: KillHouse) -> AsyncIterator[Database]:
    """The house's database, migrated."""
    await migrate(house.database_url)
    db = await Database.connect(house.database_url, name="test")
    await ledger.open_ledger(db)
    yield db
    db.terminate()


async def patiently[T](ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, however often the database dies meanwhile."""
    while True:
        try:
            return await ask()
        except (DatabaseUnavailable, *CONFLICTS):
            await asyncio.sleep(0.1)


async def kill_every_second(house: KillHouse, chance: Random, over: asyncio.Event) -> Counter[str]:
    """Until it is over, but not for ever: who died how often. The store is lost once."""
    deaths: Counter[str] = Counter()
    store_goes_at = chance.randint(3, FEWEST_DEATHS)
    victims = [*list(WORKERS) * 4, *["postgres"] * 3, *["nats"] * 2]
    while deaths.total() < MOST_DEATHS:
        try:
            await asyncio.wait_for(over.wait(), PAUSE)
        except TimeoutError:
            victim = STORE if deaths.total() + 1 == store_goes_at else chance.choice(house.at_work(victims))
            house.kill(victim)
            deaths[victim] += 1
        else:
            break
    return deaths


async def order_again(db: Database, plan: Plan, chance: Random) -> None:
    """A person asks for each of the keyed pieces once more, some at a time, some urgently."""
    jobs = plan.keyed
    chance.shuffle(jobs)
    for start in range(0, len(jobs), 5):
        some = [new_job(job, priority=chance.choice((2, 5))) for job in jobs[start : start + 5]]

        async def ask(some: list[queue.NewJob] = some) -> None:
            async with db.transaction() as conn:
                await queue.enqueue(conn, some)

        await patiently(ask)
        await asyncio.sleep(0.1)


async def acquit(db: Database) -> None:
    """In such a storm a job may see three deaths that are not its fault: a person lets it run again."""
    for row in await ledger.look(db, BLAMED):
        async with db.transaction() as conn:
            await queue.retry(conn, row["id"])


async def until_done(db: Database, house: KillHouse) -> None:
    async def is_done() -> bool:
        try:
            await acquit(db)
            return (await ledger.look(db, OPEN))[0][0] == 0
        except (DatabaseUnavailable, *CONFLICTS):
            return False

    try:
        await eventually(is_done, timeout=150, what="all jobs to end")
    except AssertionError as in_vain:
        left = "\n".join(str(dict(row)) for row in await patiently(lambda: ledger.look(db, LEFT)))
        said = "\n".join(f"{name}: {worker.words[-1500:]}" for name, worker in house.workers.items())
        raise AssertionError(f"{in_vain}\n{left}\n{said}") from None


async def test_each_of_two_thousand_jobs_has_one_effect_while_something_is_killed_every_second(
    house: KillHouse, site: Database
) -> None:
    seed = random.randrange(2**32)
    chance = Random(seed)
    plan = Plan(chance, JOBS)
    await order(site, plan)
    house.hire()
    await house.ready()

    over = asyncio.Event()
    async with asyncio.timeout(LIMIT), house.kept_alive(), asyncio.TaskGroup() as group:
        storm = group.create_task(kill_every_second(house, chance, over))
        again = group.create_task(order_again(site, plan, Random(seed)))
        await again
        await until_done(site, house)
        over.set()
    async with asyncio.timeout(LIMIT), house.kept_alive():
        await patiently(lambda: ledger.outbox_empty(site, timeout=30))
        await house.ready()
        exit_codes = await patiently(house.dismiss)
    print(f"seed {seed}, deaths {dict(storm.result())}, crashes {await ledger.crashes(site)}")

    assert storm.result().total() >= FEWEST_DEATHS
    assert house.gave_up == []
    assert set(exit_codes.values()) == {0}
    jobs = await ledger.look(site, ENDS)
    check_ends(jobs, plan)
    await check_effects(site, jobs, plan)
    await check_facts(site, house, jobs, plan)


def check_ends(jobs: list[Any], plan: Plan) -> None:
    """Nothing failed or is stuck; cancelled are only those whose work another one did; every piece is laid."""
    ended = [(job["status"], job["error_message"], job["crashes"]) for job in jobs if job["status"] != "completed"]
    assert [end for end in ended if end[0] != "cancelled" or not str(end[1]).startswith("replaced by job")] == []
    laid = Counter(
        job["payload"]["piece"] for job in jobs if job["status"] == "completed" and "piece" in job["payload"]
    )
    assert laid.keys() == plan.pieces.keys()
    assert {piece for piece, times in laid.items() if times > (2 if plan.pieces[piece].job.key else 1)} == set()


async def check_effects(db: Database, jobs: list[Any], plan: Plan) -> None:
    """One of each completed job that writes, none of others, each after those it waited for."""
    writing = {job["id"] for job in jobs if job["status"] == "completed" and job["kind"] != "Measure"}
    assert await ledger.effects(db) == dict.fromkeys(writing, 1)
    assert await ledger.look(db, "SELECT * FROM effects WHERE early > 0") == []
    assert (await ledger.look(db, EDGES))[0][0] == 0
    laid = {row["piece"]: row for row in await ledger.look(db, FIRST_LAID)}
    assert [
        (piece, below)
        for piece, planned in plan.pieces.items()
        for below in planned.after
        if piece in laid and below in laid and laid[piece]["begun"] <= laid[below]["written"]
    ] == []


async def check_facts(db: Database, house: KillHouse, jobs: list[Any], plan: Plan) -> None:
    """Each fact is told once, unless the stream that had it was lost, and followed once."""
    stated = Counter(
        job["payload"]["piece"] for job in jobs if job["status"] == "completed" and job["payload"].get("tells")
    )
    followed = {job["payload"]["entity_id"] for job in jobs if job["kind"] == "CacheAssets"}
    assert followed == stated.keys()
    told = Counter({ledger.piece_of(subject): n for subject, n in (await ledger.told(house.broker.url)).items()})
    assert {piece for piece in told if told[piece] > stated[piece]} == set()
    late = {row["piece"] for row in await ledger.look(db, STATED_AFTER, house.store_lost)}
    assert late <= told.keys()
