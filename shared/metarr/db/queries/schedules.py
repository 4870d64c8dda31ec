"""schedules: what comes by the clock, and for which libraries its time has come."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.settings import load_rows, settings_from
from metarr.messages.facts import HouseTask, LibraryTask

TURN = 0x6D657461_5C4ED
"""Advisory lock: who holds it looks at the schedules, the others come back later."""

_FORGIVEN = timedelta(hours=1)
"""A time that lies further ahead than this was written by a clock that was wrong."""
_ASK_AGAIN = timedelta(hours=1)
"""What could not be scanned (its disk is away) is tried again after this."""
_UNASKED = timedelta(minutes=10)
"""Who adds a library asks for its first scan; one that nobody asked for comes after this."""


class Task(Struct, frozen=True, kw_only=True):
    """What a schedule does, and its time by default. `deletes` says that what it removes does not come back."""

    name: HouseTask | LibraryTask
    cron: str
    deletes: bool = False


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(name="scan", cron="* * * * *"),
        Task(name="refresh", cron="0 2 * * *"),
        Task(name="verify", cron="0 3 * * *"),
        Task(name="sweep_cache", cron="0 3 * * 0", deletes=True),
        Task(name="purge_trash", cron="30 3 * * *", deletes=True),
        Task(name="prune_history", cron="0 4 * * *", deletes=True),
        Task(name="empty_recycle_bin", cron="30 4 * * *", deletes=True),
        Task(name="reconcile_store", cron="0 5 * * *"),
    )
}
"""Every minute is looked whether a library's own interval is over; the other times are those of BEHAVIOUR 9, the daily ones apart."""

NOW = "SELECT now()"

TAKE_TURN = "SELECT pg_try_advisory_xact_lock($1)"

SEED = """
INSERT INTO schedules (name, cron) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT (name) DO NOTHING
"""

_ROWS = "SELECT name, cron, timezone, enabled, last_run_at, last_job_ids, next_run_at FROM schedules"

ALL = f"{_ROWS} ORDER BY name"

# Whoever moves a schedule holds its row: a change by a person and the clock do not overwrite each other.
HOLD_ALL = f"{_ROWS} ORDER BY name FOR NO KEY UPDATE"
HOLD = f"{_ROWS} WHERE name = $1 FOR NO KEY UPDATE"

MOVE = """
UPDATE schedules s SET last_run_at = coalesce(said.last_run_at, s.last_run_at), next_run_at = said.next_run_at
FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS said (name, last_run_at, next_run_at)
WHERE s.name = said.name
"""

SET_JOBS = "UPDATE schedules SET last_job_ids = $2, last_run_at = $3 WHERE name = $1"

CHANGE = "UPDATE schedules SET cron = $2, timezone = $3, enabled = $4, next_run_at = $5 WHERE name = $1"

LIBRARIES = "SELECT id FROM libraries WHERE enabled AND type = 'movie' ORDER BY id"

# A library whose last scan is as old as its interval, unless a scan runs, waits, or was asked for a moment ago. A time that lies
# ahead is that of a clock that was wrong, and counts as none.
DUE_FOR_SCAN = """
SELECT l.id FROM libraries l JOIN unnest($2::bigint[], $3::interval[]) AS own (library_id, pause) ON own.library_id = l.id
WHERE CASE WHEN l.last_scan_at IS NULL THEN l.created_at NOT BETWEEN $1::timestamptz - $4::interval AND $1::timestamptz + $5::interval
           ELSE l.last_scan_at NOT BETWEEN $1::timestamptz - own.pause AND $1::timestamptz + $5::interval END
  AND NOT EXISTS (
    SELECT FROM job_queue j WHERE j.entity_type = 'library' AND j.entity_id = l.id AND j.kind = 'ScanLibrary'
      AND (j.status IN ('pending', 'running') OR j.created_at BETWEEN $1::timestamptz - $6::interval AND $1::timestamptz + $6::interval))
ORDER BY l.id
"""

BUSY_WITH = """
SELECT DISTINCT entity_id FROM job_queue
WHERE entity_type = 'library' AND entity_id = ANY($1::bigint[]) AND kind = $2 AND status IN ('pending', 'running')
"""


class ScheduleRow(Struct, frozen=True, kw_only=True):
    """A schedule as it stands in the table."""

    name: str
    cron: str
    timezone: str
    enabled: bool
    last_run_at: datetime | None
    last_job_ids: tuple[int, ...]
    next_run_at: datetime | None


class Move(Struct, frozen=True, kw_only=True):
    """When a schedule comes next; `last_run_at` None leaves that as it is."""

    name: str
    next_run_at: datetime | None
    last_run_at: datetime | None = None


async def database_time(conn: Connection) -> datetime:
    """The one clock that all who look at schedules share."""
    now: datetime = await conn.fetchval(NOW)
    return now


async def take_turn(conn: Connection) -> bool:
    """Be the only one who moves schedules until the transaction ends; False when another one is."""
    return bool(await conn.fetchval(TAKE_TURN, TURN))


async def seed_schedules(conn: Connection) -> None:
    """Put in the tasks that have no row yet, with their default times."""
    await conn.execute(SEED, list(TASKS), [task.cron for task in TASKS.values()])


async def load_schedules(conn: Connection, *, hold: bool = False) -> list[ScheduleRow]:
    """All rows in order of name, with `hold` so that nobody else changes them meanwhile."""
    return [_row(dict(row)) for row in await conn.fetch(HOLD_ALL if hold else ALL)]


async def hold_schedule(conn: Connection, name: str) -> ScheduleRow | None:
    row = await conn.fetchrow(HOLD, name)
    return None if row is None else _row(dict(row))


async def move_schedules(conn: Connection, moves: Sequence[Move]) -> None:
    await conn.execute(
        MOVE,
        [move.name for move in moves],
        [move.last_run_at for move in moves],
        [move.next_run_at for move in moves],
    )


async def set_jobs(conn: Connection, name: str, job_ids: Sequence[int], ran_at: datetime) -> None:
    """What a schedule has put in the line, and when."""
    await conn.execute(SET_JOBS, name, list(job_ids), ran_at)


async def change_schedule(conn: Connection, schedule: ScheduleRow) -> None:
    """Store cron, timezone, enabled and next_run_at of a row."""
    values = (schedule.cron, schedule.timezone, schedule.enabled, schedule.next_run_at)
    await conn.execute(CHANGE, schedule.name, *values)


async def list_scannable(conn: Connection) -> list[int]:
    """The libraries that are switched on and of a type that can be scanned."""
    return [row["id"] for row in await conn.fetch(LIBRARIES)]


async def due_for_scan(conn: Connection, now: datetime) -> list[int]:
    """The libraries whose own interval is over."""
    libraries = await list_scannable(conn)
    rows = await load_rows(conn) if libraries else {}
    pauses = [timedelta(hours=settings_from(rows, library).scan_interval_hours) for library in libraries]
    found = await conn.fetch(DUE_FOR_SCAN, now, libraries, pauses, _UNASKED, _FORGIVEN, _ASK_AGAIN)
    return [row["id"] for row in found]


async def busy_with(conn: Connection, libraries: Sequence[int], kind: str) -> set[int]:
    """Of these libraries those for which a job of this kind waits or runs."""
    return {row["entity_id"] for row in await conn.fetch(BUSY_WITH, list(libraries), kind)}


def _row(row: dict[str, object]) -> ScheduleRow:
    return msgspec.convert(row, ScheduleRow)
