"""Collections: lists, one with its films, and what a person changes about it."""

from datetime import datetime

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.where import Where, like

# $1 is what the path of a picture begins with.
_PAGE = """
SELECT c.id, c.name, c.tmdb_collection_id, c.plot, $1 || poster.content_hash AS poster, $1 || fanart.content_hash AS fanart,
       (SELECT count(*) FROM movie_collection_members x JOIN movies m ON m.id = x.movie_id
        WHERE x.collection_id = c.id AND m.deleted_at IS NULL) AS movie_count,
       array_remove(ARRAY[CASE WHEN c.name_locked THEN 'name' END, CASE WHEN c.plot_locked THEN 'plot' END,
                          CASE WHEN c.poster_locked THEN 'poster' END, CASE WHEN c.fanart_locked THEN 'fanart' END], NULL)
         AS locks,
       c.created_at, lower(c.name) AS sort_key
FROM movie_collections c
LEFT JOIN cache_assets poster ON poster.id = c.poster_id
LEFT JOIN cache_assets fanart ON fanart.id = c.fanart_id
WHERE {where} ORDER BY lower(c.name), c.id LIMIT {limit}
"""

_COUNT = "SELECT count(*) FROM movie_collections c WHERE {where}"

MEMBERS = """
SELECT m.id, m.title, m.year, $2 || poster.content_hash AS poster
FROM movie_collection_members x JOIN movies m ON m.id = x.movie_id LEFT JOIN cache_assets poster ON poster.id = m.poster_id
WHERE x.collection_id = $1 AND m.deleted_at IS NULL ORDER BY x.sort_order NULLS LAST, m.year NULLS LAST, m.id
"""

HELD = """
SELECT id, name, plot, name_locked, plot_locked, poster_locked, fanart_locked FROM movie_collections
WHERE id = $1 FOR NO KEY UPDATE
"""

STORE = "UPDATE movie_collections SET name = $2, plot = $3 WHERE id = $1"

SAME_NAME = """
SELECT o.id FROM movie_collections c JOIN movie_collections o ON lower(o.name) = lower($2) AND o.tmdb_collection_id IS NULL
WHERE c.id = $1 AND c.tmdb_collection_id IS NULL AND o.id <> c.id
"""

EXISTS = "SELECT true FROM movie_collections WHERE id = $1"


class CollectionListed(Struct, frozen=True, kw_only=True):
    """A set of films. `poster` and `fanart` are paths on this server."""

    id: int
    name: str
    tmdb_collection_id: int | None
    plot: str | None
    poster: str | None
    fanart: str | None
    movie_count: int
    locks: list[str]
    created_at: datetime


class MemberShown(Struct, frozen=True, kw_only=True):
    """A film of a set."""

    id: int
    title: str
    year: int | None
    poster: str | None


class CollectionHeld(Struct, frozen=True, kw_only=True):
    """A set whose row the transaction holds."""

    id: int
    name: str
    plot: str | None
    name_locked: bool
    plot_locked: bool
    poster_locked: bool
    fanart_locked: bool

    @property
    def locks(self) -> frozenset[str]:
        return frozenset(name for name in ("name", "plot", "poster", "fanart") if getattr(self, f"{name}_locked"))


async def list_collections(
    conn: Connection, *, asset_prefix: str, q: str | None, after: tuple[str, int] | None, limit: int
) -> tuple[list[CollectionListed], tuple[str, int] | None, int]:
    """A page by name, the place behind which the next one begins, and how many there are in all."""
    total = await _count(conn, q)
    where = Where(asset_prefix)
    if q:
        where.add("c.name ILIKE {}", like(q))
    if after is not None:
        where.add("(lower(c.name), c.id) > ({}, {})", *after)
    rows = await conn.fetch(_PAGE.format(where=where.text, limit=where.place(limit + 1)), *where.values)
    last = rows[limit - 1] if len(rows) > limit else None
    items = [msgspec.convert(dict(row), CollectionListed) for row in rows[:limit]]
    return items, None if last is None else (last["sort_key"], last["id"]), total


async def load_collection(conn: Connection, collection_id: int, *, asset_prefix: str) -> CollectionListed | None:
    where = Where(asset_prefix)
    where.add("c.id = {}", collection_id)
    row = await conn.fetchrow(_PAGE.format(where=where.text, limit=where.place(1)), *where.values)
    return None if row is None else msgspec.convert(dict(row), CollectionListed)


async def load_members(conn: Connection, collection_id: int, *, asset_prefix: str) -> list[MemberShown]:
    """The films of a set that are not in the trash, in their order."""
    return [msgspec.convert(dict(row), MemberShown) for row in await conn.fetch(MEMBERS, collection_id, asset_prefix)]


async def hold_collection(conn: Connection, collection_id: int) -> CollectionHeld | None:
    """The row, held until the transaction ends."""
    row = await conn.fetchrow(HELD, collection_id)
    return None if row is None else msgspec.convert(dict(row), CollectionHeld)


async def store_collection_text(conn: Connection, collection_id: int, *, name: str, plot: str | None) -> None:
    """The caller holds the row."""
    await conn.execute(STORE, collection_id, name, plot)


async def is_name_taken(conn: Connection, collection_id: int, name: str) -> bool:
    """Whether another set that is known by its name alone has this one."""
    return await conn.fetchval(SAME_NAME, collection_id, name) is not None


async def collection_exists(conn: Connection, collection_id: int) -> bool:
    return await conn.fetchval(EXISTS, collection_id) is not None


async def _count(conn: Connection, q: str | None) -> int:
    where = Where()
    if q:
        where.add("c.name ILIKE {}", like(q))
    return int(await conn.fetchval(_COUNT.format(where=where.text), *where.values))
