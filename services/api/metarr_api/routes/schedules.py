"""Schedules: what comes by the clock, when it comes next, and how to have it now."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, get, patch, post
from msgspec import UNSET, Meta, Struct, UnsetType

from metarr.db import Connection
from metarr.db.queries.schedules import (
    TASKS,
    ScheduleRow,
    change_schedule,
    database_time,
    hold_schedule,
    load_schedules,
    seed_schedules,
)
from metarr.domain.timetable import LONGEST_CRON, check_cron
from metarr.errors import Invalid, NotFound
from metarr.messages.jobs import HIGH
from metarr.runtime import Recorded
from metarr.runtime.scheduler import complaint, start_task, upcoming
from metarr.runtime.zones import LOCAL, zone_of
from metarr_api.inputs import Asked, read_body
from metarr_api.paging import Page
from metarr_api.parameters import Given, PathWord
from metarr_api.routes.doing import in_transaction, trace_of

Cron = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_CRON, description="minute hour day month weekday, as `30 3 * * *`")
]
Zone = Annotated[
    str, Meta(min_length=1, max_length=100, description="IANA's name, as `Europe/Berlin`; `local` is the server's zone")
]


class ScheduleShown(Struct, frozen=True, kw_only=True):
    """A task and when it comes. `problem` says why it cannot come; `last_job_ids` is what it last put in the line."""

    name: str
    cron: str
    timezone: str
    enabled: bool
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_job_ids: tuple[int, ...]
    problem: str | None


class ScheduleEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays."""

    cron: Cron | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class JobsStarted(Struct, frozen=True, kw_only=True):
    """The jobs that do what was asked; waiting ones with the same work are the same jobs."""

    job_ids: list[int]


class ScheduleRoutes(Controller):
    """What comes by the clock."""

    @get("/schedules")
    async def list_schedules(self, tools: Given) -> Page[ScheduleShown]:
        """All schedules. `scan` looks every minute which library's `scan.interval_hours` are over."""
        async with tools.db.read() as conn:
            rows = {row.name: row for row in await load_schedules(conn)}
        items = [_shown(rows.get(name) or _unseeded(name)) for name in sorted({*TASKS, *rows})]
        return Page(items=items, total=len(items))

    @patch("/schedules/{name:str}", opt={"body": ScheduleEdit})
    async def edit_schedule(self, name: PathWord, request: Asked, tools: Given) -> ScheduleShown:
        """Change when a task comes, or switch it off; what it missed meanwhile is not made up for."""
        edit = await read_body(request, ScheduleEdit)
        given = _checked({field: getattr(edit, field) for field in edit.__struct_fields__})

        async def change(conn: Connection) -> ScheduleRow:
            row = msgspec.structs.replace(await _held(conn, name), **given)
            comes = upcoming(row, await database_time(conn)) if complaint(row) is None else None
            row = msgspec.structs.replace(row, next_run_at=comes)
            await change_schedule(conn, row)
            return row

        return _shown(await in_transaction(tools, change))

    @post("/schedules/{name:str}/run", status_code=202)
    async def run_schedule(self, name: PathWord, request: Asked, tools: Given) -> JobsStarted:
        """Do it now, for all libraries, also when it is switched off; its next time stays."""

        async def begin(conn: Connection) -> Recorded:
            await _held(conn, name)
            now = await database_time(conn)
            return await start_task(conn, name, now, by_clock=False, priority=HIGH, trace_id=trace_of(request))

        recorded = await in_transaction(tools, begin)
        await tools.tell(recorded)
        return JobsStarted(job_ids=[job.id for job in recorded.jobs])


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """What was given, in its plain form. Raises Invalid naming each bad field."""
    values = {field: value for field, value in given.items() if value is not UNSET}
    wrong = {}
    for field, check in (("cron", check_cron), ("timezone", zone_of)):
        try:
            values |= {field: str(check(values[field]))} if field in values and values[field] != LOCAL else {}
        except Invalid as refused:
            wrong[field] = str(refused)
    if wrong:
        raise Invalid("some fields cannot be accepted", wrong)
    return values


async def _held(conn: Connection, name: str) -> ScheduleRow:
    """The row, which nobody else changes until the transaction ends. Raises NotFound."""
    if name not in TASKS:
        raise NotFound(f"there is no schedule {name}; there are {', '.join(sorted(TASKS))}")
    await seed_schedules(conn)
    row = await hold_schedule(conn, name)
    assert row is not None
    return row


def _unseeded(name: str) -> ScheduleRow:
    """A task that no scheduler has put in yet, as it will be."""
    return ScheduleRow(
        name=name,
        cron=TASKS[name].cron,
        timezone=LOCAL,
        enabled=True,
        last_run_at=None,
        last_job_ids=(),
        next_run_at=None,
    )


def _shown(row: ScheduleRow) -> ScheduleShown:
    columns = {field: getattr(row, field) for field in row.__struct_fields__}
    return ScheduleShown(
        **columns, problem=complaint(row) if row.name in TASKS else "this version does not know the task"
    )
