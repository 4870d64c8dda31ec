"""What is needed to show a candidate before its picture is in the store."""

import msgspec
from msgspec import Struct

from metarr.db.database import Connection

# A candidate with the hash of its picture where that is in the store, and the folder that its file may lie in.
PREVIEWED = """
SELECT c.asset_type, c.provider_name, c.source_url, c.file_size, c.mtime_ns, a.content_hash, l.path AS root
FROM asset_candidates c
LEFT JOIN cache_assets a ON a.id = c.cache_asset_id
LEFT JOIN movies m ON c.entity_type = 'movie' AND m.id = c.entity_id
LEFT JOIN libraries l ON l.id = m.library_id
WHERE c.id = $1
"""


class Previewed(Struct, frozen=True, kw_only=True):
    """A candidate: `content_hash` where its picture is in the store, `root` where it lives in a library."""

    asset_type: str
    provider_name: str | None
    source_url: str
    file_size: int | None
    mtime_ns: int | None
    content_hash: str | None
    root: str | None


async def load_previewed(conn: Connection, candidate_id: int) -> Previewed | None:
    row = await conn.fetchrow(PREVIEWED, candidate_id)
    return None if row is None else msgspec.convert(dict(row), Previewed)
