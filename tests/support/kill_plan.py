"""A building of many pieces for the kill test: chains and fans, some pieces ordered twice, some telling, some stumbling."""

from random import Random

from msgspec import Struct

from metarr import queue
from metarr.db import Database
from metarr.runtime import new_job
from support.kill_jobs import LayBeam, LayStone, Measure, Piece

_FAN = 20
_SHORTEST_CHAIN, _LONGEST_CHAIN = 5, 10
_FANS_SHARE = 0.1
"""Of the figures, not of the pieces: a fan has three times as many."""


class Planned(Struct, frozen=True, kw_only=True):
    """A job, the pieces that must lie before it, and how many of them lie one on another."""

    job: Piece
    after: tuple[int, ...] = ()
    depth: int = 0


class Plan:
    """At least `size` pieces, numbered from 1."""

    def __init__(self, chance: Random, size: int) -> None:
        self._chance = chance
        self.pieces: dict[int, Planned] = {}
        while len(self.pieces) < size:
            if chance.random() < _FANS_SHARE:
                self._fan()
            else:
                self._chain()

    @property
    def keyed(self) -> list[Piece]:
        """Pieces that may be ordered more than once."""
        return [planned.job for planned in self.pieces.values() if planned.job.key is not None]

    def _chain(self) -> None:
        below: tuple[int, ...] = ()
        for _ in range(self._chance.randint(_SHORTEST_CHAIN, _LONGEST_CHAIN)):
            below = (self._lay(below),)

    def _fan(self) -> None:
        """One, twenty on it, and one that joins them; every other joint writes nothing."""
        root = self._lay(())
        ribs = tuple(self._lay((root,)) for _ in range(_FAN))
        joint = self._measure(ribs) if self._chance.random() < 0.5 else self._lay(ribs)
        self._lay((joint,))

    def _measure(self, after: tuple[int, ...]) -> int:
        return self._put(Measure(piece=len(self.pieces) + 1, seconds=self._seconds()), after)

    def _lay(self, after: tuple[int, ...]) -> int:
        number = len(self.pieces) + 1
        kind = self._chance.choice((LayStone, LayBeam))
        job = kind(
            piece=number,
            key=f"piece {number}" if self._chance.random() < 0.1 else None,
            tells=self._chance.random() < 0.25,
            stumbles=self._chance.random() < 0.05,
            seconds=self._seconds(),
        )
        return self._put(job, after)

    def _put(self, job: Piece, after: tuple[int, ...]) -> int:
        depth = max((self.pieces[piece].depth + 1 for piece in after), default=0)
        self.pieces[job.piece] = Planned(job=job, after=after, depth=depth)
        return job.piece

    def _seconds(self) -> float:
        return self._chance.uniform(0.005, 0.03)


async def order(db: Database, plan: Plan) -> None:
    """Put the whole plan into the line, in one transaction."""
    ids: dict[int, int] = {}
    by_depth: dict[int, list[Planned]] = {}
    for planned in plan.pieces.values():
        by_depth.setdefault(planned.depth, []).append(planned)
    async with db.transaction() as conn:
        for depth in sorted(by_depth):
            layer = by_depth[depth]
            jobs = [new_job(p.job, priority=5, depends_on=tuple(ids[piece] for piece in p.after)) for p in layer]
            placed = await queue.enqueue(conn, jobs)
            ids |= {p.job.piece: job.id for p, job in zip(layer, placed, strict=True)}
