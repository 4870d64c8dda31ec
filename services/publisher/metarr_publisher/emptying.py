"""Empties the recycle bin of a library: what went into it long ago is deleted for good, so many files at a time.

The bin is walked through open handles, and a symbolic link in it is deleted itself: nothing outside is ever reached. A day's
manifest goes after the last file of its day. Everything here blocks and belongs in a thread.
"""

from datetime import date, datetime, timedelta

from metarr_publisher.folder import Folder
from metarr_publisher.recycle import BIN, is_day

BATCH = 2000
"""Files in one run."""


def empty_bin(root: str, *, now: datetime, retention_days: int, limit: int = BATCH) -> tuple[int, bool]:
    """Delete at most `limit` files, the oldest day first: how many those were, and whether there are more.

    Raises OSError when something cannot be deleted.
    """
    oldest = now.date() - timedelta(days=retention_days)
    removed = 0
    with Folder.open(root, inside=root) as library:
        found = library.look(BIN)
        if found is None or found.kind != "folder":
            return 0, False
        with library.step(BIN) as bin_:
            for day in sorted(name for name in bin_.names() if is_day(name) and date.fromisoformat(name) < oldest):
                removed += _remove_day(bin_, day, limit - removed)
                if bin_.look(day) is not None and removed >= limit:
                    return removed, True
    return removed, False


def _remove_day(bin_: Folder, day: str, limit: int) -> int:
    found = bin_.look(day)
    if found is None or found.kind != "folder":
        return 0
    with bin_.step(day) as folder:
        removed = _remove_below(folder, limit)
    bin_.remove_folder(day)
    manifest = f"{day}.jsonl"
    if bin_.look(day) is None and bin_.look(manifest) is not None:
        bin_.remove(manifest)
    return removed


def _remove_below(folder: Folder, limit: int) -> int:
    """Delete at most `limit` files in a folder and those below it, and the folders that are empty then."""
    removed = 0
    for name in sorted(folder.names()):
        found = folder.look(name)
        if found is not None and found.kind == "folder":
            with folder.step(name) as below:
                removed += _remove_below(below, limit - removed)
            folder.remove_folder(name)
        elif removed < limit:
            folder.remove(name)
            removed += 1
        if removed >= limit:
            break
    return removed
