"""Which files and folders any process opens, as the kernel tells it (inotify)."""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_OPENED = 0x20
_EVENT = struct.Struct("iIII")


@contextmanager
def noting_what_is_opened(root: Path) -> Iterator[set[str]]:
    """What is opened below `root` during the block, relative to it; filled when the block ends. Folders end with a slash."""
    opened: set[str] = set()
    watch = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        places = {}
        for folder, _, _ in os.walk(root):
            number = _LIBC.inotify_add_watch(watch, os.fsencode(folder), _OPENED)
            assert number > 0, os.strerror(ctypes.get_errno())
            places[number] = os.path.relpath(folder, root)
        _read(watch, places)  # walking has opened the folders
        yield opened
        opened |= _read(watch, places)
    finally:
        os.close(watch)


def _read(watch: int, places: dict[int, str]) -> set[str]:
    opened = set()
    while True:
        try:
            data = os.read(watch, 1 << 20)
        except BlockingIOError:
            return opened
        while data:
            number, _, _, length = _EVENT.unpack_from(data)
            name = os.fsdecode(data[_EVENT.size : _EVENT.size + length].rstrip(b"\0"))
            opened.add(os.path.normpath(os.path.join(places[number], name)) if name else f"{places[number]}/")
            data = data[_EVENT.size + length :]
