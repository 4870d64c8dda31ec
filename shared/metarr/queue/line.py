"""What one worker remembers of its line between two claims: where each level begins, and which level has waited too long.

Marks. A claim enters each level of priority at its mark, the place behind the last job that was taken there. What lies before
is dead (PostgreSQL keeps index entries of claimed rows while any old transaction is open) or was passed over: locked for a
moment, waiting for the same work that runs, committed late. For their sake a claim walks the whole line again and again, but
never so often that such walks take more than a twentieth of the time: while nothing dead lies about, that is many times a
second.

Ageing. Priorities are strict until the head of a level has waited for longer than PATIENCE; then every fourth claim goes to
such levels first, the longest waiting before the others. So background work moves on under any load, and a person's wish is
never behind more than one claim of it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

LEVELS = tuple(range(1, 11))
URGENT = 2
"""Priorities up to this one have somebody waiting: the client's "critical" and "high"."""

_TURN = 4
_WALK_SHARE = 20


class Line:
    """The order of one service's levels, as one worker sees it. `most` is the last priority that may be taken."""

    PATIENCE: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self) -> None:
        self.most = LEVELS[-1]
        self._marks = dict.fromkeys(LEVELS, 0)
        self._aged: tuple[int, ...] = ()
        self._claims = 0
        self._order: tuple[int, ...] = LEVELS
        self._walk_after = float("-inf")

    def begin(self, now: float, *, most: int) -> bool:
        """Before a claim at `now` (monotonic seconds): decides the order; True when this claim walks the whole line."""
        self.most = most
        self._claims += 1
        turn = self._aged if self._claims % _TURN == 0 else ()
        self._order = tuple(dict.fromkeys((*turn, *LEVELS)))
        if now < self._walk_after:
            return False
        self.forget()
        return True

    def walked(self, now: float, seconds: float) -> None:
        """A claim over the whole line ended at `now` and took so long."""
        self._walk_after = now + _WALK_SHARE * seconds

    def until_walk(self, now: float) -> float:
        """Seconds until a claim may walk the whole line again."""
        return max(0.0, self._walk_after - now)

    def forget(self) -> None:
        self._marks = dict.fromkeys(LEVELS, 0)

    def levels(self) -> tuple[list[int], list[int]]:
        """Priorities and marks in the order in which they are to be taken."""
        wanted = [level for level in self._order if level <= self.most]
        return wanted, [self._marks[level] for level in wanted]

    def all_levels(self) -> tuple[list[int], list[int]]:
        return list(self._marks), list(self._marks.values())

    def remember(self, taken: Sequence[tuple[int, int]]) -> None:
        """(priority, place) of what was claimed."""
        for level, place in taken:
            self._marks[level] = max(self._marks[level], place + 1)

    def take_in_turn(self, levels: Sequence[int]) -> None:
        """These levels have waited too long."""
        self._aged = tuple(levels)

    def rank(self, level: int, place: int) -> tuple[int, int]:
        """The place of a claimed job among those of the same claim."""
        return self._order.index(level), place
