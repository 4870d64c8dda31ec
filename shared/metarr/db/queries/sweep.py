"""Pictures that nothing shows any more: which they are, forgetting them, and which files the store may lose."""

from collections.abc import Iterable
from datetime import datetime

from metarr.db.database import Connection

# Since when nothing shows it, last_accessed_at tells. The count is kept by triggers; that it may be trusted is checked here all
# the same, since this is the one place where a wrong one would cost a picture. A person's own pictures, and those that lay beside
# a film, can be had nowhere else: they stay as long as somebody could choose them. A provider's can be fetched again.
_UNUSED = """
    a.reference_count = 0 AND a.last_accessed_at < $1
    AND NOT EXISTS (SELECT FROM asset_references r WHERE r.cache_asset_id = a.id)
    AND NOT EXISTS (SELECT FROM trailers t WHERE t.cache_asset_id = a.id)
    AND NOT EXISTS (SELECT FROM subtitle_streams s WHERE s.cache_asset_id = a.id)
    AND NOT EXISTS (SELECT FROM actors p WHERE p.thumb_id = a.id)
    AND NOT EXISTS (SELECT FROM crew p WHERE p.thumb_id = a.id)
    AND NOT EXISTS (SELECT FROM movie_collections c WHERE c.poster_id = a.id)
    AND NOT EXISTS (SELECT FROM movie_collections c WHERE c.fanart_id = a.id)
    AND NOT EXISTS (
        SELECT FROM asset_candidates c
        WHERE c.cache_asset_id = a.id AND (c.status = 'chosen' OR c.source_type <> 'provider'))
"""

# What still lies in a library as we wrote it is the second copy of a picture, and this one the first.
UNUSED = f"""
SELECT a.id FROM cache_assets a WHERE {_UNUSED}
    AND NOT EXISTS (SELECT FROM published_files p WHERE p.content_hash = a.content_hash)
ORDER BY a.last_accessed_at LIMIT $2
"""

LOCK = f"SELECT a.id FROM cache_assets a WHERE a.id = ANY($2::bigint[]) AND {_UNUSED} ORDER BY a.id FOR UPDATE"

FORGET = "DELETE FROM cache_assets WHERE id = ANY($1::bigint[])"

KNOWN = "SELECT content_hash FROM cache_assets WHERE content_hash = ANY($1::text[])"


async def list_unused(conn: Connection, *, before: datetime, limit: int) -> list[int]:
    """Pictures that nothing has shown since `before`, the longest unused first."""
    return [row["id"] for row in await conn.fetch(UNUSED, before, limit)]


async def forget_assets(conn: Connection, ids: Iterable[int], *, before: datetime) -> int:
    """Delete those of these rows that are still unused; how many that were."""
    rows = await conn.fetch(LOCK, before, sorted(ids))
    await conn.execute(FORGET, [row["id"] for row in rows])
    return len(rows)


async def known_hashes(conn: Connection, hashes: Iterable[str]) -> frozenset[str]:
    """Those of these hashes that have a row."""
    return frozenset(row["content_hash"] for row in await conn.fetch(KNOWN, list(hashes)))
