"""`python -m tests.bench.queue [--quick] [name …]`: Metarr's queue beside a floor, procrastinate and pgqueuer; one table of ratios."""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).parents[2]))  # as pytest does: `support` and `bench` lie in tests

from bench.house import open_house
from bench.queue import churn, claiming, costs, draining, enqueueing, foreign, latency
from bench.queue.house import QUICK, WHOLE, QueueHouse, Size, open_sides
from bench.table import Row, show

MEASUREMENTS: Mapping[str, Callable[[QueueHouse], Awaitable[list[Row]]]] = {
    "enqueue": enqueueing.run,
    "latency": latency.run,
    "drain": draining.run,
    "costs": costs.run,
    "claim": claiming.run,
    "foreign": foreign.run,
    "churn": churn.run,
}


def main(words: list[str]) -> int:
    size = QUICK if "--quick" in words else WHOLE
    wanted = [word for word in words if word != "--quick"]
    unknown = [name for name in wanted if name not in MEASUREMENTS]
    if unknown:
        print(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    show(asyncio.run(_measure(wanted or list(MEASUREMENTS), size)))
    return 0


async def _measure(wanted: list[str], size: Size) -> list[Row]:
    rows: list[Row] = []
    async with open_house() as house, open_sides(house, size) as queues:
        for name in wanted:
            began = time.perf_counter()
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += await MEASUREMENTS[name](queues)
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
