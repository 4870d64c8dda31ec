"""What the publisher reads before it writes beside a film, and what it records afterwards."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.settings import load_settings
from metarr.domain.movie import (
    ASSET_SLOTS,
    LOCKABLE,
    SCALAR_FIELDS,
    ActorCredit,
    CollectionRef,
    CrewCredit,
    MovieMetadata,
)
from metarr.domain.publication import (
    MediaFile,
    Portrait,
    Publication,
    PublishedFile,
    StoredImage,
    base_of,
    folder_of,
)
from metarr.domain.settings import Settings
from metarr.domain.streams import AudioStream, MediaStreams, SubtitleStream, VideoStream

# The film, its library, its lists and its pictures in one row. A person's lock is as good as an identification.
FILM = f"""
SELECT m.library_id, m.file_path, m.file_parts, m.deleted_at IS NOT NULL AS deleted, m.last_published_at,
       m.identification_status <> 'unidentified' OR {" OR ".join(f"m.{name}_locked" for name in LOCKABLE)} AS publishable,
       {", ".join(f"m.{name}" for name in SCALAR_FIELDS)},
       EXISTS (SELECT FROM local_files f WHERE f.entity_type = 'movie' AND f.entity_id = m.id AND f.kind = 'trailer')
         AS has_local_trailer,
       l.path AS root, l.mount_state, l.mount_detail,
       (SELECT array_agg(g.name ORDER BY mg.ctid) FROM movie_genres mg JOIN genres g ON g.id = mg.genre_id
        WHERE mg.movie_id = m.id) AS genres,
       (SELECT array_agg(s.name ORDER BY ms.ctid) FROM movie_studios ms JOIN studios s ON s.id = ms.studio_id
        WHERE ms.movie_id = m.id) AS studios,
       (SELECT to_jsonb(c) FROM movie_collection_members cm JOIN movie_collections c ON c.id = cm.collection_id
        WHERE cm.movie_id = m.id ORDER BY c.id LIMIT 1) AS collection,
       (SELECT jsonb_object_agg(slot.name, to_jsonb(a))
        FROM (VALUES {", ".join(f"('{slot}', m.{slot}_id)" for slot in ASSET_SLOTS)}) AS slot (name, asset_id)
        JOIN cache_assets a ON a.id = slot.asset_id) AS images
FROM movies m JOIN libraries l ON l.id = m.library_id
WHERE m.id = $1
"""

# Cast with portraits, and crew, each in billing order.
PEOPLE = """
SELECT 'actor' AS part, a.id, a.name, ma.role, ma.sort_order, a.tmdb_id, a.imdb_id, to_jsonb(t) AS portrait
FROM movie_actors ma JOIN actors a ON a.id = ma.actor_id LEFT JOIN cache_assets t ON t.id = a.thumb_id
WHERE ma.movie_id = $1
UNION ALL
SELECT 'crew', c.id, c.name, mc.role, mc.sort_order, c.tmdb_id, c.imdb_id, NULL
FROM movie_crew mc JOIN crew c ON c.id = mc.crew_id
WHERE mc.movie_id = $1
ORDER BY 1, 5 NULLS LAST, 2
"""

STREAMS = """
SELECT 'video' AS part, stream_index, to_jsonb(s) AS stream FROM video_streams s
WHERE entity_type = 'movie' AND entity_id = $1
UNION ALL
SELECT 'audio', stream_index, to_jsonb(s) FROM audio_streams s WHERE entity_type = 'movie' AND entity_id = $1
UNION ALL
SELECT 'subtitles', stream_index, to_jsonb(s) FROM subtitle_streams s WHERE entity_type = 'movie' AND entity_id = $1
ORDER BY 1, 2 NULLS LAST
"""

# Who else lives below the folder. Films in the trash may still lie there: only the disk knows.
NEIGHBOURS = """
SELECT file_path, file_parts, deleted_at IS NOT NULL AS deleted FROM movies
WHERE library_id = $1 AND id <> $2 AND starts_with(file_path, $3) ORDER BY file_path
"""

PUBLISHED = """
SELECT path, kind, content_hash, file_size, mtime_ns FROM published_files
WHERE entity_type = 'movie' AND entity_id = $1 ORDER BY path
"""

PUBLISHED_BY_OTHERS = """
SELECT DISTINCT content_hash FROM published_files
WHERE path = ANY($1::text[]) AND (entity_type, entity_id) <> ('movie', $2::bigint)
"""

# A path belongs to the one who wrote it last; a row that says nothing new keeps its time.
RECORD = """
INSERT INTO published_files (entity_type, entity_id, path, kind, content_hash, file_size, mtime_ns, published_at)
SELECT 'movie', $1, given.path, given.kind, given.content_hash, given.file_size, given.mtime_ns, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
  AS given (path, kind, content_hash, file_size, mtime_ns)
