"""The publisher's jobs: put a film's NFO and pictures beside it, and check that they are still there.

A failure is shown twice: by the job, which is tried again, and by the film, as its problem in the area `publish`. A job that
fails has its transaction rolled back; so the problem, and what was written before the failure, are recorded in a short one of
their own. Both may be said again without harm.
"""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

from metarr.blobs import BlobStore
from metarr.db import Connection
from metarr.db.queries.problems import clear_problem, set_problem
from metarr.db.queries.publish import FilmToPublish, load_publication, published_by_others
from metarr.db.queries.publish_record import forget_published, mark_published, record_adopted, record_published
from metarr.errors import Discard, LibraryOffline, PublishFailed, Snooze
from metarr.messages.facts import ItemPublished, ItemVerified
from metarr.messages.jobs import ItemJob, PublishItem, VerifyItem
from metarr.runtime.work import Work
from metarr_publisher.apply import Outcome
from metarr_publisher.film import Survey, bring_about, inspect, survey
from metarr_publisher.recycle import RecycleBin
from metarr_publisher.words import summary

OFFLINE_PAUSE = timedelta(minutes=2)
"""How long a job waits before it looks whether its library is back."""


class Handlers:
    """What the publisher does, with the store that pictures come from."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._purged: dict[int, date] = {}

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
        await self._purge_bin(film, work)
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

    async def _bring_about(self, film: FilmToPublish, found: Survey, job: ItemJob, work: Work) -> Outcome:
        work.ensure_active()
        elsewhere: frozenset[str] = frozenset()
        if found.foreign_paths:
            async with work.read() as conn:
                elsewhere = await published_by_others(conn, job.entity_id, found.foreign_paths)
        now = work.clock.now()
        return await _in_thread(work, lambda: bring_about(film, job.entity_id, found, elsewhere, self._store, now))

    async def _purge_bin(self, film: FilmToPublish, work: Work) -> None:
        """Once a day and library; what cannot be deleted today is tried tomorrow."""
        now = work.clock.now()
        if self._purged.get(film.library_id) == now.date():
            return
        self._purged[film.library_id] = now.date()
        recycle_bin = RecycleBin(film.publication.root, now)
        try:
            await asyncio.to_thread(recycle_bin.purge, film.settings.recycle_retention_days)
        except OSError as refused:
            work.log.warning("the recycle bin could not be purged", library_id=film.library_id, reason=str(refused))


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
