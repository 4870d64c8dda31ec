"""What the routes have in common: read, change in one transaction, tell."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from metarr.db import CONFLICTS, Connection
from metarr.db.queries.movie_edits import HistoryEntry, load_history
from metarr.errors import Conflict, NotFound
from metarr.messages.jobs import HIGH, Job
from metarr.queue import enqueue
from metarr.runtime import Recorded, new_job
from metarr_api.asgi import TRACE
from metarr_api.inputs import Asked, read_query
from metarr_api.paging import Page, PageQuery, page_by_id, place_by_id
from metarr_api.tools import Tools
from metarr_api.words import BIGGEST_ID

_TRIES = 4
_HISTORY = "history"


class JobStarted(Struct, frozen=True, kw_only=True):
    """The job that does what was asked; a waiting one with the same work is the same job."""

    job_id: int


def trace_of(request: Asked) -> str:
    """The trace id, which goes on into job rows, facts and logs."""
    return str(request.scope[TRACE])  # type: ignore[literal-required]


def found[Row](row: Row | None, what: str, number: int) -> Row:
    """The row itself. Raises NotFound for None."""
    if row is None:
        raise NotFound(f"there is no {what} {number}")
    return row


async def in_transaction[T](tools: Tools, change: Callable[[Connection], Awaitable[T]]) -> T:
    """Run `change` in one transaction, again when it met another one on the same rows.

    Raises Conflict when that happens every time.
    """
    for _ in range(_TRIES):
        try:
            async with tools.db.transaction() as conn:
                return await change(conn)
        except CONFLICTS:
            continue
    raise Conflict("something else is changing the same rows all the time; try again")


async def start(tools: Tools, request: Asked, job: Job) -> JobStarted:
    """Put one job in the line at a person's priority, and ring. One job is one statement, which commits by itself."""
    async with tools.db.queue() as conn:
        placed = await place(conn, request, [job])
    await tools.tell(placed)
    return JobStarted(job_id=placed.jobs[0].id)


async def place(conn: Connection, request: Asked, jobs: Sequence[Job]) -> Recorded:
    """Jobs inside the caller's transaction, to be told after it."""
    trace_id = trace_of(request)
    return Recorded(jobs=tuple(await enqueue(conn, [new_job(job, priority=HIGH, trace_id=trace_id) for job in jobs])))


async def history(
    conn: Connection, tools: Tools, request: Asked, entity_type: str, entity_id: int
) -> Page[HistoryEntry]:
    """A page of an item's history, as the request asks for it."""
    query = read_query(request, PageQuery)
    before = place_by_id(tools.key, _HISTORY, query.cursor) or BIGGEST_ID
    rows, total = await load_history(conn, entity_type, entity_id, before=before, limit=query.limit + 1)
    return page_by_id(tools.key, _HISTORY, rows, limit=query.limit, total=total)


async def ids_exist(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """A guard of all routes: a number that no row can have is unknown, not an error of the database."""
    for value in connection.path_params.values():
        if isinstance(value, int) and not 1 <= value <= BIGGEST_ID:
            raise NotFoundException