ORDER BY given.path
ON CONFLICT (path) DO UPDATE SET entity_type = excluded.entity_type, entity_id = excluded.entity_id,
  kind = excluded.kind, content_hash = excluded.content_hash, file_size = excluded.file_size,
  mtime_ns = excluded.mtime_ns, published_at = excluded.published_at
WHERE (published_files.entity_type, published_files.entity_id, published_files.kind, published_files.content_hash,
       published_files.file_size, published_files.mtime_ns)
  IS DISTINCT FROM (excluded.entity_type, excluded.entity_id, excluded.kind, excluded.content_hash,
       excluded.file_size, excluded.mtime_ns)
"""

FORGET = """
DELETE FROM published_files WHERE entity_type = 'movie' AND entity_id = $1 AND path <> ALL($2::text[])
"""

MARK_PUBLISHED = "UPDATE movies SET last_published_at = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING id"

# The same bytes may be in the store already, with their measures; then that row stays as it is.
KEEP_ASSETS = """
INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type, source_url)
SELECT DISTINCT ON (content_hash) content_hash, file_path, file_size, mime_type, 'local', source_url
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
  AS given (content_hash, file_path, file_size, mime_type, source_url)
ORDER BY content_hash
ON CONFLICT (content_hash) DO NOTHING
"""

# A picture that is a candidate already under another address is no second one.
KEEP_CANDIDATES = """
INSERT INTO asset_candidates
  (entity_type, entity_id, asset_type, source_type, source_url, file_size, mtime_ns, width, height, perceptual_hash,
   cache_asset_id, reason)
SELECT given.entity_type, given.entity_id, given.asset_type, 'local', given.source_url, given.file_size,
       given.mtime_ns, a.width, a.height, a.perceptual_hash, a.id, 'lay beside the film and was replaced'
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[])
  AS given (entity_type, entity_id, asset_type, source_url, file_size, mtime_ns, content_hash)
JOIN cache_assets a ON a.content_hash = given.content_hash
WHERE NOT EXISTS (
  SELECT FROM asset_candidates c
  WHERE (c.entity_type, c.entity_id, c.asset_type) = (given.entity_type, given.entity_id, given.asset_type)
    AND c.cache_asset_id = a.id)
ON CONFLICT DO NOTHING
"""


class FilmToPublish(Struct, frozen=True, kw_only=True):
    """A film with what stands beside it and what may not happen to it.

    `published` is what we wrote for it, by path; `trashed` are films of the same folder that are in the trash and whose
    files may still lie there. `publishable` says that it is known which film it is, or that a person has edited it.
    """

    publication: Publication
    library_id: int
    mount_state: str
    mount_detail: str | None
    deleted: bool
    publishable: bool
    last_published_at: datetime | None
    published: dict[str, PublishedFile]
    trashed: tuple[MediaFile, ...]
    settings: Settings


class AdoptedImage(Struct, frozen=True, kw_only=True):
    """A picture of others that has made room for ours; in the store now, and in the recycle bin at `kept_path`.

    `file_path` is its stored path, `file_size` in bytes; it becomes a candidate of the film, or of the actor it shows.
    """

    entity_type: str
    entity_id: int
    asset_type: str
    content_hash: str
    file_path: str
    file_size: int
    mime_type: str
    kept_path: str
    mtime_ns: int


async def load_publication(conn: Connection, movie_id: int) -> FilmToPublish | None:
    """Everything that publishing a film needs, in six statements; None without such a film."""
    film = await conn.fetchrow(FILM, movie_id)
    if film is None:
        return None
    media = MediaFile(file_path=film["file_path"], file_parts=tuple(film["file_parts"]))
    people = await conn.fetch(PEOPLE, movie_id)
    streams = await conn.fetch(STREAMS, movie_id)
    neighbours = await _neighbours(conn, film, movie_id, media)
    published = [msgspec.convert(dict(row), PublishedFile) for row in await conn.fetch(PUBLISHED, movie_id)]
    settings = await load_settings(conn, film["library_id"])
    publication = Publication(
        root=film["root"],
        media=media,
        neighbours=tuple(_media(row) for row in neighbours if not row["deleted"]),
        naming=settings.naming,
        actor_images=settings.actor_images,
        metadata=_metadata(dict(film), people),
        streams=_streams(streams),
        has_local_trailer=film["has_local_trailer"],
        images={slot: _image(asset) for slot, asset in (film["images"] or {}).items()},
        portraits=tuple(
            Portrait(actor_id=row["id"], name=row["name"], image=_image(row["portrait"]))
            for row in people
            if row["portrait"] is not None
        ),
    )
    return FilmToPublish(
        publication=publication,
        library_id=film["library_id"],
        mount_state=film["mount_state"],
        mount_detail=film["mount_detail"],
        deleted=film["deleted"],
        publishable=film["publishable"],
        last_published_at=film["last_published_at"],
        published={file.path: file for file in published},
        trashed=tuple(_media(row) for row in neighbours if row["deleted"]),
        settings=settings,
    )


async def published_by_others(conn: Connection, movie_id: int, paths: Sequence[str]) -> frozenset[str]:
    """The hashes of what we wrote at these paths for other films: no foreign files."""
    return frozenset(row["content_hash"] for row in await conn.fetch(PUBLISHED_BY_OTHERS, list(paths), movie_id))


async def record_published(
    conn: Connection, movie_id: int, files: Iterable[PublishedFile], published_at: datetime
) -> None:
    """These files of the film stand in the library as given."""
    given = sorted(files, key=lambda file: file.path)
    await conn.execute(
        RECORD,
        movie_id,
        published_at,
        [file.path for file in given],
        [file.kind for file in given],
        [file.content_hash for file in given],
        [file.file_size for file in given],
        [file.mtime_ns for file in given],
    )


async def forget_published(conn: Connection, movie_id: int, *, but: Iterable[str]) -> None:
    """Nothing but the files at these paths is ours any more."""
    await conn.execute(FORGET, movie_id, list(but))


async def mark_published(conn: Connection, movie_id: int, published_at: datetime) -> bool:
    """The library shows the film's current state; False when the film is gone or in the trash by now."""
    return await conn.fetchval(MARK_PUBLISHED, movie_id, published_at) is not None


