"""The service as it is composed: its answers are found on the bus, and what a crash left behind is cleared."""

import os
from contextlib import AsyncExitStack
from pathlib import Path

from metarr.blobs import BlobStore
from metarr.bus import Bus
from metarr.db.database import Database
from metarr.messages.jobs import ALL_JOBS
from metarr.messages.requests import ImageStored, MakeThumbnail, StoreImage, ThumbnailMade
from metarr.runtime import VERSION, Service
from metarr.runtime.environment import read_environment
from metarr.runtime.handlers import handlers_of
from metarr_cache.__main__ import build
from support import pictures
from support.clock import ManualClock


async def test_it_answers_on_the_bus_and_handles_its_jobs(
    db: Database, bus: Bus, clock: ManualClock, tmp_path: Path
) -> None:
    environment = read_environment({"METARR_DATA_DIR": str(tmp_path)})
    blob = BlobStore(environment.asset_dir).put(pictures.poster(), "jpg")
    async with db.read() as conn:
        await conn.execute(
            "INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type) "
            "VALUES ($1, $2, $3, 'image/jpeg', 'local')",
            blob.content_hash,
            blob.path,
            blob.size,
        )
    async with AsyncExitStack() as stack:
        service = Service(name="cache", environment=environment, db=db, bus=bus, clock=clock, stack=stack)
        parts = await build(service)
        await bus.serve("cache", VERSION, parts.answers)
        made = await bus.ask(MakeThumbnail(content_hash=blob.content_hash, width=160), ThumbnailMade)
        stored = await bus.ask(StoreImage(entity_type="movie", entity_id=1, asset_type="poster"), ImageStored)
    assert (tmp_path / (made.file_path or "")).is_file()
    assert stored.refused == "movie 1 does not exist"
    assert parts.handlers is not None
    assert set(handlers_of(parts.handlers)) == {job.__name__ for job in ALL_JOBS if job.service == "cache"}


async def test_what_a_crash_left_half_written_is_cleared_at_the_start(
    db: Database, bus: Bus, clock: ManualClock, tmp_path: Path
) -> None:
    environment = read_environment({"METARR_DATA_DIR": str(tmp_path)})
    torn = Path(environment.asset_dir) / ".incoming" / "torn.tmp"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"half")
    os.utime(torn, (clock.now().timestamp() - 7200,) * 2)
    async with AsyncExitStack() as stack:
        await build(Service(name="cache", environment=environment, db=db, bus=bus, clock=clock, stack=stack))
    assert not torn.exists()
