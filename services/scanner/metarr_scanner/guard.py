"""Looks at a library's root, and says so to everybody when the library is not to be believed."""

import os

from metarr.db.queries.problems import set_problem
from metarr.db.queries.scan import LibraryRow, store_mount
from metarr.domain.mount import MountVerdict, RootSeen, is_replaced, judge_root
from metarr.messages.facts import LibraryUnavailable
from metarr.runtime import Work
from metarr_scanner.paths import in_words, signed

_NOTHING = frozenset({"lost+found"})
"""What a fresh file system holds by itself."""


def look_at_root(path: str) -> RootSeen:
    """A look at the directory itself; blocking. Hidden entries do not make it a library."""
    try:
        seen = os.stat(path)
        with os.scandir(path) as entries:
            empty = all(entry.name.startswith(".") or entry.name in _NOTHING for entry in entries)
    except OSError as failed:
        return RootSeen(error=in_words(failed))
    return RootSeen(device=signed(seen.st_dev), inode=signed(seen.st_ino), empty=empty)


def remembered_root(library: LibraryRow) -> tuple[int, int] | None:
    """The root's (device, inode) of the last scan that believed it."""
    if library.root_device is None or library.root_inode is None:
        return None
    return (library.root_device, library.root_inode)


def judge_now(library: LibraryRow) -> MountVerdict:
    """Whether anything may be concluded at this moment from what is absent below the root; blocking.

    Stricter than the judgement of a whole scan: no films are counted here, so a root that only looks different is not believed.
    """
    root = look_at_root(library.path)
    if root.empty:
        return MountVerdict(state="empty", detail="The library's folder is empty. Is the disk mounted?")
    if root.error is None and is_replaced(root, remembered_root(library)):
        return MountVerdict(state="replaced", detail="Another folder lies at the library's path. Is it the right disk?")
    return judge_root(root, known_films=0)


async def stop_here(work: Work, library: LibraryRow, verdict: MountVerdict) -> LibraryUnavailable:
    """Write down that the library is not to be believed, and end the job with that."""
    reason = verdict.detail or verdict.state
    async with work.write() as conn:
        await store_mount(conn, library.id, verdict.state, verdict.detail)
        await set_problem(conn, "library", library.id, "scan", reason, {"mount_state": verdict.state})
    work.log.warning("library not believed", library_id=library.id, mount_state=verdict.state, reason=reason)
    return LibraryUnavailable(library_id=library.id, reason=reason)
