"""One library with one film, its artwork, and the cache service at work on it."""

from pathlib import Path
from typing import Any

from msgspec import Struct

from metarr.blobs import BlobStore
from metarr.db.database import Database
from metarr.formats.file_uri import uri_of
from metarr.messages.facts import AssetsChosen
from metarr.messages.jobs import CacheAssets
from metarr_cache.jobs import Handlers
from support.artwork import add_candidate, row
from support.gallery import Gallery
from support.running import RunJob

WRITTEN = ("movies", "movie_collections", "actors", "cache_assets", "asset_candidates", "asset_references", "problems",
           "field_history")  # fmt: skip
BASE = "https://image.test"


class House(Struct, kw_only=True):
    """One library with one film, the store, what the network holds, and a way to run the job."""

    db: Database
    root: Path
    store: BlobStore
    gallery: Gallery
    handlers: Handlers
    library: int
    movie: int
    run_job: RunJob

    async def cache(self, movie: int | None = None) -> AssetsChosen:
        fact: AssetsChosen = await self.run_job(
            self.handlers, CacheAssets(entity_type="movie", entity_id=movie or self.movie)
        )
        return fact

    async def offer(self, asset_type: str, data: bytes | Exception | None, **more: Any) -> int:
        """A candidate of a provider, and what is found at its address."""
        number = len(self.gallery._at)
        url = self.gallery.hang(f"{BASE}/{asset_type}/{number}.jpg", data)  # type: ignore[arg-type]
        return await add_candidate(self.db, more.pop("entity_id", self.movie), asset_type, url, **more)

    async def beside(self, name: str, data: bytes, asset_type: str = "poster", **more: Any) -> int:
        """A picture that lies beside the film and that the scanner has listed."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        found = path.stat()
        values = {"file_size": found.st_size, "mtime_ns": found.st_mtime_ns, **more}
        return await add_candidate(self.db, self.movie, asset_type, uri_of(str(path)), source_type="local", **values)

    async def shown(self, slot: str = "poster", movie: int | None = None) -> dict[str, Any] | None:
        """The cache_assets row that a slot of the film shows."""
        asset_id = (await row(self.db, "movies", movie or self.movie))[f"{slot}_id"]
        return await row(self.db, "cache_assets", asset_id) if asset_id else None

    async def bytes_shown(self, slot: str = "poster") -> bytes | None:
        asset = await self.shown(slot)
        return self.store.read(asset["file_path"]) if asset else None

    async def candidate(self, number: int) -> dict[str, Any]:
        return await row(self.db, "asset_candidates", number)

    async def complaint(self) -> str | None:
        async with self.db.read() as conn:
            message: str | None = await conn.fetchval(
                "SELECT message FROM problems WHERE entity_id = $1 AND area = 'artwork'", self.movie
            )
        return message

    async def set(self, key: str, value: str) -> None:
        async with self.db.read() as conn:
            await conn.execute("INSERT INTO app_settings (key, value) VALUES ($1, $2)", key, value)
