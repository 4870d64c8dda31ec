"""What a provider can do, one ability a protocol, and the values that abilities answer with.

"There is no such film" is an answer (None, or nothing found); a fault is an error of metarr.errors: ProviderUnavailable,
ProviderRateLimited, ProviderRefused.
"""

from typing import Literal, Protocol

from msgspec import Struct

from metarr.domain.matching import Candidate
from metarr.domain.movie import MovieMetadata


class Taste(Struct, frozen=True, kw_only=True):
    """What a library wants: languages (ISO 639-1) and countries (ISO 3166-1) in order of preference, length of a cast list.

    `picture_languages` are those that pictures may be in beside `languages`.
    """

    languages: tuple[str, ...] = ("en",)
    picture_languages: tuple[str, ...] = ()
    countries: tuple[str, ...] = ("US",)
    max_actors: int = 20


class MovieIds(Struct, frozen=True, kw_only=True):
    """What a film is known by."""

    tmdb_id: int | None = None
    imdb_id: str | None = None


class Artwork(Struct, frozen=True, kw_only=True):
    """A picture on offer. Sizes in pixels, language ISO 639-1 or None for no text, votes on 0-10."""

    asset_type: str
    url: str
    of: Literal["movie", "collection"] = "movie"
    width: int | None = None
    height: int | None = None
    language: str | None = None
    vote_average: float | None = None
    vote_count: int | None = None
    likes: int | None = None


class MovieAnswer(Struct, frozen=True, kw_only=True):
    """What a provider knows of a film; `titles` are all names it goes by."""

    metadata: MovieMetadata
    artwork: tuple[Artwork, ...] = ()
    titles: tuple[str, ...] = ()


class SearchesMovies(Protocol):
    async def search_movies(self, title: str, year: int | None) -> tuple[Candidate, ...]:
        """Films that could be meant, as the provider ranks them."""
        ...


class FindsMovies(Protocol):
    async def find_movie(self, imdb_id: str) -> int | None:
        """The provider's own id of a film that IMDb calls `imdb_id`."""
        ...


class GivesMovies(Protocol):
    async def give_movie(self, tmdb_id: int) -> MovieAnswer | None:
        """Everything about a film, in one call."""
        ...


class GivesArtwork(Protocol):
    async def give_artwork(self, ids: MovieIds) -> tuple[Artwork, ...] | None:
        """Pictures of a film, in one call."""
        ...


class GivesRatings(Protocol):
    async def give_ratings(self, imdb_id: str) -> MovieMetadata | None:
        """What IMDb's public thinks of a film, in one call."""
        ...
