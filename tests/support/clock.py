"""Clocks that a test moves: one that stands still by itself, one that goes and can leap ahead."""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta

_NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class ManualClock:
    """`metarr.runtime.clock.Clock`, moved by `advance`. Whoever sleeps wakes when its time is reached."""

    def __init__(self, start: datetime = _NOON) -> None:
        self._start = start
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        await woken

    def advance(self, seconds: float) -> None:
        """Move time forward and wake whoever is due, the earliest first. What they do next happens at the next await."""
        self._elapsed += seconds
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)

    @property
    def sleeping(self) -> int:
        """How many wait for this clock now."""
        return sum(not woken.done() for _, _, woken in self._sleepers)


class LeapingClock:
    """The machine's clock, `leap` seconds ahead. Who sleeps already does so in real time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def leap(self, seconds: float) -> None:
        self._ahead += seconds
