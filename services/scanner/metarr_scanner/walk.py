"""The walk over a library: which directories are there, which of them changed, which are gone.

Every directory costs one stat. One whose modification time and inode are as remembered is not opened: its children are those
that are remembered. Any other is listed. Modification times move when something is created, removed or renamed in a
directory, not when a file is rewritten in place; a full walk therefore lists everything.

Symbolic links to directories are followed last, and only to places inside the library that were not seen by then: links
out of it and loops are refused. Names that are not UTF-8, directories that cannot be read and those nested deeper than
MAX_DEPTH are troubles to be told; the walk goes on, and nothing below them counts as gone.
"""

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from metarr.db.queries.scan import FolderRow
from metarr.domain.classify.extensions import file_type
from metarr.domain.publication import MediaFile, folder_of
from metarr_scanner.directory import Directory, list_directory
from metarr_scanner.folders import MAX_DEPTH, Room, room_of
from metarr_scanner.ignoring import IgnoreRules
from metarr_scanner.paths import LEADS_OUT, NOT_TEXT, TOO_LONG, in_words, is_too_long, leads_inside, signed

YOUNG_NS = 2_000_000_000
"""A directory that changed within this time may change again without its time moving: it is read again the next time."""

_SHOWN = 5


class WalkRequest(Struct, frozen=True, kw_only=True):
    """`start` is the root or a directory below it; `known` what was remembered from there on; `films` are the library's."""

    root: str
    start: str
    known: Mapping[str, FolderRow]
    films: tuple[MediaFile, ...] = ()
    ignore_patterns: tuple[str, ...] = ()
    full: bool = False
    now_ns: int


class Walked(Struct, frozen=True, kw_only=True):
    """What a walk found: `changed` are scan units to be read, `vanished` the topmost directories that are gone.

    `plain` are directories without films of their own, as they are to be remembered; `rooms` remembered rooms that are gone
    while their unit is there. `gone` counts files of films that are not where they were, `appeared` new videos.
    """

    folders: int
    changed: tuple[str, ...]
    vanished: tuple[str, ...]
    rooms: tuple[str, ...]
    plain: tuple[FolderRow, ...]
    unreadable: tuple[tuple[str, str], ...]
    gone: int
    appeared: int


class _Visit(NamedTuple):
    """A directory to go to: what it is, the unit it belongs to, how deep below the root, whether a link leads to it."""

    path: str
    room: Room
    unit: str
    depth: int
    is_link: bool = False


