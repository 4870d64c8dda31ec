"""Times two ways of doing the same thing side by side, so that whatever else the machine does hurts both alike."""

import gc
import statistics
import time
from collections.abc import Callable

from msgspec import Struct


class Pair(Struct, frozen=True, kw_only=True):
    """Medians in seconds of processor time of this process."""

    ours: float
    other: float


def side_by_side(ours: Callable[[], object], other: Callable[[], object], *, rounds: int = 7) -> Pair:
    """Run both once to warm up, then in turns. Each call should take a millisecond at least."""
    ours()
    other()
    mine: list[float] = []
    theirs: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            theirs.append(_seconds(other))
            mine.append(_seconds(ours))
    finally:
        gc.enable()
    return Pair(ours=statistics.median(mine), other=statistics.median(theirs))


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began
