"""What every queue of this benchmark can do, so that each measurement is written once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from bench.house import House


class Side(Protocol):
    """One queue on the house's PostgreSQL, its tables in place. Its module also has `work`, the life of a worker process."""

    name: str
    table: str

    async def empty(self) -> None:
        """No jobs, no history."""
        ...

    async def enqueue(self, numbers: Sequence[int]) -> None:
        """A job for each number, committed together by this side's quickest way; its workers know of it."""
        ...

    async def is_busy(self) -> bool:
        """Whether any job has not ended; cheap."""
        ...

    async def left(self) -> int:
        """How many jobs have not ended."""
        ...


type OpenSide = Callable[[House], AbstractAsyncContextManager[Side]]


async def enqueue_many(side: Side, jobs: int, *, batch: int = 1000) -> None:
    for first in range(0, jobs, batch):
        await side.enqueue(range(first, min(first + batch, jobs)))