class Walk:
    """One walk, done in steps so that it can be stopped and can tell how far it is. Blocking: for a thread."""

    def __init__(self, request: WalkRequest) -> None:
        self._request = request
        self._rules = IgnoreRules(request.root, request.ignore_patterns)
        self._children = _by_parent(request.known)
        self._film_units = {folder_of(film, request.root) for film in request.films}
        self._film_files = _by_folder(request)
        self._stack = [_Visit(request.start, "unit", request.start, request.start.count("/") - request.root.count("/"))]
        self._links: list[_Visit] = []
        self._seen: set[str] = set()
        self._identities: set[tuple[int, int]] = set()
        self._changed: set[str] = set()
        self._plain: list[FolderRow] = []
        self._unreadable: dict[str, str] = {}
        self._gone = 0
        self._appeared = 0

    @property
    def folders(self) -> int:
        """How many directories were seen so far."""
        return len(self._seen)

    def step(self, limit: int) -> bool:
        """Visit up to `limit` directories; False when there are no more."""
        for _ in range(limit):
            if not self._stack and self._links:
                self._stack.append(self._links.pop())
            if not self._stack:
                return False
            self._visit(self._stack.pop())
        return True

    def result(self) -> Walked:
        """What was found, once `step` has returned False."""
        lost = {path for path in (*self._request.known, *self._film_files) if self._is_lost(path)}
        topmost = [path for path in lost if os.path.dirname(path) not in lost]
        rooms = tuple(path for path in topmost if self._was_room(path))
        below = tuple(f"{room}/" for room in rooms)
        return Walked(
            folders=len(self._seen),
            changed=tuple(sorted(self._changed)),
            vanished=tuple(sorted(set(topmost).difference(rooms))),
            rooms=tuple(sorted(path for path in lost if path in rooms or path.startswith(below))),
            plain=tuple(self._plain),
            unreadable=tuple(sorted(self._unreadable.items())),
            gone=self._gone + sum(len(names) for folder, names in self._film_files.items() if folder in lost),
            appeared=self._appeared,
        )

    def _visit(self, visit: _Visit) -> None:
        known = self._request.known.get(visit.path)
        if known is not None and known.problem and not visit.is_link and os.path.islink(visit.path):
            self._links.append(visit._replace(is_link=True))  # refused before; its turn comes last again
        elif visit.depth > MAX_DEPTH:
            self._refuse(visit.path, f"it lies more than {MAX_DEPTH} folders deep")
        elif is_too_long(visit.path):
            self._refuse(os.path.dirname(visit.path), f"{os.path.basename(visit.path)}: {TOO_LONG}")
        else:
            try:
                self._enter(visit, known)
            except FileNotFoundError:
                return
            except OSError as failed:
                self._refuse(visit.path, in_words(failed))

    def _enter(self, visit: _Visit, known: FolderRow | None) -> None:
        seen = os.stat(visit.path)
        identity = (seen.st_dev, seen.st_ino)
        if visit.is_link and not self._may_follow(visit.path, identity):
            return
        row = FolderRow(path=visit.path, mtime_ns=seen.st_mtime_ns, inode=signed(seen.st_ino))
        if known is not None and not self._request.full and _is_same(known, row):
            names = self._children.get(visit.path, [])
            holds_videos = bool(names) and self._held_videos(visit.path, names)
            self._stack.extend(self._rooms(visit, names, holds_videos=holds_videos))
        else:
            listing = list_directory(visit.path, self._rules)
            self._take(visit, row, listing)
        self._identities.add(identity)
        self._seen.add(visit.path)

    def _held_videos(self, path: str, names: Iterable[str]) -> bool:
        """Whether an unchanged directory holds videos; only where that decides what its children are, it is looked up."""
        if path in self._film_units:
            return True
        if all(room_of(name, "unit", holds_videos=True, below_root=False) != "extras" for name in names):
            return False
        return bool(_videos(list_directory(path, self._rules)))

    def _may_follow(self, path: str, identity: tuple[int, int]) -> bool:
        if not leads_inside(path, self._request.root):
            self._refuse(path, LEADS_OUT)
            return False
        if identity in self._identities:
            self._refuse(path, "it is a symbolic link to a folder that is in the library anyway")
            return False
        return True

    def _take(self, visit: _Visit, row: FolderRow, listing: Directory) -> None:
        """Note what a listed directory means and where to go from it."""
        videos = _videos(listing)
        inside = list(self._rooms(visit, listing.folders, holds_videos=bool(videos)))
        self._stack.extend(inside)
        self._links.extend(self._rooms(visit, listing.links, holds_videos=bool(videos), is_link=True))
        self._count(visit, videos, listing)
        holds_film = videos or any(one.room in ("disc", "part") for one in inside)
        if visit.room != "unit" or holds_film or visit.path in self._film_units:
            self._changed.add(visit.unit)
        else:
            row = FolderRow(path=row.path, mtime_ns=row.mtime_ns, inode=row.inode, problem=not_text(listing))
            self._plain.append(remembered(row, self._request.now_ns))

    def _count(self, visit: _Visit, videos: set[str], listing: Directory) -> None:
        """Films that are missing here count as gone, as far as no new video stands in their place."""
        known = self._film_files.get(visit.path, frozenset())
        missing = len(known.difference(listing.files))
        new = len(videos - known) if visit.room in ("unit", "part") else 0
        self._gone += missing
        self._appeared += min(new, missing) if known else new

    def _rooms(
        self, visit: _Visit, names: Iterable[str], *, holds_videos: bool, is_link: bool = False
    ) -> Iterable[_Visit]:
        below_root = visit.path == self._request.root
        for name in names:
            room = room_of(name, visit.room, holds_videos=holds_videos, below_root=below_root)
            path = f"{visit.path}/{name}"
            if room is not None:
                yield _Visit(path, room, path if room == "unit" else visit.unit, visit.depth + 1, is_link)

    def _refuse(self, path: str, why: str) -> None:
        self._unreadable[path] = why

    def _is_lost(self, path: str) -> bool:
        """Not seen, and not below something that could not be read."""
        if path in self._seen or path in self._unreadable:
            return False
        start = self._request.start
        while len(path) > len(start):
            path = os.path.dirname(path)
            if path in self._unreadable:
                return False
        return True

    def _was_room(self, path: str) -> bool:
        """A room goes with its unit, which has changed; but a folder of films may have a room's name."""
        folder, name = os.path.split(path)
        room = room_of(name, "unit", holds_videos=True, below_root=folder == self._request.root)
        return room != "unit" and path not in self._film_units and folder in self._seen


def remembered(row: FolderRow, now_ns: int) -> FolderRow:
    """The directory as it is to be remembered: one that changed just now is read again the next time."""
    young = row.mtime_ns > now_ns - YOUNG_NS
    return FolderRow(path=row.path, mtime_ns=0 if young else row.mtime_ns, inode=row.inode, problem=row.problem)


def not_text(listing: Directory) -> str | None:
    """What is wrong with a directory in which names are no text, in words."""
    if not listing.not_text:
        return None
    return f"{', '.join(listing.not_text[:_SHOWN])}: {NOT_TEXT}"


def _videos(listing: Directory) -> set[str]:
    return {name for name in listing.files if file_type(name) == "video"}


def _is_same(known: FolderRow, row: FolderRow) -> bool:
    return known.mtime_ns == row.mtime_ns and known.inode == row.inode


def _by_parent(paths: Iterable[str]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for path in paths:
        parent, _, name = path.rpartition("/")
        children.setdefault(parent, []).append(name)
    return children


def _by_folder(request: WalkRequest) -> dict[str, frozenset[str]]:
    """The names of the films' files by folder, from the start of the walk on."""
    names: dict[str, set[str]] = {}
    for film in request.films:
        for path in {film.file_path, *film.file_parts}:
            folder, _, name = path.rpartition("/")
            if folder == request.start or folder.startswith(f"{request.start}/"):
                names.setdefault(folder, set()).add(name)
    return {folder: frozenset(found) for folder, found in names.items()}
