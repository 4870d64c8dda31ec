"""The facts: what has happened, in the past tense. Recorded with the change itself, told to everybody afterwards."""

from typing import Literal

from msgspec import Struct

from metarr.messages.jobs import EntityType, WrittenFile

LibraryTask = Literal["scan", "verify", "empty_recycle_bin"]
HouseTask = Literal["refresh", "purge_trash", "sweep_cache", "prune_history", "reconcile_store"]
"""What happens by the clock: for each library, and for the whole house."""


class Fact(Struct, frozen=True, kw_only=True, tag_field="fact"):
    """Root of all facts; the tag is the class name. `item` is the (entity_type, entity_id) it is about: part of its subject."""


class LibraryFact(Fact, frozen=True, kw_only=True):
    library_id: int

    @property
    def item(self) -> tuple[str, int]:
        return ("library", self.library_id)


class FoldersChanged(LibraryFact, frozen=True, kw_only=True, tag="FoldersChanged"):
    """Some folders are new or not as they were at the last scan; at most 25 paths a fact."""

    paths: tuple[str, ...]


class FoldersVanished(LibraryFact, frozen=True, kw_only=True, tag="FoldersVanished"):
    """Some known folders are gone while the root is healthy."""

    paths: tuple[str, ...]


class LibraryWalked(LibraryFact, frozen=True, kw_only=True, tag="LibraryWalked"):
    """A walk is done: how much was seen, what differs, which folders could not be read (path and reason)."""

    folders: int
    changed: int
    vanished: int
    unreadable: tuple[tuple[str, str], ...] = ()
    duration_ms: int = 0


class LibraryUnavailable(LibraryFact, frozen=True, kw_only=True, tag="LibraryUnavailable"):
    """The mount guard stopped a scan, cleanup or publish."""

    reason: str


class ItemFact(Fact, frozen=True, kw_only=True):
    entity_type: EntityType
    entity_id: int

    @property
    def item(self) -> tuple[str, int]:
        return (self.entity_type, self.entity_id)


class ItemIdentified(ItemFact, frozen=True, kw_only=True, tag="ItemIdentified"):
    """The scanner knows which row a folder's film is; `change` says what was new about it.

    new: first sight or a new title to look for · restored: back after it had vanished · file: another video file ·
    moved: same video, other path · metadata: its NFO or folder name says something else · artwork: pictures beside it changed.
    `known` tells whether a provider id is known.
    """

    library_id: int
    change: Literal["new", "restored", "file", "moved", "metadata", "artwork"]
    known: bool = False


class FolderUnidentified(LibraryFact, frozen=True, kw_only=True, tag="FolderUnidentified"):
    """A folder holds videos, but which of them is the film cannot be told."""

    path: str
    reason: str


class ItemMissing(ItemFact, frozen=True, kw_only=True, tag="ItemMissing"):
    """The file of an item is gone; the row went to the trash."""

    library_id: int
    path: str


class ItemEnriched(ItemFact, frozen=True, kw_only=True, tag="ItemEnriched"):
    """Providers answered (`sources`), `changed` fields were stored; `failed` says who did not answer and why."""

    sources: tuple[str, ...]
    changed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...] = ()


class ItemUnmatched(ItemFact, frozen=True, kw_only=True, tag="ItemUnmatched"):
    """No candidate is sure enough (or no provider can be asked); the item waits for a person."""

    reason: str
    candidates: int = 0


class AssetsChosen(ItemFact, frozen=True, kw_only=True, tag="AssetsChosen"):
    """Artwork is in the store; `changed` are the slots that show something else now."""

    changed: tuple[str, ...]
    publishable: bool = True


class ArtworkRoundBegun(LibraryFact, frozen=True, kw_only=True, tag="ArtworkRoundBegun"):
    """The artwork of these films (ids) is to be chosen anew; the others come behind film `last`, None at the end."""

    items: tuple[int, ...]
    last: int | None = None


class ItemPublished(ItemFact, frozen=True, kw_only=True, tag="ItemPublished"):
    """The library shows the current state; names are relative to the item's folder."""

    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0


class ItemVerified(ItemFact, frozen=True, kw_only=True, tag="ItemVerified"):
    """What was published was compared with what lies there."""

    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


class ItemEdited(ItemFact, frozen=True, kw_only=True, tag="ItemEdited"):
    """A person changed fields, locks or artwork; `refill` says that automation may act on what is unlocked now."""

    fields: tuple[str, ...]
    refill: bool = False


class ItemPinned(ItemFact, frozen=True, kw_only=True, tag="ItemPinned"):
    """A person said which film this is."""

    tmdb_id: int | None = None
    imdb_id: str | None = None


class AssetPicked(ItemFact, frozen=True, kw_only=True, tag="AssetPicked"):
    """A person chose, uploaded or cleared the picture of a slot."""

    asset_type: str


class ItemDeleted(ItemFact, frozen=True, kw_only=True, tag="ItemDeleted"):
    """A person put an item into the trash."""


class ItemRestored(ItemFact, frozen=True, kw_only=True, tag="ItemRestored"):
    """A person took an item out of the trash."""


class LibraryFellDue(LibraryFact, frozen=True, kw_only=True, tag="LibraryFellDue"):
    """The time of a task has come for one library, by the clock or because a person said so."""

    task: LibraryTask


