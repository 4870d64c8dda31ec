"""A person chooses, and the slot is locked: picking a candidate, clearing a slot, giving it back to automation."""

from metarr.db.database import Connection
from metarr.db.queries.assets import SLOT_TABLES
from metarr.db.queries.assets_writing import assign, lock_assets, lock_slots
from metarr.errors import Conflict, Invalid, NotFound

CANDIDATE = """
SELECT cache_asset_id FROM asset_candidates WHERE id = $1 AND entity_type = $2 AND entity_id = $3 AND asset_type = $4
"""

# One candidate of a slot is chosen, or none; rows that already say so stay as they are.
MARK_CHOSEN = """
WITH slot AS (
    SELECT id FROM asset_candidates
    WHERE entity_type = $1 AND entity_id = $2 AND asset_type = $3 AND (status = 'chosen' OR id = $4)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE asset_candidates c
SET status = CASE WHEN c.id = $4 THEN 'chosen' ELSE 'candidate' END,
    reason = CASE WHEN c.id = $4 THEN 'chosen by you' END
FROM slot WHERE c.id = slot.id AND (c.status = 'chosen') <> (c.id IS NOT DISTINCT FROM $4)
"""


async def pick_candidate(
    conn: Connection, entity_type: str, entity_id: int, asset_type: str, candidate_id: int
) -> tuple[int | None, int]:
    """Let a slot show a candidate, and lock the slot. Answers the ids of the picture before and now.

    Raises NotFound without such an item or candidate, Conflict while the candidate's picture is not in the store
    (ask the cache service with StoreImage first), Invalid for a slot that the item does not have.
    """
    before = await _lock(conn, entity_type, entity_id, asset_type)
    row = await conn.fetchrow(CANDIDATE, candidate_id, entity_type, entity_id, asset_type)
    if row is None:
        raise NotFound(f"{asset_type} candidate {candidate_id} does not exist")
    now: int | None = row["cache_asset_id"]
    if now is None or now not in await lock_assets(conn, {now} | ({before} if before else set())):
        raise Conflict(f"the picture of candidate {candidate_id} is not in the store yet")
    await assign(conn, (entity_type, entity_id), {asset_type: now}, lock=(asset_type,))
    await conn.execute(MARK_CHOSEN, entity_type, entity_id, asset_type, candidate_id)
    return before, now


async def clear_slot(conn: Connection, entity_type: str, entity_id: int, asset_type: str) -> int | None:
    """Let a slot show nothing, and lock it, or automation would fill it again. Answers the id of the picture before.

    Raises NotFound without such an item, Invalid for a slot that it does not have.
    """
    before = await _lock(conn, entity_type, entity_id, asset_type)
    await assign(conn, (entity_type, entity_id), {asset_type: None}, lock=(asset_type,))
    await conn.execute(MARK_CHOSEN, entity_type, entity_id, asset_type, None)
    return before


async def _lock(conn: Connection, entity_type: str, entity_id: int, asset_type: str) -> int | None:
    if entity_type not in SLOT_TABLES or asset_type not in SLOT_TABLES[entity_type][1]:
        raise Invalid(f"a {entity_type} has no {asset_type}", {"asset_type": "is not a slot of this item"})
    slots = await lock_slots(conn, [(entity_type, entity_id)])
    if not slots:
        raise NotFound(f"{entity_type} {entity_id} does not exist")
    return slots[(entity_type, entity_id, asset_type)].asset_id
