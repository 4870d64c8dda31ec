"""Where a film's files stand: its folder and the actors' folder in it, both held open."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from posixpath import basename, dirname
from typing import Self

from metarr_publisher.folder import Folder, Found


class Site:
    """Names are those of a plan: relative to the film's folder, with at most the actors' folder before them.

    The actors' folder is made when it is needed, what is above it never.
    """

    def __init__(self, folder: Folder, actors_folder: str, opened: ExitStack) -> None:
        self.folder = folder
        self._actors_folder = actors_folder
        self._opened = opened
        self._actors: Folder | None = None
        self._in_the_way: str | None = None
        self._above = self._step(folder, dirname(actors_folder)) if "/" in actors_folder else folder
        if self._above is not None:
            self._actors = self._step(self._above, basename(actors_folder))

    @classmethod
    @contextmanager
    def open(cls, path: str, *, inside: str, actors_folder: str) -> Iterator[Self]:
        """`actors_folder` is relative to the folder. Raises as Folder.open."""
        with Folder.open(path, inside=inside) as folder, ExitStack() as opened:
            yield cls(folder, actors_folder, opened)

    def names(self) -> frozenset[str]:
        """Everything in the two folders."""
        inner = self._actors.names() if self._actors is not None else ()
        return self.folder.names() | {f"{self._actors_folder}/{name}" for name in inner}

    def blocked(self, name: str) -> str | None:
        """Why nothing can be written under this name, in words."""
        if self._in_actors_folder(name) and self._in_the_way is not None:
            return f"{self._in_the_way} is not a folder"
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
        if self._place(name) is None and self._above is not None and self._in_the_way is None:
            self._actors = self._opened.enter_context(self._above.make(basename(self._actors_folder)))
        return self.existing(name)

    def folders(self) -> tuple[Folder, ...]:
        return (self.folder,) if self._actors is None else (self.folder, self._actors)

    def _place(self, name: str) -> Folder | None:
        return self._actors if self._in_actors_folder(name) else self.folder

    def _in_actors_folder(self, name: str) -> bool:
        return name.startswith(f"{self._actors_folder}/")

    def _step(self, folder: Folder, path: str) -> Folder | None:
        """The folder at the end of a path in this one, held open; None where it is missing or something else is in the way."""
        for name in path.split("/"):
            found = folder.look(name)
            if found is None or found.kind != "folder":
                self._in_the_way = name if found is not None else None
                return None
            folder = self._opened.enter_context(folder.step(name))
        return folder


def leaf(name: str) -> str:
    """The name within its own folder."""
    return name.rpartition("/")[2]
