"""One film with everything a person may want to see of it, in a handful of statements."""

from datetime import date, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.lists import LOCKS
from metarr.db.queries.streams_view import StreamsShown, load_streams
from metarr.domain.locks import lock_column
from metarr.domain.movie import ASSET_SLOTS, LOCKABLE, MovieMetadata

_COLUMNS = """
m.id, m.library_id, m.file_path, m.file_name, m.file_size, m.file_hash, m.file_parts, m.edition, m.identified_by, m.tmdb_id, m.imdb_id,
m.title, m.original_title, m.sort_title, m.tagline, m.plot, m.outline, m.runtime, m.year, m.release_date, m.content_rating,
m.tmdb_rating, m.tmdb_votes, m.imdb_rating, m.imdb_votes, m.identification_status, m.enrichment_priority,
m.last_enriched_at, m.last_published_at, m.deleted_at, m.created_at, m.updated_at
"""

# The row itself, its locks as columns and as a list, its names.
ROW = f"""
SELECT {_COLUMNS}, {", ".join(f"m.{slot}_id" for slot in ASSET_SLOTS)},
       {", ".join(f"m.{lock_column(field)}" for field in LOCKABLE)}, {LOCKS} AS locks, l.name AS library_name,
       ARRAY(SELECT g.name FROM movie_genres x JOIN genres g ON g.id = x.genre_id
             WHERE x.movie_id = m.id ORDER BY g.name) AS genres,
       ARRAY(SELECT s.name FROM movie_studios x JOIN studios s ON s.id = x.studio_id
             WHERE x.movie_id = m.id ORDER BY s.name) AS studios
FROM movies m JOIN libraries l ON l.id = m.library_id WHERE m.id = $1
"""

# $2 is what the path of a picture begins with, here and below.
ACTORS = """
SELECT a.id, a.name, x.role, coalesce(x.sort_order, 0) AS sort_order, a.tmdb_id, a.imdb_id, $2 || t.content_hash AS thumb
FROM movie_actors x JOIN actors a ON a.id = x.actor_id LEFT JOIN cache_assets t ON t.id = a.thumb_id
WHERE x.movie_id = $1 ORDER BY x.sort_order NULLS LAST, a.id
"""

CREW = """
SELECT c.id, c.name, x.role, coalesce(x.sort_order, 0) AS sort_order, c.tmdb_id
FROM movie_crew x JOIN crew c ON c.id = x.crew_id WHERE x.movie_id = $1 ORDER BY x.role, x.sort_order NULLS LAST, c.id
"""

COLLECTIONS = """
SELECT c.id, c.name, c.tmdb_collection_id, c.plot, x.sort_order
FROM movie_collection_members x JOIN movie_collections c ON c.id = x.collection_id
WHERE x.movie_id = $1 ORDER BY x.sort_order NULLS LAST, c.id
"""

ASSETS = """
SELECT r.asset_type, $2 || a.content_hash AS url, a.content_hash, a.mime_type, a.width, a.height, a.file_size,
       a.source_type, a.provider_name
FROM asset_references r JOIN cache_assets a ON a.id = r.cache_asset_id
WHERE r.entity_type = 'movie' AND r.entity_id = $1 ORDER BY r.asset_type
"""

PROBLEMS = """
SELECT area, message, detail, created_at FROM problems WHERE entity_type = 'movie' AND entity_id = $1 ORDER BY area
"""

# Where each field came from: the newest entry of its history.
ORIGINS = """
SELECT DISTINCT ON (field) field, source, changed_at FROM field_history
WHERE entity_type = 'movie' AND entity_id = $1 ORDER BY field, changed_at DESC, id DESC
"""

SOURCES = """
SELECT source, received_at FROM metadata_answers WHERE entity_type = 'movie' AND entity_id = $1 ORDER BY source
"""


class ActorShown(Struct, frozen=True, kw_only=True):
    """A cast entry; `thumb` is a path on this server."""

    id: int
    name: str
    role: str | None
    sort_order: int
    tmdb_id: int | None
    imdb_id: str | None
    thumb: str | None


class CrewShown(Struct, frozen=True, kw_only=True):
    id: int
    name: str
    role: Literal["director", "writer", "producer", "composer"]
    sort_order: int
    tmdb_id: int | None


class MembershipShown(Struct, frozen=True, kw_only=True):
    """A collection that a film belongs to."""

    id: int
    name: str
    tmdb_collection_id: int | None
    plot: str | None
    sort_order: int | None


class SlotAsset(Struct, frozen=True, kw_only=True):
    """The picture in a slot; `url` is a path on this server, `file_size` in bytes."""

    asset_type: str
    url: str
    content_hash: str
    mime_type: str
    width: int | None
    height: int | None
    file_size: int
    source_type: str
    provider_name: str | None


