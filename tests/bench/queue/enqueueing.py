"""Enqueueing one by one, each job committed before the next, and in bulk in batches of 1,000. No worker is there."""

import time
from collections.abc import Mapping

from bench.queue.comparing import in_turns, rates
from bench.queue.house import QueueHouse
from bench.queue.sides.protocol import Side, enqueue_many
from bench.table import Row

BULK_AIM = 1.5
_PEERS = ("floor", "pgqueuer", "procrastinate")

type Rates = Mapping[str, list[float]]


async def run(queues: QueueHouse) -> list[Row]:
    sides = list(queues.sides.values())
    one: Rates = {side.name: [] for side in sides}
    bulk: Rates = {side.name: [] for side in sides}
    for turn in range(queues.size.rounds):
        for side in in_turns(sides, turn):
            await side.empty()
            one[side.name].append(await _rate(side, queues.size.singles, batch=1))
            bulk[side.name].append(await _rate(side, queues.size.jobs, batch=1000))
            await side.empty()
    return [
        *(rates(f"enqueue one by one (x {peer})", one["metarr"], one[peer]) for peer in _PEERS),
        *(
            rates(
                f"enqueue in bulk (x {peer})", bulk["metarr"], bulk[peer], aim=BULK_AIM if peer == "pgqueuer" else None
            )
            for peer in _PEERS
        ),
    ]


async def _rate(side: Side, jobs: int, *, batch: int) -> float:
    began = time.perf_counter()
    await enqueue_many(side, jobs, batch=batch)
    return jobs / (time.perf_counter() - began)
