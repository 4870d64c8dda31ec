"""The scan of a library: walk it, judge whether it may be believed, remember it, hand out what changed."""

import asyncio
import os
from itertools import batched

from msgspec import Struct

from metarr.db import Connection
from metarr.db.queries.problems import clear_problem, set_problem
from metarr.db.queries.scan import (
    FolderRow,
    LibraryRow,
    forget_folders,
    load_film_paths,
    load_folders,
    load_library,
    load_troubles,
    remember_folders,
    store_mount,
    store_scanned,
)
from metarr.db.queries.settings import load_settings
from metarr.domain.mount import Census, MountVerdict, RootSeen, judge_census, judge_root
from metarr.domain.publication import MediaFile
from metarr.domain.settings import Settings
from metarr.errors import Discard, Invalid
from metarr.messages.facts import FoldersChanged, FoldersVanished, LibraryWalked, WalkFact
from metarr.messages.jobs import ScanLibrary
from metarr.pipeline import MAX_FOLDERS_PER_JOB
from metarr.runtime import Work
from metarr_scanner.folders import unit_above
from metarr_scanner.guard import look_at_root, remembered_root
from metarr_scanner.walk import Walk, Walked, WalkRequest

_STEP = 500
"""Directories between two looks at whether the job was cancelled."""

_MOST_TOLD = 100
_MOST_NAMED = 5
"""Folders that the library's problem names in words; all that were looked up stand in its details."""


class LibraryKnown(Struct, frozen=True, kw_only=True):
    """What is known of a library before it is walked from `start` on."""

    library: LibraryRow
    settings: Settings
    start: str
    folders: dict[str, FolderRow]
    films: tuple[MediaFile, ...]


async def load_known(work: Work, job: ScanLibrary) -> LibraryKnown:
    """Raises Discard when there is nothing to scan, Invalid when the path is not one of this library."""
    async with work.read() as conn:
        library = await scannable(conn, job.library_id)
        start = _start(library, job.path)
        films = await load_film_paths(conn, library.id)
        return LibraryKnown(
            library=library,
            settings=await load_settings(conn, library.id),
            start=start,
            folders=await load_folders(conn, library.id, start),
            films=tuple(MediaFile(file_path=paths[0], file_parts=paths if len(paths) > 1 else ()) for paths in films),
        )


async def scannable(conn: Connection, library_id: int) -> LibraryRow:
    """The library, if it is there to be scanned. Raises Discard."""
    library = await load_library(conn, library_id)
    if library is None:
        raise Discard("the library is not there any more")
    if not library.enabled:
        raise Discard("the library is switched off")
    if library.type != "movie":
        raise Discard(f"libraries of type {library.type} cannot be scanned yet")
    return library


async def walk(work: Work, known: LibraryKnown, *, full: bool) -> Walked:
    """Walk in a thread, step by step, so that progress is told and a person can stop it."""
    walking = Walk(
        WalkRequest(
            root=known.library.path,
            start=known.start,
            known=known.folders,
            films=known.films,
            ignore_patterns=known.settings.ignore_patterns,
            full=full,
            now_ns=int(work.clock.now().timestamp() * 1_000_000_000),
        )
    )
    while await asyncio.to_thread(walking.step, _STEP):
        await work.progress(
            walking.folders, max(len(known.folders), walking.folders + 1), "looking through the folders"
        )
    return await asyncio.to_thread(walking.result)


async def judge(known: LibraryKnown, before: RootSeen, walked: Walked) -> MountVerdict:
    """Whether the walk may be believed: the root is still the one it began with, and enough films are where they were."""
    after = await asyncio.to_thread(look_at_root, known.library.path)
    verdict = judge_root(after, len(known.films))
    if not verdict.healthy:
        return verdict
    if (after.device, after.inode) != (before.device, before.inode):
        return MountVerdict(state="replaced", detail="The library's folder was replaced while it was scanned.")
    files = sum(len(film.file_parts) or 1 for film in known.films)
    census = Census(known=files, gone=walked.gone, appeared=walked.appeared)
    return judge_census(after, remembered_root(known.library), census, known.settings.vanish_guard_percent)


async def store_walk(work: Work, known: LibraryKnown, root: RootSeen, walked: Walked) -> None:
    """Remember directories without films and those that cannot be read; film folders are remembered when they were read."""
    library, now = known.library, work.clock.now()
    rows = {row.path: row for row in walked.plain}
    rows |= {path: FolderRow(path=path, mtime_ns=0, problem=why) for path, why in walked.unreadable}
    async with work.write() as conn:
        await store_mount(conn, library.id, "ok", None, (root.device, root.inode))
        if known.start == library.path:
            await store_scanned(conn, library.id, now)
        if rows:
            await remember_folders(conn, library.id, list(rows.values()), now)
        if walked.rooms:
            await forget_folders(conn, library.id, walked.rooms)
        await tell_troubles(conn, library.id)


async def tell_troubles(conn: Connection, library_id: int) -> None:
    """The library's problem names the folders that have one; it has none when they are all fine."""
    troubles = await load_troubles(conn, library_id)
    if not troubles.total:
        await clear_problem(conn, "library", library_id, "scan")
        return
    named = [f"{folder}: {why}" for folder, why in troubles.shown.items()][:_MOST_NAMED]
    more = troubles.total - len(named)
    others = f"; and {more} more folders" if more else ""
    message = f"Not everything could be read: {'; '.join(named)}{others}"
    await set_problem(conn, "library", library_id, "scan", message, {"folders": dict(troubles.shown)})


def facts_of(library_id: int, walked: Walked, seconds: float) -> tuple[WalkFact, ...]:
    """What is to be read and to be missed, in parts of a job's size, and that the walk is done."""
    changed = [
        FoldersChanged(library_id=library_id, paths=part)
        for part in batched(walked.changed, MAX_FOLDERS_PER_JOB, strict=False)
    ]
    gone = [
        FoldersVanished(library_id=library_id, paths=part)
        for part in batched(walked.vanished, MAX_FOLDERS_PER_JOB, strict=False)
    ]
    done = LibraryWalked(
        library_id=library_id,
        folders=walked.folders,
        changed=len(walked.changed),
        vanished=len(walked.vanished),
        unreadable=walked.unreadable[:_MOST_TOLD],
        duration_ms=round(seconds * 1000),
    )
    return (*changed, *gone, done)


def _start(library: LibraryRow, path: str | None) -> str:
    """Where the walk begins: at the unit that a path belongs to; for a file or what is gone, at the directory above that is there."""
    if path is None:
        return library.path
    wanted = os.path.normpath(path)
    if wanted != library.path and not wanted.startswith(f"{library.path}/"):
        raise Invalid(f"{path} is not in this library", {"path": f"must lie below {library.path}"})
    while wanted != library.path and not os.path.isdir(wanted):
        wanted = os.path.dirname(wanted)
    return unit_above(wanted, library.path)
