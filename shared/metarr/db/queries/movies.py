"""A film's row with everything that hangs on it, read and written in the words of metarr.domain.movie."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.movie_sets import store_names
from metarr.db.queries.named import ACTORS, COLLECTIONS, CREW
from metarr.db.queries.people import store_cast, store_collection, store_crew
from metarr.domain.locks import lock_column, locks_in
from metarr.domain.merge import FieldChange
from metarr.domain.movie import LOCKABLE, SCALAR_FIELDS, MovieMetadata

type IdentificationStatus = Literal["unidentified", "identified", "enriched"]

_LOCKS = ", ".join(f"m.{lock_column(field)}" for field in LOCKABLE)
_SCALARS = ", ".join(f"m.{field}" for field in SCALAR_FIELDS)
_SAID = ", ".join(f"said.{field}" for field in SCALAR_FIELDS)

# Whoever changes a film holds its row; the lists are read afterwards, so that they are as the last writer left them.
LOCK = "SELECT id FROM movies WHERE id = $1 FOR NO KEY UPDATE"

# One statement for a whole film. Lists without order of their own come by name.
LOAD = f"""
SELECT m.id, m.library_id, m.file_path, m.identification_status, m.enrichment_priority, m.deleted_at, m.last_enriched_at,
       {_SCALARS}, {_LOCKS},
       (SELECT max(v.duration_seconds) FROM video_streams v WHERE v.entity_type = 'movie' AND v.entity_id = m.id)
         AS duration_seconds,
       (SELECT jsonb_agg(g.name ORDER BY g.name) FROM movie_genres l JOIN genres g ON g.id = l.genre_id
        WHERE l.movie_id = m.id) AS genres,
       (SELECT jsonb_agg(s.name ORDER BY s.name) FROM movie_studios l JOIN studios s ON s.id = l.studio_id
        WHERE l.movie_id = m.id) AS studios,
       (SELECT jsonb_agg(jsonb_build_object('name', a.name, 'tmdb_id', a.tmdb_id, 'imdb_id', a.imdb_id, 'role', l.role,
                                            'sort_order', coalesce(l.sort_order, 0)) ORDER BY l.sort_order, a.id)
        FROM movie_actors l JOIN actors a ON a.id = l.actor_id WHERE l.movie_id = m.id) AS actors,
       (SELECT jsonb_agg(jsonb_build_object('name', c.name, 'tmdb_id', c.tmdb_id, 'role', l.role,
                                            'sort_order', coalesce(l.sort_order, 0)) ORDER BY l.role, l.sort_order, c.id)
        FROM movie_crew l JOIN crew c ON c.id = l.crew_id WHERE l.movie_id = m.id) AS crew,
       (SELECT jsonb_build_object('name', c.name, 'tmdb_collection_id', c.tmdb_collection_id, 'plot', c.plot)
        FROM movie_collection_members l JOIN movie_collections c ON c.id = l.collection_id
        WHERE l.movie_id = m.id ORDER BY l.sort_order, c.id LIMIT 1) AS collection
FROM movies m WHERE m.id = $1
"""

# A field that is not among the changes keeps the value it has in the row itself.
STORE_SCALARS = f"""
UPDATE movies SET ({", ".join(SCALAR_FIELDS)}) = (SELECT {_SAID} FROM jsonb_populate_record(movies, $2) AS said)
WHERE id = $1
"""

# That a film was looked at is noted once a day at most: a row that says nothing new is not written.
STORE_STATUS = """
UPDATE movies SET identification_status = $2, last_enriched_at = coalesce($3, last_enriched_at),
                  identified_by = coalesce($4, identified_by)
WHERE id = $1 AND (identification_status <> $2
                   OR $4 <> coalesce(identified_by, '')
                   OR $3::timestamptz IS NOT NULL AND coalesce(last_enriched_at < $3 - interval '1 day', true))
"""

CAST = """
SELECT a.id, a.name, a.tmdb_id FROM movie_actors l JOIN actors a ON a.id = l.actor_id
WHERE l.movie_id = $1 ORDER BY l.sort_order, a.id
"""

COLLECTION_ID = """
SELECT c.id FROM movie_collection_members l JOIN movie_collections c ON c.id = l.collection_id
WHERE l.movie_id = $1 AND c.tmdb_collection_id = $2
"""


class MovieRow(Struct, frozen=True, kw_only=True):
    """A film: its row, its locks, and all metadata with the lists. `duration_seconds` is what the probe found."""

    id: int
    library_id: int
    file_path: str
    identification_status: IdentificationStatus
    enrichment_priority: int
    deleted_at: datetime | None
    last_enriched_at: datetime | None
    duration_seconds: int | None
    locks: frozenset[str]
    metadata: MovieMetadata


class CastRow(Struct, frozen=True, kw_only=True):
    """A row of `actors` that a film's cast points at."""

    id: int
    name: str
    tmdb_id: int | None = None


async def load_movie(conn: Connection, movie_id: int, *, for_update: bool = False) -> MovieRow | None:
    """A film, deleted or not. `for_update` holds its row until the transaction ends."""
    if for_update:
        await conn.execute(LOCK, movie_id)
    row = await conn.fetchrow(LOAD, movie_id)
    if row is None:
        return None
    values = dict(row)
    metadata = msgspec.convert(
        {field: values.get(field) for field in MovieMetadata.__struct_fields__}, type=MovieMetadata
    )
    return msgspec.convert(values | {"locks": locks_in(values), "metadata": metadata}, type=MovieRow)


async def store_metadata(conn: Connection, movie_id: int, changes: Sequence[FieldChange]) -> None:
    """Store changed fields, lists included; whether a lock allows it was decided before.

    Deadlock-free beside other films: rows that films share are written in one order, kind after kind and sorted within.
    """
    new = {change.field: change.new for change in changes}
    scalars = {field: value for field, value in new.items() if field in SCALAR_FIELDS}
    if scalars:
        await conn.execute(STORE_SCALARS, movie_id, msgspec.to_builtins(scalars))
    for kind in ("genres", "studios"):
        if kind in new:
            await store_names(conn, kind, movie_id, new[kind] or ())
    if "collection" in new:
        await store_collection(conn, COLLECTIONS, movie_id, new["collection"])
    if "actors" in new:
        await store_cast(conn, ACTORS, movie_id, new["actors"] or ())
    if "crew" in new:
        await store_crew(conn, CREW, movie_id, new["crew"] or ())


async def store_status(
    conn: Connection,
    movie_id: int,
    status: IdentificationStatus,
    *,
    enriched_at: datetime | None = None,
    identified_by: str | None = None,
) -> None:
    """How far a film has come; `enriched_at` when a provider answered, `identified_by` (in words) when its id was found now."""
    await conn.execute(STORE_STATUS, movie_id, status, enriched_at, identified_by)


async def load_cast(conn: Connection, movie_id: int) -> list[CastRow]:
    """The actors of a film in billing order."""
    return [CastRow(id=row["id"], name=row["name"], tmdb_id=row["tmdb_id"]) for row in await conn.fetch(CAST, movie_id)]


async def load_collection_id(conn: Connection, movie_id: int, tmdb_collection_id: int) -> int | None:
    """Our id of the collection a film belongs to, if that is the one with this TMDB id."""
    found: Any = await conn.fetchval(COLLECTION_ID, movie_id, tmdb_collection_id)
    return None if found is None else int(found)
