"""Compares the books with the truth every night: counts with what is shown, rows with files, bytes with their hashes.

Counts are put right at once. A row whose file is not there, or is not what it should be, gets a job that fetches it again; a file that
no row knows is counted here and deleted by the sweep, which gives it a day in case somebody still wants it. Where the whole store
is empty its disk is taken for not mounted, and nothing is concluded.

Reading every byte of a large store takes hours. Each night has its share of it, the files first that nobody has read for
longest, so that each is read once in four weeks.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from metarr.blobs import BlobStore
from metarr.blobs.listing import StoredFile, files_of, is_empty
from metarr.blobs.sweeping import PARTS, UNWANTED_AFTER
from metarr.db.queries.mending import set_lost, set_whole
from metarr.db.queries.reconcile import (
    PartReport,
    PartRow,
    UnreadFile,
    list_differing,
    list_miscounted,
    list_unread,
    load_part,
    mend_references,
    note_part,
    recount,
    stored_bytes,
)
from metarr.errors import Discard
from metarr.messages.facts import BlobsVerified, ReferencesRecounted, StoreReconciled
from metarr.messages.jobs import ReconcileStore, VerifyBlobs
from metarr.runtime import Work

BATCH = 500
"""Items, and pictures, that are put right in one transaction."""
MENDS = 100
"""Lost files of one part that are fetched again in one night; the others have their turn in the next."""
NIGHTS = 28
"""In so many nights every file is read once."""
LEAST_BYTES = 1 << 30
"""A night reads as much at least, so that a small store does not take weeks without need."""
BATCH_FILES = 200
BATCH_BYTES = 256 << 20
"""What one job reads: a worker that is stopped waits no longer than for this."""


async def recount_references(work: Work) -> ReferencesRecounted:
    """Put a batch of references, and of counts, right."""
    async with work.read() as conn:
        items = await list_differing(conn, limit=BATCH)
        pictures = await list_miscounted(conn, limit=BATCH)
    if not items and not pictures:
        return ReferencesRecounted(items=0, pictures=0)
    async with work.write() as conn:
        await mend_references(conn, items)
        wrong = await recount(conn, pictures)
    work.log.warning("references and counts put right", items=len(items), pictures=wrong)
    more = len(items) == BATCH or len(pictures) == BATCH
    return ReferencesRecounted(items=len(items), pictures=wrong, more=more)


class _Found(Struct, frozen=True, kw_only=True):
    """What differs in a part: rows without their file, files without a row, rows whose file is back."""

    lost: list[PartRow]
    unknown: list[StoredFile]
    back: list[PartRow]


async def reconcile_part(job: ReconcileStore, store: BlobStore, work: Work) -> StoreReconciled:
    """Compare one part. The rows are read first: whoever adds one has put its file in before."""
    now = work.clock.now()
    async with work.read() as conn:
        rows = await load_part(conn, job.part)
    files = await asyncio.to_thread(files_of, store.root, job.part)
    if rows and not files and await asyncio.to_thread(is_empty, store.root):
        raise Discard(f"the store {store.root} is empty although pictures are known; is its disk mounted?")
    found = _compare(rows, files, old=now.timestamp() - UNWANTED_AFTER)
    report = PartReport(
        part=job.part,
        pictures=len(rows),
        lost=len(found.lost),
        unknown_files=len(found.unknown),
        unknown_bytes=sum(file.size for file in found.unknown),
    )
    async with work.write() as conn:
        await set_lost(conn, [row.id for row in found.lost], now)
        await note_part(conn, report, now)
    if found.lost or found.unknown:
        work.log.warning(
            "rows and files of the store differ", part=job.part, lost=len(found.lost), unknown=len(found.unknown)
        )
    wanted = sorted([*found.lost, *found.back], key=lambda row: (row.lost, row.id))[:MENDS]
    return StoreReconciled(
        part=job.part,
        lost=tuple(row.id for row in wanted),
        unknown_files=len(found.unknown),
        next_part=job.part + 1 if job.part + 1 < PARTS else None,
    )


async def verify_batch(job: VerifyBlobs, store: BlobStore, work: Work) -> BlobsVerified:
    """Read some files to their end."""
    now = work.clock.now()
    async with work.read() as conn:
        budget = job.remaining or max(await stored_bytes(conn) // NIGHTS, LEAST_BYTES)
        unread = await list_unread(conn, before=now - timedelta(days=NIGHTS), limit=BATCH_FILES)
    batch = _as_many_as_fit(unread, min(budget, BATCH_BYTES))
    whole = await store.verify_all([file.file_path for file in batch])
    good = [file.id for file, is_whole in zip(batch, whole, strict=True) if is_whole]
    bad = [file.id for file, is_whole in zip(batch, whole, strict=True) if not is_whole]
    async with work.write() as conn:
        await set_whole(conn, good, now)
        await set_lost(conn, bad, now)
    left = budget - sum(file.file_size for file in batch)
    more = bool(batch) and left > 0
    return BlobsVerified(files=len(batch), damaged=tuple(bad), remaining=left if more else None)


def _compare(rows: Sequence[PartRow], files: Sequence[StoredFile], *, old: float) -> _Found:
    """A file that is younger than `old` may belong to somebody who has not told the database of it yet."""
    sizes = {file.name.content_hash: file.size for file in files}
    known = {row.content_hash for row in rows}
    is_there = {row.id: sizes.get(row.content_hash) == row.file_size for row in rows}
    return _Found(
        lost=[row for row in rows if not is_there[row.id]],
        unknown=[file for file in files if file.name.content_hash not in known and file.mtime < old],
        back=[row for row in rows if is_there[row.id] and row.lost],
    )


def _as_many_as_fit(files: Sequence[UnreadFile], most: int) -> list[UnreadFile]:
    """The first files that have no more bytes than this together; one in any case."""
    taken: list[UnreadFile] = []
    for file in files:
        if taken and sum(one.file_size for one in taken) + file.file_size > most:
            break
        taken.append(file)
    return taken
