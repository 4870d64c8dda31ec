"""Removing for good: films that have been in the trash too long, and what belongs to nothing any more.

What hangs on a film by (entity_type, entity_id), its links and the counts of its pictures go with its row (foreign keys and
triggers of the migrations).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.movie_sets import NAMES_LOCK
from metarr.db.queries.named import ACTORS, COLLECTIONS, CREW, lock_number
from metarr.db.queries.settings import load_rows, settings_from
from metarr.formats.file_uri import path_of
from metarr.messages.jobs import WrittenFile

type Kind = Literal["genres", "studios", "movie_collections", "actors", "crew"]

LIBRARIES = "SELECT id FROM libraries ORDER BY id"

# Each library has its own time; the order of ids lets a chain of jobs pass over what has to stay.
EXPIRED = """
SELECT m.id, m.library_id, m.file_path, m.file_parts, m.deleted_at
FROM movies m JOIN unnest($2::bigint[], $3::timestamptz[]) AS own (library_id, before) ON own.library_id = m.library_id
WHERE m.deleted_at IS NOT NULL AND m.deleted_at < own.before AND m.id > $1 ORDER BY m.id LIMIT $4
"""

# One that was restored meanwhile, or deleted anew, is another story.
LOCK = """
SELECT m.id FROM movies m JOIN unnest($1::bigint[], $2::timestamptz[]) AS seen (id, deleted_at) USING (id)
WHERE m.deleted_at = seen.deleted_at ORDER BY m.id FOR UPDATE OF m
"""

# The counts of these change with the delete; in order of id, as everybody locks them.
LOCK_ASSETS = """
SELECT id FROM cache_assets WHERE id IN (
    SELECT cache_asset_id FROM asset_references WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[]))
ORDER BY id FOR NO KEY UPDATE
"""

# `source_url` tells a picture that was taken into the store from the very place it stands in.
WRITTEN = """
SELECT p.entity_id, p.path, p.kind, p.content_hash, p.file_size, p.mtime_ns, a.source_url
FROM published_files p LEFT JOIN cache_assets a ON a.content_hash = p.content_hash AND a.source_type = 'local'
WHERE p.entity_type = 'movie' AND p.entity_id = ANY($1::bigint[]) ORDER BY p.entity_id, p.path
"""

REMOVE = "DELETE FROM movies WHERE id = ANY($1::bigint[])"

# What was purged may have been found again, or a neighbour may have been published since.
TAKEN_OVER = "SELECT path FROM published_files WHERE path = ANY($1::text[])"

_UNLINKED: dict[Kind, str] = {
    "genres": """
        NOT EXISTS (SELECT FROM movie_genres l WHERE l.genre_id = o.id)
        AND NOT EXISTS (SELECT FROM series_genres l WHERE l.genre_id = o.id)
        AND NOT EXISTS (SELECT FROM music_genres l WHERE l.genre_id = o.id)""",
    "studios": """
        NOT EXISTS (SELECT FROM movie_studios l WHERE l.studio_id = o.id)
        AND NOT EXISTS (SELECT FROM series_studios l WHERE l.studio_id = o.id)""",
    # What a person has edited waits for the next film of the set.
    "movie_collections": """
        NOT EXISTS (SELECT FROM movie_collection_members l WHERE l.collection_id = o.id)
        AND NOT (o.name_locked OR o.plot_locked OR o.poster_locked OR o.fanart_locked)""",
    "actors": """
        NOT EXISTS (SELECT FROM movie_actors l WHERE l.actor_id = o.id)
        AND NOT EXISTS (SELECT FROM series_actors l WHERE l.actor_id = o.id)
        AND NOT EXISTS (SELECT FROM episode_actors l WHERE l.actor_id = o.id)""",
    "crew": """
        NOT EXISTS (SELECT FROM movie_crew l WHERE l.crew_id = o.id)
        AND NOT EXISTS (SELECT FROM episode_crew l WHERE l.crew_id = o.id)""",
}
ORPHANS = {kind: f"SELECT o.id FROM {kind} o WHERE {alone} ORDER BY o.id LIMIT $1" for kind, alone in _UNLINKED.items()}
FORGET = {
    kind: f"DELETE FROM {kind} o WHERE o.id = ANY($1::bigint[]) AND {alone} RETURNING 1"
    for kind, alone in _UNLINKED.items()
}

# Finding a row by its name and linking to it are two statements: whoever does so holds the lock shared, and nothing goes
# between the two.
LOCK_OUT = "SELECT pg_advisory_xact_lock($1)"
_LOCKS = (NAMES_LOCK, lock_number(COLLECTIONS), lock_number(ACTORS), lock_number(CREW))
"""In the order in which a film's metadata is stored."""


class ExpiredFilm(Struct, frozen=True, kw_only=True):
    """A film whose time in the trash is over. `paths` are all its files."""

    id: int
    library_id: int
    paths: tuple[str, ...]
    deleted_at: datetime


async def list_expired(conn: Connection, *, now: datetime, after: int, limit: int) -> list[ExpiredFilm]:
    """The films behind id `after` whose time is over, in order of id."""
    rows = await load_rows(conn)
    libraries = [row["id"] for row in await conn.fetch(LIBRARIES)]
    before = [now - timedelta(days=settings_from(rows, library).trash_retention_days) for library in libraries]
    return [
        ExpiredFilm(
            id=row["id"],
            library_id=row["library_id"],
            paths=(row["file_path"], *row["file_parts"]),
            deleted_at=row["deleted_at"],
        )
        for row in await conn.fetch(EXPIRED, after, libraries, before, limit)
    ]


async def purge_films(conn: Connection, films: Sequence[ExpiredFilm]) -> dict[int, list[WrittenFile]]:
    """Remove those of these films that are still in the trash as they were; what we wrote beside each, by its id.

    What lay there before us, and was chosen as it was, is not among it.
    """
    rows = await conn.fetch(LOCK, [film.id for film in films], [film.deleted_at for film in films])
    ids = [row["id"] for row in rows]
    if not ids:
        return {}
    await conn.execute(LOCK_ASSETS, ids)
    written: dict[int, list[WrittenFile]] = {film: [] for film in ids}
    for row in await conn.fetch(WRITTEN, ids):
        if path_of(row["source_url"] or "") != row["path"]:
            fields = {name: row[name] for name in WrittenFile.__struct_fields__}
            written[row["entity_id"]].append(WrittenFile(**fields))
    await conn.execute(REMOVE, ids)
    return written


async def taken_over(conn: Connection, paths: Sequence[str]) -> frozenset[str]:
    """Those of these paths that are published for a film of the database."""
    return frozenset(row["path"] for row in await conn.fetch(TAKEN_OVER, list(paths)))


async def find_orphans(conn: Connection, limit: int) -> dict[Kind, list[int]]:
    """At most `limit` rows of each kind that belong to nothing at this moment; kinds without any are left out."""
    found: dict[Kind, list[int]] = {}
    for kind, statement in ORPHANS.items():
        ids = [row["id"] for row in await conn.fetch(statement, limit)]
        if ids:
            found[kind] = ids
    return found


async def forget_orphans(conn: Connection, orphans: Mapping[Kind, Iterable[int]]) -> int:
    """Remove those of these rows that still belong to nothing; how many that were."""
    for lock in _LOCKS:
        await conn.execute(LOCK_OUT, lock)
    return sum([len(await conn.fetch(FORGET[kind], sorted(ids))) for kind, ids in orphans.items()])
