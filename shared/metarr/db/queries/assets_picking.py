"""A person chooses, and the slot is locked: picking a candidate, clearing a slot, going back to what it showed before."""

from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets import SLOT_TABLES
from metarr.db.queries.assets_writing import assign, lock_assets, lock_slots
from metarr.errors import Conflict, Invalid, NotFound

CANDIDATE = """
SELECT cache_asset_id FROM asset_candidates WHERE id = $1 AND entity_type = $2 AND entity_id = $3 AND asset_type = $4
"""

CHOSEN = "chosen by you"
LOCKED = "locked slot shows your choice"
LOCKED_EMPTY = "locked slot stays empty, as you chose"

# One candidate of a slot is chosen, or none, and the others say why ($6); rows that already say so stay as they are. What is chosen
# stands for itself.
MARK_CHOSEN = """
WITH slot AS (
    SELECT id FROM asset_candidates
    WHERE entity_type = $1 AND entity_id = $2 AND asset_type = $3 AND (status IN ('candidate', 'chosen') OR id = $4)
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE asset_candidates c
SET status = CASE WHEN c.id = $4 THEN 'chosen' ELSE 'candidate' END,
    reason = CASE WHEN c.id = $4 THEN $5 ELSE $6 END, same_as = CASE WHEN c.id = $4 THEN NULL ELSE c.same_as END
FROM slot
WHERE c.id = slot.id
  AND CASE WHEN c.id = $4 THEN (c.status, c.reason) IS DISTINCT FROM ('chosen', $5)
           ELSE (c.status, c.reason) IS DISTINCT FROM ('candidate', $6) END
"""

# What a slot showed before, and what from then on, is in its history as content hashes, whoever changed it. Ids are given under the
# slot's lock, times at the beginning of a transaction that may have waited for it: ids tell the order.
LAST_CHANGE = """
SELECT old_value, new_value FROM field_history WHERE entity_type = $1 AND entity_id = $2 AND field = $3
ORDER BY id DESC LIMIT 1
"""

SHOWN = {
    (kind, slot): f"SELECT a.content_hash FROM {table} o LEFT JOIN cache_assets a ON a.id = o.{slot}_id WHERE o.id = $1"
    for kind, (table, slots) in SLOT_TABLES.items()
    for slot in slots
}

STORED = "SELECT id FROM cache_assets WHERE content_hash = $1"

# Of several candidates with the same bytes the one that was found first stands for the picture.
CANDIDATE_OF = """
SELECT id FROM asset_candidates
WHERE entity_type = $1 AND entity_id = $2 AND asset_type = $3 AND cache_asset_id = $4 ORDER BY id LIMIT 1
"""


class Before(Struct, frozen=True, kw_only=True):
    """What a slot showed before its last change: a picture by its hash, None for nothing."""

    content_hash: str | None


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
    await _mark(conn, entity_type, entity_id, asset_type, candidate_id, LOCKED)
    return before, now


async def clear_slot(conn: Connection, entity_type: str, entity_id: int, asset_type: str) -> int | None:
    """Let a slot show nothing, and lock it, or automation would fill it again. Answers the id of the picture before.

    Raises NotFound without such an item, Invalid for a slot that it does not have.
    """
    before = await _lock(conn, entity_type, entity_id, asset_type)
    await assign(conn, (entity_type, entity_id), {asset_type: None}, lock=(asset_type,))
    await _mark(conn, entity_type, entity_id, asset_type, None, LOCKED_EMPTY)
    return before


async def shown_before(conn: Connection, entity_type: str, entity_id: int, asset_type: str) -> Before | None:
    """What undoing would let a slot show; None when nothing is known of another time. Raises as `undo_slot`."""
    _check(entity_type, asset_type)
    shown = await conn.fetchrow(SHOWN[(entity_type, asset_type)], entity_id)
    if shown is None:
        raise NotFound(f"{entity_type} {entity_id} does not exist")
    last = await conn.fetchrow(LAST_CHANGE, entity_type, entity_id, asset_type)
    if last is None:
        return None
    as_noted = last["new_value"] == shown["content_hash"]
    return Before(content_hash=last["old_value"] if as_noted else last["new_value"])


async def undo_slot(
    conn: Connection, entity_type: str, entity_id: int, asset_type: str
) -> tuple[int | None, int | None]:
    """Let a slot show what it showed before its last change, and lock it. Answers the ids of the picture before and now.

    The caller notes that as a change of its own, so that undoing twice leads forward again. Whether the file of the picture is
    whole is the caller's to know. Raises NotFound without such an item, Invalid for a slot that it does not have, Conflict when
    there is nothing to go back to or the store does not know the picture any more.
    """
    before = await _lock(conn, entity_type, entity_id, asset_type)
    target = await shown_before(conn, entity_type, entity_id, asset_type)
    if target is None:
        raise Conflict(f"this {asset_type} has never been another one, so there is nothing to go back to")
    now = None if target.content_hash is None else await conn.fetchval(STORED, target.content_hash)
    held = await lock_assets(conn, {number for number in (before, now) if number is not None})
    if target.content_hash is not None and now not in held:
        raise Conflict(
            f"the {asset_type} that was shown before is not in the store any more; choose or upload it again"
        )
    await assign(conn, (entity_type, entity_id), {asset_type: now}, lock=(asset_type,))
    candidate = await conn.fetchval(CANDIDATE_OF, entity_type, entity_id, asset_type, now)
    await _mark(conn, entity_type, entity_id, asset_type, candidate, LOCKED_EMPTY if now is None else LOCKED)
    return before, now


async def _mark(
    conn: Connection, entity_type: str, entity_id: int, asset_type: str, candidate_id: int | None, others: str
) -> None:
    await conn.execute(MARK_CHOSEN, entity_type, entity_id, asset_type, candidate_id, CHOSEN, others)


def _check(entity_type: str, asset_type: str) -> None:
    if entity_type not in SLOT_TABLES or asset_type not in SLOT_TABLES[entity_type][1]:
        raise Invalid(f"a {entity_type} has no {asset_type}", {"asset_type": "is not a slot of this item"})


async def _lock(conn: Connection, entity_type: str, entity_id: int, asset_type: str) -> int | None:
    _check(entity_type, asset_type)
    slots = await lock_slots(conn, [(entity_type, entity_id)])
    if not slots:
        raise NotFound(f"{entity_type} {entity_id} does not exist")
    return slots[(entity_type, entity_id, asset_type)].asset_id
