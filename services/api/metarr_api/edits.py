"""What clients may change on films and collections, and what such a change means field by field."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from metarr.db.queries.movies import MovieRow
from metarr.domain.locks import locked_field
from metarr.domain.merge import RATING_DECIMALS, RATINGS, FieldChange, same_value
from metarr.domain.movie import METADATA_FIELDS, ActorCredit, CollectionRef, CrewCredit, CrewRole
from metarr.domain.people import settled_cast, settled_crew
from metarr_api.words import (
    Count,
    ImdbId,
    Line,
    Minutes,
    Name,
    PersonImdbId,
    Prose,
    Rating,
    Title,
    TmdbId,
    Year,
)

USER = "user"
"""The source of what a person set."""

type Lock = bool | UnsetType


class ActorEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cast entry; the list is in billing order."""

    name: Name
    role: Line | None = None
    tmdb_id: TmdbId | None = None
    imdb_id: PersonImdbId | None = None


class CrewEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One crew entry; a person with two roles has two."""

    name: Name
    role: CrewRole
    tmdb_id: TmdbId | None = None


class CollectionRefEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The set a film belongs to: an existing one by name or TMDB's id, or a new one."""

    name: Name
    tmdb_collection_id: TmdbId | None = None


Names = Annotated[list[Name], Meta(max_length=100)]
Cast = Annotated[list[ActorEdit], Meta(max_length=500)]
Crew = Annotated[list[CrewEdit], Meta(max_length=500)]


class MovieEdit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fields that are not given stay. null or an empty list clears. What changes is locked, unless its lock is given too."""

    title: Title | UnsetType = UNSET
    original_title: Line | UnsetType | None = UNSET
    sort_title: Line | UnsetType | None = UNSET
    tagline: Prose | UnsetType | None = UNSET
    plot: Prose | UnsetType | None = UNSET
    outline: Prose | UnsetType | None = UNSET
    runtime: Minutes | UnsetType | None = UNSET
    year: Year | UnsetType | None = UNSET
    release_date: date | UnsetType | None = UNSET
    content_rating: Line | UnsetType | None = UNSET
    tmdb_id: TmdbId | UnsetType | None = UNSET
    imdb_id: ImdbId | UnsetType | None = UNSET
    tmdb_rating: Rating | UnsetType | None = UNSET
    tmdb_votes: Count | UnsetType | None = UNSET
    imdb_rating: Rating | UnsetType | None = UNSET
    imdb_votes: Count | UnsetType | None = UNSET
    genres: Names | UnsetType | None = UNSET
    studios: Names | UnsetType | None = UNSET
    actors: Cast | UnsetType | None = UNSET
    crew: Crew | UnsetType | None = UNSET
    collection: CollectionRefEdit | UnsetType | None = UNSET
    title_locked: Lock = UNSET
    original_title_locked: Lock = UNSET
    sort_title_locked: Lock = UNSET
    tagline_locked: Lock = UNSET
    plot_locked: Lock = UNSET
    outline_locked: Lock = UNSET
    runtime_locked: Lock = UNSET
    year_locked: Lock = UNSET
    release_date_locked: Lock = UNSET
    content_rating_locked: Lock = UNSET
    tmdb_id_locked: Lock = UNSET
    imdb_id_locked: Lock = UNSET
    tmdb_rating_locked: Lock = UNSET
    tmdb_votes_locked: Lock = UNSET
    imdb_rating_locked: Lock = UNSET
    imdb_votes_locked: Lock = UNSET
    genres_locked: Lock = UNSET
    studios_locked: Lock = UNSET
    actors_locked: Lock = UNSET
    crew_locked: Lock = UNSET
    collection_locked: Lock = UNSET
    poster_locked: Lock = UNSET
    fanart_locked: Lock = UNSET
    logo_locked: Lock = UNSET
    clearart_locked: Lock = UNSET
    banner_locked: Lock = UNSET
    thumb_locked: Lock = UNSET
    discart_locked: Lock = UNSET


def said_locks(edit: Struct) -> dict[str, bool]:
    """The locks that an edit speaks of itself: field → locked."""
    given = ((locked_field(name), getattr(edit, name)) for name in edit.__struct_fields__)
    return {field: lock for field, lock in given if field is not None and lock is not UNSET}


def changes_of(edit: MovieEdit, movie: MovieRow) -> tuple[FieldChange, ...]:
    """The fields that get another value than they have."""
    given = ((field, getattr(edit, field)) for field in METADATA_FIELDS)
    pairs = (
        (field, getattr(movie.metadata, field), _settled(field, value)) for field, value in given if value is not UNSET
    )
    return tuple(
        FieldChange(field=field, old=old, new=new, source=USER)
        for field, old, new in pairs
        if _differs(field, old, new)
    )


def _differs(field: str, old: Any, new: Any) -> bool:
    """An empty list and none are the same; a person may also change no more than the case of a text."""
    return not same_value(field, old or None if isinstance(old, tuple) else old, new)


def _settled(field: str, value: Any) -> Any:
    """The value in the form in which it is stored; what says nothing is None."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None or value == []:
        return None
    match field:
        case "genres" | "studios":
            return _distinct(value)
        case "actors":
            return settled_cast(
                ActorCredit(name=one.name, role=one.role, tmdb_id=one.tmdb_id, imdb_id=one.imdb_id) for one in value
            )
        case "crew":
            return settled_crew(CrewCredit(name=one.name, role=one.role, tmdb_id=one.tmdb_id) for one in value)
        case "collection":
            return CollectionRef(name=value.name.strip(), tmdb_collection_id=value.tmdb_collection_id)
        case _:
            return round(value, RATING_DECIMALS) if field in RATINGS else value


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(name.strip().casefold(), name.strip())
    return tuple(kept.values())
