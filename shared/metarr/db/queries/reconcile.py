"""The books against the truth: what is counted against what is shown, and which rows a part of the store should have files for.

What an item shows stands in its own columns; asset_references follows them, and reference_count follows asset_references and
everything else that points at a stored file. Triggers see to that. Here it is looked at as a whole, for what triggers cannot know
of: a backup put in without them, somebody's hands, a mistake.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets_writing import lock_assets
from metarr.domain.movie import ASSET_SLOTS

_SHOWING = {
    "movie": ("movies", ASSET_SLOTS),
    "series": ("series", ("poster", "fanart", "banner", "logo", "clearart", "thumb")),
    "season": ("seasons", ("poster", "fanart", "banner", "thumb")),
    "episode": ("episodes", ("thumb",)),
    "artist": ("artists", ("thumb", "fanart", "banner", "logo")),
    "album": ("albums", ("thumb",)),
}
"""Tables whose artwork columns asset_references follows, as migration 0009 says."""

_SHOWN = " UNION ALL ".join(
    f"SELECT '{kind}' AS entity_type, o.id AS entity_id, slot.asset_type, slot.cache_asset_id FROM {table} o "
    f"CROSS JOIN LATERAL (VALUES {', '.join(f"('{name}', o.{name}_id)" for name in slots)}) "
    "AS slot (asset_type, cache_asset_id) WHERE slot.cache_asset_id IS NOT NULL"
    for kind, (table, slots) in _SHOWING.items()
)

_USES = """
SELECT cache_asset_id AS id FROM asset_references
UNION ALL SELECT cache_asset_id FROM trailers
UNION ALL SELECT cache_asset_id FROM subtitle_streams
UNION ALL SELECT thumb_id FROM actors
UNION ALL SELECT thumb_id FROM crew
UNION ALL SELECT poster_id FROM movie_collections
UNION ALL SELECT fanart_id FROM movie_collections
"""

# Items that have another reference than they show, one too many or one too few, with the pictures concerned.
DIFFERING = f"""
SELECT entity_type, entity_id,
       array_remove(array_agg(r.cache_asset_id) || array_agg(s.cache_asset_id), NULL) AS assets
FROM asset_references r FULL JOIN ({_SHOWN}) s USING (entity_type, entity_id, asset_type)
WHERE r.cache_asset_id IS DISTINCT FROM s.cache_asset_id
GROUP BY entity_type, entity_id ORDER BY entity_type, entity_id LIMIT $1
"""

LOCK_OWNERS = {
    kind: f"SELECT id FROM {table} WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"
    for kind, (table, _) in _SHOWING.items()
}

# The items are locked: what they show stays so until the end of the transaction.
FORGET_REFERENCES = f"""
DELETE FROM asset_references r USING unnest($1::text[], $2::bigint[]) AS item (entity_type, entity_id)
WHERE r.entity_type = item.entity_type AND r.entity_id = item.entity_id
  AND NOT EXISTS (
    SELECT FROM ({_SHOWN}) s
    WHERE (s.entity_type, s.entity_id, s.asset_type, s.cache_asset_id)
        = (r.entity_type, r.entity_id, r.asset_type, r.cache_asset_id))
"""
ADD_REFERENCES = f"""
INSERT INTO asset_references (entity_type, entity_id, asset_type, cache_asset_id)
SELECT s.entity_type, s.entity_id, s.asset_type, s.cache_asset_id
FROM ({_SHOWN}) s JOIN unnest($1::text[], $2::bigint[]) AS item (entity_type, entity_id) USING (entity_type, entity_id)
ON CONFLICT (entity_type, entity_id, asset_type) DO NOTHING
"""

MISCOUNTED = f"""
SELECT a.id FROM cache_assets a LEFT JOIN (SELECT id, count(*) AS uses FROM ({_USES}) u GROUP BY id) truth USING (id)
WHERE a.reference_count <> coalesce(truth.uses, 0) ORDER BY a.id LIMIT $1
"""

# The pictures are locked: whoever begins to show one of them counts it afterwards, and whoever has counted it is seen here. A change
# of the count is a use, as the triggers have it, so that nothing is swept which a wrong count had kept.
RECOUNT = f"""
UPDATE cache_assets a SET reference_count = truth.uses, last_accessed_at = now()
FROM (SELECT given.id, count(u.id) AS uses FROM unnest($1::bigint[]) AS given (id) LEFT JOIN ({_USES}) u USING (id)
      GROUP BY given.id) truth
