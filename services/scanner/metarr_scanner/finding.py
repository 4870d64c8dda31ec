"""Finds the films in some scan units: lists and classifies them, reads names and NFO files, probes the videos."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from itertools import batched

from msgspec import Struct

from metarr.db.queries.scan import FolderRow, LibraryRow, load_folders_of
from metarr.db.queries.scan_films import FilmRow, PublishedRow, Surroundings, load_films_at, load_surroundings
from metarr.domain.classify import FilmFiles
from metarr.domain.classify.values import VideoFile
from metarr.formats.names import MovieName
from metarr.runtime import Work
from metarr_scanner.film_found import FilmFound, Video, decide, is_unchanged, ours_among, probe_of, video_of
from metarr_scanner.names import NameReader
from metarr_scanner.nfo_files import NfoSeen, read_nfo_file
from metarr_scanner.probe import Prober
from metarr_scanner.probe_process import Probed
from metarr_scanner.scene import Scene

_MOST_NFOS = 5
"""NFO files of one film that are read; a folder with more is not a film's."""

_PROBED_AT_ONCE = 50


class Known(Struct, frozen=True, kw_only=True):
    """Rows that may be the films of some folders, what is known around them, both by id; and the units read before, by path."""

    rows: Mapping[int, FilmRow] = {}
    around: Mapping[int, Surroundings] = {}
    folders: Mapping[str, FolderRow] = {}


class Found(Struct, frozen=True, kw_only=True):
    """The films of some units; and the units of which it cannot be told which video is the film, with the reason."""

    films: tuple[FilmFound, ...]
    undecided: Mapping[str, str] = {}


class Tools(Struct, frozen=True, kw_only=True):
    """What reading folders needs."""

    prober: Prober
    names: NameReader


async def load_around(work: Work, library: LibraryRow, scenes: Sequence[Scene]) -> Known:
    """What is known of these units. Units never read before cost one look for their videos' paths."""
    paths = [scene.absolute(video.path) for scene in scenes for film in scene.reading.films for video in _mains(film)]
    async with work.read() as conn:
        folders = await load_folders_of(conn, library.id, [scene.unit.path for scene in scenes])
        rows = await load_films_at(conn, library.id, paths, list(folders))
        around = await load_surroundings(conn, list(rows))
        return Known(rows=rows, around=around, folders=folders)


async def find_films(work: Work, scenes: Sequence[Scene], known: Known, tools: Tools) -> Found:
    """The films of these units with all that their files say."""
    by_path = {row.file_path: row for row in known.rows.values()}
    wanted = _to_probe(scenes, by_path, known)
    answers = await _probe(work, wanted, tools.prober)
    decisions = [(scene, decide(scene, film, answers)) for scene in scenes for film in scene.reading.films]
    films = [(scene, film) for scene, film in decisions if not isinstance(film, str)]
    nfos = await asyncio.to_thread(_read_nfos, films, known)
    found = []
    for scene, film in films:
        video = video_of(scene, film)
        found.append(
            FilmFound(
                scene=scene,
                film=film,
                video=video,
                name=await _name(scene, film, tools.names),
                nfos=tuple(nfos[path] for nfo in film.nfos if (path := scene.absolute(nfo.path)) in nfos),
                probe=probe_of(video, answers),
            )
        )
    undecided = {scene.unit.path: why for scene, why in decisions if isinstance(why, str)}
    return Found(films=tuple(found), undecided=undecided)


def _mains(film: FilmFiles) -> list[VideoFile]:
    return [*film.files[:1], *film.candidates]


async def _probe(work: Work, wanted: Sequence[str], prober: Prober) -> dict[str, Probed]:
    """Read videos, a few at a time, so that a person can stop it and other jobs get their turn."""
    answers: dict[str, Probed] = {}
    for part in batched(wanted, _PROBED_AT_ONCE, strict=False):
        await work.progress(len(answers), len(wanted), "reading videos")
        answers |= dict(zip(part, await prober.probe(part), strict=True))
    return answers


def _to_probe(scenes: Sequence[Scene], rows: Mapping[str, FilmRow], known: Known) -> list[str]:
    """The videos that are new or not as they were, and those of which only one can be the film."""
    wanted: list[str] = []
    for scene in scenes:
        for film in scene.reading.films:
            if film.candidates:
                wanted += [scene.absolute(video.path) for video in film.candidates]
            elif not _is_known(video_of(scene, film), rows, known):
                wanted += [file.path for file in video_of(scene, film).played]
    return wanted


def _is_known(video: Video, rows: Mapping[str, FilmRow], known: Known) -> bool:
    row = rows.get(video.file_path)
    return row is not None and is_unchanged(video, row, known.around[row.id])


def _read_nfos(films: Sequence[tuple[Scene, FilmFiles]], known: Known) -> dict[str, NfoSeen]:
    """The NFO files of these films by path; those that lie there as we wrote them are not opened."""
    published = [row for around in known.around.values() for row in around.published.values()]
    by_folder: dict[str, list[PublishedRow]] = {}
    for row in published:
        by_folder.setdefault(os.path.dirname(row.path), []).append(row)
    read: dict[str, NfoSeen] = {}
    for scene, film in films:
        ours = ours_among(scene, by_folder.get(scene.unit.path, ()))
        paths = [scene.absolute(nfo.path) for nfo in film.nfos[:_MOST_NFOS]]
        read |= {path: read_nfo_file(path) for path in paths if path not in ours and path not in read}
    return read


async def _name(scene: Scene, film: FilmFiles, names: NameReader) -> MovieName:
    """A folder that holds other films too says nothing about this one; the files of a disc have no names of their own.

    Where both are called the same, as in a tidy library, one is enough.
    """
    if film.kind == "disc":
        return await names.read_film(folder=scene.name, file=None)
    file = os.path.basename(film.files[0].path)
    if not film.own_folder:
        return await names.read_film(folder=None, file=file)
    same = os.path.splitext(file)[0] == scene.name
    return await names.read_film(folder=scene.name, file=None if same else file)
