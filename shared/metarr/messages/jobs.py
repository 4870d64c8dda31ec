"""The jobs: each payload Struct names a kind of work, the class it belongs to and the service that does it.

A job's kind is its class name; its handler is the class name in snake_case. Payloads carry ids, not entities, and stay
below a few kilobytes. New fields must have defaults, so that version n and n+1 read each other's rows.
"""

from typing import ClassVar, Literal

from msgspec import Struct

JobType = Literal["webhook", "enrichment", "scan", "publish", "cleanup", "playback_restore"]
Service = Literal["api", "scanner", "enricher", "publisher", "cache"]
EntityType = Literal["movie", "series", "season", "episode", "artist", "album", "track", "collection"]


class Job(Struct, frozen=True, kw_only=True):
    """Root of all payloads. `unique_key` names the work: while a job with the same key waits, a second is the same job."""

    job_type: ClassVar[JobType]
    service: ClassVar[Service]
    max_retries: ClassVar[int] = 3

    @property
    def unique_key(self) -> str | None:
        """None when two of these are never the same work."""
        return None

    @property
    def entity(self) -> tuple[str, int] | None:
        """(entity_type, entity_id) of what the job is about; shown in lists and used by filters."""
        return None


class ScanLibrary(Job, frozen=True, kw_only=True):
    """Walk a library (or the part below `path`), compare with what is known, list the folders that changed.

    `full` re-reads every folder, also where its modification time says that nothing changed.
    """

    job_type = "scan"
    service = "scanner"
    library_id: int
    path: str | None = None
    full: bool = False

    @property
    def unique_key(self) -> str:
        return f"ScanLibrary:{self.library_id}:{self.path or ''}:{'full' if self.full else 'changed'}"

    @property
    def entity(self) -> tuple[str, int]:
        return ("library", self.library_id)


class ScanFolder(Job, frozen=True, kw_only=True):
    """Read some folders of one library: list, classify, probe, identify, store. At most 25 paths a job.

    `vanished` says that the walk did not find them any more: their films are taken out unless they live elsewhere now.
    """

    job_type = "scan"
    service = "scanner"
    library_id: int
    paths: tuple[str, ...]
    vanished: bool = False

    @property
    def entity(self) -> tuple[str, int]:
        return ("library", self.library_id)


class ItemJob(Job, frozen=True, kw_only=True):
    """A job about one film, series, artist …"""

    entity_type: EntityType
    entity_id: int

    @property
    def unique_key(self) -> str:
        return f"{type(self).__name__}:{self.entity_type}:{self.entity_id}"

    @property
    def entity(self) -> tuple[str, int]:
        return (self.entity_type, self.entity_id)


class EnrichItem(ItemJob, frozen=True, kw_only=True):
    """Identify where that is still open, ask the providers side by side, merge by lock and priority.

    `fresh` passes over cached answers: a person asked for it.
    """

    job_type = "enrichment"
    service = "enricher"
    fresh: bool = False


class CacheAssets(ItemJob, frozen=True, kw_only=True):
    """Bring the artwork of an item into the store, score all candidates, choose the best for each unlocked slot."""

    job_type = "enrichment"
    service = "cache"


class ChooseArtwork(Job, frozen=True, kw_only=True):
    """Choose the artwork of a library anew, some films at a time: those behind film `after`, in order of id."""

    job_type = "enrichment"
    service = "cache"
    library_id: int
    after: int = 0

    @property
    def unique_key(self) -> str:
        return f"ChooseArtwork:{self.library_id}"

    @property
    def entity(self) -> tuple[str, int]:
        return ("library", self.library_id)


class PublishItem(ItemJob, frozen=True, kw_only=True):
    """Write what differs between the plan and the library: NFO, artwork, actor images."""

    job_type = "publish"
    service = "publisher"


class VerifyItem(ItemJob, frozen=True, kw_only=True):
    """Compare the library and the store with what was published; what is missing or damaged is published again."""

    job_type = "publish"
    service = "publisher"


class VerifyLibrary(Job, frozen=True, kw_only=True):
    """Look after the published films of a library, some at a time: those behind film `after`, in order of id."""

    job_type = "publish"
    service = "publisher"
    library_id: int
    after: int = 0

    @property
    def unique_key(self) -> str:
        return f"VerifyLibrary:{self.library_id}"

    @property
    def entity(self) -> tuple[str, int]:
        return ("library", self.library_id)


