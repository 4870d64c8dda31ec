"""The recycle bin of a library: what is replaced or removed stays on the same disk for 30 days, and says where it was.

`<root>/.metarr-recycle/<day>/<path below the root>` holds the files, `<day>.jsonl` beside it one line per file: where it
was, when it went, why, and the SHA-256 of its bytes. Scanners pass over folders that start with a dot. A file gets its second
place in the bin before its first one is taken from it, so that a kill in between loses nothing; a repeated step finds its copy there.
The recorded day decides when a file goes for good, never a file's own time.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from posixpath import basename, dirname, splitext

import msgspec
from msgspec import Struct

from metarr_publisher.folder import Folder

BIN = ".metarr-recycle"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MANIFEST = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Kept(Struct, frozen=True, kw_only=True):
    """A line of the manifest. `path` is where the file was, `kept_as` where it is now, below the bin; `hash` of a link is None."""

    path: str
    kept_as: str
    time: datetime
    reason: str
    hash: str | None


class RecycleBin:
    """The bin of the library at `root`; `now` dates what is put into it."""

    def __init__(self, root: str, now: datetime) -> None:
        self._root = root
        self._now = now

    def keep(self, folder: Folder, name: str, relative: str, *, reason: str, content_hash: str | None) -> str:
        """Put a second copy of `folder`/`name` into the bin, under its path below the root; returns that copy's path.

        Raises OSError when that is impossible; then the file must stay where it is.
        """
        with self._place(dirname(relative)) as place:
            kept = _free_name(folder, name, place, basename(relative), content_hash)
            known = place.look(kept) is not None
            if not known:
                folder.copy_to(name, place, kept)
                place.sync()
        kept_as = "/".join(filter(None, (self._day, dirname(relative), kept)))
        line = Kept(path=f"{self._root}/{relative}", kept_as=kept_as, time=self._now, reason=reason, hash=content_hash)
        if not known or kept_as not in self._noted():
            self._note(line)
        return f"{self._root}/{BIN}/{kept_as}"

    def copies(self, relative_folder: str) -> dict[str, str]:
        """Name → path of what the bin holds from one folder of the library, the newest where a name is there twice."""
        found: dict[str, str] = {}
        for day in sorted(self._days()):
            place = "/".join(filter(None, (self._root, BIN, day, relative_folder)))
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
                found |= {entry.name: entry.path for entry in entries if entry.is_file(follow_symlinks=False)}
        return found

    @property
    def _day(self) -> str:
        return self._now.date().isoformat()

    def _days(self) -> list[str]:
        if os.path.islink(f"{self._root}/{BIN}"):
            return []
        try:
            return [name for name in os.listdir(f"{self._root}/{BIN}") if is_day(name)]
        except FileNotFoundError:
            return []

    @contextmanager
    def _place(self, relative_folder: str) -> Iterator[Folder]:
        """The folder in the bin, made step by step; no step may be a symbolic link."""
        place = Folder.open(self._root, inside=self._root)
        try:
            for step in (BIN, self._day, *filter(None, relative_folder.split("/"))):
                below = place.make(step)
                os.close(place.descriptor)
                place = below
            yield place
        finally:
            os.close(place.descriptor)

    def _noted(self) -> set[str]:
        """What today's manifest names; a line that a power cut has torn is passed over."""
        noted = set()
        with open(os.open(f"{self._root}/{BIN}/{self._day}.jsonl", _MANIFEST, 0o644), "rb") as file:
            for line in file:
                with suppress(msgspec.DecodeError, msgspec.ValidationError):
                    noted.add(msgspec.json.decode(line, type=Kept).kept_as)
        return noted

    def _note(self, kept: Kept) -> None:
        with open(os.open(f"{self._root}/{BIN}/{self._day}.jsonl", _MANIFEST, 0o644), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            whole = size == 0 or os.pread(file.fileno(), 1, size - 1) == b"\n"
            os.write(file.fileno(), b"".join((b"" if whole else b"\n", msgspec.json.encode(kept), b"\n")))
            os.fsync(file.fileno())


def versions_of(name: str) -> Iterator[str]:
    """`poster.jpg`, `poster (2).jpg` … : the names that files of one name get in the bin."""
    stem, extension = splitext(name)
    yield name
    for number in range(2, 1000):
        yield f"{stem[: 240 - len(extension)]} ({number}){extension}"


def _free_name(folder: Folder, name: str, place: Folder, wished: str, content_hash: str | None) -> str:
    """The first name that is free in the bin, or under which this very file is there already."""
    source = folder.look(name)
    for version in versions_of(wished):
        found = place.look(version)
        if found is None or (source is not None and found.version == source.version):
            return version
        if content_hash is not None and found.kind == "file" and place.hash(version) == content_hash:
            return version
    raise FileExistsError(f"the recycle bin is full of files called {wished}")


def is_day(name: str) -> bool:
    """Whether a name in the bin is that of a day."""
    if not _DAY.fullmatch(name):
        return False
    with suppress(ValueError):
        date.fromisoformat(name)
        return True
    return False
