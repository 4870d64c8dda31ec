"""The clock of the house: every few seconds, one process looks which schedules have come and puts their jobs in the line.

Looking, enqueueing and moving on are one transaction, held by an advisory lock: whoever is killed in it has done nothing, and a
second one that looks at the same time does nothing. Runs that were missed become one. What deletes for good does not catch up
when several of its slots have passed: a clock that has leapt looks just like a long absence, and is mostly put right before
the next slot. What a leap does to the others stands in metarr.domain.timetable.

Every process of the service may run one of these. The time is the database's, so that they all share it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from metarr.bus import Bus
from metarr.db import CONFLICTS, Connection, Database
from metarr.db.queries.schedules import (
    TASKS,
    Move,
    ScheduleRow,
    database_time,
    load_schedules,
    move_schedules,
    seed_schedules,
    set_jobs,
    take_turn,
)
from metarr.domain.timetable import check_cron, missed_several, next_run
from metarr.errors import DatabaseUnavailable, Invalid
from metarr.messages.jobs import LOW
from metarr.runtime.clock import Clock
from metarr.runtime.housework import fell_due
from metarr.runtime.recording import Recorded, record
from metarr.runtime.zones import zone_of

TICK_SECONDS = 20.0
"""Between two looks; a slot is served at most this late."""

log = structlog.get_logger("metarr.scheduler")


class Scheduler:
    """Runs beside the jobs of a service until it stops."""

    def __init__(self, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock
        self._complained: set[tuple[str, str, str]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Look at once, then every few seconds. A database that is away is waited for."""
        stopped = asyncio.ensure_future(stop.wait())
        try:
            while not stop.is_set():
                await self._look()
                pause = asyncio.ensure_future(self._clock.sleep(TICK_SECONDS))
                await asyncio.wait({stopped, pause}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
        finally:
            stopped.cancel()

    async def run_due(self, now: datetime | None = None) -> tuple[Recorded, ...]:
        """One look: what was put in the line. `now` takes the place of the database's time.

        Facts are told by the relays of the workers. Raises DatabaseUnavailable.
        """
        async with self._db.transaction() as conn:
            if not await take_turn(conn):
                return ()
            recorded = await self._serve(conn, now or await database_time(conn))
        services = {service for one in recorded for service in one.services}
        if services:
            await self._bus.ring(sorted(services))
        return recorded

    async def _look(self) -> None:
        try:
            await self.run_due()
        except DatabaseUnavailable as gone:
            log.warning("database gone: schedules wait", reason=str(gone))
        except CONFLICTS as met:
            log.info("schedules met another change and wait for the next look", reason=str(met))

    async def _serve(self, conn: Connection, now: datetime) -> tuple[Recorded, ...]:
        rows = await load_schedules(conn, hold=True)
        if TASKS.keys() - {row.name for row in rows}:
            await seed_schedules(conn)
            rows = await load_schedules(conn, hold=True)
        moves, due = self._plan(rows, now)
        if moves:
            await move_schedules(conn, moves)
        return tuple([await start_task(conn, name, now, by_clock=True) for name in due])

    def _plan(self, rows: Sequence[ScheduleRow], now: datetime) -> tuple[list[Move], list[str]]:
        moves: list[Move] = []
        due: list[str] = []
        for row in rows:
            if row.name not in TASKS:
                continue  # of a newer version that runs beside this one
            move, is_due = self._judge(row, now)
            if move.next_run_at != row.next_run_at or move.last_run_at is not None:
                moves.append(move)
            if is_due:
                due.append(row.name)
        return moves, due

    def _judge(self, row: ScheduleRow, now: datetime) -> tuple[Move, bool]:
        """When a schedule comes next, and whether it has come now. One that cannot be understood stands still."""
        try:
            zone = zone_of(row.timezone)
            cron = check_cron(row.cron)
        except Invalid as wrong:
            self._complain(row, str(wrong))
            return Move(name=row.name, next_run_at=None), False
        if not row.enabled:
            return Move(name=row.name, next_run_at=None), False
        if row.next_run_at is None or row.next_run_at > now:
            return Move(name=row.name, next_run_at=upcoming(row, now)), False
        if TASKS[row.name].deletes and missed_several(cron, zone, slot=row.next_run_at, now=now):
            log.warning("not made up for: it waits for its next time", schedule=row.name, missed=str(row.next_run_at))
            return Move(name=row.name, next_run_at=upcoming(row, now)), False
        after = next_run(cron, zone, now=now, last_run_at=now)
        return Move(name=row.name, next_run_at=after, last_run_at=now), True

    def _complain(self, row: ScheduleRow, why: str) -> None:
        """Once, not at every look."""
        said = (row.name, row.cron, row.timezone)
        if said not in self._complained:
            self._complained.add(said)
            log.error("schedule not understood", schedule=row.name, cron=row.cron, timezone=row.timezone, reason=why)


async def start_task(
    conn: Connection, name: str, now: datetime, *, by_clock: bool, priority: int = LOW, trace_id: str | None = None
) -> Recorded:
    """State that a task's time has come and note the jobs that follow. Not `by_clock` a person wants it, for all libraries."""
    facts = await fell_due(conn, TASKS[name].name, now if by_clock else None)
    recorded = await record(conn, facts, priority=priority, trace_id=trace_id)
    if recorded.jobs or not by_clock:
        await set_jobs(conn, name, [job.id for job in recorded.jobs], now)
    return recorded


def upcoming(row: ScheduleRow, now: datetime) -> datetime | None:
    """When a schedule comes next; None for one that is switched off. Raises Invalid for one that cannot be understood."""
    zone, cron = zone_of(row.timezone), check_cron(row.cron)
    return next_run(cron, zone, now=now, last_run_at=row.last_run_at) if row.enabled else None


def complaint(row: ScheduleRow) -> str | None:
    """What cannot be understood in a row, in words."""
    for field, check in (("cron", lambda: check_cron(row.cron)), ("timezone", lambda: zone_of(row.timezone))):
        try:
            check()
        except Invalid as wrong:
            return f"{field} {getattr(row, field)!r} {wrong}"
    return None
