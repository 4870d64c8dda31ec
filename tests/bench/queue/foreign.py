"""Claim and completion of 100 while somebody else's transaction stays open: what has ended since then cannot be cleaned away.

Rounds of both, committed, as a worker with one line does them. Dead entries of the indexes of what waits and what runs stay for each job.
Aim: after ten rounds a claim takes at most 1.5 times of what it took before that transaction began.
"""

import statistics
import time
from collections.abc import Sequence

from msgspec import Struct

from bench.queue.comparing import durations
from bench.queue.house import QueueHouse
from bench.queue.lines import KINDS, WAITING, WORKER, Lines
from bench.queue.sides.metarr import SERVICE
from bench.table import Row
from metarr import queue
from metarr.db import Connection
from metarr.queue import Line

AIM = 1.5
_NAME = "stranger"
_LIMIT = 100
_BEFORE = 10
_SOON, _LATE = 10, 100
_REPEATS = 5
_ANY = 10


class Round(Struct, frozen=True, kw_only=True):
    """Seconds that the statements took."""

    claim: float
    completion: float


async def run(queues: QueueHouse) -> list[Row]:
    lines = Lines(queues.house)
    await lines.new(_NAME)
    await lines.change(_NAME, (WAITING, (_BEFORE + _LATE + 10) * _LIMIT * _REPEATS))
    before: list[Round] = []
    soon: list[Round] = []
    late: list[Round] = []
    async with lines.open(_NAME) as conn, lines.open(_NAME) as stranger:
        for _ in range(_REPEATS):
            line = Line()
            await conn.execute("VACUUM job_queue")
            before += [await _round(conn, line) for _ in range(_BEFORE)]
            async with stranger.transaction(isolation="repeatable_read"):
                await stranger.fetch("SELECT FROM job_queue LIMIT 1")
                found = [await _round(conn, line) for _ in range(_LATE)]
            soon += found[_SOON - 3 : _SOON]
            late += found[-_BEFORE:]
    await lines.drop(_NAME)
    return [row for rounds, then in ((_SOON, soon), (_LATE, late)) for row in _rows(rounds, then, before)]


def _rows(rounds: int, then: Sequence[Round], before: Sequence[Round]) -> list[Row]:
    what = f"foreign transaction, {rounds} rounds (of before)"
    return [
        durations(f"claim of 100, {what}", [_claim(then)], [_claim(before)], aim=AIM),
        durations(f"complete 100, {what}", [_completion(then)], [_completion(before)]),
    ]


def _claim(rounds: Sequence[Round]) -> float:
    return statistics.median(r.claim for r in rounds)


def _completion(rounds: Sequence[Round]) -> float:
    return statistics.median(r.completion for r in rounds)


async def _round(conn: Connection, line: Line) -> Round:
    async with conn.transaction():
        began = time.perf_counter()
        walks = line.begin(began, most=_ANY)
        jobs = await queue.claim(conn, SERVICE, KINDS, WORKER, limit=_LIMIT, line=line)
        claimed = time.perf_counter()
        if walks:
            line.walked(claimed, claimed - began)
    assert len(jobs) == _LIMIT
    async with conn.transaction():
        begins = time.perf_counter()
        await queue.complete_many(conn, jobs)
        completed = time.perf_counter()
    return Round(claim=claimed - began, completion=completed - begins)
