"""A stored file that is lost or damaged: where its bytes may be had again, who shows it, and what is known of its state."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from metarr.db.database import Connection
from metarr.formats.file_uri import path_of

BY_ID = "SELECT id, content_hash, file_path, mime_type, source_url FROM cache_assets WHERE id = $1"
BY_HASH = "SELECT id, content_hash, file_path, mime_type, source_url FROM cache_assets WHERE content_hash = $1"

# The second copy of a picture: what we wrote into a library, under whatever name.
COPIES = "SELECT path FROM published_files WHERE content_hash = $1 ORDER BY id"

# Where it came from, and where else it was found: providers' addresses and files beside the media.
SOURCES = "SELECT DISTINCT source_url FROM asset_candidates WHERE cache_asset_id = $1 ORDER BY source_url"

ROOTS = "SELECT path FROM libraries ORDER BY length(path) DESC"

SET_WHOLE = "UPDATE cache_assets SET lost_at = NULL, verified_at = $2 WHERE id = ANY($1::bigint[])"

# Since when, not when it was last looked for.
SET_LOST = "UPDATE cache_assets SET lost_at = $2 WHERE id = ANY($1::bigint[]) AND lost_at IS NULL"

# The films whose folders show a file: in a slot of their own, as a portrait, as a trailer or as subtitles.
FILMS = """
SELECT m.id FROM movies m
WHERE m.deleted_at IS NULL AND m.id IN (
    SELECT entity_id FROM asset_references WHERE cache_asset_id = $1 AND entity_type = 'movie'
    UNION SELECT entity_id FROM trailers WHERE cache_asset_id = $1 AND entity_type = 'movie'
    UNION SELECT entity_id FROM subtitle_streams WHERE cache_asset_id = $1 AND entity_type = 'movie'
    UNION SELECT ma.movie_id FROM actors a JOIN movie_actors ma ON ma.actor_id = a.id WHERE a.thumb_id = $1
    UNION SELECT cm.movie_id FROM movie_collections c JOIN movie_collection_members cm ON cm.collection_id = c.id
          WHERE $1 IN (c.poster_id, c.fanart_id))
ORDER BY m.id
"""

COLLECTIONS = "SELECT id FROM movie_collections WHERE $1 IN (poster_id, fanart_id) ORDER BY id"

# Of these films those that say something is wrong with their pictures or their publication.
TROUBLED = """
SELECT DISTINCT entity_id FROM problems
WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[]) AND area IN ('artwork', 'publish') ORDER BY entity_id
"""


class Audience(Struct, frozen=True, kw_only=True):
    """Who shows a file, by id."""

    films: tuple[int, ...] = ()
    collections: tuple[int, ...] = ()


class LostFile(Struct, frozen=True, kw_only=True):
    """A row of cache_assets and where its bytes may be had: `copies` are (path, root) below libraries, `urls` addresses."""

    id: int
    content_hash: str
    file_path: str
    mime_type: str
    copies: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()


async def load_lost(conn: Connection, asset: int | str) -> LostFile | None:
    """A stored file by its id or hash, with everything that could give it back; None when there is no such row."""
    row = await conn.fetchrow(BY_ID if isinstance(asset, int) else BY_HASH, asset)
    if row is None:
        return None
    published = [copy["path"] for copy in await conn.fetch(COPIES, row["content_hash"])]
    found = [source["source_url"] for source in await conn.fetch(SOURCES, row["id"])]
    addresses = list(dict.fromkeys([row["source_url"], *found] if row["source_url"] else found))
    beside = [path for url in addresses if (path := path_of(url)) is not None]
    roots = [root["path"] for root in await conn.fetch(ROOTS)]
    return LostFile(
        id=row["id"],
        content_hash=row["content_hash"],
        file_path=row["file_path"],
        mime_type=row["mime_type"],
        copies=tuple(_within(roots, [*published, *beside])),
        urls=tuple(url for url in addresses if url.startswith(("https://", "http://"))),
    )


async def load_audience(conn: Connection, asset_id: int) -> Audience:
    """Who shows a stored file; films in the trash do not count."""
    films = [row["id"] for row in await conn.fetch(FILMS, asset_id)]
    collections = [row["id"] for row in await conn.fetch(COLLECTIONS, asset_id)]
    return Audience(films=tuple(films), collections=tuple(collections))


async def list_troubled(conn: Connection, films: Sequence[int]) -> tuple[int, ...]:
    """Of these films those that have a problem which a picture may have caused."""
    return tuple(row["entity_id"] for row in await conn.fetch(TROUBLED, list(films)))


async def set_whole(conn: Connection, asset_ids: Sequence[int], now: datetime) -> None:
    """These files were read to their end and are what they should be."""
    await conn.execute(SET_WHOLE, sorted(asset_ids), now)


async def set_lost(conn: Connection, asset_ids: Sequence[int], now: datetime) -> None:
    """These files are not there, or are not what they should be."""
    await conn.execute(SET_LOST, sorted(asset_ids), now)


def _within(roots: Sequence[str], paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each path with the library it lies in; what lies in none is not read. `roots` the longest first."""
    for path in dict.fromkeys(paths):
        root = next((root for root in roots if path.startswith(f"{root.rstrip('/')}/")), None)
        if root is not None:
            yield path, root
