"""The queues side by side in one house, and the size of a run."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct

from bench.house import House
from bench.queue.sides import floor, metarr, pgqueuer, procrastinate
from bench.queue.sides.protocol import OpenSide, Side

_SIDES: tuple[OpenSide, ...] = (metarr.open_side, floor.open_side, procrastinate.open_side, pgqueuer.open_side)


class Size(Struct, frozen=True, kw_only=True):
    """How much is measured: rounds of everything, jobs in a line, seconds that a slow drain is watched, rows in the way of claims."""

    rounds: int
    jobs: int
    window: float
    singles: int
    latencies: int
    waiting: tuple[int, ...]
    claims: int
    cost_jobs: int
    churn_rounds: int


WHOLE = Size(
    rounds=5,
    jobs=20_000,
    window=2.5,
    singles=300,
    latencies=300,
    waiting=(1_000, 100_000, 1_000_000),
    claims=41,
    cost_jobs=4_000,
    churn_rounds=20,
)
QUICK = Size(
    rounds=1,
    jobs=5_000,
    window=1.5,
    singles=100,
    latencies=50,
    waiting=(1_000, 20_000),
    claims=11,
    cost_jobs=1_000,
    churn_rounds=8,
)


class QueueHouse(Struct, frozen=True, kw_only=True):
    house: House
    sides: Mapping[str, Side]
    size: Size


@asynccontextmanager
async def open_sides(house: House, size: Size) -> AsyncIterator[QueueHouse]:
    """Tables of every side in the house's database."""
    async with AsyncExitStack() as stack:
        sides = [await stack.enter_async_context(open_side(house)) for open_side in _SIDES]
        yield QueueHouse(house=house, sides={side.name: side for side in sides}, size=size)
