"""What is known of films before their folders are read again: rows, files, candidates, the NFO's last answer, what we published."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
from msgspec import Struct

from metarr.db.database import Connection

_COLUMNS = """
m.id, m.file_path, m.file_parts, m.file_size, m.file_mtime_ns, m.file_hash, m.edition, m.tmdb_id, m.imdb_id, m.title,
m.year, m.identification_status, m.deleted_at IS NOT NULL AS trashed, m.tmdb_id_locked, m.imdb_id_locked, m.title_locked
"""

# Films at these very paths, and films whose file lies (or lay) in one of these directories.
BY_PLACE = f"""
SELECT {_COLUMNS} FROM movies m WHERE m.library_id = $1 AND m.file_path = ANY($2::text[])
UNION
SELECT {_COLUMNS} FROM movies m
WHERE m.library_id = $1 AND cardinality($3::text[]) > 0
  AND (substring(m.file_path FROM '^(.*)/') = ANY($3::text[]) OR substring(m.file_path FROM '^(.*)/[^/]*/') = ANY($3::text[]))
"""

# Films that may be those found at a new place: the same file, or the same id.
BY_TRAIT = f"""
SELECT {_COLUMNS} FROM movies m WHERE m.library_id = $1 AND m.file_hash = ANY($2::text[])
UNION
SELECT {_COLUMNS} FROM movies m WHERE m.library_id = $1 AND m.tmdb_id = ANY($3::int[])
UNION
SELECT {_COLUMNS} FROM movies m WHERE m.library_id = $1 AND m.imdb_id = ANY($4::text[])
"""

BELOW = f"""
SELECT {_COLUMNS} FROM movies m
WHERE m.library_id = $1 AND m.deleted_at IS NULL
  AND EXISTS (SELECT FROM unnest($2::text[]) AS gone (folder) WHERE starts_with(m.file_path, gone.folder || '/'))
"""

FILES = """
SELECT entity_id, path, kind, file_size, mtime_ns, detail FROM local_files
WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[])
"""

PICTURES = """
SELECT entity_id, asset_type, source_url, file_size, mtime_ns, cache_asset_id IS NOT NULL AS cached FROM asset_candidates
WHERE entity_type = 'movie' AND source_type = 'local' AND entity_id = ANY($1::bigint[])
"""

ANSWERS = """
SELECT entity_id, answer FROM metadata_answers
WHERE entity_type = 'movie' AND source = 'nfo' AND entity_id = ANY($1::bigint[])
"""

PUBLISHED = """
SELECT entity_id, path, kind, content_hash, file_size, mtime_ns FROM published_files
WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[])
"""

PROBLEMS = """
SELECT entity_id FROM problems WHERE entity_type = 'movie' AND area = 'scan' AND entity_id = ANY($1::bigint[])
"""


class FilmRow(Struct, frozen=True, kw_only=True):
    """A film as the scanner compares it."""

    id: int
    file_path: str
    file_parts: list[str]
    file_size: int | None = None
    file_mtime_ns: int | None = None
    file_hash: str | None = None
    edition: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    title: str
    year: int | None = None
    identification_status: str
    trashed: bool
    tmdb_id_locked: bool
    imdb_id_locked: bool
    title_locked: bool


class FileRow(Struct, frozen=True, kw_only=True):
    """A file that belongs to a film; `kind` and `detail` as in local_files."""

    path: str
    kind: str
    file_size: int | None = None
    mtime_ns: int | None = None
    detail: Mapping[str, Any] = {}


class PictureRow(Struct, frozen=True, kw_only=True):
    """A picture beside a film that is a candidate for `asset_type`; `cached`: its bytes are in the store."""

    asset_type: str
    source_url: str
    file_size: int | None = None
    mtime_ns: int | None = None
    cached: bool = False


class PublishedRow(Struct, frozen=True, kw_only=True):
    """A file that we wrote ourselves."""

    path: str
    kind: str
    content_hash: str
    file_size: int
    mtime_ns: int | None = None


class Surroundings(Struct, frozen=True, kw_only=True):
    """What is known around one film. `answer` is what its NFO said last, None when none has spoken yet."""

    files: Mapping[str, FileRow] = {}
    pictures: tuple[PictureRow, ...] = ()
    published: Mapping[str, PublishedRow] = {}
    answer: Mapping[str, Any] | None = None
    has_problem: bool = False


async def load_films_at(
    conn: Connection, library_id: int, paths: Sequence[str], folders: Sequence[str]
) -> dict[int, FilmRow]:
    """Films at these paths and films whose file lay in these directories or right below, trashed ones too, by id."""
    return _by_id(await conn.fetch(BY_PLACE, library_id, list(paths), list(folders)))


async def load_films_like(
    conn: Connection, library_id: int, hashes: Sequence[str], tmdb_ids: Sequence[int], imdb_ids: Sequence[str]
) -> dict[int, FilmRow]:
    """Films with one of these file hashes or ids, trashed ones too, by id."""
    return _by_id(await conn.fetch(BY_TRAIT, library_id, list(hashes), list(tmdb_ids), list(imdb_ids)))


async def load_films_below(conn: Connection, library_id: int, folders: Sequence[str]) -> dict[int, FilmRow]:
    """Films outside the trash whose file lies anywhere below these directories, by id."""
    return _by_id(await conn.fetch(BELOW, library_id, list(folders)))


async def load_surroundings(conn: Connection, film_ids: Sequence[int]) -> dict[int, Surroundings]:
    """What is known around these films, by id; a film of which nothing is known is there as well."""
    ids = list(film_ids)
    if not ids:
        return {}
    files = _grouped(await conn.fetch(FILES, ids))
    pictures = _grouped(await conn.fetch(PICTURES, ids))
    published = _grouped(await conn.fetch(PUBLISHED, ids))
    answers = {row["entity_id"]: row["answer"] for row in await conn.fetch(ANSWERS, ids)}
    troubled = {row["entity_id"] for row in await conn.fetch(PROBLEMS, ids)}
    return {
        film: Surroundings(
            files={row["path"]: FileRow(**row) for row in files.get(film, ())},
            pictures=tuple(PictureRow(**row) for row in pictures.get(film, ())),
            published={row["path"]: PublishedRow(**row) for row in published.get(film, ())},
            answer=answers.get(film),
            has_problem=film in troubled,
        )
        for film in ids
    }


def _by_id(rows: Iterable[asyncpg.Record]) -> dict[int, FilmRow]:
    return {row["id"]: FilmRow(**row) for row in rows}


def _grouped(rows: Iterable[asyncpg.Record]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        columns = dict(row)
        groups.setdefault(columns.pop("entity_id"), []).append(columns)
    return groups
