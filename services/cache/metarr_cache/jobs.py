"""The jobs of the cache service: bring the artwork of an item into the store, choose what each slot shows, sweep the store."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from metarr.blobs import BlobStore
from metarr.db.queries.artwork_rounds import list_films
from metarr.db.queries.assets import Artwork, load_artwork, load_home
from metarr.db.queries.settings import load_settings
from metarr.domain.settings import Settings
from metarr.errors import Discard, Retry
from metarr.messages.facts import (
    ArtworkRoundBegun,
    AssetLost,
    AssetMended,
    AssetsChosen,
    BlobsVerified,
    CacheSwept,
    ReferencesRecounted,
    StoreReconciled,
    StoreSwept,
)
from metarr.messages.jobs import (
    CacheAssets,
    ChooseArtwork,
    MendAsset,
    ReconcileStore,
    RecountReferences,
    SweepCache,
    SweepStore,
    VerifyBlobs,
)
from metarr.runtime import Work
from metarr_cache.choosing import Choice, choose
from metarr_cache.intake import Failure, Intake, Kept
from metarr_cache.mending import Mender, mend_asset
from metarr_cache.options import Option, SlotOptions, gather, taste_of
from metarr_cache.reconciling import reconcile_part, recount_references, verify_batch
from metarr_cache.settling import settle
from metarr_cache.sweeping import sweep_part, sweep_rows

PATIENT_TRIES = 2
"""How often a job comes back for a slot that is empty only because a source has trouble; then the film goes on without."""

ROUND = 200
"""Films of one part of a library whose artwork is chosen anew."""

_SOON = timedelta(seconds=15)
_LATEST = timedelta(minutes=5)


class Handlers:
    """Handlers of the cache service."""

    def __init__(self, store: BlobStore, intake: Intake) -> None:
        self._store = store
        self._intake = intake

    async def cache_assets(self, job: CacheAssets, work: Work) -> AssetsChosen | tuple[AssetsChosen, ...]:
        """Look at every slot of a film, its collections and its people; bring in what is best; show it where no lock forbids.

        A portrait that takes the place of another one is told for every film that it stands beside.
        """
        artwork, settings = await _read(job, work)
        choices = await self._choose(artwork, settings, work)
        _come_back_for_what_is_missing(choices, work)
        async with work.write() as conn:
            lock_local, now = settings.lock_local_assets, work.clock.now()
            settled = await settle(conn, artwork, choices, lock_local=lock_local, job_id=work.job.id, now=now)
        if settled is None:
            raise Discard("the film is not in the database any more")
        own = AssetsChosen(
            entity_type="movie", entity_id=job.entity_id, changed=settled.changed, publishable=artwork.publishable
        )
        others = [AssetsChosen(entity_type="movie", entity_id=id_, changed=("actors",)) for id_ in settled.also_shown]
        return (own, *others) if others else own

    async def choose_artwork(self, job: ChooseArtwork, work: Work) -> ArtworkRoundBegun:
        """Say which films of a library are to be looked at next, because a rule of choosing has changed."""
        async with work.read() as conn:
            films = await list_films(conn, job.library_id, after=job.after, limit=ROUND)
        last = films[-1] if len(films) == ROUND else None
        return ArtworkRoundBegun(library_id=job.library_id, items=tuple(films), last=last)

    async def sweep_cache(self, _job: SweepCache, work: Work) -> CacheSwept:
        """Forget a batch of the pictures that nothing has shown for long."""
        return await sweep_rows(work)

    async def sweep_store(self, job: SweepStore, work: Work) -> StoreSwept:
        """Delete the files in one part of the store that no row knows."""
        return await sweep_part(job, self._store, work)

    async def recount_references(self, _job: RecountReferences, work: Work) -> ReferencesRecounted:
        """Put references and counts right that are not what is shown."""
        return await recount_references(work)

    async def reconcile_store(self, job: ReconcileStore, work: Work) -> StoreReconciled:
        """Compare the rows and the files of one part of the store."""
        return await reconcile_part(job, self._store, work)

    async def verify_blobs(self, job: VerifyBlobs, work: Work) -> BlobsVerified:
        """Read some of the files that nobody has read for long."""
        return await verify_batch(job, self._store, work)

    async def mend_asset(self, job: MendAsset, work: Work) -> AssetMended | AssetLost:
        """Get a lost or damaged file back, or tell whoever shows it."""
        return await mend_asset(job, Mender(work.db, self._store, self._intake), work)

    async def _choose(self, artwork: Artwork, settings: Settings, work: Work) -> list[Choice]:
        subjects = await gather(artwork, self._store)
        done = 0

        async def one(subject: SlotOptions) -> Choice:
            nonlocal done
            choice = await choose(subject, taste_of(subject.slot, artwork.original_language, settings), bring)
            done += 1
            await work.progress(done, len(subjects), f"{artwork.title}: {subject.slot.asset_type}")
            return choice

        async def bring(option: Option) -> Kept | Failure:
            if option.undescribed is not None:
                return await self._intake.describe(option.undescribed)
            return await self._intake.bring(option.source_url, root=artwork.root, priority=work.job.priority)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(subject)) for subject in subjects]
        except BaseExceptionGroup as several:
            raise _first(several) from several
        return [task.result() for task in tasks]


async def _read(job: CacheAssets, work: Work) -> tuple[Artwork, Settings]:
    if job.entity_type != "movie":
        raise Discard(f"the artwork of a {job.entity_type} comes with that of its films")
    async with work.read() as conn:
        home = await load_home(conn, ("movie", job.entity_id))
        settings = await load_settings(conn, home.library_id if home else None)
        artwork = await load_artwork(
            conn, job.entity_id, max_actors=settings.max_actors if settings.actor_images else 0
        )
    if artwork is None or artwork.deleted:
        raise Discard("the film is not in the database any more")
    return artwork, settings


def _come_back_for_what_is_missing(choices: Iterable[Choice], work: Work) -> None:
    """Raises Retry while a slot is empty and its source only has trouble of the moment, as often as is reasonable."""
    missed = [choice.missed for choice in choices if choice.missed is not None]
    if missed and work.job.retry_count < min(PATIENT_TRIES, work.job.max_retries):
        asked = max(failure.after or _SOON for failure in missed)
        raise Retry(f"a picture cannot be had at the moment: {missed[0].reason}", after=min(asked, _LATEST))


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that says what happened: the queue steers by one error, not by a group of them."""
    error = several.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
