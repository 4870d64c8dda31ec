"""Keeps the store as small as what is shown: rows that nothing has shown for long go, then files that no row knows.

The file of a row that goes is not deleted with it: it is found as one without a row by the sweep of the store that follows, like
what a kill, a restored backup or somebody's hands have left there. So no file goes before its row is gone for good.
"""

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from metarr.blobs import BlobStore, thumbnail_path
from metarr.blobs.derived import old_thumbnails, remove
from metarr.blobs.names import THUMBNAIL_DIR, THUMBNAIL_EXT, THUMBNAIL_WIDTHS
from metarr.blobs.sweeping import PARTS, OldFile, finish, old_files, set_aside
from metarr.db.queries.settings import load_settings
from metarr.db.queries.sweep import forget_assets, known_hashes, list_unused
from metarr.messages.facts import CacheSwept, StoreSwept
from metarr.messages.jobs import SweepStore
from metarr.runtime import Work

ROWS = 500
"""Pictures in one transaction."""
FILES = 1000
"""Files that one job deletes."""


async def sweep_rows(work: Work) -> CacheSwept:
    """Forget a batch of the pictures that nothing has shown for as long as the settings say."""
    async with work.read() as conn:
        settings = await load_settings(conn, None)
        before = work.clock.now() - timedelta(days=settings.cache_retention_days)
        unused = await list_unused(conn, before=before, limit=ROWS)
    if not unused:
        return CacheSwept(forgotten=0)
    async with work.write() as conn:
        forgotten = await forget_assets(conn, unused, before=before)
    return CacheSwept(forgotten=forgotten, more=forgotten > 0 and len(unused) == ROWS)


async def sweep_part(job: SweepStore, store: BlobStore, work: Work) -> StoreSwept:
    """Delete the files of one part of the store that no row knows."""
    now = work.clock.now().timestamp()
    old = await asyncio.to_thread(old_files, store.root, job.part, now)
    known = await _known(old, work)
    unknown = [file for file in old if file.is_aside or file.name.content_hash not in known][:FILES]
    await asyncio.to_thread(set_aside, store.root, unknown)
    known = await _known(unknown, work)  # again: now that nobody can find the files, nobody can begin to count on them
    removed = await asyncio.to_thread(finish, store.root, unknown, known, now)
    await asyncio.to_thread(_remove_thumbnails, work.data_dir, removed)
    await _sweep_thumbnails(job.part, now, work)
    following = job.part if len(removed) == FILES else job.part + 1
    return StoreSwept(removed=len(removed), next_part=following if following < PARTS else None)


async def _known(files: Iterable[OldFile], work: Work) -> frozenset[str]:
    async with work.read() as conn:
        return await known_hashes(conn, {file.name.content_hash for file in files})


async def _sweep_thumbnails(part: int, now: float, work: Work) -> None:
    """Thumbnails whose original is gone, of whatever made it go."""
    old = await asyncio.to_thread(old_thumbnails, os.path.join(work.data_dir, THUMBNAIL_DIR), part, now)
    async with work.read() as conn:
        known = await known_hashes(conn, {file.content_hash for file in old if file.content_hash is not None})
    await asyncio.to_thread(remove, [file for file in old if file.content_hash not in known])


def _remove_thumbnails(data_dir: str, hashes: Iterable[str]) -> None:
    for content_hash in hashes:
        for width in THUMBNAIL_WIDTHS:
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(data_dir, thumbnail_path(content_hash, width, THUMBNAIL_EXT)))
