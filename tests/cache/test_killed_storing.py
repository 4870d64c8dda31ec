"""A process that dies between a file and its row leaves a file that nobody knows: whoever wants it finds it, else it goes."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from metarr.messages.facts import StoreReconciled, StoreSwept
from metarr.messages.jobs import ReconcileStore, SweepStore
from support import pictures
from support.store_house import Store, part_of

STORING = """
import asyncio, os, signal, sys
from metarr.blobs import BlobStore
from metarr.db import Database
from metarr.db.queries.assets_writing import NewAsset, put_assets

async def store(url, root, data):
    db = await Database.connect(url, name="dies")
    blob = BlobStore(root).put(data, "jpg")
    async with db.transaction() as conn:
        asset = NewAsset(content_hash=blob.content_hash, file_path=blob.path, file_size=blob.size, mime_type="image/jpeg",
                         width=1, height=1, perceptual_hash="0" * 16, source_type="provider", source_url="https://x")
        assert await put_assets(conn, [asset])
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(store(sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))
"""


@pytest.fixture
async def left(store: Store, database_url: str) -> str:
    """The path of a poster whose process was killed after the file had its name and before its row was committed."""
    command = (sys.executable, "-c", STORING, database_url, store.house.store.root)
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        await process.communicate(pictures.poster())
    assert process.returncode == -signal.SIGKILL
    (path,) = store.files()
    assert await store.rows() == []
    store.age(path, 0.5)
    return path


async def test_a_young_file_is_left_alone_by_sweep_and_report(store: Store, left: str) -> None:
    part = part_of(left)
    assert await store.run(SweepStore(part=part)) == StoreSwept(removed=0, next_part=part + 1)
    assert await store.run(ReconcileStore(part=part)) == StoreReconciled(part=part, next_part=part + 1)
    assert store.files() == {left}


async def test_the_job_that_comes_again_finds_it_and_does_not_write_it_again(store: Store, left: str) -> None:
    inode = (store.data_dir / left).stat().st_ino
    await store.house.offer("poster", pictures.poster())
    await store.house.cache()
    asset = await store.house.shown()
    assert asset is not None
    assert (asset["file_path"], (store.data_dir / left).stat().st_ino) == (left, inode)
    store.age(left, 2)
    assert (await store.run(SweepStore(part=part_of(left)))).removed == 0


async def test_what_nobody_comes_for_is_reported_and_goes_a_day_later(store: Store, left: str) -> None:
    store.age(left, 1.1)
    assert (await store.run(ReconcileStore(part=part_of(left)))).unknown_files == 1
    assert Path(store.house.store.path(left)).exists()
    assert (await store.run(SweepStore(part=part_of(left)))).removed == 1
    assert store.files() == set()
