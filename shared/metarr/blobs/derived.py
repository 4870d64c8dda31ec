"""Thumbnails on disk: which of them nobody can ask for any more. Everything here blocks and belongs in a thread.

They lie apart from the store, under the hash of their original, and can be made again at any time: none is counted, verified or missed.
"""

import os
import re
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct

from metarr.blobs.listing import entries_of
from metarr.blobs.sweeping import UNWANTED_AFTER

_THUMBNAIL = re.compile(r"([0-9a-f]{64})-[0-9]{1,5}\.(?:webp|jpg)")
_LEFTOVER = re.compile(r"[0-9a-f]{32}\.tmp")


class Derived(Struct, frozen=True, kw_only=True):
    """A thumbnail by its path; `content_hash` is its original's, None for what nobody asks for whoever has the original."""

    path: str
    content_hash: str | None


def old_thumbnails(root: str, part: int, now: float) -> list[Derived]:
    """The thumbnails of a part that were made a day before `now` (epoch seconds) or earlier, and what kills left half-written.

    `root` is the folder of all thumbnails. Foreign names are passed over.
    """
    entries = entries_of(os.path.join(root, f"{part:02x}"))
    return [found for entry in entries if (found := _derived(entry)) is not None and _is_old(entry, now)]


def remove(files: Iterable[Derived]) -> None:
    """Delete these."""
    for file in files:
        with suppress(FileNotFoundError):
            os.unlink(file.path)


def _derived(entry: os.DirEntry[str]) -> Derived | None:
    if _LEFTOVER.fullmatch(entry.name):
        return Derived(path=entry.path, content_hash=None)
    match = _THUMBNAIL.fullmatch(entry.name)
    if match is None:
        return None
    is_made_still = entry.name.endswith(".webp")  # earlier versions made JPEGs too
    return Derived(path=entry.path, content_hash=match.group(1) if is_made_still else None)


def _is_old(entry: os.DirEntry[str], now: float) -> bool:
    try:
        return now - entry.stat(follow_symlinks=False).st_mtime >= UNWANTED_AFTER
    except FileNotFoundError:
        return False
