"""What a scan writes for the films of some folders: a few statements for any number of films, nothing for what is unchanged.

Wide rows go over as one jsonb document and come out of it as a record set; the statements lock in the order of ids or paths.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.scan_films import FileRow, PictureRow
from metarr.domain.streams import MediaStreams, SubtitleStream

LOCK = "SELECT id FROM movies WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"

# Another job may have stored the same path a moment ago: then its row is this film's.
INSERT = """
INSERT INTO movies (library_id, file_path, file_name, file_size, file_hash, file_mtime_ns, file_parts, edition, tmdb_id,
  imdb_id, identified_by, title, sort_title, year, identification_status)
SELECT $1, film.file_path, film.file_name, film.file_size, film.file_hash, film.file_mtime_ns, film.file_parts, film.edition,
  film.tmdb_id, film.imdb_id, film.identified_by, film.title, film.sort_title, film.year,
  CASE WHEN coalesce(film.tmdb_id::text, film.imdb_id) IS NULL THEN 'unidentified' ELSE 'identified' END
FROM jsonb_to_recordset($2) AS film (file_path text, file_name text, file_size bigint, file_hash text,
  file_mtime_ns bigint, file_parts text[], edition text, tmdb_id int, imdb_id text, identified_by text, title text,
  sort_title text, year int)
ORDER BY film.file_path
ON CONFLICT (library_id, file_path) DO UPDATE
SET file_size = excluded.file_size, file_hash = excluded.file_hash, file_mtime_ns = excluded.file_mtime_ns
RETURNING id, file_path
"""

# A lock that was set since the film was read counts. Another film's id takes the other id with it: they belong together.
UPDATE = """
UPDATE movies m SET
  file_path = film.file_path, file_name = film.file_name, file_size = film.file_size, file_hash = film.file_hash,
  file_mtime_ns = film.file_mtime_ns, file_parts = film.file_parts, edition = film.edition,
  deleted_at = CASE WHEN film.restore THEN NULL ELSE m.deleted_at END,
  tmdb_id = CASE WHEN film.set_ids AND NOT m.tmdb_id_locked THEN film.tmdb_id ELSE m.tmdb_id END,
  imdb_id = CASE WHEN film.set_ids AND NOT m.imdb_id_locked THEN film.imdb_id ELSE m.imdb_id END,
  identified_by = CASE WHEN film.set_ids AND NOT m.tmdb_id_locked THEN film.identified_by ELSE m.identified_by END,
  identification_status = CASE
    WHEN film.set_ids AND NOT m.tmdb_id_locked AND (m.identification_status = 'unidentified'
      OR m.tmdb_id IS DISTINCT FROM film.tmdb_id) THEN 'identified' ELSE m.identification_status END,
  title = CASE WHEN film.set_title AND NOT m.title_locked THEN film.title ELSE m.title END,
  sort_title = CASE WHEN film.set_title AND NOT m.sort_title_locked THEN film.sort_title ELSE m.sort_title END,
  year = CASE WHEN film.set_title AND NOT m.year_locked THEN film.year ELSE m.year END
FROM jsonb_to_recordset($1) AS film (id bigint, file_path text, file_name text, file_size bigint, file_hash text,
  file_mtime_ns bigint, file_parts text[], edition text, restore boolean, set_ids boolean, tmdb_id int, imdb_id text,
  identified_by text, set_title boolean, title text, sort_title text, year int)
WHERE m.id = film.id
"""

TRASH = """
UPDATE movies SET deleted_at = $2 WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL RETURNING id, file_path
"""

FORGET_FILES_OF = "DELETE FROM local_files WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[])"

FORGET_STREAMS = """
WITH video AS (DELETE FROM video_streams WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[])),
     audio AS (DELETE FROM audio_streams WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[]))
