"""Reads some film folders and recognises the films in them: list, classify, read names and NFO, probe, find their rows."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.db import Connection
from metarr.db.queries.movies import load_movie
from metarr.db.queries.scan import FolderRow, LibraryRow, load_folders_of
from metarr.db.queries.scan_films import (
    FilmRow,
    PublishedRow,
    Surroundings,
    load_films_at,
    load_films_like,
    load_surroundings,
)
from metarr.domain.classify import FilmFiles
from metarr.domain.classify.values import VideoFile
from metarr.domain.identity import FoundFilm, KnownFilm, Match, match_films
from metarr.domain.movie import MovieMetadata
from metarr.domain.publication import MediaFile, folder_of
from metarr.formats.names import MovieName
from metarr.runtime import Work
from metarr_scanner.compare import Comparison, FilmChange, moved_along
from metarr_scanner.film_found import FilmFound, Video, decide, is_unchanged, ours_among, probe_of, video_of
from metarr_scanner.names import NameReader
from metarr_scanner.nfo_files import NfoSeen, Said, read_nfo_file, settle
from metarr_scanner.probe import Prober
from metarr_scanner.probe_process import Probed
from metarr_scanner.scene import Scene

_MOST_NFOS = 5
"""NFO files of one film that are read; a folder with more is not a film's."""


class Known(Struct, frozen=True, kw_only=True):
    """Rows that may be the films of some folders, what is known around them, both by id; and the units read before, by path."""

    rows: Mapping[int, FilmRow] = {}
    around: Mapping[int, Surroundings] = {}
    folders: Mapping[str, FolderRow] = {}


class Found(Struct, frozen=True, kw_only=True):
    """The films of some units; and the units of which it cannot be told which video is the film, with the reason."""

    films: tuple[FilmFound, ...]
    undecided: Mapping[str, str] = {}


class Recognised(Struct, frozen=True, kw_only=True):
    """The row of each film found and what its sources say, by path; all that is known by then; rows whose film is nowhere."""

    matches: Mapping[str, Match]
    said: Mapping[str, Said]
    known: Known
    lost: tuple[FilmRow, ...] = ()


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


async def find_films(scenes: Sequence[Scene], known: Known, tools: Tools) -> Found:
    """The films of these units with all that their files say."""
    by_path = {row.file_path: row for row in known.rows.values()}
    answers = await _probe(scenes, by_path, known, tools.prober)
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


async def recognise(work: Work, library: LibraryRow, scenes: Sequence[Scene], found: Found, known: Known) -> Recognised:
    """Find the row of each film. Asks for more rows only for films that are new here."""
    films = found.films
    said = {film.video.file_path: _said(film) for film in films}
    here = {row.file_path for row in known.rows.values()}
    strangers = [film for film in films if film.video.file_path not in here]
    if strangers:
        known = await _load_alike(work, library, strangers, said, known)
    gone = await asyncio.to_thread(_left_behind, known.rows.values(), found, scenes, library.path)
    matches = match_films(
        [_found(film, said[film.video.file_path]) for film in films],
        [_known(row, library.path, file_gone=row.file_path in gone) for row in known.rows.values()],
    )
    known = await _load_missing_surroundings(work, known, matches)
    return Recognised(matches=matches, said=said, known=known, lost=_lost(matches, known, gone, scenes, library.path))


async def compare(work: Work, films: Sequence[FilmFound], recognised: Recognised) -> list[FilmChange]:
    """What is to be written for each film; films that a person keeps in the trash are left out."""
    changes = []
    known = recognised.known
    for film in films:
        match = recognised.matches[film.video.file_path]
        row = known.rows[match.row.id] if match.row else None
        around = known.around.get(row.id, Surroundings()) if row else Surroundings()
        ours = ours_among(film.scene, _published_here(film.scene, row, around))
        said = recognised.said[film.video.file_path] if row is None else _said(film, row, around)
        current = await _current(work, row, said, around)
        comparison = Comparison(film, said, row, around, evidence=match.evidence, ours=ours, current=current)
        change = comparison.result()
        if change is not None:
            changes.append(change)
    return changes


async def _probe(
    scenes: Sequence[Scene], rows: Mapping[str, FilmRow], known: Known, prober: Prober
) -> dict[str, Probed]:
    """Read the videos that are new or not as they were, and those of which only one can be the film."""
    wanted: list[str] = []
    for scene in scenes:
        for film in scene.reading.films:
            if film.candidates:
                wanted += [scene.absolute(video.path) for video in film.candidates]
            elif not _is_known(video_of(scene, film), rows, known):
                wanted += [file.path for file in video_of(scene, film).played]
    if not wanted:
        return {}
    return dict(zip(wanted, await prober.probe(wanted), strict=True))


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
    """A folder that holds other films too says nothing about this one; the files of a disc have no names of their own."""
    own = film.own_folder or film.kind == "disc"
    file = None if film.kind == "disc" else os.path.basename(film.files[0].path)
    return await names.read_film(folder=scene.name if own else None, file=file)


