"""Looks at everything the system stands on; what is not well comes with what to do about it."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

from metarr.blobs.room import reserve_of
from metarr.db import Connection
from metarr.db.queries.provider_settings import show_providers
from metarr.db.queries.reconcile import load_store_state
from metarr.db.queries.schedules import TASKS, ScheduleRow, database_time, load_schedules
from metarr.db.queries.system import LibraryCounts, count_libraries, list_workers
from metarr.errors import DatabaseUnavailable
from metarr.runtime.scheduler import complaint
from metarr_api.check import Check
from metarr_api.queue_checks import look_at_the_queue
from metarr_api.store_checks import look_at_the_store
from metarr_api.tools import Tools

LEAST_FREE = 2 * 1024**3
"""Bytes that should be free in the data directory: artwork is a few MB a film, and stops before the disk is full."""
WORKING = ("scanner", "enricher", "cache", "publisher")
"""Services of which at least one worker should be alive."""
LATE = timedelta(minutes=5)
"""So far behind its time a schedule has nobody who serves it."""


async def look_at_everything(tools: Tools) -> list[Check]:
    """All checks; a database that does not answer leaves out those that need it."""
    checks = [_broker(tools), await _disk(tools)]
    try:
        async with tools.db.read() as conn:
            return [
                Check(name="database", state="ok", message="PostgreSQL answers"),
                *checks,
                *await _stored(tools, conn),
            ]
    except DatabaseUnavailable as gone:
        remedy = "start PostgreSQL, or look at METARR_DATABASE_URL; nothing is lost meanwhile"
        return [Check(name="database", state="wrong", message=str(gone), remedy=remedy), *checks]


async def _stored(tools: Tools, conn: Connection) -> list[Check]:
    workers = await list_workers(conn)
    alive = [worker.service for worker in workers]
    keys = {row["provider_name"]: row["has_api_key"] for row in await show_providers(conn) if row["enabled"]}
    return [
        *(_worker(service, alive.count(service)) for service in WORKING),
        *_mounts(await count_libraries(conn)),
        _provider_key(keys.get("tmdb", False)),
        look_at_the_store(await load_store_state(conn)),
        _schedules(await load_schedules(conn), await database_time(conn)),
        *await look_at_the_queue(conn, workers, tools.clock.now),
    ]


def _broker(tools: Tools) -> Check:
    if tools.bus.connected:
        return Check(name="broker", state="ok", message="NATS answers")
    return Check(
        name="broker",
        state="wrong",
        message="NATS does not answer: jobs run at polling speed, there are no live events",
        remedy="start NATS, or look at METARR_NATS_URL",
    )


async def _disk(tools: Tools) -> Check:
    folder = tools.environment.data_dir
    try:
        disk = await asyncio.to_thread(shutil.disk_usage, folder)
    except OSError as fault:
        return Check(
            name="disk",
            state="wrong",
            message=f"the data directory {folder} cannot be looked at: {fault.strerror}",
            remedy="look at METARR_DATA_DIR",
        )
    message = f"{disk.free / 1024**3:.1f} GiB free in {folder}"
    if disk.free < reserve_of(disk.total):
        return Check(
            name="disk", state="wrong", message=message, remedy="make room: new artwork is not kept until then"
        )
    if disk.free < LEAST_FREE:
        return Check(name="disk", state="warning", message=message, remedy="make room: artwork is a few MB a film")
    return Check(name="disk", state="ok", message=message)


def _worker(service: str, count: int) -> Check:
    if count:
        return Check(name=f"worker {service}", state="ok", message=f"{count} alive")
    return Check(
        name=f"worker {service}",
        state="wrong",
        message="none is alive: its jobs wait",
        remedy=f"start python -m metarr_{service}; its log tells why it ended",
    )


def _mounts(libraries: list[LibraryCounts]) -> Iterator[Check]:
    for library in libraries:
        if library.mount_state in ("ok", "unknown"):
            yield Check(name=f"mount {library.id}", state="ok", message=f"{library.name}: {library.mount_state}")
            continue
        yield Check(
            name=f"mount {library.id}",
            state="wrong",
            message=f"{library.name}: {library.mount_detail or library.mount_state}",
            remedy=f"mount the disk of {library.path} and scan; until then nothing there is taken for deleted",
        )


def _provider_key(has_key: bool) -> Check:
    if has_key:
        return Check(name="provider tmdb", state="ok", message="has a key")
    return Check(
        name="provider tmdb",
        state="warning",
        message="has no key, so films are known by their NFO and names only",
        remedy="PATCH /api/v1/providers/tmdb with an api_key, or set METARR_TMDB_API_KEY",
    )


def _schedules(rows: list[ScheduleRow], now: datetime) -> Check:
    """Rows that nobody understands, and rows that nobody serves; those of a newer version are its own affair."""
    known = [row for row in rows if row.name in TASKS]
    wrong = [f"{row.name}: {why}" for row in known if (why := complaint(row)) is not None]
    if wrong:
        remedy = "PATCH /api/v1/schedules/{name} with a cron and a timezone; it stands still until then"
        return Check(name="schedules", state="warning", message="; ".join(wrong), remedy=remedy)
    late = [row.name for row in known if row.enabled and row.next_run_at is not None and row.next_run_at < now - LATE]
    if late:
        message = f"nobody serves {', '.join(late)}, whose time has come"
        return Check(name="schedules", state="warning", message=message, remedy="a scanner does: start one")
    return Check(name="schedules", state="ok", message=f"{sum(row.enabled for row in known)} are on")
