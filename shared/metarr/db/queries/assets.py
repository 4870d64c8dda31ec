"""Artwork as the database knows it: slots and what they show, candidates, stored pictures. Reading only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.domain.movie import ASSET_SLOTS, LOCKABLE

type Owner = tuple[str, int]
"""(entity_type, entity_id) of what a picture belongs to: 'movie', 'collection' or 'actor'."""

type SourceType = Literal["provider", "local", "user"]
type CandidateStatus = Literal["candidate", "chosen", "rejected", "failed"]

SLOT_TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "movie": ("movies", ASSET_SLOTS),
    "collection": ("movie_collections", ("poster", "fanart")),
    "actor": ("actors", ("thumb",)),
}
"""Table and slots of each kind of owner; slot `x` is column `x_id`, its lock `x_locked` (people have no locks)."""

# As TMDB tells it: no field of the film, because nobody edits it and no player shows it.
ORIGINAL_LANGUAGE = """(SELECT answer->>'original_language' FROM metadata_answers said
  WHERE said.entity_type = 'movie' AND said.entity_id = m.id AND said.source = 'tmdb')"""

_ASSET_COLUMNS = """
a.id, a.content_hash, a.file_path, a.file_size, a.mime_type, a.width, a.height, a.perceptual_hash,
a.source_type, a.source_url, a.provider_name
"""
_CANDIDATE_COLUMNS = """
c.id, c.entity_type, c.entity_id, c.asset_type, c.source_type, c.provider_name, c.source_url, c.file_size, c.mtime_ns,
c.width, c.height, c.language, c.vote_average, c.vote_count, c.likes, c.score, c.score_parts, c.cache_asset_id,
c.perceptual_hash, c.status, c.reason, c.same_as, c.updated_at < now() - $3::interval AS stale
"""

# The film's slots and locks, its library's root, its own language, and whether a person ever locked anything on it.
MOVIE = f"""
SELECT m.library_id, m.title, l.path AS root, {ORIGINAL_LANGUAGE} AS original_language, m.deleted_at IS NOT NULL AS deleted,
       m.identification_status <> 'unidentified' OR {" OR ".join(f"m.{name}_locked" for name in LOCKABLE)} AS publishable,
       {", ".join(f"m.{slot}_id, m.{slot}_locked" for slot in ASSET_SLOTS)}
