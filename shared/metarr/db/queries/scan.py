"""What a walk reads and remembers: the library with its mount state, its folders as last seen, where its films are."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from metarr.db.database import Connection

LIBRARY = """
SELECT id, path, type, enabled, mount_state, mount_detail, root_device, root_inode FROM libraries WHERE id = $1
"""

# Only what differs is written: a rescan that finds everything as it was leaves the row alone but for the time of the scan.
MOUNT = """
UPDATE libraries SET mount_state = $2, mount_detail = $3, root_device = coalesce($4, root_device),
  root_inode = coalesce($5, root_inode)
WHERE id = $1 AND (mount_state, mount_detail, root_device, root_inode)
  IS DISTINCT FROM ($2, $3, coalesce($4, root_device), coalesce($5, root_inode))
"""

SCANNED = "UPDATE libraries SET last_scan_at = $2 WHERE id = $1"

FOLDERS = """
SELECT path, mtime_ns, inode, problem FROM library_folders
WHERE library_id = $1 AND ($2 = '' OR path = $2 OR starts_with(path, $2 || '/'))
"""

FOLDERS_OF = (
    "SELECT path, mtime_ns, inode, problem FROM library_folders WHERE library_id = $1 AND path = ANY($2::text[])"
)

FILM_PATHS = "SELECT file_path, file_parts FROM movies WHERE library_id = $1 AND deleted_at IS NULL"

REMEMBER = """
INSERT INTO library_folders (library_id, path, mtime_ns, inode, scanned_at, problem)
SELECT $1, seen.path, seen.mtime_ns, seen.inode, $2, seen.problem
FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::text[]) AS seen (path, mtime_ns, inode, problem)
ORDER BY seen.path
ON CONFLICT (library_id, path) DO UPDATE
SET mtime_ns = excluded.mtime_ns, inode = excluded.inode, scanned_at = excluded.scanned_at, problem = excluded.problem
WHERE (library_folders.mtime_ns, library_folders.inode, library_folders.problem)
  IS DISTINCT FROM (excluded.mtime_ns, excluded.inode, excluded.problem)
"""

FORGET = "DELETE FROM library_folders WHERE library_id = $1 AND path = ANY($2::text[])"

FORGET_BELOW = """
DELETE FROM library_folders USING unnest($2::text[]) AS gone (folder)
WHERE library_id = $1 AND (path = gone.folder OR starts_with(path, gone.folder || '/'))
"""

TROUBLED = """
SELECT path, problem, count(*) OVER () AS total FROM library_folders
WHERE library_id = $1 AND problem IS NOT NULL ORDER BY path LIMIT $2
"""


class LibraryRow(Struct, frozen=True, kw_only=True):
    """A library as the scanner needs it."""

    id: int
    path: str
    type: str
    enabled: bool
    mount_state: str
    mount_detail: str | None = None
    root_device: int | None = None
    root_inode: int | None = None


class FolderRow(Struct, frozen=True, kw_only=True):
    """A directory as it was last read; `mtime_ns` 0 stands for "read it again", `problem` says why it could not be."""

    path: str
    mtime_ns: int
    inode: int | None = None
    problem: str | None = None


class Troubles(Struct, frozen=True, kw_only=True):
    """How many folders of a library have a problem, and the first of them with it."""

    total: int
    shown: Mapping[str, str]


async def load_library(conn: Connection, library_id: int) -> LibraryRow | None:
    row = await conn.fetchrow(LIBRARY, library_id)
    return LibraryRow(**row) if row else None


async def store_mount(
    conn: Connection, library_id: int, state: str, detail: str | None, root: tuple[int, int] | None = None
) -> None:
    """Remember how the library's root was found; `root` is its (device, inode) when it may be believed."""
    device, inode = root or (None, None)
    await conn.execute(MOUNT, library_id, state, detail, device, inode)


async def store_scanned(conn: Connection, library_id: int, at: datetime) -> None:
    await conn.execute(SCANNED, library_id, at)


async def load_folders(conn: Connection, library_id: int, below: str | None = None) -> dict[str, FolderRow]:
    """Every directory known of a library, or of the part from `below` on, by path."""
    rows = await conn.fetch(FOLDERS, library_id, below or "")
    return {row["path"]: FolderRow(**row) for row in rows}


async def load_folders_of(conn: Connection, library_id: int, paths: Sequence[str]) -> dict[str, FolderRow]:
    rows = await conn.fetch(FOLDERS_OF, library_id, list(paths))
    return {row["path"]: FolderRow(**row) for row in rows}


async def load_film_paths(conn: Connection, library_id: int) -> list[tuple[str, ...]]:
    """The files of every film that is not in the trash, its parts included."""
    rows = await conn.fetch(FILM_PATHS, library_id)
    return [tuple(dict.fromkeys((row["file_path"], *row["file_parts"]))) for row in rows]


async def remember_folders(conn: Connection, library_id: int, folders: Sequence[FolderRow], at: datetime) -> None:
    """Remember directories as they were before they were read; unchanged ones are not written."""
    await conn.execute(
        REMEMBER,
        library_id,
        at,
        [folder.path for folder in folders],
        [folder.mtime_ns for folder in folders],
        [folder.inode for folder in folders],
        [folder.problem for folder in folders],
    )


async def forget_folders(conn: Connection, library_id: int, paths: Sequence[str], *, below: bool = False) -> None:
    """Forget directories, with all below them where `below` says so."""
    await conn.execute(FORGET_BELOW if below else FORGET, library_id, list(paths))


async def load_troubles(conn: Connection, library_id: int, limit: int = 50) -> Troubles:
    rows = await conn.fetch(TROUBLED, library_id, limit)
    total = rows[0]["total"] if rows else 0
    return Troubles(total=total, shown={row["path"]: row["problem"] for row in rows})
