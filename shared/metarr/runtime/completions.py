"""Gathers the ends of jobs that wrote nothing: while one statement is under way, the next one fills."""

import asyncio
from collections.abc import Callable, Sequence

from metarr import queue
from metarr.db import Database
from metarr.errors import DatabaseUnavailable
from metarr.queue import ClaimedJob, LeaseLostError

_BATCH = 500

type _Waiting = tuple[ClaimedJob, asyncio.Future[bool]]


class Completions:
    """Completes jobs in batches. What a job wrote is never waited for here: that goes with the handler's own transaction."""

    def __init__(self, db: Database, on_arrival: Callable[[], None] = lambda: None) -> None:
        self._db = db
        self._on_arrival = on_arrival
        self.count = 0
        """Jobs that are done and whose end is not written down yet: they need no slot any more."""
        self._waiting: list[_Waiting] = []
        self._some = asyncio.Event()

    async def complete(self, job: ClaimedJob) -> bool:
        """Mark completed; whether dependents wait for the job. Raises LeaseLostError, DatabaseUnavailable."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, done))
        self._some.set()
        self.count += 1
        self._on_arrival()
        try:
            return await done
        finally:
            self.count -= 1

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(0)  # let whoever ends in this round of the loop come along
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            if not self._waiting:
                self._some.clear()
            await self._end(batch)

    async def _end(self, batch: Sequence[_Waiting]) -> None:
        try:
            async with self._db.queue() as conn:
                ended = await queue.complete_many(conn, [job for job, _ in batch])
        except DatabaseUnavailable as gone:
            for _, done in batch:
                if not done.done():
                    done.set_exception(gone)
            return
        for job, done in batch:
            if done.done():
                continue
            if job.id in ended:
                done.set_result(ended[job.id])
            else:
                done.set_exception(LeaseLostError(f"job {job.id} is not ours any more"))