WHERE a.id = truth.id AND a.reference_count <> truth.uses
RETURNING a.id
"""

PART = """
SELECT id, content_hash, file_size, lost_at IS NOT NULL AS lost FROM cache_assets
WHERE content_hash >= $1 AND content_hash < $2
"""

STORED_BYTES = "SELECT coalesce(sum(file_size), 0)::bigint FROM cache_assets"

UNREAD = """
SELECT id, file_path, file_size FROM cache_assets
WHERE verified_at < $1 AND lost_at IS NULL ORDER BY verified_at, id LIMIT $2
"""

NOTE_PART = """
INSERT INTO store_parts (part, checked_at, pictures, lost, unknown_files, unknown_bytes) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (part) DO UPDATE
SET checked_at = excluded.checked_at, pictures = excluded.pictures, lost = excluded.lost,
    unknown_files = excluded.unknown_files, unknown_bytes = excluded.unknown_bytes
"""


# What was found when the parts were last compared, and what is lost by now.
STATE = """
SELECT (SELECT count(*) FROM cache_assets WHERE lost_at IS NOT NULL) AS lost,
       coalesce(sum(unknown_files), 0)::bigint AS unknown_files, coalesce(sum(unknown_bytes), 0)::bigint AS unknown_bytes,
       CASE WHEN count(*) = 256 THEN min(checked_at) END AS compared_at
FROM store_parts
"""


class Item(Struct, frozen=True, kw_only=True):
    """An item whose references are not what it shows; `assets` are the pictures concerned."""

    entity_type: str
    entity_id: int
    assets: tuple[int, ...]


class PartRow(Struct, frozen=True, kw_only=True):
    """A row of cache_assets as a part of the store has it; `lost`: it is known already that its file is not there."""

    id: int
    content_hash: str
    file_size: int
    lost: bool


class UnreadFile(Struct, frozen=True, kw_only=True):
    """A stored file that nobody has read for long; `file_size` in bytes."""

    id: int
    file_path: str
    file_size: int


class PartReport(Struct, frozen=True, kw_only=True):
    """What one part of the store was found to hold, in the column names of store_parts."""

    part: int
    pictures: int
    lost: int
    unknown_files: int
    unknown_bytes: int


class StoreState(Struct, frozen=True, kw_only=True):
    """`lost` pictures, and files that no row knows; `compared_at` is None until every part was compared once."""

    lost: int
    unknown_files: int
    unknown_bytes: int
    compared_at: datetime | None


async def list_differing(conn: Connection, *, limit: int) -> list[Item]:
    """Items whose references are not what they show."""
    return [msgspec.convert(dict(row), Item) for row in await conn.fetch(DIFFERING, limit)]


async def list_miscounted(conn: Connection, *, limit: int) -> list[int]:
    """Pictures with a wrong count, by id."""
    return [row["id"] for row in await conn.fetch(MISCOUNTED, limit)]


async def mend_references(conn: Connection, items: Sequence[Item]) -> None:
    """Let the references of these items be what they show. Locks items, then pictures, as everybody does."""
    for kind, lock in LOCK_OWNERS.items():
        ids = sorted(item.entity_id for item in items if item.entity_type == kind)
        if ids:
            await conn.execute(lock, ids)
    await lock_assets(conn, {asset for item in items for asset in item.assets})
    given = [item.entity_type for item in items], [item.entity_id for item in items]
    await conn.execute(FORGET_REFERENCES, *given)
    await conn.execute(ADD_REFERENCES, *given)


async def recount(conn: Connection, asset_ids: Sequence[int]) -> int:
    """Count these pictures anew; how many had a wrong count."""
    await lock_assets(conn, asset_ids)
    return len(await conn.fetch(RECOUNT, sorted(asset_ids)))


async def load_part(conn: Connection, part: int) -> list[PartRow]:
    """The rows whose files belong into a part (0-255) of the store."""
    first, behind = f"{part:02x}", f"{part + 1:02x}" if part < 255 else "g"
    return [msgspec.convert(dict(row), PartRow) for row in await conn.fetch(PART, first, behind)]


async def note_part(conn: Connection, report: PartReport, now: datetime) -> None:
    """Write down what a part was found to hold, in place of what was found before."""
    found = (report.pictures, report.lost, report.unknown_files, report.unknown_bytes)
    await conn.execute(NOTE_PART, report.part, now, *found)


async def stored_bytes(conn: Connection) -> int:
    """How many bytes all stored files have."""
    return int(await conn.fetchval(STORED_BYTES))


async def list_unread(conn: Connection, *, before: datetime, limit: int) -> list[UnreadFile]:
    """Files that were last known to be whole before this time, the longest unread first."""
    return [msgspec.convert(dict(row), UnreadFile) for row in await conn.fetch(UNREAD, before, limit)]


async def load_store_state(conn: Connection) -> StoreState:
    """How the store is, as far as was looked."""
    return msgspec.convert(dict(await conn.fetchrow(STATE) or {}), StoreState)
