"""What a schedule states when its time has come: one fact for the house, or one for each library that it concerns."""

from datetime import datetime

from metarr.db import Connection
from metarr.db.queries.schedules import busy_with, due_for_scan, list_scannable
from metarr.messages.facts import AnyFact, HouseTask, HouseworkFellDue, LibraryFellDue, LibraryTask

_KINDS: dict[LibraryTask, str] = {"verify": "VerifyLibrary", "empty_recycle_bin": "EmptyRecycleBin"}
"""What may take longer than the time until it comes again: it is not begun twice."""


async def fell_due(conn: Connection, task: HouseTask | LibraryTask, now: datetime | None) -> list[AnyFact]:
    """The facts of a task whose time has come at `now`; None when a person wants it done, which is for all libraries."""
    match task:
        case "scan" | "verify" | "empty_recycle_bin":
            libraries = await _libraries(conn, task, now)
            return [LibraryFellDue(library_id=library, task=task) for library in libraries]
        case "refresh" | "purge_trash" | "sweep_cache" | "prune_history" | "reconcile_store":
            return [HouseworkFellDue(task=task)]


async def _libraries(conn: Connection, task: LibraryTask, now: datetime | None) -> list[int]:
    if task == "scan" and now is not None:
        return await due_for_scan(conn, now)
    libraries = await list_scannable(conn)
    if now is None or not libraries:
        return libraries
    busy = await busy_with(conn, libraries, _KINDS[task])
    return [library for library in libraries if library not in busy]
