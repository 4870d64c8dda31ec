"""Artwork as a person chooses it: what each slot shows, what else it could show, and the bytes behind a hash."""

from typing import Any

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets import SLOT_TABLES, CandidateRow, StoredAsset, load_assets, load_candidates

SLOTS = {
    kind: f"SELECT {', '.join(f'{slot}_id, {slot}_locked' for slot in slots)} FROM {table} WHERE id = $1"
    for kind, (table, slots) in SLOT_TABLES.items()
    if kind != "actor"
}
"""The slots of an owner that has locks."""

HELD_LOCKS = {
    kind: f"SELECT {', '.join(f'{slot}_locked' for slot in slots)} FROM {table} WHERE id = $1 FOR NO KEY UPDATE"
    for kind, (table, slots) in SLOT_TABLES.items()
    if kind != "actor"
}

SET_LOCK = {
    (kind, slot): f"UPDATE {table} SET {slot}_locked = $2 WHERE id = $1"
    for kind, (table, slots) in SLOT_TABLES.items()
    if kind != "actor"
    for slot in slots
}

CANDIDATE = """
SELECT c.source_url, a.id IS NOT NULL AS stored, c.entity_type, c.entity_id, c.asset_type
FROM asset_candidates c LEFT JOIN cache_assets a ON a.id = c.cache_asset_id AND a.lost_at IS NULL
WHERE c.id = $1
"""

STORED_FILE = "SELECT id, file_path, mime_type, file_size FROM cache_assets WHERE content_hash = $1"


class SlotState(Struct, frozen=True, kw_only=True):
    """One slot: whether it is locked, what it shows, what it could show."""

    asset_type: str
    locked: bool
    current: StoredAsset | None
    candidates: tuple[CandidateRow, ...]


class CandidateSource(Struct, frozen=True, kw_only=True):
    """Whose a candidate is, where it comes from, and whether its picture is in the store."""

    source_url: str
    stored: bool
    entity_type: str
    entity_id: int
    asset_type: str


class StoredFile(Struct, frozen=True, kw_only=True):
    """A stored picture's file; `file_size` in bytes."""

    id: int
    file_path: str
    mime_type: str
    file_size: int


async def load_slots(conn: Connection, entity_type: str, entity_id: int) -> tuple[SlotState, ...] | None:
    """All slots of an owner in their order; None without such an owner."""
    row = await conn.fetchrow(SLOTS[entity_type], entity_id)
    if row is None:
        return None
    slots = SLOT_TABLES[entity_type][1]
    assets = await load_assets(conn, {row[f"{slot}_id"] for slot in slots if row[f"{slot}_id"]})
    candidates = await load_candidates(conn, [(entity_type, entity_id)])
    return tuple(
        SlotState(
            asset_type=slot,
            locked=row[f"{slot}_locked"],
            current=assets.get(row[f"{slot}_id"]),
            candidates=tuple(one for one in candidates if one.asset_type == slot),
        )
        for slot in slots
    )


async def hold_slot_lock(conn: Connection, entity_type: str, entity_id: int, slot: str) -> bool | None:
    """Whether a slot is locked, held until the transaction ends; None without such an owner."""
    row = await conn.fetchrow(HELD_LOCKS[entity_type], entity_id)
    return None if row is None else bool(row[f"{slot}_locked"])


async def set_slot_lock(conn: Connection, entity_type: str, entity_id: int, slot: str, *, locked: bool) -> None:
    """The caller holds the row."""
    await conn.execute(SET_LOCK[(entity_type, slot)], entity_id, locked)


async def load_candidate_source(conn: Connection, candidate_id: int) -> CandidateSource | None:
    row = await conn.fetchrow(CANDIDATE, candidate_id)
    return None if row is None else msgspec.convert(dict(row), CandidateSource)


async def load_stored_file(conn: Connection, content_hash: str) -> StoredFile | None:
    """Where the bytes of a hash lie."""
    row = await conn.fetchrow(STORED_FILE, content_hash)
    return None if row is None else msgspec.convert(dict(row), StoredFile)


async def hashes_of(conn: Connection, *asset_ids: int | None) -> list[str | None]:
    """The content hash of each stored picture; None for none."""
    assets: dict[int, Any] = await load_assets(conn, {number for number in asset_ids if number is not None})
    return [assets[number].content_hash if number in assets else None for number in asset_ids]
