"""What the publisher reads before it writes beside a film."""

from collections.abc import Sequence
from datetime import datetime
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
from metarr.formats.file_uri import path_of

# The film, its library, its lists and its pictures in one row. A person's lock is as good as an identification.
FILM = f"""
SELECT m.library_id, m.file_path, m.file_parts, m.deleted_at IS NOT NULL AS deleted, m.last_published_at,
       m.identification_status <> 'unidentified' OR {" OR ".join(f"m.{name}_locked" for name in LOCKABLE)} AS publishable,
       {", ".join(f"m.{name}" for name in SCALAR_FIELDS)},
       EXISTS (SELECT FROM local_files f WHERE f.entity_type = 'movie' AND f.entity_id = m.id AND f.kind = 'trailer')
         AS has_local_trailer,
       l.path AS root, l.mount_state, l.mount_detail,
       (SELECT array_agg(g.name ORDER BY g.name) FROM movie_genres mg JOIN genres g ON g.id = mg.genre_id
        WHERE mg.movie_id = m.id) AS genres,
       (SELECT array_agg(s.name ORDER BY s.name) FROM movie_studios ms JOIN studios s ON s.id = ms.studio_id
        WHERE ms.movie_id = m.id) AS studios,
       (SELECT to_jsonb(c) FROM movie_collection_members cm JOIN movie_collections c ON c.id = cm.collection_id
        WHERE cm.movie_id = m.id ORDER BY cm.sort_order, c.id LIMIT 1) AS collection,
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

# `source_url` tells a picture that was taken into the store from the very place it stands in.
PUBLISHED = """
SELECT p.path, p.kind, p.content_hash, p.file_size, p.mtime_ns, p.carried, a.source_url
FROM published_files p LEFT JOIN cache_assets a ON a.content_hash = p.content_hash AND a.source_type = 'local'
WHERE p.entity_type = 'movie' AND p.entity_id = $1 ORDER BY p.path
"""

PUBLISHED_BY_OTHERS = """
SELECT DISTINCT content_hash FROM published_files
WHERE path = ANY($1::text[]) AND (entity_type, entity_id) <> ('movie', $2::bigint)
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


async def load_publication(conn: Connection, movie_id: int) -> FilmToPublish | None:
    """Everything that publishing a film needs, in six statements; None without such a film."""
    film = await conn.fetchrow(FILM, movie_id)
    if film is None:
        return None
    media = MediaFile(file_path=film["file_path"], file_parts=tuple(film["file_parts"]))
    people = await conn.fetch(PEOPLE, movie_id)
    streams = await conn.fetch(STREAMS, movie_id)
    neighbours = await _neighbours(conn, film, movie_id, media)
    published = [_published(row) for row in await conn.fetch(PUBLISHED, movie_id)]
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


def _published(row: Any) -> PublishedFile:
    return PublishedFile(
        path=row["path"],
        kind=row["kind"],
        content_hash=row["content_hash"],
        file_size=row["file_size"],
        mtime_ns=row["mtime_ns"],
        carried=row["carried"],
        found_there=path_of(row["source_url"] or "") == row["path"],
    )


async def published_by_others(conn: Connection, movie_id: int, paths: Sequence[str]) -> frozenset[str]:
    """The hashes of what we wrote at these paths for other films: no foreign files."""
    return frozenset(row["content_hash"] for row in await conn.fetch(PUBLISHED_BY_OTHERS, list(paths), movie_id))


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
