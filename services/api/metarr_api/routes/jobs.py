"""Jobs and queues: what runs, what waits and why, what failed; cancel, retry, pause, resume."""

from datetime import datetime
from typing import Annotated, Any, get_args

import msgspec
from litestar import Controller, get, post
from msgspec import Meta, Struct

from metarr import queue
from metarr.db.queries import jobs_view
from metarr.db.queries.jobs_view import JobFilter, JobRow, JobStatus, OtherJob, QueueShown, Waiting
from metarr.errors import Invalid, NotFound
from metarr.messages.jobs import JobType, Service
from metarr.runtime.work import Progress
from metarr_api.inputs import Asked, read_body, read_query
from metarr_api.paging import Page, PageQuery, seal, unseal
from metarr_api.parameters import Given, PathId, PathWord
from metarr_api.routes.doing import found
from metarr_api.routes.pauses import Reason
from metarr_api.tools import Tools
from metarr_api.waiting import why
from metarr_api.words import BIGGEST_ID, Word

_ORDER = "jobs"
SERVICES: tuple[str, ...] = tuple(service for service in get_args(Service) if service != "api")
"""The services that take jobs."""
_ENTITY = Annotated[str, Meta(pattern=r"^[a-z]+:[0-9]{1,19}$", description="`movie:12`")]


class JobQuery(PageQuery, frozen=True, kw_only=True):
    """Which jobs."""

    status: JobStatus | None = None
    job_type: JobType | None = None
    kind: Word | None = None
    service: Word | None = None
    entity: _ENTITY | None = None


class JobShown(Struct, frozen=True, kw_only=True):
    """A job. `waits_because` says why it has not begun or does not go on, `waiting` the same in parts; `progress` is how far a
    running one is, `title` what it is about."""

    id: int
    kind: str
    job_type: str
    service: str
    priority: int
    status: JobStatus
    entity_type: str | None
    entity_id: int | None
    title: str | None
    waits_because: str | None
    waiting: Waiting | None
    progress: Progress | None
    retry_count: int
    max_retries: int
    attempts: int
    next_retry_at: datetime | None
    error_message: str | None
    worker_id: str | None
    trace_id: str | None
    cancel_requested: bool
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class JobDetail(JobShown, frozen=True, kw_only=True):
    """A job with what it was given, what came of it, and the jobs around it."""

    payload: Any
    result: Any
    depends_on: list[OtherJob]
    waited_for_by: list[OtherJob]


class JobRoutes(Controller):
    """Jobs and the queues they wait in."""

    @get("/jobs", opt={"query": JobQuery})
    async def list_jobs(self, request: Asked, tools: Given) -> Page[JobShown]:
        """Jobs, the newest first; `total` counts to 10,000."""
        query = read_query(request, JobQuery)
        place = unseal(tools.key, _ORDER, query.cursor, tuple[int])
        wanted = JobFilter(
            status=query.status,
            job_type=query.job_type,
            kind=_kind(query.kind),
            service=query.service,
            entity=_entity(query.entity),
        )
        async with tools.db.read() as conn:
            rows, last, total = await jobs_view.list_jobs(
                conn, wanted, before=place[0] if place else None, limit=query.limit
            )
        items = [_shown(tools, row, JobShown) for row in rows]
        return Page(items=items, next_cursor=seal(tools.key, _ORDER, [last]) if last else None, total=total)

    @get("/jobs/{job_id:int}")
    async def get_job(self, job_id: PathId, tools: Given) -> JobDetail:
        """One job with its dependencies, its payload and its result."""
        async with tools.db.read() as conn:
            return _shown(tools, found(await jobs_view.load_job(conn, job_id), "job", job_id), JobDetail)

    @post("/jobs/{job_id:int}/cancel", status_code=200)
    async def cancel_job(self, job_id: PathId, tools: Given) -> JobDetail:
        """Take back a job that waits, or ask a running one to stop. Jobs that depend on it end too. 409 when it has ended."""
        async with tools.db.transaction() as conn:
            running = await queue.cancel(conn, job_id)
            if not running:
                await queue.cancel_dependents(conn, job_id, f"job {job_id}, which this one waited for, was cancelled")
            job = found(await jobs_view.load_job(conn, job_id), "job", job_id)
        if running:
            await tools.bus.command(job.service, "cancel", str(job_id).encode())
        return _shown(tools, job, JobDetail)

    @post("/jobs/{job_id:int}/retry", status_code=200)
    async def retry_job(self, job_id: PathId, tools: Given) -> JobDetail:
        """Let a failed or cancelled job run again, from the start. 409 in any other state."""
        async with tools.db.transaction() as conn:
            service = await queue.retry(conn, job_id)
            job = found(await jobs_view.load_job(conn, job_id), "job", job_id)
        await tools.bus.ring([service])
        return _shown(tools, job, JobDetail)

    @get("/queues")
    async def list_queues(self, tools: Given) -> Page[QueueShown]:
        """The line of each service: depth, running, failed, and jobs completed a minute."""
        async with tools.db.read() as conn:
            rows = await jobs_view.list_queues(conn, SERVICES)
        return Page(items=rows, total=len(rows))

    @post("/queues/{service:str}/pause", status_code=200, opt={"body": Reason, "body_optional": True})
    async def pause_queue(self, service: PathWord, request: Asked, tools: Given) -> QueueShown:
        """No job of this service starts until it is resumed, also after a restart; what runs goes on."""
        asked = await read_body(request, Reason, optional=True)
        async with tools.db.transaction() as conn:
            await queue.pause(conn, f"service:{_service(service)}", asked.text)
            (row,) = await jobs_view.list_queues(conn, [service])
        return row

    @post("/queues/{service:str}/resume", status_code=200)
    async def resume_queue(self, service: PathWord, tools: Given) -> QueueShown:
        """Let jobs start again."""
        async with tools.db.transaction() as conn:
            services = await queue.resume(conn, f"service:{_service(service)}")
            (row,) = await jobs_view.list_queues(conn, [service])
        await tools.bus.ring(sorted(services | {service}))
        return row


def _shown[J: JobShown](tools: Tools, row: JobRow, kind: type[J]) -> J:
    """The row with its waiting in words and its progress as it was last heard."""
    progress = tools.live.of(row.id, row.attempts) if row.status == "running" else None
    return kind(**msgspec.structs.asdict(row), waits_because=why(row, progress), progress=progress)


def _service(name: str) -> str:
    if name not in SERVICES:
        raise NotFound(f"there is no service {name} with a queue; there are {', '.join(SERVICES)}")
    return name


def _kind(given: str | None) -> str | None:
    """`scan_library`, as handlers are named, is ScanLibrary."""
    if given is None or not given.islower():
        return given
    return "".join(part.capitalize() for part in given.split("_"))


def _entity(given: str | None) -> tuple[str, int] | None:
    if given is None:
        return None
    entity_type, _, number = given.partition(":")
    if int(number) > BIGGEST_ID:
        raise Invalid("some parameters cannot be accepted", {"entity": "has a number that no item can have"})
    return entity_type, int(number)
