"""Lists a scan unit: the directory, its rooms, and every file in them with size and time. Opens no file but ignore files."""

import os
import stat
from collections.abc import Iterator

from msgspec import Struct

from metarr.db.queries.scan import FolderRow
from metarr.domain.classify.extensions import file_type
from metarr.domain.classify.folders import folder_kind
from metarr_scanner.directory import Directory, list_directory
from metarr_scanner.folders import Room, room_of
from metarr_scanner.ignoring import IgnoreRules
from metarr_scanner.paths import LEADS_OUT, NOT_TEXT, TOO_LONG, in_words, is_too_long, leads_inside, signed


class FileSeen(Struct, frozen=True, kw_only=True):
    """A file of a unit; `room` is the kind of directory that it lies in."""

    path: str
    name: str
    room: Room
    size: int
    mtime_ns: int


class UnitSeen(Struct, frozen=True, kw_only=True):
    """A unit as it lies on the disk. `troubles` say in words what could not be read, by path.

    `holds_units` says that there are folders of films right below it.
    `gone` says that the directory is not there any more, `unreadable` that nothing can be concluded from what is absent.
    """

    path: str
    folders: tuple[FolderRow, ...] = ()
    files: tuple[FileSeen, ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()
    holds_units: bool = False
    gone: bool = False
    unreadable: bool = False


def list_unit(path: str, root: str, rules: IgnoreRules) -> UnitSeen:
    """Never raises for what is wrong on the disk: it is told as troubles."""
    reading = _Reading(root, rules)
    try:
        reading.read(path, "unit")
    except FileNotFoundError:
        return UnitSeen(path=path, gone=True)
    except OSError as failed:
        return UnitSeen(path=path, troubles=((path, in_words(failed)),), unreadable=True)
    return UnitSeen(
        path=path,
        folders=tuple(reading.folders),
        files=tuple(reading.files),
        troubles=tuple(reading.troubles),
        holds_units=reading.holds_units,
        unreadable=reading.has_blind_spot,
    )


class _Reading:
    """What was read so far of one unit."""

    def __init__(self, root: str, rules: IgnoreRules) -> None:
        self._root = root
        self._rules = rules
        self.folders: list[FolderRow] = []
        self.files: list[FileSeen] = []
        self.troubles: list[tuple[str, str]] = []
        self.holds_units = False
        self.has_blind_spot = False

    def read(self, path: str, room: Room) -> None:
        """Read a directory and its rooms. Raises OSError for the directory itself; a room that fails is a trouble."""
        before = os.stat(path)
        listing = list_directory(path, self._rules)
        self.folders.append(FolderRow(path=path, mtime_ns=before.st_mtime_ns, inode=signed(before.st_ino)))
        self.troubles += [(f"{path}/{name}", NOT_TEXT) for name in listing.not_text]
        for name in listing.files:
            self._add_file(path, name, room)
        for below, inner in self._rooms(path, room, listing):
            try:
                self.read(below, inner)
            except OSError as failed:
                self.troubles.append((below, in_words(failed)))
                self.has_blind_spot = True

    def _rooms(self, path: str, room: Room, listing: Directory) -> Iterator[tuple[str, Room]]:
        holds_videos = any(file_type(name) == "video" for name in listing.files)
        for name in listing.folders:
            inner = room_of(name, room, holds_videos=holds_videos, below_root=path == self._root)
            if inner == "unit":
                self.holds_units = self.holds_units or self._is_unit(f"{path}/{name}")
            elif inner is not None:
                yield f"{path}/{name}", inner

    def _is_unit(self, path: str) -> bool:
        try:
            listing = list_directory(path, self._rules)
        except OSError:
            return False
        rooms = {folder_kind(name) for name in listing.folders}
        return not rooms.isdisjoint(("disc", "part")) or any(file_type(name) == "video" for name in listing.files)

    def _add_file(self, folder: str, name: str, room: Room) -> None:
        path = f"{folder}/{name}"
        if is_too_long(path):
            self.troubles.append((path, TOO_LONG))
            return
        try:
            seen = os.lstat(path)
            if stat.S_ISLNK(seen.st_mode):
                if not leads_inside(path, self._root):
                    self.troubles.append((path, LEADS_OUT))
                    return
                seen = os.stat(path)
        except OSError as failed:
            self.troubles.append((path, in_words(failed)))
            return
        if stat.S_ISREG(seen.st_mode):
            self.files.append(FileSeen(path=path, name=name, room=room, size=seen.st_size, mtime_ns=seen.st_mtime_ns))
