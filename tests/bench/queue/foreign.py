"""A claim of 100 while somebody else's transaction stays open: what was claimed and completed since then cannot be cleaned away.

Rounds of claim and completion, committed, as a worker with one line does them; the claim alone is timed. A dead entry of the index
stays for each job taken. Aim: after ten rounds a claim takes at most 1.5 times of the first ones before that transaction began.
"""

import statistics
import time

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


async def run(queues: QueueHouse) -> list[Row]:
    lines = Lines(queues.house)
    await lines.new(_NAME)
    await lines.change(_NAME, (WAITING, (_BEFORE + _LATE + 10) * _LIMIT * _REPEATS))
    before: list[float] = []
    soon: list[float] = []
    late: list[float] = []
    async with lines.open(_NAME) as conn, lines.open(_NAME) as stranger:
        for _ in range(_REPEATS):
            line = Line()
            await conn.execute("VACUUM job_queue")
            before.append(statistics.median([await _round(conn, line) for _ in range(_BEFORE)]))
            async with stranger.transaction(isolation="repeatable_read"):
                await stranger.fetch("SELECT FROM job_queue LIMIT 1")
                found = [await _round(conn, line) for _ in range(_LATE)]
            soon.append(statistics.median(found[_SOON - 3 : _SOON]))
            late.append(statistics.median(found[_LATE - 10 :]))
    await lines.drop(_NAME)
    return [
        durations(f"claim of 100, foreign transaction, {rounds} rounds (of before)", found, before, aim=AIM)
        for rounds, found in ((_SOON, soon), (_LATE, late))
    ]


async def _round(conn: Connection, line: Line) -> float:
    async with conn.transaction():
        began = time.perf_counter()
        walks = line.begin(began, most=_ANY)
        jobs = await queue.claim(conn, SERVICE, KINDS, WORKER, limit=_LIMIT, line=line)
        ended = time.perf_counter()
        if walks:
            line.walked(ended, ended - began)
    assert len(jobs) == _LIMIT
    await queue.complete_many(conn, jobs)
    return ended - began
