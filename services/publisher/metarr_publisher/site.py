"""Where a film's files stand: its folder and the actors' folder in it, both held open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from metarr.domain.classify.folders import ACTORS_FOLDER
from metarr_publisher.folder import Folder, Found

_PREFIX = f"{ACTORS_FOLDER}/"


class Site:
    """Names are those of a plan: relative to the film's folder, with at most the actors' folder before them."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._actors: Folder | None = None
        found = folder.look(ACTORS_FOLDER)
        if found is not None and found.kind == "folder":
            self._actors = folder.step(ACTORS_FOLDER)
        self._in_the_way = found is not None and found.kind != "folder"

    @classmethod
    @contextmanager
    def open(cls, path: str, *, inside: str) -> Iterator[Self]:
        """Raises as Folder.open."""
        with Folder.open(path, inside=inside) as folder:
            site = cls(folder)
            try:
                yield site
            finally:
                if site._actors is not None:
                    site._actors.__exit__()

    def names(self) -> frozenset[str]:
        """Everything in the two folders."""
        inner = self._actors.names() if self._actors is not None else ()
        return self.folder.names() | {_PREFIX + name for name in inner}

    def blocked(self, name: str) -> str | None:
        """Why nothing can be written under this name, in words."""
        if name.startswith(_PREFIX) and self._in_the_way:
            return f"{ACTORS_FOLDER} is not a folder"
        found = self.look(name)
        if found is None or found.kind in ("file", "link"):
            return None
        return "a folder is in the way" if found.kind == "folder" else "something is in the way that is no file"

    def look(self, name: str) -> Found | None:
        """What lies under the name itself; None when nothing does."""
        place = self._place(name)
        return place.look(leaf(name)) if place is not None else None

    def hash(self, name: str) -> str:
        return self.existing(name).hash(leaf(name))

    def read(self, name: str, limit: int) -> bytes | None:
        """As Folder.read; None as well when there is no such file."""
        found = self.look(name)
        if found is None or found.kind != "file":
            return None
        return self.existing(name).read(leaf(name), limit)

    def existing(self, name: str) -> Folder:
        """The open folder that holds the name. Raises FileNotFoundError when there is no actors' folder."""
        place = self._place(name)
        if place is None:
            raise FileNotFoundError(name)
        return place

    def writable(self, name: str) -> Folder:
        """As `existing`, and makes the actors' folder when it is missing."""
        if self._place(name) is None and not self._in_the_way:
            self._actors = self.folder.make(ACTORS_FOLDER)
        return self.existing(name)

    def folders(self) -> tuple[Folder, ...]:
        return (self.folder,) if self._actors is None else (self.folder, self._actors)

    def _place(self, name: str) -> Folder | None:
        return self._actors if name.startswith(_PREFIX) else self.folder


def leaf(name: str) -> str:
    """The name within its own folder."""
    return name.rpartition("/")[2]