async def record_adopted(conn: Connection, images: Sequence[AdoptedImage]) -> None:
    """Make candidates of pictures that have made room for ours; what is one already stays as it is."""
    if not images:
        return
    urls = [Path(image.kept_path).as_uri() for image in images]
    hashes = [image.content_hash for image in images]
    sizes = [image.file_size for image in images]
    paths, types = [image.file_path for image in images], [image.mime_type for image in images]
    await conn.execute(KEEP_ASSETS, hashes, paths, sizes, types, urls)
    await conn.execute(
        KEEP_CANDIDATES,
        [image.entity_type for image in images],
        [image.entity_id for image in images],
        [image.asset_type for image in images],
        urls,
        sizes,
        [image.mtime_ns for image in images],
        hashes,
    )


async def _neighbours(conn: Connection, film: Any, movie_id: int, media: MediaFile) -> Sequence[Any]:
    """The films below the same folder; in the library's root, which may hold all of them, only those of a like name."""
    folder = folder_of(media, film["root"])
    prefix = f"{folder}/{base_of(media)}" if folder == film["root"] else f"{folder}/"
    return await conn.fetch(NEIGHBOURS, film["library_id"], movie_id, prefix)


def _media(row: Any) -> MediaFile:
    return MediaFile(file_path=row["file_path"], file_parts=tuple(row["file_parts"]))


def _image(asset: dict[str, Any]) -> StoredImage:
    """From a row of cache_assets; the extension in its path is that of its real type."""
    extension = asset["file_path"].rpartition(".")[2]
    return StoredImage(content_hash=asset["content_hash"], extension=extension, file_size=asset["file_size"])


def _metadata(film: dict[str, Any], people: Sequence[Any]) -> MovieMetadata:
    collection = film["collection"]
    return MovieMetadata(
        **{name: film[name] for name in SCALAR_FIELDS},
        genres=tuple(film["genres"] or ()),
        studios=tuple(film["studios"] or ()),
        actors=tuple(_credit(row, ActorCredit, place) for place, row in enumerate(_part(people, "actor"))),
        crew=tuple(_credit(row, CrewCredit, place) for place, row in enumerate(_part(people, "crew"))),
        collection=msgspec.convert(collection, CollectionRef) if collection else None,
    )


def _credit[Credit: (ActorCredit, CrewCredit)](row: Any, kind: type[Credit], place: int) -> Credit:
    return msgspec.convert({**row, "sort_order": place}, kind)


def _streams(rows: Sequence[Any]) -> MediaStreams:
    video = tuple(msgspec.convert(row["stream"], VideoStream) for row in _part(rows, "video"))
    return MediaStreams(
        duration_seconds=video[0].duration_seconds if video else None,
        video=video,
        audio=tuple(msgspec.convert(row["stream"], AudioStream) for row in _part(rows, "audio")),
        subtitles=tuple(msgspec.convert(row["stream"], SubtitleStream) for row in _part(rows, "subtitles")),
    )


def _part(rows: Sequence[Any], name: str) -> list[Any]:
    return [row for row in rows if row["part"] == name]
