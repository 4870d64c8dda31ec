"""A shelf for the publisher's tests: a library on disk and in the database, films on it, pictures in the store."""

import hashlib
import os
from pathlib import Path
from typing import Any

from metarr.blobs import BlobStore
from metarr.db import Database
from metarr.messages.facts import ItemPublished, ItemVerified, RecycleBinEmptied
from metarr.messages.jobs import EmptyRecycleBin, PublishItem, VerifyItem
from metarr_publisher.jobs import Handlers
from support.running import RunJob

BIN = ".metarr-recycle"


def jpeg(mark: str) -> bytes:
    """Bytes that begin as a JPEG does; the publisher looks no further."""
    return b"\xff\xd8\xff\xe0" + mark.encode() * 20


def png(mark: str) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + mark.encode() * 20


def content_of(root: Path, *, with_bin: bool = True) -> dict[str, bytes]:
    """Every file below a folder by its relative path; a link is told by its target. The bin's manifests name times: left out."""
    found = {}
    for path in sorted(root.rglob("*")):
        relative = str(path.relative_to(root))
        if relative.endswith(".jsonl") or (not with_bin and relative.startswith(BIN)):
            continue
        if path.is_symlink():
            found[relative] = b"-> " + os.readlink(path).encode()
        elif path.is_file():
            found[relative] = path.read_bytes()
    return found


def times_of(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and mtime of everything, folders too: differs when anything was written at all."""
    paths = [root, *root.rglob("*")]
    return {str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in paths}


class Shelf:
    def __init__(self, db: Database, root: Path, data_dir: Path, run_job: RunJob, library_id: int) -> None:
        self.db = db
        self.root = root
        self.library_id = library_id
        self.store = BlobStore(str(data_dir / "cache" / "assets"))
        self.handlers = Handlers(self.store)
        self._run_job = run_job

    async def film(self, path: str, *, parts: tuple[str, ...] = (), **columns: Any) -> int:
        """Put a video on the shelf; `path` and `parts` are relative to the root, `columns` those of movies."""
        for name in (path, *parts):
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"video " + name.encode())
        values = {
            "library_id": self.library_id,
            "file_path": str(self.root / path),
            "file_name": Path(path).name,
            "file_parts": [str(self.root / part) for part in parts],
            "title": Path(path).stem,
            "identification_status": "enriched",
            **columns,
        }
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        statement = f"INSERT INTO movies ({', '.join(values)}) VALUES ({places}) RETURNING id"
        return int(await self._value(statement, *values.values()))

    async def change(self, movie_id: int, **columns: Any) -> None:
        for name, value in columns.items():
            await self._value(f"UPDATE movies SET {name} = $2 WHERE id = $1", movie_id, value)

    async def picture(self, movie_id: int, slot: str, data: bytes, extension: str = "jpg") -> int:
        """Choose a picture for a slot."""
        asset_id = await self.asset(data, extension)
        await self.change(movie_id, **{f"{slot}_id": asset_id})
        return asset_id

    async def actor(self, movie_id: int, name: str, data: bytes | None = None, role: str = "Self") -> int:
        asset_id = await self.asset(data, "jpg") if data is not None else None
        statement = """
            INSERT INTO actors (name, thumb_id) VALUES ($1, $2)
            ON CONFLICT (lower(name)) WHERE tmdb_id IS NULL DO UPDATE SET thumb_id = excluded.thumb_id RETURNING id
        """
        actor_id = int(await self._value(statement, name, asset_id))
        await self._value(
            "INSERT INTO movie_actors (movie_id, actor_id, role) VALUES ($1, $2, $3)", movie_id, actor_id, role
        )
        return actor_id

    async def asset(self, data: bytes, extension: str) -> int:
        blob = self.store.put(data, extension)
        return int(
            await self._value(
                """
                INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type)
                VALUES ($1, $2, $3, $4, 'provider')
                ON CONFLICT (content_hash) DO UPDATE SET mime_type = excluded.mime_type RETURNING id
                """,
                blob.content_hash,
                blob.path,
                blob.size,
                f"image/{extension}",
            )
        )

    async def publish(self, movie_id: int) -> ItemPublished:
        await self._value("DELETE FROM job_queue")  # one that failed or was killed would hold this one up
        published = await self._run_job(self.handlers, PublishItem(entity_type="movie", entity_id=movie_id))
        assert isinstance(published, ItemPublished)
        return published

    async def verify(self, movie_id: int) -> ItemVerified:
        verified = await self._run_job(self.handlers, VerifyItem(entity_type="movie", entity_id=movie_id))
        assert isinstance(verified, ItemVerified)
        return verified

    async def empty_bin(self) -> RecycleBinEmptied:
        emptied = await self._run_job(self.handlers, EmptyRecycleBin(library_id=self.library_id), priority=10)
        assert isinstance(emptied, RecycleBinEmptied)
        return emptied

    async def problem(self, movie_id: int) -> str | None:
        found = await self._value(
            "SELECT message FROM problems WHERE entity_type = 'movie' AND entity_id = $1 AND area = 'publish'", movie_id
        )
        return str(found) if found is not None else None

    async def candidates(self, entity_type: str, entity_id: int) -> list[tuple[str, str]]:
        """(asset_type, SHA-256) of the local candidates that are in the store."""
        async with self.db.read() as conn:
            rows = await conn.fetch(
                """
                SELECT c.asset_type, a.content_hash FROM asset_candidates c JOIN cache_assets a ON a.id = c.cache_asset_id
                WHERE c.entity_type = $1 AND c.entity_id = $2 AND c.source_type = 'local' ORDER BY c.id
                """,
                entity_type,
                entity_id,
            )
        return [(row["asset_type"], row["content_hash"]) for row in rows]

    async def recorded(self, movie_id: int) -> dict[str, str]:
        """Relative path → hash of what the database says we wrote."""
        async with self.db.read() as conn:
            rows = await conn.fetch("SELECT path, content_hash FROM published_files WHERE entity_id = $1", movie_id)
        return {os.path.relpath(row["path"], self.root): row["content_hash"] for row in rows}

    async def _value(self, statement: str, *arguments: Any) -> Any:
        async with self.db.transaction() as conn:
            return await conn.fetchval(statement, *arguments)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