async def _load_alike(
    work: Work, library: LibraryRow, films: Sequence[FilmFound], said: Mapping[str, Said], known: Known
) -> Known:
    hashes = [film.probe.file_hash for film in films if film.probe is not None and film.probe.file_hash]
    sayings = [said[film.video.file_path] for film in films]
    tmdb_ids = [one.tmdb_id for one in sayings if one.tmdb_id is not None]
    imdb_ids = [one.imdb_id for one in sayings if one.imdb_id is not None]
    async with work.read() as conn:
        alike = await load_films_like(conn, library.id, hashes, tmdb_ids, imdb_ids)
    return replace(known, rows={**alike, **known.rows})


async def _load_missing_surroundings(work: Work, known: Known, matches: Mapping[str, Match]) -> Known:
    """What is known around the rows that turned out to be films of these folders."""
    matched = {match.row.id for match in matches.values() if match.row is not None}
    missing = sorted(matched.difference(known.around))
    if not missing:
        return known
    async with work.read() as conn:
        return replace(known, around={**known.around, **await load_surroundings(conn, missing)})


def _left_behind(rows: Iterable[FilmRow], found: Found, scenes: Sequence[Scene], root: str) -> set[str]:
    """The paths of rows that are no film any more: in these units what was not found as a film, elsewhere what is not there."""
    standing = {film.video.file_path for film in found.films}
    by_path = {scene.unit.path: scene for scene in scenes}
    gone = set()
    for row in rows:
        scene = by_path.get(unit_of(row, root))
        if scene is None or scene.unit.path in found.undecided:
            there = os.path.lexists(row.file_path)
        else:
            there = scene.hides(row.file_path)
        if row.file_path not in standing and not there:
            gone.add(row.file_path)
    return gone


def _lost(
    matches: Mapping[str, Match], known: Known, gone: set[str], scenes: Sequence[Scene], root: str
) -> tuple[FilmRow, ...]:
    """Rows of these units that no film found has taken. What is gone elsewhere is missed when its own folder is looked at."""
    units = {scene.unit.path for scene in scenes}
    taken = {match.row.id for match in matches.values() if match.row is not None}
    candidates = (
        row for row in known.rows.values() if row.file_path in gone and row.id not in taken and not row.trashed
    )
    return tuple(row for row in candidates if unit_of(row, root) in units)


def unit_of(row: FilmRow, root: str) -> str:
    """The scan unit that a film lives in."""
    return folder_of(MediaFile(file_path=row.file_path, file_parts=tuple(row.file_parts)), root)


def _mains(film: FilmFiles) -> list[VideoFile]:
    return [*film.files[:1], *film.candidates]


def _said(film: FilmFound, row: FilmRow | None = None, around: Surroundings | None = None) -> Said:
    """What the sources say; with a row, without our own NFO and under what a person pinned."""
    own = {published.content_hash for published in around.published.values()} if around else set()
    pinned = {}
    if row is not None and row.tmdb_id_locked and row.tmdb_id is not None:
        pinned["tmdb"] = str(row.tmdb_id)
    if row is not None and row.imdb_id_locked and row.imdb_id is not None:
        pinned["imdb"] = row.imdb_id
    foreign = [nfo for nfo in film.nfos if nfo.content_hash not in own]
    return settle(foreign, folder=film.ids_of_folder, file=film.ids_of_file, pinned=pinned)


def _published_here(scene: Scene, row: FilmRow | None, around: Surroundings) -> list[PublishedRow]:
    """What we wrote for the film, at the paths where it lies now if it came along with the film."""
    if row is None:
        return []
    return [replace(one, path=moved_along(one.path, row, scene)) for one in around.published.values()]


async def _current(work: Work, row: FilmRow | None, said: Said, around: Surroundings) -> MovieMetadata | None:
    """The metadata of an enriched film beside which an NFO lies that may hold our own words."""
    if row is None or row.identification_status != "enriched" or said.metadata is None:
        return None
    async with work.read() as conn:
        return await _metadata(conn, row.id)


async def _metadata(conn: Connection, film_id: int) -> MovieMetadata | None:
    film = await load_movie(conn, film_id)
    return film.metadata if film is not None else None


def _found(film: FilmFound, said: Said) -> FoundFilm:
    return FoundFilm(
        file_path=film.video.file_path,
        folder=film.scene.unit.path,
        file_size=film.video.file_size,
        file_hash=film.probe.file_hash if film.probe is not None else None,
        tmdb_id=said.tmdb_id,
        imdb_id=said.imdb_id,
        shared_folder=film.shared_folder,
    )


def _known(row: FilmRow, root: str, *, file_gone: bool) -> KnownFilm:
    return KnownFilm(
        id=row.id,
        file_path=row.file_path,
        folder=unit_of(row, root),
        file_size=row.file_size,
        file_hash=row.file_hash,
        tmdb_id=row.tmdb_id,
        imdb_id=row.imdb_id,
        trashed=row.trashed,
        file_gone=file_gone,
    )
