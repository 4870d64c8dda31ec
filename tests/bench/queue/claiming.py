"""What a claim of 100 and of 1 takes when little or much is waiting, blocked at the head of the line, or finished.

Each situation is a database of its own on one server; the claims go round the databases in turn and are rolled back, so that
the line stays as it is. Only the statement is timed. Aim: a claim of 100 takes at most 1.5 times of what it takes with 1,000 waiting.
"""

import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bench.queue.comparing import durations, in_turns
from bench.queue.house import QueueHouse
from bench.queue.lines import BLOCK, FINISHED, KINDS, WAITING, WORKER, Lines
from bench.queue.sides.floor import Floor
from bench.queue.sides.metarr import SERVICE
from bench.queue.sides.protocol import enqueue_many
from bench.table import Row
from metarr import queue
from metarr.db import Connection

AIM = 1.5
_LIMITS = (100, 1)
_WARM_UP = 6
"""Claims before the first that counts: by then asyncpg's statement has its plan for good."""


async def run(queues: QueueHouse) -> list[Row]:
    lines = Lines(queues.house)
    situations = await _prepare(lines, queues.size.waiting)
    first, *others = situations
    floor = queues.sides["floor"]
    assert isinstance(floor, Floor)
    await floor.empty()
    await enqueue_many(floor, queues.size.waiting[0])
    rows: list[Row] = []
    async with AsyncExitStack() as stack:
        conns = {name: await stack.enter_async_context(lines.open(name)) for name in situations}
        for limit in _LIMITS:
            found = await _claims(conns, floor, limit, queues.size.claims)
            rows.append(
                durations(f"claim of {limit}, {situations[first]} (of the floor's)", found[first], found["floor"])
            )
            rows += [
                durations(
                    f"claim of {limit}, {situations[name]} (of {situations[first]})",
                    found[name],
                    found[first],
                    aim=AIM if limit == 100 else None,
                )
                for name in others
            ]
    await lines.drop(*situations)
    return rows


async def _prepare(lines: Lines, waiting: tuple[int, ...]) -> dict[str, str]:
    """Name of each database → what is in it; the first is the one that the others are held against."""
    situations: dict[str, str] = {}
    before, had = "", 0
    for rows in waiting:
        name = f"waiting_{rows}"
        if before:
            await lines.copy(name, before)
        else:
            await lines.new(name)
        await lines.change(name, (WAITING, rows - had))
        situations[name] = f"{rows:,} waiting"
        before, had = name, rows
    await lines.copy("blocked", before)
    await lines.change("blocked", (BLOCK, had // 10))
    situations["blocked"] = f"{had // 10:,} of {had:,} blocked at the head"
    await lines.copy("finished", before)
    await lines.change("finished", (FINISHED, had))
    situations["finished"] = f"{had:,} waiting, {had:,} finished"
    return situations


async def _claims(conns: Mapping[str, Connection], floor: Floor, limit: int, times: int) -> Mapping[str, list[float]]:
    found: Mapping[str, list[float]] = {name: [] for name in (*conns, "floor")}
    for turn in range(_WARM_UP + times):
        for name in in_turns(list(found), turn):
            seconds = await (floor.claim(limit) if name == "floor" else _claim(conns[name], limit))
            if turn >= _WARM_UP:
                found[name].append(seconds)
    return found


async def _claim(conn: Connection, limit: int) -> float:
    transaction = conn.transaction()
    await transaction.start()
    try:
        began = time.perf_counter()
        jobs = await queue.claim(conn, SERVICE, KINDS, WORKER, limit=limit)
        seconds = time.perf_counter() - began
    finally:
        await transaction.rollback()
    assert len(jobs) == limit
    return seconds
