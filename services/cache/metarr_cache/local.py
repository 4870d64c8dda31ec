"""Reads a picture from a library folder, and only from there: no link, pipe or giant file leads anywhere else."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from metarr.errors import LibraryOffline, MediaUnreadable
from metarr_cache.images import MAX_BYTES


def read_picture(path: str, root: str) -> bytes:
    """The bytes of a picture below `root`.

    Raises MediaUnreadable with a reason for people; LibraryOffline when the root itself is not there, because then nothing
    may be concluded from a missing file.
    """
    with _put_in_words(root), open_inside(path, root) as file:
        if os.fstat(file.fileno()).st_size > MAX_BYTES:
            raise MediaUnreadable(f"the file is larger than {MAX_BYTES // (1024 * 1024)} MB")
        return file.read(MAX_BYTES)


def open_inside(path: str, root: str) -> BufferedReader:
    """A file below `root`, of any size, open for reading. Raises as `read_picture`."""
    with _put_in_words(root):
        return _open(_inside(path, root))


@contextmanager
def _put_in_words(root: str) -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        if not os.path.isdir(root):
            raise LibraryOffline(f"the library's folder {root} is not there") from failure
        raise MediaUnreadable(_in_words(failure)) from failure


def _inside(path: str, root: str) -> str:
    real, real_root = os.path.realpath(path), os.path.realpath(root)
    if os.path.commonpath((real, real_root)) != real_root:
        raise MediaUnreadable("it is a link that leads out of the library")
    return real


def _open(path: str) -> BufferedReader:
    # Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MediaUnreadable("it is not a file")
    return open(descriptor, "rb")


def _in_words(failure: OSError) -> str:
    if isinstance(failure, FileNotFoundError):
        return "the file is not there any more"
    if isinstance(failure, IsADirectoryError):
        return "it is not a file"
    if isinstance(failure, PermissionError):
        return "Metarr may not read the file"
    return f"the file cannot be read: {failure.strerror or failure}"
