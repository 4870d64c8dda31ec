"""Taking files out of the store that nobody wants any more, beside others who put the same bytes in.

The store has 256 parts, the folders `00` to `ff`. Only files that have been neither written nor wanted for a day are looked at: who
puts bytes in that are there already makes their file young (BlobStore.put), and has told the database of them long before a day
is over. A file is first set aside under another name; whoever comes now writes it anew. Only one that is still old then, and that
the database still does not know, is deleted; any other gets its name back. What a kill leaves set aside is looked at by the
next sweep. Everything here blocks and belongs in a thread.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct

from metarr.blobs.listing import entries_of
from metarr.blobs.names import BlobName, parse_stored
from metarr.errors import Invalid

PARTS = 256
UNWANTED_AFTER = 24 * 3600.0
"""Seconds."""

_ASIDE = ".aside"


class OldFile(Struct, frozen=True, kw_only=True):
    """A file in the store, `name` without the mark of one that was set aside."""

    name: BlobName
    is_aside: bool = False


def old_files(root: str, part: int, now: float) -> list[OldFile]:
    """What has lain in a part of the store, untouched, for a day before `now` (epoch seconds). Foreign names are passed over."""
    return [
        found for entry in entries_of(os.path.join(root, f"{part:02x}")) if (found := _old_file(entry, now)) is not None
    ]


def set_aside(root: str, files: Iterable[OldFile]) -> None:
    """Take the names from files that are about to be deleted."""
    for file in files:
        with suppress(FileNotFoundError):
            if not file.is_aside:
                os.rename(_path(root, file.name), _path(root, file.name) + _ASIDE)


def finish(root: str, files: Iterable[OldFile], known: frozenset[str], now: float) -> list[str]:
    """Delete what was set aside and is neither known (by hash) nor wanted again; the hashes of what was deleted."""
    return [file.name.content_hash for file in files if _finish(_path(root, file.name), file, known, now)]


def _finish(path: str, file: OldFile, known: frozenset[str], now: float) -> bool:
    aside = path + _ASIDE
    try:
        wanted = now - os.stat(aside).st_mtime < UNWANTED_AFTER or file.name.content_hash in known
    except FileNotFoundError:
        return False
    if wanted:
        os.rename(aside, path)  # over the same bytes, where somebody has written them anew
    else:
        os.unlink(aside)
    return not wanted


def _old_file(entry: os.DirEntry[str], now: float) -> OldFile | None:
    try:
        name = parse_stored(entry.name.removesuffix(_ASIDE))
        found = entry.stat(follow_symlinks=False)
    except (Invalid, FileNotFoundError):
        return None
    if now - found.st_mtime < UNWANTED_AFTER or not entry.is_file(follow_symlinks=False):
        return None
    return OldFile(name=name, is_aside=entry.name.endswith(_ASIDE))


def _path(root: str, name: BlobName) -> str:
    return os.path.join(root, name.relative)
