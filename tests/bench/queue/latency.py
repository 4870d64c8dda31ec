"""From before the enqueue to the first line of the job, with idle workers: one job at a time, the sides in turns.

Aims: p50 at most 1.3 times the floor's and below procrastinate's, p99 at most 10 ms.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bench.queue.comparing import durations, in_turns
from bench.queue.crew import Crew, crew_of
from bench.queue.house import QueueHouse
from bench.queue.sides.protocol import Side
from bench.table import Row

P99_AIM_SECONDS = 0.010
_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "metarr": ("start", "10"),
    "floor": ("1", "start"),
    "procrastinate": ("10", "start"),
    "pgqueuer": ("10", "start"),
}
_WARM_UP = 10


async def run(queues: QueueHouse) -> list[Row]:
    found: Mapping[str, list[float]] = {name: [] for name in queues.sides}
    async with AsyncExitStack() as stack:
        pairs: list[tuple[Side, Crew]] = []
        for name, side in queues.sides.items():
            await side.empty()
            pairs.append((side, await stack.enter_async_context(crew_of(queues.house, name, _OPTIONS[name]))))
        for _, crew in pairs:
            await crew.go()
        for number in range(_WARM_UP + queues.size.latencies):
            for side, crew in in_turns(pairs, number):
                seconds = await _seconds(side, crew, number)
                if number >= _WARM_UP:
                    found[side.name].append(seconds)
    ours, floor = found["metarr"], found["floor"]
    return [
        _p50("floor", ours, floor, 1.3),
        _p50("procrastinate", ours, found["procrastinate"], 1.0),
        _p50("pgqueuer", ours, found["pgqueuer"], None),
        durations("enqueue to start, idle, p99 (of 10 ms)", [_p99(ours)], [P99_AIM_SECONDS], aim=1.0),
        durations("enqueue to start, idle, p99 (of the floor's)", [_p99(ours)], [_p99(floor)]),
    ]


async def _seconds(side: Side, crew: Crew, number: int) -> float:
    await asyncio.sleep(random.uniform(0.005, 0.015))
    began = time.monotonic_ns()
    await side.enqueue([number])
    return (await crew.start_of(number) - began) / 1e9


def _p50(other: str, ours: list[float], theirs: list[float], aim: float | None) -> Row:
    mine, their = [statistics.median(ours)], [statistics.median(theirs)]
    return durations(f"enqueue to start, idle, p50 (of {other}'s)", mine, their, aim=aim)


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]