class ProblemShown(Struct, frozen=True, kw_only=True):
    """What is wrong, in words; `area` is the stage that says so."""

    area: Literal["scan", "identify", "enrich", "artwork", "publish"]
    message: str
    detail: dict[str, Any]
    created_at: datetime


class Origin(Struct, frozen=True, kw_only=True):
    """Who gave a field its value, and when."""

    source: str
    changed_at: datetime


class SourceShown(Struct, frozen=True, kw_only=True):
    """A source whose last answer is kept."""

    source: str
    received_at: datetime


class MovieLocks(Struct, frozen=True, kw_only=True):
    """One column for every lockable field."""

    title_locked: bool
    original_title_locked: bool
    sort_title_locked: bool
    tagline_locked: bool
    plot_locked: bool
    outline_locked: bool
    runtime_locked: bool
    year_locked: bool
    release_date_locked: bool
    content_rating_locked: bool
    tmdb_id_locked: bool
    imdb_id_locked: bool
    tmdb_rating_locked: bool
    tmdb_votes_locked: bool
    imdb_rating_locked: bool
    imdb_votes_locked: bool
    genres_locked: bool
    studios_locked: bool
    actors_locked: bool
    crew_locked: bool
    collection_locked: bool
    poster_locked: bool
    fanart_locked: bool
    logo_locked: bool
    clearart_locked: bool
    banner_locked: bool
    thumb_locked: bool
    discart_locked: bool


class MovieWhole(MovieLocks, frozen=True, kw_only=True):
    """A film's row with its lists. `file_size` in bytes, `runtime` in minutes, ratings on 0-10."""

    id: int
    library_id: int
    library_name: str
    file_path: str
    file_name: str
    file_size: int | None
    file_hash: str | None
    file_parts: list[str]
    edition: str | None
    identified_by: str | None
    tmdb_id: int | None
    imdb_id: str | None
    title: str
    original_title: str | None
    sort_title: str | None
    tagline: str | None
    plot: str | None
    outline: str | None
    runtime: int | None
    year: int | None
    release_date: date | None
    content_rating: str | None
    tmdb_rating: float | None
    tmdb_votes: int | None
    imdb_rating: float | None
    imdb_votes: int | None
    poster_id: int | None
    fanart_id: int | None
    logo_id: int | None
    clearart_id: int | None
    banner_id: int | None
    thumb_id: int | None
    discart_id: int | None
    identification_status: Literal["unidentified", "identified", "enriched"]
    enrichment_priority: int
    last_enriched_at: datetime | None
    last_published_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    locks: list[str]
    genres: list[str]
    studios: list[str]
    actors: list[ActorShown]
    crew: list[CrewShown]
    collections: list[MembershipShown]
    assets: list[SlotAsset]
    streams: StreamsShown
    problems: list[ProblemShown]
    origins: dict[str, Origin]
    sources: list[SourceShown]

    @property
    def filled_slots(self) -> frozenset[str]:
        return frozenset(asset.asset_type for asset in self.assets)

    @property
    def metadata(self) -> MovieMetadata:
        """What the rule of completeness looks at; people by name only."""
        known = {field: getattr(self, field) for field in MovieMetadata.__struct_fields__ if hasattr(self, field)}
        people = {"actors": self.actors, "crew": self.crew, "collection": self.collections[:1] or None}
        return MovieMetadata(**{**known, **people})


async def load_whole_movie(conn: Connection, movie_id: int, *, asset_prefix: str) -> MovieWhole | None:
    """A film, deleted or not; None without such a film."""
    row = await conn.fetchrow(ROW, movie_id)
    if row is None:
        return None
    origins = {
        o["field"]: {"source": o["source"], "changed_at": o["changed_at"]} for o in await conn.fetch(ORIGINS, movie_id)
    }
    around = {
        "actors": [dict(one) for one in await conn.fetch(ACTORS, movie_id, asset_prefix)],
        "crew": [dict(one) for one in await conn.fetch(CREW, movie_id)],
        "collections": [dict(one) for one in await conn.fetch(COLLECTIONS, movie_id)],
        "assets": [dict(one) for one in await conn.fetch(ASSETS, movie_id, asset_prefix)],
        "problems": [dict(one) for one in await conn.fetch(PROBLEMS, movie_id)],
        "sources": [dict(one) for one in await conn.fetch(SOURCES, movie_id)],
        "streams": await load_streams(conn, movie_id),
        "origins": origins,
    }
    return msgspec.convert(dict(row) | around, MovieWhole)
