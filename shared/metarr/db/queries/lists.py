"""Pages of films: filtered, sorted, continued behind the last one seen.

Keyset paging: a page begins behind the sort key and id of the last film of the page before, written as one row comparison, so
that the last page costs what the first one does. Every key is made non-null, and the id makes it unique.
"""

from datetime import date, datetime
from typing import Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.where import Where, like
from metarr.domain.locks import lock_column
from metarr.domain.movie import ASSET_SLOTS, LOCKABLE, METADATA_FIELDS

type SortKey = Literal["title", "year", "created_at"]
type Place = tuple[str | int | datetime, int]

SORT_KEYS: dict[SortKey, tuple[str, type[str | int | datetime]]] = {
    "title": ("lower(coalesce(m.sort_title, m.title))", str),
    "year": ("coalesce(m.year, 0)", int),
    "created_at": ("m.created_at", datetime),
}
"""SQL and Python type of what each order sorts by."""

_LINKS = {
    "genres": "movie_genres",
    "studios": "movie_studios",
    "actors": "movie_actors",
    "crew": "movie_crew",
    "collection": "movie_collection_members",
}
MISSING: dict[str, str] = {
    **{slot: f"m.{slot}_id IS NULL" for slot in ASSET_SLOTS},
    **{
        field: f"NOT EXISTS (SELECT FROM {_LINKS[field]} x WHERE x.movie_id = m.id)"
        if field in _LINKS
        else f"m.{field} IS NULL OR m.{field}::text = ''"
        for field in METADATA_FIELDS
    },
}
"""What can be asked for as missing, and what that means."""

LOCKS = "array_remove(ARRAY[{}], NULL)".format(
    ", ".join(f"CASE WHEN m.{lock_column(field)} THEN '{field}' END" for field in LOCKABLE)
)
"""The locked fields of film `m`, as an array of names."""

# $1 is what the path of a picture begins with.
_PAGE = f"""
SELECT m.id, m.library_id, m.title, m.original_title, m.sort_title, m.year, m.runtime, m.release_date, m.content_rating,
       m.tmdb_id, m.imdb_id, m.tmdb_rating, m.tmdb_votes, m.imdb_rating, m.imdb_votes, m.file_path, m.file_name,
       m.file_size, m.edition, m.identification_status, m.last_enriched_at, m.last_published_at, m.deleted_at,
       m.created_at, m.updated_at, {LOCKS} AS locks,
       ARRAY(SELECT g.name FROM movie_genres l JOIN genres g ON g.id = l.genre_id
             WHERE l.movie_id = m.id ORDER BY g.name) AS genres,
       $1 || poster.content_hash AS poster, $1 || fanart.content_hash AS fanart,
       (SELECT count(*) FROM problems p WHERE p.entity_type = 'movie' AND p.entity_id = m.id) AS problem_count,
       {{key}} AS sort_key
FROM movies m
LEFT JOIN cache_assets poster ON poster.id = m.poster_id
LEFT JOIN cache_assets fanart ON fanart.id = m.fanart_id
WHERE {{where}}
ORDER BY {{key}} {{way}}, m.id {{way}} LIMIT {{limit}}
"""

_COUNT = "SELECT count(*) FROM movies m WHERE {where}"


class MovieListed(Struct, frozen=True, kw_only=True):
    """A film as lists show it. `poster` and `fanart` are paths on this server."""

    id: int
    library_id: int
    title: str
    original_title: str | None
    sort_title: str | None
    year: int | None
    runtime: int | None
    release_date: date | None
    content_rating: str | None
    tmdb_id: int | None
    imdb_id: str | None
    tmdb_rating: float | None
    tmdb_votes: int | None
    imdb_rating: float | None
    imdb_votes: int | None
    file_path: str
    file_name: str
    file_size: int | None
    edition: str | None
    identification_status: Literal["unidentified", "identified", "enriched"]
    last_enriched_at: datetime | None
    last_published_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    locks: list[str]
    genres: list[str]
    poster: str | None
    fanart: str | None
    problem_count: int


class MovieFilter(Struct, frozen=True, kw_only=True):
    """Which films and in which order; `missing` asks for those that lack any of the named things."""

    library_id: int | None = None
    q: str | None = None
    identification_status: str | None = None
    deleted: bool = False
    missing: tuple[str, ...] = ()
    collection_id: int | None = None
    sort: SortKey = "title"
    descending: bool = False


async def list_movies(
    conn: Connection, wanted: MovieFilter, *, asset_prefix: str, after: Place | None, limit: int
) -> tuple[list[MovieListed], Place | None, int]:
    """A page, the place behind which the next one begins (None at the end), and how many films there are in all."""
    total = await _count(conn, wanted)
    key, _ = SORT_KEYS[wanted.sort]
    where = _conditions(wanted, asset_prefix)
    if after is not None:
        where.add(f"({key}, m.id) {'<' if wanted.descending else '>'} ({{}}, {{}})", *after)
    statement = _PAGE.format(
        key=key, way="DESC" if wanted.descending else "ASC", where=where.text, limit=where.place(limit + 1)
    )
    rows = await conn.fetch(statement, *where.values)
    last = rows[limit - 1] if len(rows) > limit else None
    items = [msgspec.convert(dict(row), MovieListed) for row in rows[:limit]]
    return items, None if last is None else (last["sort_key"], last["id"]), total


async def _count(conn: Connection, wanted: MovieFilter) -> int:
    where = _conditions(wanted)
    return int(await conn.fetchval(_COUNT.format(where=where.text), *where.values))


def _conditions(wanted: MovieFilter, *first: object) -> Where:
    where = Where(*first)
    where.add("m.deleted_at IS NOT NULL" if wanted.deleted else "m.deleted_at IS NULL")
    if wanted.library_id is not None:
        where.add("m.library_id = {}", wanted.library_id)
    if wanted.identification_status is not None:
        where.add("m.identification_status = {}", wanted.identification_status)
    if wanted.collection_id is not None:
        where.add(
            "EXISTS (SELECT FROM movie_collection_members c WHERE c.movie_id = m.id AND c.collection_id = {})",
            wanted.collection_id,
        )
    if wanted.q:
        where.add("m.title ILIKE {0} OR m.original_title ILIKE {0}", like(wanted.q))
    if wanted.missing:
        where.add(" OR ".join(MISSING[name] for name in wanted.missing))
    return where
