"""What a person does to a film's row: locks, trash, the trail of changes, files that nobody can place."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from metarr.db.database import Connection
from metarr.db.queries.assets import SLOT_TABLES
from metarr.domain.locks import lock_column
from metarr.domain.movie import LOCKABLE

_COLLECTION_LOCKS = ("name", "plot", *SLOT_TABLES["collection"][1])

_SET_LOCKS = """
UPDATE {table} SET ({columns}) = (SELECT {values}) WHERE id = $1
"""


def _statement(table: str, fields: Collection[str]) -> str:
    """A lock is on when its field is named in $2; all of them are said, so that none depends on what stood there."""
    return _SET_LOCKS.format(
        table=table,
        columns=", ".join(lock_column(field) for field in fields),
        values=", ".join(f"'{field}' = ANY($2::text[])" for field in fields),
    )


SET_LOCKS = {
    "movie": _statement("movies", LOCKABLE),
    "collection": _statement("movie_collections", _COLLECTION_LOCKS),
}

DELETE = "UPDATE movies SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING id"
RESTORE = "UPDATE movies SET deleted_at = NULL WHERE id = $1 AND deleted_at IS NOT NULL RETURNING id"
STATE = "SELECT deleted_at IS NOT NULL AS deleted FROM movies WHERE id = $1"

HISTORY = """
SELECT id, field, old_value, new_value, source, job_id, changed_at FROM field_history
WHERE entity_type = $1 AND entity_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4
"""
HISTORY_COUNT = "SELECT count(*) FROM field_history WHERE entity_type = $1 AND entity_id = $2"

UNKNOWN_FILES = """
SELECT id, path, file_size, detail FROM local_files
WHERE entity_type = 'movie' AND entity_id = $1 AND kind = 'unknown' AND id > $2 ORDER BY id LIMIT $3
"""
UNKNOWN_COUNT = """
SELECT count(*) FROM local_files WHERE entity_type = 'movie' AND entity_id = $1 AND kind = 'unknown'
"""


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One field got another value. `source` is `user`, a provider, `nfo` …; `job_id` the job that did it."""

    id: int
    field: str
    old_value: Any
    new_value: Any
    source: str
    job_id: int | None
    changed_at: datetime


class UnknownFile(Struct, frozen=True, kw_only=True):
    """A file beside a film that fits no kind; `file_size` in bytes."""

    id: int
    path: str
    file_size: int | None
    detail: dict[str, Any]


async def set_locks(conn: Connection, entity_type: str, entity_id: int, locks: Collection[str]) -> None:
    """Make `locks` the locked fields. The caller holds the row, or an edit in between could be lost."""
    await conn.execute(SET_LOCKS[entity_type], entity_id, sorted(locks))


async def delete_movie(conn: Connection, movie_id: int, now: datetime) -> bool:
    """Into the trash; False when it is there already or does not exist."""
    return await conn.fetchval(DELETE, movie_id, now) is not None


async def restore_movie(conn: Connection, movie_id: int) -> bool:
    """Out of the trash; False when it is not there."""
    return await conn.fetchval(RESTORE, movie_id) is not None


async def is_deleted(conn: Connection, movie_id: int) -> bool | None:
    """Whether a film is in the trash; None without such a film."""
    deleted: bool | None = await conn.fetchval(STATE, movie_id)
    return deleted


async def load_history(
    conn: Connection, entity_type: str, entity_id: int, *, before: int, limit: int
) -> tuple[list[HistoryEntry], int]:
    """Changes older than entry `before`, the newest first, and how many there are."""
    rows = await conn.fetch(HISTORY, entity_type, entity_id, before, limit)
    total = await conn.fetchval(HISTORY_COUNT, entity_type, entity_id)
    return [msgspec.convert(dict(row), HistoryEntry) for row in rows], int(total)


async def unknown_files(conn: Connection, movie_id: int, *, after: int, limit: int) -> tuple[list[UnknownFile], int]:
    """Files behind id `after`, in order of id, and how many there are."""
    rows = await conn.fetch(UNKNOWN_FILES, movie_id, after, limit)
    return [msgspec.convert(dict(row), UnknownFile) for row in rows], int(await conn.fetchval(UNKNOWN_COUNT, movie_id))
