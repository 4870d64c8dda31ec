"""The queue's tables as they are now, and what must hold in them whatever happened."""

from collections import Counter
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from metarr.db import Connection, Database

EFFECTS = "CREATE TABLE effects (job_id bigint NOT NULL)"
CLEAR = "TRUNCATE effects, job_dependencies, job_queue, workers, queue_pauses RESTART IDENTITY CASCADE"

# A step of the clock: all times that were written lie so much further back.
STEP = """
UPDATE job_queue SET next_retry_at = next_retry_at - $1::interval, debounce_until = debounce_until - $1::interval,
    completed_at = completed_at - $1::interval, created_at = created_at - $1::interval
"""

JOBS = """
SELECT *, extract(epoch FROM next_retry_at - now())::float8 / 60 AS due_in,
       extract(epoch FROM debounce_until - now())::float8 / 60 AS gathers_for
FROM job_queue
"""
REST = """
SELECT ARRAY(SELECT job_id FROM effects) AS effects, ARRAY(SELECT worker_id FROM workers) AS workers,
       ARRAY(SELECT scope FROM queue_pauses) AS pauses
"""
EDGES = "SELECT job_id, depends_on_job_id, satisfied_at FROM job_dependencies"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One look at everything."""

    jobs: dict[int, dict[str, Any]]
    open: dict[int, set[int]]
    met: dict[int, set[int]]
    satisfied: dict[tuple[int, int], Any]
    effects: Counter[int]
    workers: set[str]
    pauses: set[str]


async def look(db: Database) -> Table:
    async with db.read() as conn:
        jobs = {row["id"]: dict(row) for row in await conn.fetch(JOBS)}
        edges = [tuple(row) for row in await conn.fetch(EDGES)]
        rest = await conn.fetchrow(REST)
    assert rest is not None
    return Table(
        jobs=jobs,
        open=_by_child(jobs, [(child, parent) for child, parent, at in edges if at is None]),
        met=_by_child(jobs, [(child, parent) for child, parent, at in edges if at is not None]),
        satisfied={(child, parent): at for child, parent, at in edges if at is not None},
        effects=Counter(rest["effects"]),
        workers=set(rest["workers"]),
        pauses=set(rest["pauses"]),
    )


async def have_effect(conn: Connection, job_id: int) -> None:
    """What a handler does in the transaction of its completion."""
    await conn.execute("INSERT INTO effects (job_id) VALUES ($1)", job_id)


def check_laws(before: Table | None, now: Table) -> None:
    """What the table alone must show after every step."""
    _nothing_is_lost_or_done_twice(now)
    _nothing_starts_before_its_dependencies(now)
    _one_of_each_key(now)
    _only_what_can_run_has_a_place(now)
    if before is not None:
        _nothing_goes_back(before, now)


def _nothing_is_lost_or_done_twice(now: Table) -> None:
    completed = {job_id for job_id, row in now.jobs.items() if row["status"] == "completed"}
    assert max(now.effects.values(), default=0) <= 1, f"done twice: {now.effects}"
    assert set(now.effects) == completed, "effects and completions differ"


def _nothing_starts_before_its_dependencies(now: Table) -> None:
    TopologicalSorter(now.open).prepare()
    for job_id, row in now.jobs.items():
        if row["status"] in {"running", "completed"}:
            assert not now.open[job_id], f"job {job_id} is {row['status']} before {now.open[job_id]}"
        assert all(now.jobs[parent]["status"] == "completed" for parent in now.met[job_id]), f"job {job_id} was let go"


def _one_of_each_key(now: Table) -> None:
    active = [(row["status"], row["unique_key"]) for row in now.jobs.values() if row["unique_key"] is not None]
    counted = Counter(one for one in active if one[0] in {"pending", "running"})
    assert max(counted.values(), default=0) <= 1, f"two of one key: {counted}"


def _only_what_can_run_has_a_place(now: Table) -> None:
    for job_id, row in now.jobs.items():
        pending = row["status"] == "pending"
        assert not pending or row["unmet_dependencies"] == len(now.open[job_id]), f"job {job_id} counts wrong"
        waits = row["unmet_dependencies"] > 0 or row["next_retry_at"] is not None or row["held_by"] is not None
        assert (row["ready_seq"] is not None) == (pending and not waits), f"the place of job {job_id}: {row}"
        assert row["held_by"] is None or pending, f"job {job_id} is held and {row['status']}"
        assert row["cancelled_by"] is None or row["status"] == "cancelled", f"job {job_id} is {row['status']}"
    places = [row["ready_seq"] for row in now.jobs.values() if row["ready_seq"] is not None]
    assert len(places) == len(set(places)), "two jobs have one place"


def _nothing_goes_back(before: Table, now: Table) -> None:
    assert before.jobs.keys() <= now.jobs.keys(), f"lost: {before.jobs.keys() - now.jobs.keys()}"
    for job_id, was in before.jobs.items():
        row = now.jobs[job_id]
        assert row["lease"] - was["lease"] in {0, 1}, f"the lease of job {job_id}"
        assert was["status"] != "completed" or row["status"] == "completed", f"job {job_id} was completed"
        assert was["held_by"] is None or row["status"] in {"pending", "cancelled"}, f"job {job_id} was held"
    assert before.satisfied.items() <= now.satisfied.items(), "an edge was satisfied twice"


def _by_child(jobs: dict[int, dict[str, Any]], edges: list[tuple[int, int]]) -> dict[int, set[int]]:
    parents: dict[int, set[int]] = {job_id: set() for job_id in jobs}
    for child, parent in edges:
        parents[child].add(parent)
    return parents
