"""A day of churn in fast motion: jobs come, are done and are pruned, round after round, with some thousands always waiting.

The autovacuum daemon looks every second instead of every minute, while the day is a thousand times as fast. Sizes and dead rows
of the last quarter are set against those of the second one, dead rows at their most. Aim: at most 1.5 times as much.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from bench.queue.comparing import amounts
from bench.queue.house import QueueHouse
from bench.queue.lines import KINDS, WAITING, WORKER, Lines
from bench.queue.sides.metarr import SERVICE, Noop
from bench.table import Row
from metarr import queue
from metarr.db import Connection
from metarr.runtime import new_job

AIM = 1.5
_NAME = "churn"
_WAITING = 5_000
_ROUND = 10_000
_BULK, _CLAIM, _PRUNE = 1000, 100, 1000

PRUNE = """
DELETE FROM job_queue WHERE id IN (SELECT id FROM job_queue WHERE status = 'completed' ORDER BY completed_at LIMIT $1)
"""
STATE = """
SELECT pg_table_size('job_queue') AS table_bytes, pg_indexes_size('job_queue') AS index_bytes, n_dead_tup AS dead,
       autovacuum_count AS vacuums
FROM pg_stat_user_tables WHERE relname = 'job_queue'
"""


class State(Struct, frozen=True, kw_only=True):
    """At the end of a round; `dead` rows as the server counts them."""

    table_bytes: int
    index_bytes: int
    dead: int
    vacuums: int


async def run(queues: QueueHouse) -> list[Row]:
    lines = Lines(queues.house)
    await lines.new(_NAME)
    await lines.change(_NAME, (WAITING, _WAITING))
    async with queues.house.db.read() as conn:
        await _set_server(conn, "ALTER SYSTEM SET autovacuum_naptime = '1s'")
    async with lines.open(_NAME) as conn:
        states = [await _round(conn) for _ in range(queues.size.churn_rounds)]
    async with queues.house.db.read() as conn:
        await _set_server(conn, "ALTER SYSTEM RESET autovacuum_naptime")
    await lines.drop(_NAME)
    return _rows(states)


def _rows(states: Sequence[State]) -> list[Row]:
    quarter = len(states) // 4
    early, last = states[quarter : 2 * quarter], states[-quarter:]
    what = f"churn, {len(states) * _ROUND:,} jobs, {states[-1].vacuums} vacuums"
    return [
        _compared(f"{what}: table (of early)", last, early, lambda state: state.table_bytes / 1e6, "MB"),
        _compared(f"{what}: indexes (of early)", last, early, lambda state: state.index_bytes / 1e6, "MB"),
        _compared(f"{what}: dead rows (of early)", last, early, lambda state: float(state.dead), ""),
    ]


def _compared(name: str, last: Sequence[State], early: Sequence[State], of: Callable[[State], float], unit: str) -> Row:
    return amounts(name, [max(map(of, last))], [max(map(of, early))], unit, aim=AIM)


async def _set_server(conn: Connection, statement: str) -> None:
    await conn.execute(statement)
    await conn.execute("SELECT pg_reload_conf()")


async def _round(conn: Connection) -> State:
    for first in range(0, _ROUND, _BULK):
        async with conn.transaction():
            await queue.enqueue(conn, [new_job(Noop(number=first + n), priority=5) for n in range(_BULK)])
    for _ in range(_ROUND // _CLAIM):
        jobs = await queue.claim(conn, SERVICE, KINDS, WORKER, limit=_CLAIM)
        assert len(jobs) == _CLAIM
        await queue.complete_many(conn, jobs)
    for _ in range(_ROUND // _PRUNE):
        await conn.execute(PRUNE, _PRUNE)
    await conn.execute("SELECT pg_stat_force_next_flush()")
    return State(**dict(await conn.fetchrow(STATE) or {}))
