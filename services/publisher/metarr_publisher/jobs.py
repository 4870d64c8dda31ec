"""The publisher's jobs: put a film's NFO and pictures beside it, check that they are still there, take them away, empty the bin.

A failure is shown twice: by the job, which is tried again, and by the film, as its problem in the area `publish`. A job that
fails has its transaction rolled back; so the problem, and what was written before the failure, are recorded in a short one of
their own. Both may be said again without harm.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from metarr.blobs import BlobStore
from metarr.db import Connection
from metarr.db.queries.problems import clear_problem, set_problem
from metarr.db.queries.publish import FilmToPublish, load_publication, published_by_others
from metarr.db.queries.publish_record import forget_published, mark_published, record_adopted, record_published
from metarr.db.queries.purge import taken_over
from metarr.db.queries.rounds import list_published
from metarr.db.queries.scan import LibraryRow, load_library
from metarr.db.queries.settings import load_settings
from metarr.errors import Discard, LibraryOffline, PublishFailed, Snooze
from metarr.messages.facts import ItemPublished, ItemVerified, PublishedRemoved, RecycleBinEmptied, VerificationBegun
from metarr.messages.jobs import EmptyRecycleBin, ItemJob, PublishItem, RemovePublished, VerifyItem, VerifyLibrary
from metarr.runtime.work import Work
from metarr_publisher.apply import Outcome
from metarr_publisher.emptying import empty_bin
from metarr_publisher.film import Survey, bring_about, inspect, survey
from metarr_publisher.guard import ensure_online
from metarr_publisher.removal import Removal, remove_published
from metarr_publisher.words import explain, summary

OFFLINE_PAUSE = timedelta(minutes=2)
"""How long a job waits before it looks whether its library is back."""


ROUND = 200
"""Films of one part of a library's verification."""


class Handlers:
    """What the publisher does, with the store that pictures come from."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store

    async def publish_item(self, job: PublishItem, work: Work) -> ItemPublished:
        """Make the folder show the film's current state; a film that nobody has identified yet is left as it is."""
        film = await _load(job, work)
        if not film.publishable:
            raise Discard("it is not known yet which film this is, so nothing is written beside it")
        try:
            found = await _in_thread(work, lambda: survey(film, job.entity_id))
            outcome = await self._bring_about(film, found, job, work)
        except PublishFailed as failed:
            await _record_failure(work, job.entity_id, Outcome(failures=(str(failed),)))
            raise
        if outcome.failures:
            await _record_failure(work, job.entity_id, outcome)
            raise PublishFailed(summary(outcome.failures))
        async with work.write() as conn:
            await _record(conn, job.entity_id, outcome, found, work)
        return ItemPublished(
            entity_type=job.entity_type,
            entity_id=job.entity_id,
            written=outcome.written,
            removed=outcome.removed,
            unchanged=outcome.unchanged,
        )

    async def verify_item(self, job: VerifyItem, work: Work) -> ItemVerified:
        """Say what is missing or damaged; what was never published cannot be either."""
        film = await _load(job, work)
        if film.last_published_at is None:
            return ItemVerified(entity_type=job.entity_type, entity_id=job.entity_id)
        findings = await _in_thread(work, lambda: inspect(film, self._store))
        return ItemVerified(
            entity_type=job.entity_type,
            entity_id=job.entity_id,
            missing=findings.missing,
            damaged=findings.damaged,
        )

    async def verify_library(self, job: VerifyLibrary, work: Work) -> VerificationBegun:
        """Say which films of a library are to be verified next. One that is offline is verified another day."""
        await _ensure_online(await _library(job.library_id, work))
        async with work.read() as conn:
            films = await list_published(conn, job.library_id, after=job.after, limit=ROUND)
        last = films[-1] if len(films) == ROUND else None
        return VerificationBegun(library_id=job.library_id, items=tuple(films), last=last)

    async def remove_published(self, job: RemovePublished, work: Work) -> PublishedRemoved:
        """Put what was written for a purged film into the recycle bin, where it is as it was written."""
        library = await _library(job.library_id, work)
        async with work.read() as conn:
            elsewhere = await taken_over(conn, [file.path for file in job.files])
        removal = await _in_thread(work, lambda: _remove(library, job, elsewhere, work.clock.now()))
        if removal.failures:
            raise PublishFailed(summary(removal.failures))
        return PublishedRemoved(library_id=job.library_id, removed=removal.removed, kept=removal.kept)

    async def empty_recycle_bin(self, job: EmptyRecycleBin, work: Work) -> RecycleBinEmptied:
        """Delete for good a batch of what has been in the bin too long."""
        library = await _library(job.library_id, work)
        await _ensure_online(library)
        async with work.read() as conn:
            settings = await load_settings(conn, library.id)
        days, now = settings.recycle_retention_days, work.clock.now()
        try:
            removed, more = await asyncio.to_thread(empty_bin, library.path, now=now, retention_days=days)
        except OSError as refused:
            raise PublishFailed(explain(refused, library.path)) from refused
        return RecycleBinEmptied(library_id=library.id, removed=removed, more=more)

    async def _bring_about(self, film: FilmToPublish, found: Survey, job: ItemJob, work: Work) -> Outcome:
        work.ensure_active()
        elsewhere: frozenset[str] = frozenset()
        if found.foreign_paths:
            async with work.read() as conn:
                elsewhere = await published_by_others(conn, job.entity_id, found.foreign_paths)
        now = work.clock.now()
        return await _in_thread(work, lambda: bring_about(film, job.entity_id, found, elsewhere, self._store, now))


