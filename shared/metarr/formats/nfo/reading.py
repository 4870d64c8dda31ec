"""What came out of an NFO."""

from msgspec import Struct

from metarr.domain.movie import MovieMetadata
from metarr.formats.nfo.document import RootKind


class NfoReading(Struct, frozen=True, kw_only=True):
    """One NFO as read.

    `root` is None for a file of links alone. `metadata` is filled for films and, with their ids only, for links that name a
    film or do not say what they name; it is empty for every other root. `ids` maps a provider ("tmdb", "imdb", "tvdb", …) to
    the id that counts, whatever the root. `locked_fields` are Jellyfin's words (Name, Overview, Cast, …), `locked` its
    `lockdata`. `urls` are the links outside the XML. `warnings` are for the person who owns the file.
    """

    root: RootKind | None
    title: str | None = None
    metadata: MovieMetadata = MovieMetadata()
    ids: dict[str, str] = {}
    locked: bool = False
    locked_fields: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
