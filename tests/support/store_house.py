"""A store whose files and rows a test ages, spoils and compares; files are as old as the clock says."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from metarr.messages.jobs import Job
from support.cache_house import House
from support.clock import ManualClock
from support.rows import insert_asset


class Store:
    def __init__(self, house: House, clock: ManualClock, data_dir: Path) -> None:
        self.house = house
        self.data_dir = data_dir
        self.clock = clock
        self._pictures = 0

    def file(self, mark: str, days: float = 100) -> str:
        """A file in the store, its path there."""
        blob = self.house.store.put(mark.encode(), "jpg")
        self.age(blob.path, days)
        return blob.path

    def age(self, path: str, days: float) -> None:
        then = self.clock.now().timestamp() - days * 86_400
        os.utime(self.data_dir / path, (then, then))

    async def picture(self, mark: str, days: float = 100, **values: Any) -> int:
        """A file with its row, which nothing has shown for so many days."""
        path = self.file(mark, days)
        self._pictures += 1
        known = {
            "content_hash": Path(path).stem,
            "file_path": path,
            "file_size": len(mark),
            "last_accessed_at": self.clock.now() - timedelta(days=days),
        }
        async with self.house.db.read() as conn:
            return await insert_asset(conn, self._pictures, **(known | values))

    async def path(self, asset: int) -> Path:
        (row,) = await self.fetch("SELECT file_path FROM cache_assets WHERE id = $1", asset)
        return self.data_dir / str(row["file_path"])

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        async with self.house.db.read() as conn:
            return list(await conn.fetch(statement, *arguments))

    async def rows(self) -> list[int]:
        return [row["id"] for row in await self.fetch("SELECT id FROM cache_assets ORDER BY id")]

    async def lost(self) -> list[int]:
        """The pictures that are known to be lost."""
        return [
            row["id"] for row in await self.fetch("SELECT id FROM cache_assets WHERE lost_at IS NOT NULL ORDER BY id")
        ]

    def files(self) -> set[str]:
        root = Path(self.house.store.root)
        return {f"cache/assets/{path.relative_to(root)}" for path in root.rglob("*") if path.is_file()}

    async def run(self, job: Job, *, priority: int = 10) -> Any:
        """One job, with nothing else in the line; what it stated."""
        await self.fetch("DELETE FROM job_queue")
        return await self.house.run_job(self.house.handlers, job, priority=priority)

    async def following(self) -> list[tuple[str, dict[str, Any]]]:
        """The jobs that wait, in the order of their ids."""
        waiting = await self.fetch("SELECT kind, payload FROM job_queue WHERE status = 'pending' ORDER BY id")
        return [(row["kind"], row["payload"]) for row in waiting]


def part_of(path: str | Path) -> int:
    """The part of the store that a file lies in."""
    return int(Path(path).name[:2], 16)