FROM movies m JOIN libraries l ON l.id = m.library_id
WHERE m.id = $1
"""

COLLECTIONS = """
SELECT c.id, c.poster_id, c.poster_locked, c.fanart_id, c.fanart_locked
FROM movie_collection_members m JOIN movie_collections c ON c.id = m.collection_id
WHERE m.movie_id = $1 ORDER BY c.id
"""

# The people whose portraits are shown: the first of the cast.
ACTORS = """
SELECT a.id, a.name, a.thumb_id
FROM movie_actors m JOIN actors a ON a.id = m.actor_id
WHERE m.movie_id = $1 ORDER BY m.sort_order NULLS LAST, a.id LIMIT $2
"""

ASSETS = f"SELECT {_ASSET_COLUMNS} FROM cache_assets a WHERE a.id = ANY($1::bigint[])"

CANDIDATES = f"""
SELECT {_CANDIDATE_COLUMNS}
FROM unnest($1::text[], $2::bigint[]) AS owner (entity_type, entity_id)
JOIN asset_candidates c ON c.entity_type = owner.entity_type AND c.entity_id = owner.entity_id
ORDER BY c.id
"""

# Portraits that lie in `.actors` beside the film; the scanner has read the name off the file.
LOCAL_PORTRAITS = """
SELECT path, file_size, mtime_ns, coalesce(detail->>'name', '') AS name
FROM local_files
WHERE entity_type = 'movie' AND entity_id = $1 AND kind = 'actor_image' ORDER BY path
"""

# What we put there ourselves is no news when it is found again.
PUBLISHED = """
SELECT path, content_hash, file_size, mtime_ns FROM published_files
WHERE entity_type = 'movie' AND entity_id = $1 AND kind <> 'nfo'
"""

# Films that nobody has identified are not published, whoever plays in them.
FILMS_OF = """
SELECT DISTINCT m.id FROM movie_actors ma JOIN movies m ON m.id = ma.movie_id
WHERE ma.actor_id = ANY($1::bigint[]) AND m.id <> $2 AND m.deleted_at IS NULL AND m.identification_status <> 'unidentified'
ORDER BY m.id
"""

FILE_PATH = "SELECT file_path FROM cache_assets WHERE content_hash = $1"

# The library that an owner belongs to decides on taste and on which files may be read; sets and people have none.
HOMES = {
    "movie": "SELECT m.library_id, l.path AS root FROM movies m JOIN libraries l ON l.id = m.library_id WHERE m.id = $1",
    "collection": "SELECT NULL::bigint AS library_id, NULL::text AS root FROM movie_collections WHERE id = $1",
    "actor": "SELECT NULL::bigint AS library_id, NULL::text AS root FROM actors WHERE id = $1",
}

STALE_AFTER = timedelta(days=7)
"""A candidate that failed for good is tried once more after this time: links come back, seldom."""


class StoredAsset(Struct, frozen=True, kw_only=True):
    """A row of cache_assets: `file_path` below the data directory, `file_size` in bytes."""

    id: int
    content_hash: str
    file_path: str
    file_size: int
    mime_type: str
    width: int | None = None
    height: int | None = None
    perceptual_hash: str | None = None
    source_type: SourceType
    source_url: str | None = None
    provider_name: str | None = None


class CandidateRow(Struct, frozen=True, kw_only=True):
    """A row of asset_candidates; `asset` is its picture where it is in the store. `stale`: not changed for STALE_AFTER.

    `same_as` is the candidate that stands for this one, because it is the same picture and larger.
    """

    id: int
    entity_type: str
    entity_id: int
    asset_type: str
    source_type: SourceType
    provider_name: str | None = None
    source_url: str
    file_size: int | None = None
    mtime_ns: int | None = None
    width: int | None = None
    height: int | None = None
    language: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    likes: int | None = None
    score: float | None = None
    score_parts: list[dict[str, Any]] | None = None
    cache_asset_id: int | None = None
    perceptual_hash: str | None = None
    status: CandidateStatus = "candidate"
    reason: str | None = None
    same_as: int | None = None
    stale: bool = False
    asset: StoredAsset | None = None

    @property
    def owner(self) -> Owner:
        return (self.entity_type, self.entity_id)


class SlotRow(Struct, frozen=True, kw_only=True):
    """One slot of one owner and the picture it shows."""

    entity_type: str
    entity_id: int
    asset_type: str
    locked: bool = False
    current: StoredAsset | None = None

    @property
    def owner(self) -> Owner:
        return (self.entity_type, self.entity_id)


class LocalPortrait(Struct, frozen=True, kw_only=True):
    """A file in a film's `.actors` folder; `name` is the actor's as the file name says it."""

    path: str
    name: str
    file_size: int | None = None
    mtime_ns: int | None = None


class PublishedPicture(Struct, frozen=True, kw_only=True):
    """A picture that Metarr wrote into the library."""

    path: str
    content_hash: str
    file_size: int
    mtime_ns: int | None = None


class Home(Struct, frozen=True, kw_only=True):
    """The library of an owner and its root folder, both None where it belongs to none."""

    library_id: int | None = None
    root: str | None = None


class Artwork(Struct, frozen=True, kw_only=True):
    """All there is to know about the pictures of a film, its collections and the people shown with it."""

    movie_id: int
    library_id: int
    title: str
    root: str
    deleted: bool
    publishable: bool
    slots: tuple[SlotRow, ...]
    candidates: tuple[CandidateRow, ...]
    actor_names: dict[int, str]
    portraits: tuple[LocalPortrait, ...]
    published: tuple[PublishedPicture, ...]
    original_language: str | None = None


async def load_artwork(conn: Connection, movie_id: int, *, max_actors: int) -> Artwork | None:
    """Everything that choosing pictures for a film needs, in seven short statements; None without such a film."""
    movie = await conn.fetchrow(MOVIE, movie_id)
    if movie is None:
        return None
    collections = await conn.fetch(COLLECTIONS, movie_id)
    actors = await conn.fetch(ACTORS, movie_id, max_actors)
    owners = [("movie", movie_id, dict(movie))]
    owners += [("collection", row["id"], dict(row)) for row in collections]
    owners += [("actor", row["id"], dict(row)) for row in actors]
    candidates = await load_candidates(conn, [(kind, number) for kind, number, _ in owners])
    return Artwork(
        movie_id=movie_id,
        library_id=movie["library_id"],
        title=movie["title"],
        root=movie["root"],
        deleted=movie["deleted"],
        publishable=movie["publishable"],
        slots=await slots_of(conn, owners),
        candidates=tuple(candidates),
        actor_names={row["id"]: row["name"] for row in actors},
        portraits=tuple(
            msgspec.convert(dict(row), LocalPortrait) for row in await conn.fetch(LOCAL_PORTRAITS, movie_id)
        ),
        published=tuple(msgspec.convert(dict(row), PublishedPicture) for row in await conn.fetch(PUBLISHED, movie_id)),
        original_language=movie["original_language"],
    )


async def load_home(conn: Connection, owner: Owner) -> Home | None:
    """Where an owner lives, None when there is no such owner."""
    kind, number = owner
    row = await conn.fetchrow(HOMES[kind], number)
    return Home(library_id=row["library_id"], root=row["root"]) if row else None


async def load_films_of(conn: Connection, actor_ids: Sequence[int], *, but: int) -> tuple[int, ...]:
    """The other films that these people play in and that are published."""
    return tuple(row["id"] for row in await conn.fetch(FILMS_OF, list(actor_ids), but))


async def load_file_path(conn: Connection, content_hash: str) -> str | None:
    """The stored path of a picture by its hash."""
    path: str | None = await conn.fetchval(FILE_PATH, content_hash)
    return path


async def load_candidates(conn: Connection, owners: Sequence[Owner]) -> list[CandidateRow]:
    """All candidates of some owners with their stored pictures, in the order of their ids. Two statements."""
    rows = await conn.fetch(CANDIDATES, [kind for kind, _ in owners], [number for _, number in owners], STALE_AFTER)
    assets = await load_assets(conn, {row["cache_asset_id"] for row in rows if row["cache_asset_id"]})
    return [
        msgspec.convert({**row, "asset": assets.get(row["cache_asset_id"])}, CandidateRow, from_attributes=True)
        for row in rows
    ]


async def load_assets(conn: Connection, ids: Iterable[int]) -> dict[int, StoredAsset]:
    """Stored pictures by id."""
    wanted = sorted(ids)
    rows = await conn.fetch(ASSETS, wanted) if wanted else []
    return {row["id"]: msgspec.convert(dict(row), StoredAsset) for row in rows}


async def slots_of(conn: Connection, owners: Sequence[tuple[str, int, Mapping[str, Any]]]) -> tuple[SlotRow, ...]:
    """The slots of some owners with what they show, of (entity_type, entity_id, row with slots and locks)."""
    shown = {row.get(f"{slot}_id") for kind, _, row in owners for slot in SLOT_TABLES[kind][1]}
    assets = await load_assets(conn, {number for number in shown if number})
    return tuple(
        SlotRow(
            entity_type=kind,
            entity_id=number,
            asset_type=slot,
            locked=row.get(f"{slot}_locked", False),
            current=assets.get(row[f"{slot}_id"]),
        )
        for kind, number, row in owners
        for slot in SLOT_TABLES[kind][1]
    )
