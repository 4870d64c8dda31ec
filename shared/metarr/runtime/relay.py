"""From the outbox to the stream: facts are told after their commit, however long NATS was away.

One that no stream takes, because it is too large, is marked and left for a person; it stops none of the others.
"""

import asyncio
from collections.abc import Sequence

import structlog

from metarr.bus import Bus
from metarr.db import Database
from metarr.db.queries.outbox import Outgoing, forget, give_up, left_behind
from metarr.errors import BusUnavailable, DatabaseUnavailable
from metarr.runtime.clock import Clock

_BATCH = 200
_SWEEP_SECONDS = 5.0

log = structlog.get_logger("metarr.relay")


class Relay:
    """Sends facts in the background; the message id makes a second sending harmless."""

    def __init__(self, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._waiting: asyncio.Queue[Outgoing] = asyncio.Queue(maxsize=10_000)

    def send(self, facts: Sequence[Outgoing]) -> None:
        """Hand over what was just committed; when too much waits already, the sweep will find it."""
        for fact in facts:
            if not self._waiting.full():
                self._waiting.put_nowait(fact)

    async def run(self) -> None:
        """Until cancelled: what is handed over at once, what was left behind every few seconds."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_as_they_come())
            group.create_task(self._sweep())

    async def drain(self) -> None:
        """At a stop: tell what still waits, as far as that is possible now."""
        facts = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
        await self._tell(facts)

    async def _send_as_they_come(self) -> None:
        while True:
            facts = [await self._waiting.get()]
            while len(facts) < _BATCH and not self._waiting.empty():
                facts.append(self._waiting.get_nowait())
            try:
                await self._tell(facts)
            except asyncio.CancelledError:
                self.send(facts)  # a stop came in between: `drain` tells them
                raise

    async def _sweep(self) -> None:
        while True:
            await self._clock.sleep(_SWEEP_SECONDS)
            # After an outage there may be many.
            while self._bus.connected and await self.sweep_once() == _BATCH:
                pass

    async def sweep_once(self) -> int:
        """Tell what was left behind; how many facts that were."""
        try:
            async with self._db.read() as conn:
                facts = await left_behind(conn, _BATCH)
        except DatabaseUnavailable:
            return 0
        return len(facts) if await self._tell(facts) else 0

    async def _tell(self, facts: Sequence[Outgoing]) -> bool:
        if not facts:
            return True
        try:
            outcome = await self._bus.publish_facts([(f.subject, f.data, f.message_id, f.trace_id) for f in facts])
            async with self._db.read() as conn:
                await forget(conn, [fact for fact in facts if fact.message_id in outcome.taken])
                if outcome.refused:
                    await give_up(conn, outcome.refused)
                    log.warning("facts that can never be told", reasons=dict(outcome.refused))
        except (BusUnavailable, DatabaseUnavailable) as gone:
            log.debug("facts wait in the outbox", count=len(facts), reason=str(gone))
            return False
        return len(outcome.taken) + len(outcome.refused) == len(facts)