class VerificationBegun(LibraryFact, frozen=True, kw_only=True, tag="VerificationBegun"):
    """These films (ids) are to be looked after now; the others come behind film `last`, None at the end."""

    items: tuple[int, ...]
    last: int | None = None


class RecycleBinEmptied(LibraryFact, frozen=True, kw_only=True, tag="RecycleBinEmptied"):
    """So many files left a library's recycle bin for good; `more` says that there was no time for others."""

    removed: int
    more: bool = False


class PublishedRemoved(LibraryFact, frozen=True, kw_only=True, tag="PublishedRemoved"):
    """What was published for a purged film is in the recycle bin; `kept` stayed, each with the reason. Paths below the root."""

    removed: tuple[str, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()


class ItemPurged(ItemFact, frozen=True, kw_only=True, tag="ItemPurged"):
    """An item left the trash for good; `files` is what we had written beside it, at most 25 a fact."""

    library_id: int
    files: tuple[WrittenFile, ...] = ()


class HouseFact(Fact, frozen=True, kw_only=True):
    """About no single item: its place in the subject is taken by `house.0`."""

    @property
    def item(self) -> tuple[str, int]:
        return ("house", 0)


class HouseworkFellDue(HouseFact, frozen=True, kw_only=True, tag="HouseworkFellDue"):
    """The time of a task of the whole house has come, by the clock or because a person said so."""

    task: HouseTask


class RefreshBegun(HouseFact, frozen=True, kw_only=True, tag="RefreshBegun"):
    """The providers are to be asked again about these films (ids)."""

    items: tuple[int, ...]


class HistoryPruned(HouseFact, frozen=True, kw_only=True, tag="HistoryPruned"):
    """So many old jobs and webhook events were deleted; `more` says that others wait for the next batch."""

    jobs: int
    webhook_events: int = 0
    more: bool = False


class TrashPurged(HouseFact, frozen=True, kw_only=True, tag="TrashPurged"):
    """So many films left the trash for good, `kept` stay although their time was over; others come behind film `last`."""

    purged: int
    kept: int = 0
    last: int | None = None


class OrphansForgotten(HouseFact, frozen=True, kw_only=True, tag="OrphansForgotten"):
    """So many people, genres, studios and collections belonged to nothing."""

    removed: int
    more: bool = False


class CacheSwept(HouseFact, frozen=True, kw_only=True, tag="CacheSwept"):
    """So many pictures that nothing has shown for long were forgotten."""

    forgotten: int
    more: bool = False


class StoreSwept(HouseFact, frozen=True, kw_only=True, tag="StoreSwept"):
    """A part of the store holds no file without a row any more. `next_part` is None after the last one."""

    removed: int
    next_part: int | None = None


class ReferencesRecounted(HouseFact, frozen=True, kw_only=True, tag="ReferencesRecounted"):
    """So many items had references that were not what they show, so many pictures a wrong count; `more` may have others."""

    items: int
    pictures: int
    more: bool = False


class StoreReconciled(HouseFact, frozen=True, kw_only=True, tag="StoreReconciled"):
    """The rows and files of a part of the store were compared. `next_part` is None after the last one.

    `lost` are the pictures (ids) whose file is not there or has another size, `unknown_files` how many files no row knows.
    """

    part: int
    lost: tuple[int, ...] = ()
    unknown_files: int = 0
    next_part: int | None = None


class BlobsVerified(HouseFact, frozen=True, kw_only=True, tag="BlobsVerified"):
    """So many stored files were read; `damaged` (ids) are not what they should be. `remaining` bytes may be read this night."""

    files: int
    damaged: tuple[int, ...] = ()
    remaining: int | None = None


class AssetMended(HouseFact, frozen=True, kw_only=True, tag="AssetMended"):
    """A stored file is whole again, thanks to `source`; None says that nothing was wrong. `films` had trouble without it."""

    asset_id: int
    source: str | None = None
    films: tuple[int, ...] = ()


class AssetLost(HouseFact, frozen=True, kw_only=True, tag="AssetLost"):
    """A stored file is gone and cannot be had; `films` show it."""

    asset_id: int
    reason: str
    films: tuple[int, ...] = ()


type AnyFact = (
    FoldersChanged
    | FoldersVanished
    | LibraryWalked
    | LibraryUnavailable
    | ItemIdentified
    | FolderUnidentified
    | ItemMissing
    | ItemEnriched
    | ItemUnmatched
    | AssetsChosen
    | ArtworkRoundBegun
    | ItemPublished
    | ItemVerified
    | ItemEdited
    | ItemPinned
    | AssetPicked
    | ItemDeleted
    | ItemRestored
    | LibraryFellDue
    | VerificationBegun
    | RecycleBinEmptied
    | PublishedRemoved
    | ItemPurged
    | HouseworkFellDue
    | RefreshBegun
    | HistoryPruned
    | TrashPurged
    | OrphansForgotten
    | CacheSwept
    | StoreSwept
    | ReferencesRecounted
    | StoreReconciled
    | BlobsVerified
    | AssetMended
    | AssetLost
)

type WalkFact = FoldersChanged | FoldersVanished | LibraryWalked | LibraryUnavailable
"""What a walk over a library can state."""
type FolderFact = ItemIdentified | ItemMissing | ItemVerified | FolderUnidentified | LibraryUnavailable
"""What reading film folders can state."""
