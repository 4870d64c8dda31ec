"""Writing a file so that after a power cut it is there whole or not at all: temp, fsync, rename, fsync of the folder."""

import errno
import os
import uuid
from collections.abc import Iterable
from contextlib import suppress

from metarr.blobs.room import ensure_room
from metarr.errors import StoreFull, Transient

_FILE_MODE = 0o644
_STEP = 1 << 20
"""Bytes after which it is looked again whether there is room: others write to the disk meanwhile."""
_FULL = (errno.ENOSPC, errno.EDQUOT)


def write_temporary(folder: str, chunks: Iterable[bytes]) -> str:
    """Write `chunks` to a new file in `folder` and sync it; returns its path. Leaves nothing behind when it fails.

    Raises StoreFull when it would leave the disk too little room, Transient when the disk is read-only or failing.
    """
    path = os.path.join(folder, f"{uuid.uuid4().hex}.tmp")
    try:
        make_folders(folder)
        _write_synced(path, chunks)
    except BaseException as failure:
        with suppress(OSError):
            os.unlink(path)
        if isinstance(failure, OSError):
            raise _unwritable(folder, failure) from failure
        raise
    return path


def move_into_place(temporary: str, target: str) -> None:
    """Give a synced temporary file its final name, durably. Raises Transient; the temporary file is gone either way."""
    folder = os.path.dirname(target)
    try:
        make_folders(folder)
        os.replace(temporary, target)
        sync_folder(folder)
    except OSError as failure:
        with suppress(OSError):
            os.unlink(temporary)
        raise _unwritable(folder, failure) from failure


def make_folders(folder: str) -> None:
    """Create `folder` and its parents; each new entry is synced, or the file could vanish together with its folder."""
    if os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    make_folders(parent)
    with suppress(FileExistsError):
        os.mkdir(folder)
        sync_folder(parent)


def sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_synced(path: str, chunks: Iterable[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    granted = 0
    with open(os.open(path, flags, _FILE_MODE), "wb") as file:
        for chunk in chunks:
            if len(chunk) > granted:
                granted = max(len(chunk), _STEP)
                ensure_room(os.path.dirname(path), granted)
            granted -= file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _unwritable(folder: str, failure: OSError) -> Transient:
    if failure.errno in _FULL:
        return StoreFull(f"the disk of {folder} is full: {failure.strerror}; make room, or move the data directory")
    return Transient(f"nothing can be written to {folder}: {failure.strerror or failure}")
