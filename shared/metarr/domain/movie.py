"""What is known of a film, in the client's column names; the value that formats read, providers answer and merge decides on."""

from datetime import date
from typing import Literal

from msgspec import Struct

CrewRole = Literal["director", "writer", "producer", "composer"]


class ActorCredit(Struct, frozen=True, kw_only=True):
    """One cast entry. `sort_order` counts from 0 in billing order. `thumb_url` is where a portrait can be had."""

    name: str
    role: str | None = None
    sort_order: int = 0
    tmdb_id: int | None = None
    imdb_id: str | None = None
    thumb_url: str | None = None


class CrewCredit(Struct, frozen=True, kw_only=True):
    """One crew entry; a person with two roles has two entries."""

    name: str
    role: CrewRole
    sort_order: int = 0
    tmdb_id: int | None = None


class CollectionRef(Struct, frozen=True, kw_only=True):
    """The set a film belongs to; known by TMDB's id or, from an NFO, by name alone."""

    name: str
    tmdb_collection_id: int | None = None
    plot: str | None = None


class MovieMetadata(Struct, frozen=True, kw_only=True):
    """Every metadata field of a film; None (or an absent list) means "this source says nothing about it".

    runtime is in minutes, ratings on 0-10, `year` the year of first release. Lists are sets in display order. `original_language`
    (ISO 639-1) is known of a film and used, but neither merged, edited nor shown.
    """

    title: str | None = None
    original_title: str | None = None
    sort_title: str | None = None
    tagline: str | None = None
    plot: str | None = None
    outline: str | None = None
    runtime: int | None = None
    year: int | None = None
    release_date: date | None = None
    content_rating: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    tmdb_rating: float | None = None
    tmdb_votes: int | None = None
    imdb_rating: float | None = None
    imdb_votes: int | None = None
    genres: tuple[str, ...] | None = None
    studios: tuple[str, ...] | None = None
    actors: tuple[ActorCredit, ...] | None = None
    crew: tuple[CrewCredit, ...] | None = None
    collection: CollectionRef | None = None
    original_language: str | None = None


SCALAR_FIELDS: tuple[str, ...] = (
    "title",
    "original_title",
    "sort_title",
    "tagline",
    "plot",
    "outline",
    "runtime",
    "year",
    "release_date",
    "content_rating",
    "tmdb_id",
    "imdb_id",
    "tmdb_rating",
    "tmdb_votes",
    "imdb_rating",
    "imdb_votes",
)
LIST_FIELDS: tuple[str, ...] = ("genres", "studios", "actors", "crew", "collection")
METADATA_FIELDS: tuple[str, ...] = SCALAR_FIELDS + LIST_FIELDS
ASSET_SLOTS: tuple[str, ...] = ("poster", "fanart", "logo", "clearart", "banner", "thumb", "discart")
LOCKABLE: tuple[str, ...] = METADATA_FIELDS + ASSET_SLOTS
"""Every one of these has a `{name}_locked` column on `movies`."""