async def _load(job: ItemJob, work: Work) -> FilmToPublish:
    if job.entity_type != "movie":
        raise Discard(f"a {job.entity_type} has nothing to publish")
    async with work.read() as conn:
        film = await load_publication(conn, job.entity_id)
    if film is None:
        raise Discard("the film is no longer in the database")
    if film.deleted:
        raise Discard("the film is in the trash")
    return film


async def _library(library_id: int, work: Work) -> LibraryRow:
    async with work.read() as conn:
        library = await load_library(conn, library_id)
    if library is None:
        raise Discard("the library is no longer in the database; its files stay as they are")
    return library


async def _ensure_online(library: LibraryRow) -> None:
    """Raises Discard: what comes by the clock comes again."""
    try:
        await asyncio.to_thread(ensure_online, library.path, library.mount_state, library.mount_detail)
    except LibraryOffline as offline:
        raise Discard(str(offline)) from offline


def _remove(library: LibraryRow, job: RemovePublished, elsewhere: frozenset[str], now: datetime) -> Removal:
    """A disk that goes in the middle of it looks as if the files had gone: then all of it is tried again. Blocking."""
    ensure_online(library.path, library.mount_state, library.mount_detail)
    removal = remove_published(library.path, job.files, elsewhere, now)
    ensure_online(library.path, library.mount_state, library.mount_detail)
    return removal


async def _in_thread[Result](work: Work, call: Callable[[], Result]) -> Result:
    """Disk work off the loop. An offline library is waited for: that costs the job no retry."""
    try:
        return await asyncio.to_thread(call)
    except LibraryOffline as offline:
        raise Snooze(str(offline), until=work.clock.now() + OFFLINE_PAUSE) from offline


async def _record(conn: Connection, movie_id: int, outcome: Outcome, found: Survey, work: Work) -> None:
    if not await mark_published(conn, movie_id, work.clock.now()):
        raise Discard("the film was deleted while it was published")
    await record_adopted(conn, outcome.adopted)
    if not found.is_recorded:
        await record_published(conn, movie_id, outcome.records, work.clock.now())
    await forget_published(conn, movie_id, but=[record.path for record in outcome.records])
    if found.plan.refused:
        await set_problem(conn, "movie", movie_id, "publish", summary(found.plan.refused))
    else:
        await clear_problem(conn, "movie", movie_id, "publish")


async def _record_failure(work: Work, movie_id: int, outcome: Outcome) -> None:
    async with work.db.transaction() as conn:
        await record_adopted(conn, outcome.adopted)
        await record_published(conn, movie_id, outcome.records, work.clock.now())
        await set_problem(
            conn, "movie", movie_id, "publish", summary(outcome.failures), {"failures": list(outcome.failures)}
        )
