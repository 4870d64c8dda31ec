"""Writing what was found out and decided about artwork, in few statements for any number of pictures.

Many jobs share pictures, people and collections. They all lock in one order, so that none waits for another in a ring:
film, collections, people, stored pictures, candidates, and within each by id (new pictures by hash).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets import SLOT_TABLES, CandidateStatus, Owner, SourceType

type SlotKey = tuple[str, int, str]
"""(entity_type, entity_id, asset_type)."""

_MOST_POINTS = 9999.99

# The same bytes from anywhere are one row; whoever came first keeps the credit, and what nobody had looked at yet is filled
# in; what was lost is there again. In order of hash: two jobs that bring the same pictures wait for each other instead of
# deadlocking.
PUT_ASSETS = """
INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, width, height, perceptual_hash, source_type,
                          source_url, provider_name)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::int[], $7::text[], $8::text[],
                     $9::text[], $10::text[]) AS given (content_hash, file_path, file_size, mime_type, width, height,
                     perceptual_hash, source_type, source_url, provider_name)
ORDER BY given.content_hash
ON CONFLICT (content_hash) DO UPDATE
SET mime_type = excluded.mime_type, width = excluded.width, height = excluded.height,
    perceptual_hash = excluded.perceptual_hash, lost_at = NULL
WHERE cache_assets.perceptual_hash IS NULL OR cache_assets.lost_at IS NOT NULL
"""

ASSET_IDS = "SELECT id, content_hash FROM cache_assets WHERE content_hash = ANY($1::text[])"

# Counting triggers touch these rows later in the transaction, in the order of the slots.
LOCK_ASSETS = "SELECT id FROM cache_assets WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"

LOCK_CANDIDATES = "SELECT id FROM asset_candidates WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"

# What is known of a picture never becomes less: sizes that the source told stay, unknown ones are filled in. A candidate that was
# withdrawn meanwhile stands for nobody.
JUDGE = """
UPDATE asset_candidates c
SET status = said.status, reason = said.reason, same_as = (SELECT k.id FROM asset_candidates k WHERE k.id = said.same_as),
    score = said.score, score_parts = said.score_parts::jsonb,
    cache_asset_id = said.cache_asset_id, perceptual_hash = coalesce(said.perceptual_hash, c.perceptual_hash),
    width = coalesce(c.width, said.width), height = coalesce(c.height, said.height),
    file_size = coalesce(c.file_size, said.file_size)
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[], $5::text[], $6::bigint[], $7::text[], $8::int[],
            $9::int[], $10::bigint[], $11::bigint[])
     AS said (id, status, reason, score, score_parts, cache_asset_id, perceptual_hash, width, height, file_size, same_as)
WHERE c.id = said.id
"""

# Pictures that a person gave or that lay beside the media. The same source twice is one candidate.
PUT_CANDIDATES = """
INSERT INTO asset_candidates (entity_type, entity_id, asset_type, source_type, source_url, file_size, mtime_ns, width,
                              height, score, score_parts, cache_asset_id, perceptual_hash, status, reason)
SELECT entity_type, entity_id, asset_type, source_type, source_url, file_size, mtime_ns, width, height, score,
       score_parts::jsonb, cache_asset_id, perceptual_hash, status, reason
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::int[], $9::int[],
            $10::numeric[], $11::text[], $12::bigint[], $13::text[], $14::text[], $15::text[])
     AS given (entity_type, entity_id, asset_type, source_type, source_url, file_size, mtime_ns, width, height, score,
               score_parts, cache_asset_id, perceptual_hash, status, reason)
ORDER BY entity_type, entity_id, asset_type, source_url
ON CONFLICT (entity_type, entity_id, asset_type, source_url) DO UPDATE
SET file_size = excluded.file_size, mtime_ns = excluded.mtime_ns, width = excluded.width, height = excluded.height,
    score = excluded.score, score_parts = excluded.score_parts, cache_asset_id = excluded.cache_asset_id,
    perceptual_hash = excluded.perceptual_hash,
    status = CASE WHEN asset_candidates.status = 'chosen' THEN 'chosen' ELSE excluded.status END,
    reason = excluded.reason
RETURNING id, source_url
"""

LOCK_OWNERS = {
    kind: f"""
SELECT id, {", ".join(f"{slot}_id" if kind == "actor" else f"{slot}_id, {slot}_locked" for slot in slots)}
FROM {table} WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""
    for kind, (table, slots) in SLOT_TABLES.items()
}

ASSIGN_PORTRAITS = """
UPDATE actors a SET thumb_id = given.thumb_id
FROM unnest($1::bigint[], $2::bigint[]) AS given (id, thumb_id)
WHERE a.id = given.id AND a.thumb_id IS DISTINCT FROM given.thumb_id
"""


class NewAsset(Struct, frozen=True, kw_only=True):
    """A picture whose bytes are in the store, and where they came from first."""

    content_hash: str
    file_path: str
    file_size: int
    mime_type: str
    width: int
    height: int
    perceptual_hash: str
    source_type: SourceType
    source_url: str
    provider_name: str | None = None


