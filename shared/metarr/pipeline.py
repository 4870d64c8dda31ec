"""What follows what: the only place where a fact becomes a job. Read top to bottom, it is the life of a film."""

from typing import assert_never

from msgspec import Struct

from metarr.messages import facts
from metarr.messages.jobs import (
    LOW,
    CacheAssets,
    ChooseArtwork,
    EmptyRecycleBin,
    EnrichItem,
    ForgetOrphans,
    Job,
    MendAsset,
    PruneHistory,
    PublishItem,
    PurgeDeleted,
    ReconcileStore,
    RecountReferences,
    RefreshItems,
    RemovePublished,
    ScanFolder,
    ScanLibrary,
    SweepCache,
    SweepStore,
    VerifyBlobs,
    VerifyItem,
    VerifyLibrary,
)

MAX_FOLDERS_PER_JOB = 25


class Policy(Struct, frozen=True, kw_only=True):
    """What a library's settings allow to happen by itself (`library.<id>.auto_enrich`, `publish.auto`)."""

    auto_enrich: bool = True
    auto_publish: bool = True


class Next(Struct, frozen=True, kw_only=True):
    """A job that follows. `priority` None means "as its parent". `after_siblings` waits for all others of the same transaction."""

    job: Job
    priority: int | None = None
    after_siblings: bool = False


def after(fact: facts.AnyFact, policy: Policy) -> tuple[Next, ...]:  # noqa: C901 - one match over all facts is its point
    """The jobs that follow a fact."""
    match fact:
        case facts.FoldersChanged():
            # In the background, also when a person asked: what follows would stand in the way of every other wish.
            return (Next(job=ScanFolder(library_id=fact.library_id, paths=fact.paths), priority=LOW),)
        case facts.FoldersVanished():
            # After the others: a film that moved must be found at its new place before it is missed at the old one.
            gone = ScanFolder(library_id=fact.library_id, paths=fact.paths, vanished=True)
            return (Next(job=gone, priority=LOW, after_siblings=True),)
        case facts.ItemIdentified(change="new" | "metadata" | "restored"):
            return _enrich(fact) if policy.auto_enrich else _cache(fact)
        case facts.ItemIdentified(change="artwork"):
            return _cache(fact)
        case facts.ItemIdentified():
            # Same film, other file or place: nothing to ask; put its NFO and pictures where the video is now.
            return _publish(fact, policy)
        case facts.ItemEnriched() | facts.ItemUnmatched():
            return _cache(fact)
        case facts.AssetsChosen(publishable=True):
            return _publish(fact, policy)
        case facts.ItemVerified(missing=missing, damaged=damaged):
            return (_next(PublishItem, fact),) if missing or damaged else ()
        case facts.ItemPinned():
            return (_next(EnrichItem, fact),)
        case facts.ItemEdited(refill=True):
            return (_next(PublishItem, fact), _next(EnrichItem, fact))
        case facts.ItemEdited() | facts.AssetPicked() | facts.ItemRestored():
            return (_next(PublishItem, fact),)
        case facts.LibraryFellDue(task="scan"):
            return (Next(job=ScanLibrary(library_id=fact.library_id)),)
        case facts.LibraryFellDue(task="verify"):
            return (Next(job=VerifyLibrary(library_id=fact.library_id)),)
        case facts.LibraryFellDue():
            return (Next(job=EmptyRecycleBin(library_id=fact.library_id)),)
        case facts.HouseworkFellDue(task="refresh"):
            return (Next(job=RefreshItems()),)
        case facts.HouseworkFellDue(task="purge_trash"):
            return (Next(job=PurgeDeleted()),)
        case facts.HouseworkFellDue(task="sweep_cache"):
            return (Next(job=SweepCache()),)
        case facts.HouseworkFellDue(task="reconcile_store"):
            return (Next(job=RecountReferences()),)
        case facts.HouseworkFellDue():
            return (Next(job=PruneHistory()),)
        case facts.VerificationBegun():
            # The next part waits in line behind the films of this one.
            return (*_each(VerifyItem, fact.items), *_verify_behind(fact))
        case facts.ArtworkRoundBegun():
            return (*_each(CacheAssets, fact.items), *_choose_behind(fact))
        case facts.RefreshBegun():
            return _each(EnrichItem, fact.items)
        case facts.RecycleBinEmptied(more=True):
            return _in_background(EmptyRecycleBin(library_id=fact.library_id))
        case facts.ItemPurged(files=files) if files:
            return _in_background(RemovePublished(library_id=fact.library_id, files=files))
        case facts.HistoryPruned(more=True):
            return _in_background(PruneHistory())
        case facts.TrashPurged(last=last):
            return _in_background(ForgetOrphans() if last is None else PurgeDeleted(after=last))
        case facts.OrphansForgotten(more=True):
            return _in_background(ForgetOrphans())
        case facts.CacheSwept(more=more):
            return _in_background(SweepCache() if more else SweepStore())
        case facts.StoreSwept(next_part=part) if part is not None:
            return _in_background(SweepStore(part=part))
        case facts.ReferencesRecounted(more=more):
            return _in_background(RecountReferences() if more else ReconcileStore())
        case facts.StoreReconciled(lost=lost, next_part=part):
            return (*_mend(lost), *_in_background(VerifyBlobs() if part is None else ReconcileStore(part=part)))
        case facts.BlobsVerified(damaged=damaged, remaining=remaining):
            return (*_mend(damaged), *(() if remaining is None else _in_background(VerifyBlobs(remaining=remaining))))
        case facts.AssetMended(films=films) | facts.AssetLost(films=films):
            # They fetch it again from elsewhere, choose another one, or say what is missing.
            return _each(CacheAssets, films)
        case (
            facts.LibraryWalked()
            | facts.LibraryUnavailable()
            | facts.FolderUnidentified()
            | facts.ItemMissing()
            | facts.AssetsChosen()
            | facts.ItemPublished()
            | facts.ItemDeleted()
            | facts.RecycleBinEmptied()
            | facts.PublishedRemoved()
            | facts.ItemPurged()
            | facts.HistoryPruned()
            | facts.OrphansForgotten()
            | facts.StoreSwept()
        ):
            return ()
        case _:
            assert_never(fact)


