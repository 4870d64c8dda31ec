"""Gets back what the store has lost or damaged: from the copy in a library, else from where it came.

Only the very same bytes count. A file in a library is read once to see whether it is the one before anything is written; what comes
from an address is kept under its own hash, and is the one or is swept like any other file that no row knows.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from io import BufferedReader

from msgspec import Struct

from metarr.blobs import BlobStore
from metarr.db import Database
from metarr.db.queries.mending import (
    Audience,
    LostFile,
    list_troubled,
    load_audience,
    load_lost,
    set_lost,
    set_whole,
)
from metarr.db.queries.problems import clear_problems, set_problem
from metarr.errors import Discard, LibraryOffline, MediaUnreadable, MetarrError, Retry
from metarr.messages.facts import AssetLost, AssetMended
from metarr.messages.jobs import HIGH, MendAsset
from metarr.messages.requests import FileMended, MendFile
from metarr.runtime import Work
from metarr_cache.intake import Failure, Intake
from metarr_cache.local import open_inside

PATIENT_TRIES = 2
"""How often a job comes back for a file whose source has trouble of the moment; then the next night tries again."""

_CHUNK = 1 << 20
_SOON = timedelta(minutes=1)


class Mended(Struct, frozen=True, kw_only=True):
    """The file is whole. `source` says where it came from, None when nothing was wrong with it."""

    source: str | None = None


class Mender:
    """Raises only what is wrong with the store itself (Transient, e.g. a full disk)."""

    def __init__(self, db: Database, store: BlobStore, intake: Intake) -> None:
        self._db = db
        self._store = store
        self._intake = intake

    async def mend_file(self, asked: MendFile) -> FileMended:
        """Answers MendFile: nothing, or in words why the file cannot be had."""
        async with self._db.read() as conn:
            lost = await load_lost(conn, asked.content_hash)
        if lost is None:
            return FileMended(refused="the store does not know this picture any more")
        try:
            outcome = await self.mend(lost, priority=HIGH)
        except MetarrError as trouble:
            return FileMended(refused=str(trouble))
        return FileMended(refused=outcome.reason if isinstance(outcome, Failure) else None)

    async def mend(self, lost: LostFile, *, priority: int) -> Mended | Failure:
        """Make a file whole again. The failure tells the last thing that was tried; it is passing when anything was."""
        if (await self._store.verify_all([lost.file_path]))[0]:
            return Mended()
        failures = []
        for path, root in lost.copies:
            outcome = await asyncio.to_thread(self._from_library, lost, path, root)
            if isinstance(outcome, Mended):
                return outcome
            failures.append(outcome)
        for url in lost.urls if lost.mime_type.startswith("image/") else ():
            outcome = await self._from_address(lost, url, priority)
            if isinstance(outcome, Mended):
                return outcome
            failures.append(outcome)
        return _summary(failures)

    def _from_library(self, lost: LostFile, path: str, root: str) -> Mended | Failure:
        ext = lost.file_path.rpartition(".")[2]
        try:
            with open_inside(path, root) as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != lost.content_hash:
                    return Failure(reason=f"{path} is another file by now")
                file.seek(0)
                blob = self._store.put(_chunks(file), ext)
        except LibraryOffline as offline:
            return Failure(reason=str(offline), passing=True)
        except (MediaUnreadable, OSError) as unreadable:
            return Failure(reason=f"{path}: {unreadable}")
        return Mended(source=path) if blob.content_hash == lost.content_hash else Failure(reason=f"{path} changes")

    async def _from_address(self, lost: LostFile, url: str, priority: int) -> Mended | Failure:
        kept = await self._intake.download(url, priority=priority)
        if isinstance(kept, Failure):
            return kept
        if kept.content_hash != lost.content_hash:
            return Failure(reason="its source shows another picture by now")
        return Mended(source=url)


async def mend_asset(job: MendAsset, mender: Mender, work: Work) -> AssetMended | AssetLost:
    """Get a file back. Where that cannot be done, whoever shows it is told."""
    async with work.read() as conn:
        lost = await load_lost(conn, job.asset_id)
        audience = await load_audience(conn, job.asset_id)
        troubled = await list_troubled(conn, audience.films)
    if lost is None:
        raise Discard("the store does not know this picture any more")
    outcome = await mender.mend(lost, priority=work.job.priority)
    if isinstance(outcome, Failure):
        if outcome.passing and work.job.retry_count < min(PATIENT_TRIES, work.job.max_retries):
            raise Retry(f"the file cannot be had at the moment: {outcome.reason}", after=outcome.after or _SOON)
        return await _report(lost, outcome, audience, work)
    async with work.write() as conn:
        await set_whole(conn, [lost.id], work.clock.now())
        await clear_problems(conn, "collection", audience.collections, "artwork")
    return AssetMended(asset_id=lost.id, source=outcome.source, films=troubled)


async def _report(lost: LostFile, failure: Failure, audience: Audience, work: Work) -> AssetLost:
    """Films look for another picture themselves, and say what they miss; a collection is looked at with its films only."""
    message = f"a picture is gone from the store and cannot be had again: {failure.reason}"
    async with work.write() as conn:
        await set_lost(conn, [lost.id], work.clock.now())
        for collection in audience.collections:
            await set_problem(conn, "collection", collection, "artwork", message, {"content_hash": lost.content_hash})
    return AssetLost(asset_id=lost.id, reason=failure.reason, films=audience.films)


def _chunks(file: BufferedReader) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _summary(failures: list[Failure]) -> Failure:
    if not failures:
        return Failure(reason="nobody else has it: it was uploaded, and no library shows it")
    passing = next((failure for failure in failures if failure.passing), None)
    return passing or failures[-1]