DELETE FROM subtitle_streams WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[]) AND stream_index IS NOT NULL
"""

FORGET_SUBTITLE_FILES = """
DELETE FROM subtitle_streams WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[]) AND file_path IS NOT NULL
"""

STREAMS = """
WITH video AS (
  INSERT INTO video_streams (entity_type, entity_id, stream_index, codec, width, height, aspect_ratio, framerate, bitrate,
    hdr_type, duration_seconds)
  SELECT 'movie', s.* FROM jsonb_to_recordset($1) AS s (entity_id bigint, stream_index int, codec text, width int,
    height int, aspect_ratio text, framerate numeric, bitrate int, hdr_type text, duration_seconds int)
  ON CONFLICT DO NOTHING
), audio AS (
  INSERT INTO audio_streams (entity_type, entity_id, stream_index, codec, language, channels, bitrate, title,
    default_stream)
  SELECT 'movie', s.* FROM jsonb_to_recordset($2) AS s (entity_id bigint, stream_index int, codec text, language text,
    channels int, bitrate int, title text, default_stream boolean)
  ON CONFLICT DO NOTHING
)
INSERT INTO subtitle_streams (entity_type, entity_id, stream_index, file_path, language, title, format, forced,
  default_stream)
SELECT 'movie', s.* FROM jsonb_to_recordset($3) AS s (entity_id bigint, stream_index int, file_path text, language text,
  title text, format text, forced boolean, default_stream boolean)
ON CONFLICT DO NOTHING
"""

FILES = """
INSERT INTO local_files (library_id, entity_type, entity_id, path, kind, file_size, mtime_ns, detail)
SELECT $1, 'movie', f.entity_id, f.path, f.kind, f.file_size, f.mtime_ns, f.detail
FROM jsonb_to_recordset($2) AS f (entity_id bigint, path text, kind text, file_size bigint, mtime_ns bigint, detail jsonb)
ON CONFLICT (entity_type, entity_id, path) DO UPDATE
SET kind = excluded.kind, file_size = excluded.file_size, mtime_ns = excluded.mtime_ns, detail = excluded.detail
"""

FORGET_FILES = """
DELETE FROM local_files USING unnest($1::bigint[], $2::text[]) AS gone (film, file)
WHERE entity_type = 'movie' AND entity_id = gone.film AND path = gone.file
"""

# A picture with other bytes is a new candidate under its old address: what was known of the old bytes no longer holds.
PICTURES = """
INSERT INTO asset_candidates (entity_type, entity_id, asset_type, source_type, source_url, file_size, mtime_ns)
SELECT 'movie', p.entity_id, p.asset_type, 'local', p.source_url, p.file_size, p.mtime_ns
FROM jsonb_to_recordset($1) AS p (entity_id bigint, asset_type text, source_url text, file_size bigint, mtime_ns bigint)
ON CONFLICT (entity_type, entity_id, asset_type, source_url) DO UPDATE
SET file_size = excluded.file_size, mtime_ns = excluded.mtime_ns, status = 'candidate', reason = NULL, score = NULL,
  score_parts = NULL, cache_asset_id = NULL, perceptual_hash = NULL, width = NULL, height = NULL
"""

# A picture that moved with its film stays the candidate it was.
MOVE_PICTURES = """
UPDATE asset_candidates SET source_url = moved.new_url
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS moved (film, old_url, new_url)
WHERE entity_type = 'movie' AND entity_id = moved.film AND source_url = moved.old_url AND source_type = 'local'
"""

# What is in the store stays a candidate after its file is gone.
FORGET_PICTURES = """
DELETE FROM asset_candidates USING unnest($1::bigint[], $2::text[]) AS gone (film, url)
WHERE entity_type = 'movie' AND entity_id = gone.film AND source_url = gone.url AND source_type = 'local'
  AND cache_asset_id IS NULL
