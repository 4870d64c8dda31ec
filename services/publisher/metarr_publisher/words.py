"""Says in plain words why something could not be written, and what would help."""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
HOPELESS = FULL | {errno.EROFS, errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ENODEV, errno.ETIMEDOUT}
"""What stops not one file but all that would follow."""

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EROFS: "the disk is mounted read-only",
    errno.EIO: "the disk reports an error",
    errno.ESTALE: "the network share has gone",
    errno.ENAMETOOLONG: "the name is too long for this disk",
    errno.ELOOP: "a symbolic link is in the way",
}


def explain(error: OSError, path: str) -> str:
    """One sentence about `path`, which the failed step was about."""
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{path}: no permission; Metarr runs as {_whoami()}, {_owner_of(os.path.dirname(path))}"
    reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
    return f"{path}: {reason}"


def no_room(folder: str, needed: int, free: int) -> str:
    return f"{folder}: the disk is full: {_megabytes(needed)} are needed and {_megabytes(free)} are free"


def summary(reasons: Sequence[str]) -> str:
    """The first three in one line, and how many more there are."""
    more = f"; and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    return "; ".join(reasons[:3]) + more


def _whoami() -> str:
    return f"user {os.geteuid()} and group {os.getegid()}"


def _owner_of(folder: str) -> str:
    with suppress(OSError):
        found = os.stat(folder)
        return f"the folder belongs to {found.st_uid}:{found.st_gid} with mode {found.st_mode & 0o777:04o}"
    return "the folder cannot be looked at"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
