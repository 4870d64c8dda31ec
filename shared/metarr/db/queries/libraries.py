"""Libraries: what is watched, with counts and the state of the disk. The API adds, changes and removes them."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection

type LibraryType = Literal["movie", "tv", "music"]

# A film's counts come from one pass over its library; the other media count their top rows.
_SHOWN = """
SELECT l.id, l.name, l.path, l.type, l.enabled, l.last_scan_at, l.mount_state, l.mount_detail, l.created_at, l.updated_at,
       CASE l.type WHEN 'movie' THEN films.items
            WHEN 'tv' THEN (SELECT count(*) FROM series s WHERE s.library_id = l.id AND s.deleted_at IS NULL)
            ELSE (SELECT count(*) FROM artists a WHERE a.library_id = l.id AND a.deleted_at IS NULL) END AS item_count,
       films.unidentified AS unidentified_count, films.deleted AS deleted_count,
       (SELECT p.message FROM problems p WHERE p.entity_type = 'library' AND p.entity_id = l.id AND p.area = 'scan') AS problem,
       pause.scope IS NOT NULL AS paused, pause.reason AS pause_reason
FROM libraries l LEFT JOIN queue_pauses pause ON pause.scope = 'library:' || l.id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.deleted_at IS NULL) AS items,
           count(*) FILTER (WHERE m.deleted_at IS NULL AND m.identification_status = 'unidentified') AS unidentified,
           count(*) FILTER (WHERE m.deleted_at IS NOT NULL) AS deleted
    FROM movies m WHERE m.library_id = l.id) AS films
"""

LIST = f"{_SHOWN} WHERE l.id > $1 ORDER BY l.id LIMIT $2"

ONE = f"{_SHOWN} WHERE l.id = $1"

COUNT = "SELECT count(*) FROM libraries"

# Two libraries that are added at the same moment must see each other, or one could land inside the other.
LOCK = "LOCK TABLE libraries IN SHARE ROW EXCLUSIVE MODE"

PATHS = "SELECT id, path FROM libraries WHERE id IS DISTINCT FROM $1 ORDER BY id"

ADD = "INSERT INTO libraries (name, path, type, enabled) VALUES ($1, $2, $3, $4) RETURNING id"

CHANGE = """
UPDATE libraries SET name = coalesce($2, name), enabled = coalesce($3, enabled)
WHERE id = $1
"""

# The folders and the disk that were known are those of the old place: everything is looked at anew.
MOVE = """
UPDATE libraries SET path = $2, mount_state = 'unknown', mount_detail = NULL, root_device = NULL, root_inode = NULL
WHERE id = $1
"""

FORGET_FOLDERS = "DELETE FROM library_folders WHERE library_id = $1"

REMOVE = "DELETE FROM libraries WHERE id = $1 RETURNING id"


class LibraryShown(Struct, frozen=True, kw_only=True):
    """A library with its counts. `problem` is what the last scan could not do, `mount_detail` what is wrong with the disk."""

    id: int
    name: str
    path: str
    type: LibraryType
    enabled: bool
    last_scan_at: datetime | None
    mount_state: Literal["unknown", "ok", "missing", "empty", "shrunk", "replaced"]
    mount_detail: str | None
    problem: str | None
    item_count: int
    unidentified_count: int
    deleted_count: int
    paused: bool
    pause_reason: str | None
    created_at: datetime
    updated_at: datetime


async def list_libraries(conn: Connection, *, after: int, limit: int) -> tuple[list[LibraryShown], int]:
    """Libraries behind id `after`, in order of id, and how many there are."""
    rows = await conn.fetch(LIST, after, limit)
    return [msgspec.convert(dict(row), LibraryShown) for row in rows], await conn.fetchval(COUNT)


async def load_library(conn: Connection, library_id: int) -> LibraryShown | None:
    row = await conn.fetchrow(ONE, library_id)
    return None if row is None else msgspec.convert(dict(row), LibraryShown)


async def hold_libraries(conn: Connection, *, but: int | None = None) -> list[tuple[int, str]]:
    """Id and path of every library (except `but`), of which none changes until the transaction ends."""
    await conn.execute(LOCK)
    return [(row["id"], row["path"]) for row in await conn.fetch(PATHS, but)]


async def add_library(conn: Connection, *, name: str, path: str, type: LibraryType, enabled: bool) -> int:  # noqa: A002
    """The id of the new row."""
    return int(await conn.fetchval(ADD, name, path, type, enabled))


async def change_library(conn: Connection, library_id: int, *, name: str | None, enabled: bool | None) -> None:
    """None leaves a column as it is."""
    await conn.execute(CHANGE, library_id, name, enabled)


async def move_library(conn: Connection, library_id: int, path: str) -> None:
    """The same library at another place."""
    await conn.execute(MOVE, library_id, path)
    await conn.execute(FORGET_FOLDERS, library_id)


async def remove_library(conn: Connection, library_id: int) -> bool:
    """Forget a library and everything known of it; its files stay. False without such a library."""
    return await conn.fetchval(REMOVE, library_id) is not None
