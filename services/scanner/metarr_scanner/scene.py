"""Reads scan units from the disk into films with their files, without opening any of them; blocking, for a thread."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from metarr.domain.classify import FilmFiles, FolderReading, listing_of, read_folder
from metarr.domain.classify.values import VideoFile
from metarr_scanner.ignoring import IgnoreRules
from metarr_scanner.unit import FileSeen, UnitSeen, list_unit


class Scene:
    """A unit, the films in it, and its files by their path relative to it."""

    def __init__(self, unit: UnitSeen, reading: FolderReading, root: str) -> None:
        self.unit = unit
        self.reading = reading
        self.root = root
        self.is_root = unit.path == root

    @cached_property
    def files(self) -> Mapping[str, FileSeen]:
        return dict(_relative(self.unit))

    @property
    def name(self) -> str:
        return os.path.basename(self.unit.path)

    def absolute(self, path: str) -> str:
        return f"{self.unit.path}/{path}"

    def hides(self, path: str) -> bool:
        """Whether a file that was not found may be there all the same."""
        return self.unit.gone or self.unit.unreadable or path in dict(self.unit.troubles)

    def seen(self, video: VideoFile) -> FileSeen:
        return self.files[video.path]


def read_scenes(paths: Sequence[str], root: str, ignore_patterns: Iterable[str]) -> list[Scene]:
    """List and classify these units."""
    rules = IgnoreRules(root, ignore_patterns)
    return [_read_scene(path, root, rules) for path in paths]


def played(film: FilmFiles) -> tuple[VideoFile, ...]:
    """The files whose streams are the film's: itself, its parts, or the largest streams of a disc's main title."""
    if film.kind != "disc" or not film.streams:
        return film.files
    main = film.streams[0]
    title = _title_set(main.path)
    return tuple(one for one in film.streams if one is main or (title and _title_set(one.path) == title))


def _title_set(path: str) -> str | None:
    """`…/VTS_01` for `…/VTS_01_2.VOB`: a DVD keeps a title in pieces of one gigabyte."""
    stem = os.path.splitext(path)[0].upper()
    return stem[:-2] if stem[-8:-5] == "VTS" and stem[-1:].isdigit() else None


def _read_scene(path: str, root: str, rules: IgnoreRules) -> Scene:
    unit = list_unit(path, root, rules)
    listing = listing_of(
        os.path.basename(path),
        [(name, file.size) for name, file in _relative(unit)],
        is_root=path == root,
        holds_films_below=unit.holds_units,
    )
    return Scene(unit, read_folder(listing), root)


def _relative(unit: UnitSeen) -> Iterator[tuple[str, FileSeen]]:
    start = len(unit.path) + 1
    for file in unit.files:
        yield file.path[start:], file
