"""How much room a disk keeps: the store stops taking files in before a full disk stops the database, which may lie on the same one."""

import os

from metarr.errors import StoreFull

LARGEST_RESERVE = 1 << 30
"""Bytes that stay free on a large disk: enough for PostgreSQL's log files and for the NFO files of any library."""
RESERVE_SHARE = 100
"""On a smaller disk it is one part in so many: a stick of 16 GB must not lose a sixteenth of itself."""

_GIB = 1 << 30


def reserve_of(total: int) -> int:
    """Bytes that stay free on a disk of `total` bytes."""
    return min(LARGEST_RESERVE, total // RESERVE_SHARE)


def ensure_room(folder: str, size: int) -> None:
    """Raises StoreFull, in words for people, when `size` more bytes would leave less than the reserve on the disk of `folder`."""
    disk = os.statvfs(folder)
    free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    reserve = reserve_of(total)
    if free - size < reserve:
        raise StoreFull(
            f"the disk of {folder} is full: {free / _GIB:.2f} GiB are free, of which {reserve / _GIB:.2f} GiB are kept "
            "for the database; make room, or move the data directory"
        )
