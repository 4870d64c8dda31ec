"""Recognises films: which rows those are that were found in some units, and what is new about each."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.db.queries.movies import load_movie
from metarr.db.queries.scan import LibraryRow
from metarr.db.queries.scan_films import FilmRow, PublishedRow, Surroundings, load_films_like, load_surroundings
from metarr.domain.identity import FoundFilm, KnownFilm, Match, match_films
from metarr.domain.movie import MovieMetadata
from metarr.domain.publication import MediaFile, folder_of
from metarr.runtime import Work
from metarr_scanner.compare import Comparison, FilmChange, moved_along
from metarr_scanner.film_found import FilmFound, ours_among
from metarr_scanner.finding import Found, Known
from metarr_scanner.nfo_files import Said, settle
from metarr_scanner.scene import Scene


class Recognised(Struct, frozen=True, kw_only=True):
    """The row of each film found and what its sources say, by path; all that is known by then; rows whose film is nowhere."""

    matches: Mapping[str, Match]
    said: Mapping[str, Said]
    known: Known
    lost: tuple[FilmRow, ...] = ()


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
        current = await _current(work, row, said)
        comparison = Comparison(film, said, row, around, evidence=match.evidence, ours=ours, current=current)
        change = comparison.result()
        if change is not None:
            changes.append(change)
    return changes


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


async def _current(work: Work, row: FilmRow | None, said: Said) -> MovieMetadata | None:
    """The metadata of an enriched film beside which an NFO lies that may hold our own words."""
    if row is None or row.identification_status != "enriched" or said.metadata is None:
        return None
    async with work.read() as conn:
        film = await load_movie(conn, row.id)
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