class RefreshItems(Job, frozen=True, kw_only=True):
    """Pick the films whose metadata is the oldest, so that the providers are asked about them again."""

    job_type = "enrichment"
    service = "enricher"

    @property
    def unique_key(self) -> str:
        return "RefreshItems"


class PruneHistory(Job, frozen=True, kw_only=True):
    """Delete a batch of the jobs and webhook events that have ended long ago."""

    job_type = "cleanup"
    service = "scanner"

    @property
    def unique_key(self) -> str:
        return "PruneHistory"


class PurgeDeleted(Job, frozen=True, kw_only=True):
    """Remove for good a batch of what has been in the trash too long: of the films behind film `after`, in order of id."""

    job_type = "cleanup"
    service = "scanner"
    after: int = 0

    @property
    def unique_key(self) -> str:
        return "PurgeDeleted"


class ForgetOrphans(Job, frozen=True, kw_only=True):
    """Remove a batch of the people, genres, studios and collections that belong to nothing any more."""

    job_type = "cleanup"
    service = "scanner"

    @property
    def unique_key(self) -> str:
        return "ForgetOrphans"


class WrittenFile(Struct, frozen=True, kw_only=True):
    """A file that Metarr wrote, in the column names of published_files. It may go while it is as it was then."""

    path: str
    kind: str
    content_hash: str
    file_size: int
    mtime_ns: int | None = None


class RemovePublished(Job, frozen=True, kw_only=True):
    """Take out of a library what was published for a film that is no longer in the database. At most 25 files a job."""

    job_type = "cleanup"
    service = "publisher"
    library_id: int
    files: tuple[WrittenFile, ...]

    @property
    def entity(self) -> tuple[str, int]:
        return ("library", self.library_id)


class EmptyRecycleBin(Job, frozen=True, kw_only=True):
    """Delete for good a batch of what has been in a library's recycle bin too long."""

    job_type = "cleanup"
    service = "publisher"
    library_id: int

    @property
    def unique_key(self) -> str:
        return f"EmptyRecycleBin:{self.library_id}"

    @property
    def entity(self) -> tuple[str, int]:
        return ("library", self.library_id)


class SweepCache(Job, frozen=True, kw_only=True):
    """Forget a batch of the pictures that nothing has shown for long; their files go with SweepStore."""

    job_type = "cleanup"
    service = "cache"

    @property
    def unique_key(self) -> str:
        return "SweepCache"


class SweepStore(Job, frozen=True, kw_only=True):
    """Delete the files in one of the 256 parts of the store that no row knows."""

    job_type = "cleanup"
    service = "cache"
    part: int = 0

    @property
    def unique_key(self) -> str:
        return "SweepStore"


class RecountReferences(Job, frozen=True, kw_only=True):
    """Compare what the database keeps count of with what is shown, and put a batch of what differs right."""

    job_type = "cleanup"
    service = "cache"

    @property
    def unique_key(self) -> str:
        return "RecountReferences"


class ReconcileStore(Job, frozen=True, kw_only=True):
    """Compare the rows and the files of one of the 256 parts of the store."""

    job_type = "cleanup"
    service = "cache"
    part: int = 0

    @property
    def unique_key(self) -> str:
        return "ReconcileStore"


class VerifyBlobs(Job, frozen=True, kw_only=True):
    """Read a batch of the stored files that nobody has read for longest; `remaining` is what is left of the night's bytes."""

    job_type = "cleanup"
    service = "cache"
    remaining: int | None = None

    @property
    def unique_key(self) -> str:
        return "VerifyBlobs"


class MendAsset(Job, frozen=True, kw_only=True):
    """Get a stored file back that is lost or damaged: from a library, else from where it came."""

    job_type = "cleanup"
    service = "cache"
    asset_id: int

    @property
    def unique_key(self) -> str:
        return f"MendAsset:{self.asset_id}"


ALL_JOBS: tuple[type[Job], ...] = (
    ScanLibrary,
    ScanFolder,
    EnrichItem,
    CacheAssets,
    ChooseArtwork,
    PublishItem,
    VerifyItem,
    VerifyLibrary,
    RefreshItems,
    PruneHistory,
    PurgeDeleted,
    ForgetOrphans,
    RemovePublished,
    EmptyRecycleBin,
    SweepCache,
    SweepStore,
    RecountReferences,
    ReconcileStore,
    VerifyBlobs,
    MendAsset,
)

CRITICAL, HIGH, NORMAL, LOW = 1, 2, 5, 10
"""Priorities: webhooks, a person's action, default, background (client's document, "Job Queue Priority")."""