class Judgement(Struct, frozen=True, kw_only=True):
    """What became of a candidate. `score_parts` are the terms as plain data; None for one that was never scored."""

    candidate_id: int
    status: CandidateStatus
    reason: str | None = None
    score: float | None = None
    score_parts: list[dict[str, Any]] | None = None
    cache_asset_id: int | None = None
    perceptual_hash: str | None = None
    width: int | None = None
    height: int | None = None
    file_size: int | None = None
    same_as: int | None = None


class NewCandidate(Struct, frozen=True, kw_only=True):
    """A candidate whose picture is in the store already."""

    entity_type: str
    entity_id: int
    asset_type: str
    source_type: SourceType
    source_url: str
    file_size: int
    mtime_ns: int | None = None
    width: int
    height: int
    score: float | None = None
    score_parts: list[dict[str, Any]] | None = None
    cache_asset_id: int
    perceptual_hash: str
    status: CandidateStatus = "candidate"
    reason: str | None = None


class SlotNow(Struct, frozen=True, kw_only=True):
    """A slot as it is at write time, under lock."""

    asset_id: int | None
    locked: bool


async def put_assets(conn: Connection, assets: Sequence[NewAsset]) -> dict[str, int]:
    """Rows for pictures in the store; answers the id of each by content hash."""
    if not assets:
        return {}
    distinct = {asset.content_hash: asset for asset in assets}.values()
    fields = NewAsset.__struct_fields__
    await conn.execute(PUT_ASSETS, *([getattr(asset, field) for asset in distinct] for field in fields))
    rows = await conn.fetch(ASSET_IDS, [asset.content_hash for asset in distinct])
    return {row["content_hash"]: row["id"] for row in rows}


async def lock_slots(conn: Connection, owners: Collection[Owner]) -> dict[SlotKey, SlotNow]:
    """The slots of these owners as they are now, locked until the transaction ends. A vanished owner has none."""
    slots: dict[SlotKey, SlotNow] = {}
    for kind, (_, names) in SLOT_TABLES.items():
        ids = sorted({number for owner, number in owners if owner == kind})
        for row in await conn.fetch(LOCK_OWNERS[kind], ids) if ids else ():
            for name in names:
                locked = kind != "actor" and row[f"{name}_locked"]
                slots[(kind, row["id"], name)] = SlotNow(asset_id=row[f"{name}_id"], locked=locked)
    return slots


async def lock_assets(conn: Connection, ids: Collection[int]) -> set[int]:
    """Lock stored pictures before slots begin or cease to show them; answers those that exist."""
    rows = await conn.fetch(LOCK_ASSETS, sorted(set(ids))) if ids else []
    return {row["id"] for row in rows}


async def judge(conn: Connection, judgements: Sequence[Judgement]) -> None:
    """Write down what became of candidates."""
    if not judgements:
        return
    ids = [one.candidate_id for one in judgements]
    await conn.execute(LOCK_CANDIDATES, [*ids, *(one.same_as for one in judgements if one.same_as is not None)])
    await conn.execute(
        JUDGE,
        ids,
        [one.status for one in judgements],
        [one.reason for one in judgements],
        [_storable(one.score) for one in judgements],
        [_json(one.score_parts) for one in judgements],
        [one.cache_asset_id for one in judgements],
        [one.perceptual_hash for one in judgements],
        [one.width for one in judgements],
        [one.height for one in judgements],
        [one.file_size for one in judgements],
        [one.same_as for one in judgements],
    )


async def put_candidates(conn: Connection, candidates: Sequence[NewCandidate]) -> list[int]:
    """Candidates whose pictures are there, with different sources; answers their ids in the order of the sources."""
    if not candidates:
        return []
    columns = {name: [getattr(one, name) for one in candidates] for name in NewCandidate.__struct_fields__}
    columns["score"] = [_storable(points) for points in columns["score"]]
    columns["score_parts"] = [_json(parts) for parts in columns["score_parts"]]
    rows = await conn.fetch(PUT_CANDIDATES, *columns.values())
    return [row["id"] for row in sorted(rows, key=lambda row: row["source_url"])]


async def assign(conn: Connection, owner: Owner, shows: Mapping[str, int | None], lock: Collection[str] = ()) -> None:
    """Let slots of an owner show other pictures, and lock some of them where the owner has locks."""
    kind, number = owner
    table, slots = SLOT_TABLES[kind]
    columns = [(f"{slot}_id", shows[slot]) for slot in slots if slot in shows]
    columns += [(f"{slot}_locked", True) for slot in slots if slot in lock and kind != "actor"]
    if columns:
        settings = ", ".join(f"{column} = ${place}" for place, (column, _) in enumerate(columns, start=2))
        await conn.execute(f"UPDATE {table} SET {settings} WHERE id = $1", number, *(value for _, value in columns))


async def assign_portraits(conn: Connection, thumbs: Mapping[int, int | None]) -> None:
    """Give people their pictures: asset ids by actor id."""
    if thumbs:
        people = sorted(thumbs)
        await conn.execute(ASSIGN_PORTRAITS, people, [thumbs[number] for number in people])


def _storable(points: float | None) -> float | None:
    """The column holds four digits before the point; a person may set any weights."""
    return None if points is None else min(points, _MOST_POINTS)


def _json(parts: list[dict[str, Any]] | None) -> str | None:
    """As text, because lists within an array would be taken for further dimensions of it."""
    return None if parts is None else msgspec.json.encode(parts).decode()
