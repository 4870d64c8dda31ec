"""OMDb: IMDb's rating and votes of a film. "Not found" comes as a normal answer, and what it does not know as "N/A"."""

from msgspec import Struct

from metarr.domain.movie import MovieMetadata
from metarr.http import HttpDoor
from metarr_enricher.protocol import Taste
from metarr_enricher.providers.line import Errand, Line

NAME = "omdb"
LANGUAGE, COUNTRY = "en", "US"
"""What OMDb's texts and content ratings are written for."""

_UNKNOWN = frozenset({"", "n/a"})


class Title(Struct, frozen=True, kw_only=True):
    """The answer of `/?i=tt…`; all numbers are texts, votes with thousands separators."""

    Response: str = "False"
    imdbID: str | None = None  # noqa: N815 - the names are theirs
    imdbRating: str | None = None  # noqa: N815
    imdbVotes: str | None = None  # noqa: N815
    Plot: str | None = None
    Rated: str | None = None


class Omdb:
    """Implements GivesRatings."""

    def __init__(self, door: HttpDoor, *, address: str, key: str, taste: Taste, errand: Errand) -> None:
        self._line = Line(door, NAME, address, errand, secret_params={"apikey": key})
        self._taste = taste

    async def give_ratings(self, imdb_id: str) -> MovieMetadata | None:
        title = await self._line.ask("", Title, i=imdb_id, plot="short", r="json")
        return ratings(title, self._taste) if title and title.Response == "True" else None


def ratings(title: Title, taste: Taste) -> MovieMetadata:
    """Ratings, and the outline and content rating where they speak to this library."""
    votes = (_known(title.imdbVotes) or "").replace(",", "")
    return MovieMetadata(
        imdb_id=_known(title.imdbID),
        imdb_rating=_decimal(_known(title.imdbRating)),
        imdb_votes=int(votes) if votes.isdecimal() else None,
        outline=_known(title.Plot) if taste.languages[:1] == (LANGUAGE,) else None,
        content_rating=_known(title.Rated) if taste.countries[:1] == (COUNTRY,) else None,
    )


def _known(text: str | None) -> str | None:
    return text.strip() if text and text.strip().lower() not in _UNKNOWN else None


def _decimal(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
