"""What is in the running for a slot: candidates, portraits beside the film, and the picture that is shown now."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.blobs import BlobStore
from metarr.db.queries.assets import Artwork, CandidateRow, LocalPortrait, PublishedPicture, SlotRow, StoredAsset
from metarr.domain.classify.images import image_preference
from metarr.domain.publication import actor_file_stem
from metarr.domain.scoring import Candidate, Taste
from metarr.domain.settings import Settings
from metarr.domain.taste import taste_for
from metarr.formats.file_uri import path_of, uri_of
from metarr_cache.intake import Failure, Kept, kept_from

OWN_WORK = "Metarr wrote this file itself"

_SHOWN = 0
"""Number of the picture shown now when no candidate stands for it; real ids are positive, portraits without a row negative."""


class Option(Struct, frozen=True, kw_only=True):
    """A picture in the running. `kept` once it is in the store, `failure` once it is known that it cannot be had.

    `undescribed` is its path in the store when its bytes are there but nobody has looked at them.
    """

    candidate: Candidate
    source_url: str
    row: CandidateRow | None = None
    undescribed: str | None = None
    mtime_ns: int | None = None
    kept: Kept | None = None
    failure: Failure | None = None

    @property
    def local(self) -> bool:
        return self.candidate.source_type == "local"

    @property
    def open(self) -> bool:
        """Nobody has tried to bring it in yet."""
        return self.kept is None and self.failure is None

    def brought(self, outcome: Kept | Failure) -> "Option":
        """The same option after somebody tried to bring it in."""
        if isinstance(outcome, Failure):
            return replace(self, failure=outcome, kept=None)
        seen = replace(
            self.candidate,
            width=outcome.width,
            height=outcome.height,
            file_size=outcome.file_size,
            perceptual_hash=outcome.perceptual_hash,
        )
        return replace(self, candidate=seen, kept=outcome, failure=None)


class SlotOptions(Struct, frozen=True, kw_only=True):
    """A slot and all that could fill it. `intact`: the picture it shows is in the store, whole.

    `disowned`: the picture it shows came from a provider that offers others now; the item was taken for another one before.
    """

    slot: SlotRow
    options: tuple[Option, ...]
    intact: bool
    disowned: bool = False

    @property
    def shown(self) -> Option | None:
        """The option whose picture the slot shows; of several with the same bytes, the chosen one."""
        current = self.slot.current
        if current is None:
            return None
        same = [one for one in self.options if _stands_for(one, current)]
        return min(
            same, key=lambda one: (one.row is None or one.row.status != "chosen", one.candidate.id), default=None
        )


def taste_of(slot: SlotRow, original_language: str | None, settings: Settings) -> Taste:
    """By which taste a slot is chosen for. Only a film's own pictures speak the film's own language."""
    original = original_language if slot.entity_type == "movie" else None
    return taste_for(settings, slot.entity_type, slot.asset_type, original)


async def gather(artwork: Artwork, store: BlobStore) -> list[SlotOptions]:
    """Every slot of a film, its collections and its people with what could fill it, checked against the disk."""
    present = await _present(artwork, store)
    return [_of_slot(slot, artwork, present) for slot in artwork.slots]


async def _present(artwork: Artwork, store: BlobStore) -> Mapping[int, bool]:
    """By asset id, whether its bytes are there: read to the end for those shown, size only for the others."""
    shown = {slot.current.id: slot.current for slot in artwork.slots if slot.current}
    others = {one.asset.id: one.asset for one in artwork.candidates if one.asset and one.asset.id not in shown}
    verified = await store.verify_all([asset.file_path for asset in shown.values()])
    stats = await store.stat_all([asset.file_path for asset in others.values()])
    found = dict(zip(shown, verified, strict=True))
    for asset, seen in zip(others.values(), stats, strict=True):
        found[asset.id] = seen is not None and seen.size == asset.file_size
    return found


def suppose(slot: SlotRow, rows: Sequence[CandidateRow], published: Sequence[PublishedPicture]) -> SlotOptions:
    """What could fill a slot if every file of the store was there; `rows` are all candidates of the slot's owner."""
    assets = [slot.current, *(row.asset for row in rows)]
    return _competing(slot, rows, published, {asset.id: True for asset in assets if asset is not None})


def _of_slot(slot: SlotRow, artwork: Artwork, present: Mapping[int, bool]) -> SlotOptions:
    rows = [row for row in artwork.candidates if row.owner == slot.owner]
    portraits: Iterable[Option] = ()
    if slot.entity_type == "actor":
        portraits = _portraits(artwork, slot.entity_id, {row.source_url for row in rows})
    return _competing(slot, rows, artwork.published, present, portraits)


