"""What keeps the queue going whoever does it: every worker does, and the statements skip what another has in hand."""

from metarr import queue
from metarr.db import Connection, Database
from metarr.runtime.clock import Clock
from metarr.runtime.watch import Watch

_RECONCILE_SECONDS = 5.0
_SET_BACK = 30.0
"""Seconds by which the server's clock must have lost against ours to count as set back."""


class Upkeep:
    """Promotes what is due, brings back what no pause holds, buries the dead, ends what a crash left open."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._watch = Watch()
        self._reconciled = float("-inf")
        self._ahead: float | None = None

    async def once(self) -> set[str]:
        """One round; the services to ring. Raises DatabaseUnavailable and what two transactions on the same rows raise."""
        async with self._db.transaction() as conn:
            ring = await queue.promote(conn) | await queue.unhold(conn)
        async with self._db.transaction() as conn:
            ring |= await self._rescue(conn)
        if self._clock.monotonic() - self._reconciled >= _RECONCILE_SECONDS:
            async with self._db.transaction() as conn:
                ring |= await queue.reconcile(conn)
            self._reconciled = self._clock.monotonic()
        return ring

    async def _rescue(self, conn: Connection) -> set[str]:
        roll, server_time = await queue.roll(conn)
        await self._mend_times(conn, server_time)
        silent = self._watch.silent(roll, self._clock.monotonic())
        if silent:
            await queue.bury(conn, silent)
        ring, failed = await queue.rescue(conn)
        for job_id in failed:
            await queue.cancel_dependents(conn, job_id, f"job {job_id}, which this one waited for, failed")
        return ring

    async def _mend_times(self, conn: Connection, server_time: float) -> None:
        """A clock set back would let retries wait for as long as it was set back; at a start nobody knows whether it was."""
        ahead = server_time - self._clock.monotonic()
        if self._ahead is None or ahead < self._ahead - _SET_BACK:
            await queue.shift(conn)
        self._ahead = ahead
