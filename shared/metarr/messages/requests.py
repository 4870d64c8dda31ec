"""Questions that one service asks another over NATS request/reply, and their answers."""

from typing import Any, ClassVar

from msgspec import UNSET, Struct, UnsetType

from metarr.messages.jobs import Service


class Request(Struct, frozen=True, kw_only=True):
    """Root of all questions; the subject is `metarr.requests.<service>.<verb>`."""

    service: ClassVar[Service]
    verb: ClassVar[str]


class ScorePart(Struct, frozen=True, kw_only=True):
    """One term of a score: how much it gave, of how much where there is a limit, and why, in words."""

    name: str
    points: float
    why: str
    of: float | UnsetType = UNSET


class FindMatches(Request, frozen=True, kw_only=True):
    """Which films could this be? `query` and `year` override what the row says."""

    service = "enricher"
    verb = "find_matches"
    entity_type: str
    entity_id: int
    query: str | None = None
    year: int | None = None


class MatchShown(Struct, frozen=True, kw_only=True):
    """One candidate with its score (0-1) explained."""

    provider: str
    title: str
    original_title: str | None = None
    year: int | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    overview: str | None = None
    poster_url: str | None = None
    score: float = 0.0
    parts: tuple[ScorePart, ...] = ()


class MatchesFound(Struct, frozen=True, kw_only=True):
    """Candidates, best first; `accepted` is the index of the one that automation would take, `reason` says why or why not."""

    candidates: tuple[MatchShown, ...] = ()
    accepted: int | None = None
    reason: str = ""


class StoreImage(Request, frozen=True, kw_only=True):
    """Take an image a person gave into the store as a candidate: from `url`, or from the file `upload` in the upload folder."""

    service = "cache"
    verb = "store_image"
    entity_type: str
    entity_id: int
    asset_type: str
    url: str | None = None
    upload: str | None = None


class ImageStored(Struct, frozen=True, kw_only=True):
    """The stored candidate, or `refused` with the reason in words."""

    candidate_id: int | None = None
    refused: str | None = None


class SimulateArtwork(Request, frozen=True, kw_only=True):
    """What would a library show if these `settings` (by dotted key, as they would be saved) were in force? Nothing is saved.

    Films come first, then `collections`, each in order of id, those behind `after`; at most `limit` that change.
    """

    service = "cache"
    verb = "simulate_artwork"
    library_id: int
    settings: dict[str, Any]
    collections: bool = False
    after: int = 0
    limit: int = 50


class PictureJudged(Struct, frozen=True, kw_only=True):
    """A picture in a slot: its score by the rules that are tried, part by part, and by those in force. Sizes in pixels.

    `content_hash` where it is in the store; `candidate_id` None for one that is shown although nobody offers it any more.
    """

    candidate_id: int | None
    source_type: str
    provider_name: str | None
    source_url: str
    content_hash: str | None
    width: int | None
    height: int | None
    language: str | None
    score: float
    score_parts: tuple[ScorePart, ...]
    score_now: float
    mime_type: str | None = None
    file_size: int | None = None


class SlotMoved(Struct, frozen=True, kw_only=True):
    """A slot that would show another picture; `old` None when it shows nothing now, `why_not` is why the old one would lose."""

    asset_type: str
    old: PictureJudged | None
    new: PictureJudged
    why_not: str | None


class ItemMoved(Struct, frozen=True, kw_only=True):
    """A film or collection and its slots that would change."""

    entity_type: str
    entity_id: int
    title: str
    slots: tuple[SlotMoved, ...]


class ArtworkSimulated(Struct, frozen=True, kw_only=True):
    """Some items that would change, and how many slots would change, stay, or are locked among the `items_seen`.

    `last` is where to go on (collections, id), None at the end; `items_total` counts the films and collections of the library.
    """

    items: tuple[ItemMoved, ...] = ()
    changed: int = 0
    unchanged: int = 0
    locked: int = 0
    items_seen: int = 0
    items_total: int = 0
    last: tuple[bool, int] | None = None


class MakeThumbnail(Request, frozen=True, kw_only=True):
    """A smaller copy of a stored image; `width` in pixels, one of the fixed set the cache service offers."""

    service = "cache"
    verb = "make_thumbnail"
    content_hash: str
    width: int


class MakePreview(Request, frozen=True, kw_only=True):
    """A small copy of a candidate's picture, 320 pixels wide at most, whether that is in the store or not."""

    service = "cache"
    verb = "make_preview"
    candidate_id: int


class ThumbnailMade(Struct, frozen=True, kw_only=True):
    """Where the thumbnail lies below the data directory, or `refused` with the reason in words."""

    file_path: str | None = None
    mime_type: str | None = None
    refused: str | None = None


class MendFile(Request, frozen=True, kw_only=True):
    """Make a stored file whole again that is lost or damaged; one that is whole stays as it is."""

    service = "cache"
    verb = "mend_file"
    content_hash: str


class FileMended(Struct, frozen=True, kw_only=True):
    """The file is whole, or `refused` says in words why it cannot be had."""

    refused: str | None = None