def _next(kind: type[EnrichItem | CacheAssets | PublishItem], fact: facts.ItemFact) -> Next:
    return Next(job=kind(entity_type=fact.entity_type, entity_id=fact.entity_id))


def _enrich(fact: facts.ItemFact) -> tuple[Next, ...]:
    return (_next(EnrichItem, fact),)


def _cache(fact: facts.ItemFact) -> tuple[Next, ...]:
    return (_next(CacheAssets, fact),)


def _publish(fact: facts.ItemFact, policy: Policy) -> tuple[Next, ...]:
    return (_next(PublishItem, fact),) if policy.auto_publish else ()


def _in_background(*jobs: Job) -> tuple[Next, ...]:
    """Housework stands behind every other wish, also when a person asked for its beginning."""
    return tuple(Next(job=job, priority=LOW) for job in jobs)


def _mend(assets: tuple[int, ...]) -> tuple[Next, ...]:
    return _in_background(*(MendAsset(asset_id=asset) for asset in assets))


def _each(kind: type[EnrichItem | CacheAssets | VerifyItem], items: tuple[int, ...]) -> tuple[Next, ...]:
    return _in_background(*(kind(entity_type="movie", entity_id=item) for item in items))


def _choose_behind(fact: facts.ArtworkRoundBegun) -> tuple[Next, ...]:
    if fact.last is None:
        return ()
    return _in_background(ChooseArtwork(library_id=fact.library_id, after=fact.last))


def _verify_behind(fact: facts.VerificationBegun) -> tuple[Next, ...]:
    if fact.last is None:
        return ()
    return _in_background(VerifyLibrary(library_id=fact.library_id, after=fact.last))
