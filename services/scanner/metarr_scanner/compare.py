"""Compares a film found with what is known of it: what is to be written, and the one word for what happened. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from metarr.db.queries.problems import Problem
from metarr.db.queries.scan_films import FileRow, FilmRow, PictureRow, PublishedRow, Surroundings
from metarr.db.queries.scan_store import ChangedFilm, NewFilm
from metarr.domain.identity import Change, Evidence, Happened, change_of
from metarr.domain.merge import FieldChange, same_value, says_something
from metarr.domain.movie import METADATA_FIELDS, MovieMetadata
from metarr.domain.publication import MediaFile, folder_of
from metarr.domain.streams import MediaStreams, SubtitleStream
from metarr.formats.file_uri import uri_of
from metarr.formats.nfo import MovieNfo, read_nfo, write_movie_nfo
from metarr_scanner.belongings import file_rows, picture_rows, subtitle_rows
from metarr_scanner.film_found import FilmFound, with_problem
from metarr_scanner.nfo_files import Said
from metarr_scanner.row_change import changed_film, history_of, new_film
from metarr_scanner.scene import Scene

_LONGEST_PROBLEM = 2000
_TOLD = ("subtitle", "trailer")
"""Kinds of files that the published NFO tells of."""
_NEVER_SEEN = Surroundings()


class FilmChange(Struct, frozen=True, kw_only=True):
    """What is to be written for one film; None and empty stand for "as it is". Films without a row have `new`.

    `published_missing` are files we wrote, by name, that are not there any more.
    """

    path: str
    row: FilmRow | None = None
    new: NewFilm | None = None
    changed: ChangedFilm | None = None
    streams: MediaStreams | None = None
    subtitles: tuple[SubtitleStream, ...] | None = None
    files: tuple[FileRow, ...] = ()
    files_gone: tuple[str, ...] = ()
    pictures: tuple[PictureRow, ...] = ()
    pictures_gone: tuple[str, ...] = ()
    pictures_moved: tuple[tuple[str, str], ...] = ()
    answer: Mapping[str, Any] | None = None
    problem: Problem | None = None
    problem_gone: bool = False
    history: tuple[FieldChange, ...] = ()
    change: Change | None = None
    known: bool = False
    published_missing: tuple[str, ...] = ()


class Comparison:
    """One film found, its row (None for a new film) with its surroundings, and what the sources say it is.

    `ours` are files that we wrote, by path; `current` is the film's metadata where an NFO must be held against it.
    """

    def __init__(
        self,
        found: FilmFound,
        said: Said,
        row: FilmRow | None = None,
        around: Surroundings = _NEVER_SEEN,
        *,
        evidence: Evidence = "none",
        ours: Mapping[str, PublishedRow] | None = None,
        current: MovieMetadata | None = None,
    ) -> None:
        self._found = found
        self._said = said
        self._row = row
        self._around = around
        self._evidence = evidence
        self._ours = ours or {}
        self._current = current

    def result(self) -> FilmChange | None:
        """None for a film that a person put into the trash and whose file has lain there since."""
        row, found = self._row, self._found
        restored = row is not None and row.trashed
        if restored and self._was_deleted_by_a_person():
            return None
        files, files_gone = self._files()
        pictures, pictures_gone, pictures_moved = self._pictures()
        subtitles = self._subtitles(files, files_gone)
        answer = self._answer()
        changed = changed_film(found, self._said, row, self._evidence) if row is not None else None
        history = history_of(found, row, changed) if row is not None and changed is not None else ()
        problem = self._problem()
        happened = Happened(
            new_row=row is None,
            restored=restored,
            other_metadata=answer is not None or bool(history),
            other_artwork=bool(pictures) or self._is_news(files, "actor_image"),
            other_file=self._is_other_file() or self._is_news(files, *_TOLD) or self._are_gone(files_gone),
            other_path=row is not None and row.file_path != found.video.file_path,
        )
        return FilmChange(
            path=found.video.file_path,
            row=row,
            new=new_film(found, self._said) if row is None else None,
            changed=changed,
            streams=self._streams(),
            subtitles=subtitles,
            files=files,
            files_gone=files_gone,
            pictures=pictures,
            pictures_gone=pictures_gone,
            pictures_moved=pictures_moved,
            answer=answer,
            problem=problem,
            problem_gone=problem is None and self._around.has_problem,
            history=history,
            change=self._word(happened),
            known=self._is_known(),
            published_missing=self._published_missing(),
        )

    def _was_deleted_by_a_person(self) -> bool:
        """A film that vanished has lost its files' rows; one that a person deleted still has them, and its file."""
        row, probe = self._row, self._found.probe
        same = row is not None and probe is not None and row.file_hash == probe.file_hash
        return same and bool(self._around.files)

    def _streams(self) -> MediaStreams | None:
        """What cannot be read any more has no streams: those of the file before are not this file's."""
        probe = self._found.probe
        if probe is None:
            return None
        return probe.streams or (MediaStreams() if self._row is not None else None)

    def _files(self) -> tuple[tuple[FileRow, ...], tuple[str, ...]]:
        rows = file_rows(self._found.scene, self._found.film, self._ours)
        main = rows.get(self._found.video.file_path)
        if main is not None:
            rows[main.path] = with_problem(main, self._video_problem())
        known = self._around.files
        changed = tuple(row for path, row in rows.items() if known.get(path) != row)
        return changed, tuple(path for path in known if path not in rows)

    def _pictures(self) -> tuple[tuple[PictureRow, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
        """New and changed pictures, those that lay here and are gone, and those that moved with the film, (from, to).

        What the recycle bin holds never lay here and is left alone.
        """
        rows = picture_rows(self._found.scene, self._found.film, self._ours)
        known = {row.source_url: row for row in self._around.pictures}
        lay_here = {uri_of(path): path for path, file in self._around.files.items() if file.kind == "image"}
        moved = {}
        for url, path in lay_here.items():
            there = uri_of(self._here(path))
            if url != there and url in known and there in rows and there not in known:
                moved[there] = url
        changed = [row for url, row in rows.items() if not _same_picture(known.get(moved.get(url, url)), row)]
        gone = [url for url in known if url in lay_here and url not in rows and url not in moved.values()]
        return tuple(changed), tuple(gone), tuple((old, new) for new, old in moved.items())

    def _here(self, path: str) -> str:
        """Where a file of the film's former folder lies now, if it came along."""
        row = self._row
        if row is None or row.file_path == self._found.video.file_path:
            return path
        return moved_along(path, row, self._found.scene)

    def _is_news(self, files: Iterable[FileRow], *kinds: str) -> bool:
        """Whether there is a file of these kinds that is new or changed, not only moved along."""
        before = {self._here(path): file for path, file in self._around.files.items()}
        return any(file.kind in kinds and not _same_file(before.get(file.path), file) for file in files)

    def _are_gone(self, files_gone: Iterable[str]) -> bool:
        """Whether files that the NFO speaks of are gone, not only moved along."""
        there = {file.path for file in self._found.scene.unit.files}
        return any(self._around.files[path].kind in _TOLD and self._here(path) not in there for path in files_gone)

    def _subtitles(self, files: tuple[FileRow, ...], files_gone: tuple[str, ...]) -> tuple[SubtitleStream, ...] | None:
        gone = any(self._around.files[path].kind == "subtitle" for path in files_gone)
        if not gone and all(file.kind != "subtitle" for file in files):
            return None
        return subtitle_rows(self._found.scene, self._found.film)

    def _answer(self) -> Mapping[str, Any] | None:
        """What the NFO files say, where that is news. On an enriched film only what differs from it counts as a person's
        word, laid over what the NFO said before: the rest may well be our own words coming back."""
        said = self._said.metadata
        if said is None or self._said.disputed:
            return None
        fields = {name: getattr(said, name) for name in METADATA_FIELDS if says_something(getattr(said, name))}
        before = dict(self._around.answer or {})
        if self._current is not None:
            ours = _as_an_nfo_says_it(self._current)
            fields = {name: value for name, value in fields.items() if not same_value(name, getattr(ours, name), value)}
            if not fields:
                return None
        else:
            before = {}
        answer = before | dict(msgspec.to_builtins(fields))
        return answer if answer != _told(self._around.answer) else None

    def _video_problem(self) -> str | None:
        if self._found.probe is not None:
            return self._found.probe.problem
        known = self._around.files.get(self._found.video.file_path)
        return known.detail.get("problem") if known is not None else None

    def _problem(self) -> Problem | None:
        video = self._video_problem()
        missing = self._found.film.missing_parts
        lost = f"Part {', '.join(map(str, missing))} of the film is not here." if missing else None
        sentences = [f"{self._found.file_name}: {video}." if video else None, lost, *self._said.problems]
        words = [sentence for sentence in sentences if sentence]
        return Problem(message=" ".join(words)[:_LONGEST_PROBLEM], detail={"reasons": words}) if words else None

    def _is_other_file(self) -> bool:
        row, probe = self._row, self._found.probe
        return row is not None and probe is not None and probe.file_hash != row.file_hash

    def _word(self, happened: Happened) -> Change | None:
        """Where NFO files dispute which film it is, nobody shall go and guess; its pictures are fetched all the same."""
        word = change_of(happened)
        return "artwork" if self._said.disputed and word in ("new", "metadata", "restored") else word

    def _is_known(self) -> bool:
        row = self._row
        own = row is not None and (row.tmdb_id is not None or row.imdb_id is not None)
        return own or self._said.tmdb_id is not None or self._said.imdb_id is not None

    def _published_missing(self) -> tuple[str, ...]:
        folder = f"{self._found.scene.unit.path}/"
        there = {file.path for file in self._found.scene.unit.files}
        gone = [path for path in self._around.published if path.startswith(folder) and path not in there]
        return tuple(sorted(path.removeprefix(folder) for path in gone))


def _as_an_nfo_says_it(film: MovieMetadata) -> MovieMetadata:
    """What our own NFO of this film says: what the format has no place for is nothing that somebody changed."""
    return read_nfo(write_movie_nfo(MovieNfo(metadata=film))).metadata


def _told(answer: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """An answer without its silent fields, whoever stored it."""
    return None if answer is None else {name: value for name, value in answer.items() if value is not None}


def moved_along(path: str, row: FilmRow, scene: Scene) -> str:
    """The path below the scene's unit that a path below the film's former folder has become."""
    before = folder_of(MediaFile(file_path=row.file_path, file_parts=tuple(row.file_parts)), scene.root)
    return f"{scene.unit.path}/{path.removeprefix(f'{before}/')}" if path.startswith(f"{before}/") else path


def _same_picture(known: PictureRow | None, found: PictureRow) -> bool:
    return known is not None and (known.asset_type, known.file_size, known.mtime_ns) == (
        found.asset_type,
        found.file_size,
        found.mtime_ns,
    )


def _same_file(known: FileRow | None, found: FileRow) -> bool:
    return known is not None and (known.kind, known.file_size, known.mtime_ns) == (
        found.kind,
        found.file_size,
        found.mtime_ns,
    )
