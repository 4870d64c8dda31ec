"""What lies in the store, part by part: the folders `00` to `ff`. Everything here blocks and belongs in a thread."""

import os
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from metarr.blobs.names import BlobName, parse_stored
from metarr.errors import Invalid


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file in the store: `size` in bytes, `mtime` in seconds since the epoch."""

    name: BlobName
    size: int
    mtime: float


def files_of(root: str, part: int) -> list[StoredFile]:
    """The files of a part. Foreign names, links and what a sweep has set aside are passed over."""
    return [found for entry in entries_of(os.path.join(root, f"{part:02x}")) if (found := _stored(entry)) is not None]


def is_empty(root: str) -> bool:
    """Whether the store holds nothing at all, or is not there: its disk may not be mounted."""
    try:
        with os.scandir(root) as entries:
            return not any(len(entry.name) == 2 for entry in entries)
    except OSError:
        return True


def entries_of(folder: str) -> Iterator[os.DirEntry[str]]:
    """The files two levels below the folder of a part; links are not followed."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as below:
        for shard in below:
            if shard.is_dir(follow_symlinks=False):
                with os.scandir(shard.path) as entries:
                    yield from entries


def _stored(entry: os.DirEntry[str]) -> StoredFile | None:
    try:
        name = parse_stored(entry.name)
        found = entry.stat(follow_symlinks=False)
    except (Invalid, FileNotFoundError):
        return None
    if not entry.is_file(follow_symlinks=False):
        return None
    return StoredFile(name=name, size=found.st_size, mtime=found.st_mtime)
