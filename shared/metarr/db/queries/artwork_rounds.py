"""The artwork of a whole library, some items at a time: films and the collections that they are in, with all candidates."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets import (
    ORIGINAL_LANGUAGE,
    SLOT_TABLES,
    CandidateRow,
    Owner,
    PublishedPicture,
    SlotRow,
    load_candidates,
    slots_of,
)

_COLUMNS = {
    kind: ", ".join(f"o.{slot}_id, o.{slot}_locked" for slot in SLOT_TABLES[kind][1])
    for kind in ("movie", "collection")
}

# The films of a library that are not in the trash.
FILM_IDS = """
SELECT id FROM movies WHERE library_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3
"""

_IN_LIBRARY = """
EXISTS (SELECT FROM movie_collection_members s JOIN movies m ON m.id = s.movie_id
        WHERE s.collection_id = o.id AND m.library_id = $1 AND m.deleted_at IS NULL)
"""

# Slots and locks of the next items; a collection belongs to every library that has a film of it.
ITEMS = {
    "movie": f"""
SELECT o.id, o.title, {ORIGINAL_LANGUAGE.replace("m.id", "o.id")} AS original_language, {_COLUMNS["movie"]}
FROM movies o WHERE o.library_id = $1 AND o.id > $2 AND o.deleted_at IS NULL ORDER BY o.id LIMIT $3
""",
    "collection": f"""
SELECT o.id, o.name AS title, NULL::text AS original_language, {_COLUMNS["collection"]}
FROM movie_collections o WHERE o.id > $2 AND {_IN_LIBRARY} ORDER BY o.id LIMIT $3
""",
}

COUNT = f"""
SELECT (SELECT count(*) FROM movies WHERE library_id = $1 AND deleted_at IS NULL)
     + (SELECT count(*) FROM movie_collections o WHERE {_IN_LIBRARY})
"""

# What we wrote beside these films ourselves is no news when it is found there.
PUBLISHED = """
SELECT entity_id, path, content_hash, file_size, mtime_ns FROM published_files
WHERE entity_type = 'movie' AND entity_id = ANY($1::bigint[]) AND kind <> 'nfo'
"""


class ItemArtwork(Struct, frozen=True, kw_only=True):
    """The slots of a film or collection and all candidates for them."""

    entity_type: str
    entity_id: int
    title: str
    original_language: str | None
    slots: tuple[SlotRow, ...]
    candidates: tuple[CandidateRow, ...]
    published: tuple[PublishedPicture, ...]


async def list_films(conn: Connection, library_id: int, *, after: int, limit: int) -> list[int]:
    """The films of a library behind id `after`, in order of id."""
    return [row["id"] for row in await conn.fetch(FILM_IDS, library_id, after, limit)]


async def count_items(conn: Connection, library_id: int) -> int:
    """Films of a library and collections with films of it."""
    counted: int = await conn.fetchval(COUNT, library_id)
    return counted


async def load_items(conn: Connection, library_id: int, kind: str, *, after: int, limit: int) -> list[ItemArtwork]:
    """Films ('movie') or collections ('collection') behind id `after`, in order of id, in five statements."""
    rows = await conn.fetch(ITEMS[kind], library_id, after, limit)
    owners: list[Owner] = [(kind, row["id"]) for row in rows]
    slots = await slots_of(conn, [(kind, row["id"], dict(row)) for row in rows])
    candidates = await load_candidates(conn, owners) if owners else []
    published = await _published(conn, [number for _, number in owners]) if kind == "movie" else {}
    return [
        ItemArtwork(
            entity_type=kind,
            entity_id=row["id"],
            title=row["title"],
            original_language=row["original_language"],
            slots=tuple(slot for slot in slots if slot.entity_id == row["id"]),
            candidates=tuple(one for one in candidates if one.entity_id == row["id"]),
            published=tuple(published.get(row["id"], ())),
        )
        for row in rows
    ]


async def _published(conn: Connection, movie_ids: Sequence[int]) -> dict[int, list[PublishedPicture]]:
    found: defaultdict[int, list[PublishedPicture]] = defaultdict(list)
    for row in await conn.fetch(PUBLISHED, movie_ids):
        found[row["entity_id"]].append(msgspec.convert(dict(row), PublishedPicture))
    return found
