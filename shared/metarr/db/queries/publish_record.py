"""What the publisher records after it has written beside a film."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from metarr.db.database import Connection
from metarr.domain.publication import PublishedFile
from metarr.formats.file_uri import uri_of

# A path belongs to the one who wrote it last; a row that says nothing new keeps its time.
RECORD = """
INSERT INTO published_files (entity_type, entity_id, path, kind, content_hash, file_size, mtime_ns, carried, published_at)
SELECT 'movie', $1, given.path, given.kind, given.content_hash, given.file_size, given.mtime_ns, given.carried, $2
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bytea[])
  AS given (path, kind, content_hash, file_size, mtime_ns, carried)
ORDER BY given.path
ON CONFLICT (path) DO UPDATE SET entity_type = excluded.entity_type, entity_id = excluded.entity_id,
  kind = excluded.kind, content_hash = excluded.content_hash, file_size = excluded.file_size,
  mtime_ns = excluded.mtime_ns, carried = excluded.carried, published_at = excluded.published_at
WHERE (published_files.entity_type, published_files.entity_id, published_files.kind, published_files.content_hash,
       published_files.file_size, published_files.mtime_ns, published_files.carried)
  IS DISTINCT FROM (excluded.entity_type, excluded.entity_id, excluded.kind, excluded.content_hash,
       excluded.file_size, excluded.mtime_ns, excluded.carried)
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
        [file.carried for file in given],
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
    urls = [uri_of(image.kept_path) for image in images]
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