def _competing(
    slot: SlotRow,
    rows: Sequence[CandidateRow],
    published: Sequence[PublishedPicture],
    present: Mapping[int, bool],
    portraits: Iterable[Option] = (),
) -> SlotOptions:
    options = [_from_row(row, published, present) for row in rows if row.asset_type == slot.asset_type]
    options += portraits
    current = slot.current
    intact = current is not None and present[current.id]
    if current is None or any(_speaks_for(option, current) for option in options):
        return SlotOptions(slot=slot, options=tuple(options), intact=intact)
    disowned = current.source_type == "provider" and not slot.locked and _has_offers(rows)
    if not disowned:
        options.append(_shown_now(current, intact=intact))
    return SlotOptions(slot=slot, options=tuple(options), intact=intact, disowned=disowned)


def _has_offers(rows: Iterable[CandidateRow]) -> bool:
    return any(row.source_type == "provider" for row in rows)


def _from_row(row: CandidateRow, published: Sequence[PublishedPicture], present: Mapping[int, bool]) -> Option:
    path = path_of(row.source_url) if row.source_type == "local" else None
    option = Option(
        candidate=Candidate(
            id=row.id,
            source_type=row.source_type,
            provider_name=row.provider_name,
            width=row.width,
            height=row.height,
            language=row.language,
            vote_average=row.vote_average,
            vote_count=row.vote_count,
            likes=row.likes,
            file_size=row.file_size,
            perceptual_hash=row.perceptual_hash,
            name_preference=image_preference(path) if path is not None else 0,
        ),
        source_url=row.source_url,
        row=row,
        mtime_ns=row.mtime_ns,
    )
    own = path is not None and _is_own_work(path, row.file_size, row.mtime_ns, published)
    if row.asset and present[row.asset.id] and (own or not _changed(row, row.asset)):
        return _in_store(option, row.asset)
    if own:
        return option.brought(Failure(reason=OWN_WORK, rejected=True))
    if row.source_type == "local":
        return option
    if row.status == "failed" and not row.stale:
        return option.brought(Failure(reason=row.reason or "it could not be had"))
    return option


def _changed(row: CandidateRow, asset: StoredAsset) -> bool:
    """A local file that has another size than what was read from it is another picture."""
    return row.source_type == "local" and row.file_size is not None and row.file_size != asset.file_size


def _in_store(option: Option, asset: StoredAsset) -> Option:
    kept = kept_from(asset)
    return replace(option, undescribed=asset.file_path) if kept is None else option.brought(kept)


def _shown_now(asset: StoredAsset, *, intact: bool) -> Option:
    """The picture a slot shows although its source does not offer it any more."""
    option = Option(
        candidate=Candidate(id=_SHOWN, source_type=asset.source_type, provider_name=asset.provider_name),
        source_url=asset.source_url or "",
    )
    return _in_store(option, asset) if intact else option


def _portraits(artwork: Artwork, actor_id: int, known: set[str]) -> Iterable[Option]:
    """Files in the film's `.actors` folder that bear this person's name and are not among the candidates yet."""
    stem = actor_file_stem(artwork.actor_names[actor_id])
    for number, portrait in enumerate(artwork.portraits, start=1):
        uri = uri_of(portrait.path)
        if stem is None or uri in known or not _same_name(portrait, stem):
            continue
        option = Option(
            candidate=Candidate(id=-number, source_type="local", file_size=portrait.file_size),
            source_url=uri,
            mtime_ns=portrait.mtime_ns,
        )
        if not _is_own_work(portrait.path, portrait.file_size, portrait.mtime_ns, artwork.published):
            yield option


def _same_name(portrait: LocalPortrait, stem: str) -> bool:
    return (actor_file_stem(portrait.name) or "").casefold() == stem.casefold()


def _is_own_work(
    path: str | None, size: int | None, mtime_ns: int | None, published: Iterable[PublishedPicture]
) -> bool:
    return any(one.path == path and one.file_size == size and one.mtime_ns == mtime_ns for one in published)


def _speaks_for(option: Option, shown: StoredAsset) -> bool:
    """Its source is in the running anyway, with the same picture or with the one that has taken its place there."""
    return _stands_for(option, shown) or option.source_url == shown.source_url


def _stands_for(option: Option, shown: StoredAsset) -> bool:
    return option.candidate.id == _SHOWN or (option.row is not None and option.row.cache_asset_id == shown.id)
