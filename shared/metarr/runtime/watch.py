"""Tells which workers are dead: those whose beats have not grown for SILENCE seconds of the watcher's own clock.

The clock is one that only grows, and only time in which the watcher really looked counts: after a gap (it was frozen, the
machine slept, the database was away) it begins anew, since nobody else could beat or be seen meanwhile either. No wall clock
takes part, so setting one buries nobody.
"""

from collections.abc import Mapping

SILENCE = 20.0
"""Seconds without a beat after which a worker is dead; beats come every 5 s."""
GAP = 5.0
"""A watcher that has not looked for so many seconds has seen nothing."""


class Watch:
    """One watcher's memory of all workers."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked = float("-inf")

    def silent(self, roll: Mapping[str, int], now: float) -> dict[str, int]:
        """Whom to bury, with the beats they were counted at. `now` is in seconds that only grow."""
        if now - self._looked > GAP:
            self._seen = {}
        self._looked = now
        self._seen = {worker: self._since(worker, beats, now) for worker, beats in roll.items()}
        return {worker: beats for worker, (beats, since) in self._seen.items() if now - since >= SILENCE}

    def _since(self, worker: str, beats: int, now: float) -> tuple[int, float]:
        before = self._seen.get(worker)
        return before if before is not None and before[0] == beats else (beats, now)
