"""Draining a line of jobs that do nothing, by one worker process and by two.

The line stands before the workers start, and they are connected before the clock does. Fast sides are timed to the end of the
line; slow ones are watched for some seconds and what they have done in that time counts. Aims: with a transaction for each job 4 times
procrastinate and no less than the floor that claims and completes one job at a time; where handlers write nothing no
less than pgqueuer in batches of 100.
"""

import asyncio
import time
from collections.abc import Mapping

from msgspec import Struct

from bench.queue.comparing import in_turns, rates
from bench.queue.crew import crew_of
from bench.queue.house import QueueHouse
from bench.queue.sides.protocol import Side, enqueue_many
from bench.table import Row

_LOOK_SECONDS = 0.02


class Manner(Struct, frozen=True, kw_only=True):
    """One way to run a side's worker."""

    name: str
    side: str
    options: tuple[str, ...]


MANNERS = (
    Manner(name="ours", side="metarr", options=("write", "10")),
    Manner(name="floor 1", side="floor", options=("1",)),
    Manner(name="procrastinate", side="procrastinate", options=("10",)),
    Manner(name="ours with a fact", side="metarr", options=("fact", "10")),
    Manner(name="ours idle", side="metarr", options=("idle", "100")),
    Manner(name="pgqueuer 10", side="pgqueuer", options=("10",)),
    Manner(name="pgqueuer 100", side="pgqueuer", options=("100",)),
    Manner(name="floor 100", side="floor", options=("100",)),
)
# (what is compared, ours, the other, aim)
_COMPARISONS = (
    ("a transaction each", "ours", "procrastinate", 4.0),
    ("a transaction each", "ours", "floor 1", 1.0),
    ("a transaction and a fact each", "ours with a fact", "floor 1", None),
    ("nothing written", "ours idle", "pgqueuer 100", 1.0),
    ("nothing written", "ours idle", "pgqueuer 10", None),
    ("nothing written", "ours idle", "floor 100", None),
)


async def run(queues: QueueHouse) -> list[Row]:
    rows: list[Row] = []
    for workers, rounds in ((1, queues.size.rounds), (2, max(queues.size.rounds - 2, 1))):
        found: Mapping[str, list[float]] = {manner.name: [] for manner in MANNERS}
        for turn in range(rounds):
            for manner in in_turns(MANNERS, turn):
                found[manner.name].append(await _rate(queues, manner, workers))
        who = "1 worker" if workers == 1 else f"{workers} workers"
        rows += [
            rates(f"drain, {who}, {what} (x {other})", found[ours], found[other], aim=aim)
            for what, ours, other, aim in _COMPARISONS
        ]
    return rows


async def _rate(queues: QueueHouse, manner: Manner, workers: int) -> float:
    side = queues.sides[manner.side]
    await side.empty()
    await enqueue_many(side, queues.size.jobs)
    async with queues.house.db.read() as conn:
        await conn.execute(f"ANALYZE {side.table}")
    async with crew_of(queues.house, manner.side, manner.options, workers=workers) as crew:
        began = time.perf_counter()
        await crew.go()
        await drained(side, window=queues.size.window)
        left = await side.left()
        seconds = time.perf_counter() - began
    await side.empty()
    return (queues.size.jobs - left) / seconds


async def drained(side: Side, *, window: float, look: float = _LOOK_SECONDS) -> None:
    """Return when every job has ended, or after `window` seconds."""
    deadline = time.perf_counter() + window
    while await side.is_busy() and time.perf_counter() < deadline:  # noqa: ASYNC110 - it happens in another process
        await asyncio.sleep(look)
