"""Questions that one service asks another over NATS request/reply, and their answers."""

from typing import ClassVar

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


class MakeThumbnail(Request, frozen=True, kw_only=True):
    """A smaller copy of a stored image; `width` in pixels, one of the fixed set the cache service offers."""

    service = "cache"
    verb = "make_thumbnail"
    content_hash: str
    width: int


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
