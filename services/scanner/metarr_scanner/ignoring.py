"""What a scan leaves out: hidden names, the patterns of the settings, and what marker files in the library hide."""

import os
from collections.abc import Collection, Iterable

from metarr.domain.classify.folders import ACTORS_FOLDER
from metarr.domain.classify.ignore import MARKERS, MAX_TEXT, IgnoreFile, NamePatterns, read_ignore_file

_MARKER_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A marker may be a trap: a link to somewhere else, a pipe that never says anything."""


class FolderRules:
    """What is left out of one directory. `markers` are the marker files above and in it, each with the path down from there."""

    def __init__(self, patterns: NamePatterns, markers: tuple[tuple[str, IgnoreFile], ...]) -> None:
        self._patterns = patterns
        self.markers = markers

    def ignores(self, name: str, *, is_folder: bool) -> bool:
        """Whether an entry of the directory is left out."""
        if name.startswith(".") and name != ACTORS_FOLDER:
            return True
        return self._patterns.match(name) or any(
            marker.ignores(below + name, is_folder=is_folder) for below, marker in self.markers
        )


class IgnoreRules:
    """The rules of a library. Reads a directory's marker files once; blocking."""

    def __init__(self, root: str, patterns: Iterable[str]) -> None:
        self._root = root
        self._patterns = NamePatterns(patterns)
        self._rules: dict[str, FolderRules] = {}

    def of(self, path: str, names: Collection[str] | None = None) -> FolderRules:
        """The rules for what lies in a directory of the library; `names` is all that lies in it, where that is known."""
        rules = self._rules.get(path)
        if rules is None:
            markers = (*self._inherited(path), *_markers_in(path, names))
            rules = self._rules[path] = FolderRules(self._patterns, markers)
        return rules

    def _inherited(self, path: str) -> tuple[tuple[str, IgnoreFile], ...]:
        if len(path) <= len(self._root):
            return ()
        parent, name = os.path.split(path)
        return tuple((f"{below}{name}/", marker) for below, marker in self.of(parent).markers)


def _markers_in(path: str, names: Collection[str] | None) -> tuple[tuple[str, IgnoreFile], ...]:
    wanted = MARKERS if names is None else [name for name in MARKERS if name in names]
    found = ((name, _read_marker(f"{path}/{name}")) for name in wanted)
    return tuple(("", read_ignore_file(name, text)) for name, text in found if text is not None)


def _read_marker(path: str) -> str | None:
    """One character more than is allowed, so that what is too long is seen to be; None where there is none to be read."""
    try:
        with open(os.open(path, _MARKER_FLAGS), encoding="utf-8", errors="replace") as file:
            return file.read(MAX_TEXT + 1)
    except OSError:
        return None