"""

ANSWER = """
INSERT INTO metadata_answers (entity_type, entity_id, source, answer, received_at)
SELECT 'movie', given.film, 'nfo', given.answer, $3 FROM unnest($1::bigint[], $2::jsonb[]) AS given (film, answer)
ON CONFLICT (entity_type, entity_id, source) DO UPDATE SET answer = excluded.answer, received_at = excluded.received_at
"""


class NewFilm(Struct, frozen=True, kw_only=True):
    """A film seen for the first time, in the columns of `movies`."""

    file_path: str
    file_name: str
    file_size: int
    file_hash: str | None
    file_mtime_ns: int
    file_parts: tuple[str, ...]
    edition: str | None
    tmdb_id: int | None
    imdb_id: str | None
    identified_by: str | None
    title: str
    sort_title: str | None
    year: int | None


class ChangedFilm(NewFilm, frozen=True, kw_only=True):
    """A film whose row changes. Ids and title count only where `set_ids` and `set_title` say so, and where not locked."""

    id: int
    restore: bool = False
    set_ids: bool = False
    set_title: bool = False


async def lock_films(conn: Connection, film_ids: Iterable[int]) -> set[int]:
    """Lock the rows of these films in the order of their ids; the answer are those that are still there."""
    return {row["id"] for row in await conn.fetch(LOCK, sorted(film_ids))}


async def insert_films(conn: Connection, library_id: int, films: Sequence[NewFilm]) -> dict[str, int]:
    """Store films seen for the first time; the answer is the id of each by path."""
    rows = await conn.fetch(INSERT, library_id, films)
    return {row["file_path"]: row["id"] for row in rows}


async def update_films(conn: Connection, films: Sequence[ChangedFilm]) -> None:
    await conn.execute(UPDATE, films)


async def trash_films(conn: Connection, film_ids: Sequence[int], at: datetime) -> dict[int, str]:
    """Put films whose file is gone into the trash and forget their files; the answer is the path of each by id."""
    rows = await conn.fetch(TRASH, sorted(film_ids), at)
    trashed = {row["id"]: row["file_path"] for row in rows}
    await conn.execute(FORGET_FILES_OF, sorted(trashed))
    return trashed


async def replace_streams(conn: Connection, streams: Mapping[int, MediaStreams], fresh: Iterable[int] = ()) -> None:
    """Store the streams of films' files in place of those stored before; films in `fresh` have none yet."""
    known = sorted(set(streams).difference(fresh))
    if known:
        await conn.execute(FORGET_STREAMS, known)
    await conn.execute(
        STREAMS,
        [_row(film, one) for film, found in streams.items() for one in found.video],
        [_row(film, one) for film, found in streams.items() for one in found.audio],
        [_row(film, one) for film, found in streams.items() for one in found.subtitles],
    )


async def replace_subtitle_files(conn: Connection, subtitles: Mapping[int, Sequence[SubtitleStream]]) -> None:
    """Store the subtitle files that lie beside films in place of those stored before."""
    await conn.execute(FORGET_SUBTITLE_FILES, sorted(subtitles))
    await conn.execute(STREAMS, [], [], [_row(film, one) for film, found in subtitles.items() for one in found])


async def store_files(conn: Connection, library_id: int, files: Mapping[int, Sequence[FileRow]]) -> None:
    """Store files that are new or not as they were, by film."""
    await conn.execute(FILES, library_id, [_row(film, one) for film, found in files.items() for one in found])


async def forget_files(conn: Connection, files: Sequence[tuple[int, str]]) -> None:
    """Forget files that are gone: (film, path)."""
    await conn.execute(FORGET_FILES, [film for film, _ in files], [path for _, path in files])


async def store_pictures(conn: Connection, pictures: Mapping[int, Sequence[PictureRow]]) -> None:
    """Store pictures that are new or not as they were, as candidates of their films."""
    await conn.execute(PICTURES, [_row(film, one) for film, found in pictures.items() for one in found])


async def move_pictures(conn: Connection, pictures: Sequence[tuple[int, str, str]]) -> None:
    """Give candidates the address to which their file moved: (film, from, to)."""
    films, old, new = zip(*pictures, strict=True)
    await conn.execute(MOVE_PICTURES, list(films), list(old), list(new))


async def forget_pictures(conn: Connection, pictures: Sequence[tuple[int, str]]) -> None:
    """Drop candidates whose file is gone, (film, address), but for those that are in the store."""
    await conn.execute(FORGET_PICTURES, [film for film, _ in pictures], [url for _, url in pictures])


async def store_answers(conn: Connection, answers: Mapping[int, Mapping[str, Any]], at: datetime) -> None:
    """Store what the films' NFO files say, by film."""
    await conn.execute(ANSWER, list(answers), [dict(answer) for answer in answers.values()], at)


def _row(film: int, one: Struct) -> dict[str, Any]:
    return {"entity_id": film, **msgspec.structs.asdict(one)}
