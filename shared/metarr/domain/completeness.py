"""How complete a film's metadata is.

Eleven things count, each the same: title, plot, tagline, a date (release date or year), runtime, content rating, a rating,
genres, cast, poster and fanart (BEHAVIOUR.md 2.5). What a person has locked counts as there, whatever it holds: an empty
tagline may be meant.
"""

from collections.abc import Collection

from msgspec import Struct

from metarr.domain.movie import MovieMetadata

EXPECTED: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "plot": ("plot",),
    "tagline": ("tagline",),
    "release_date": ("release_date", "year"),
    "runtime": ("runtime",),
    "content_rating": ("content_rating",),
    "rating": ("tmdb_rating", "imdb_rating"),
    "genres": ("genres",),
    "actors": ("actors",),
    "poster": ("poster",),
    "fanart": ("fanart",),
}
"""Each expected thing and the fields of which one is enough."""


class Completeness(Struct, frozen=True, kw_only=True):
    """`percent` is 0-100, rounded down so that 100 means all; `missing` names the expected things that are not there."""

    percent: int
    missing: tuple[str, ...]


def completeness(metadata: MovieMetadata, slots: Collection[str], locks: frozenset[str]) -> Completeness:
    """Compare a film with what is expected of it; `slots` are the artwork slots that show something."""
    missing = tuple(
        thing
        for thing, fields in EXPECTED.items()
        if not any(field in locks or field in slots or getattr(metadata, field, None) for field in fields)
    )
    return Completeness(percent=100 * (len(EXPECTED) - len(missing)) // len(EXPECTED), missing=missing)
