"""Merging what several sources say about one film into what Metarr holds to be true.

For each field on its own: a locked field is left alone. An unlocked one takes the word of the first source, in the order
of priority, that says something about it. Saying nothing (absent, empty text, empty list, 0) never erases what is known.

Who may speak first depends on the field:

- ratings and votes belong to their issuer (`tmdb_*` to TMDB, `imdb_*` to whoever passes on IMDb's); another source, such as
  an NFO, is heard only while the issuer is silent;
- ids belong to their issuer too, and what is already known comes before anybody else: an NFO fills a gap and cannot move
  a film to another id;
- everything else goes by priority, lower numbers first. Whoever collects the answers gives the person's NFO the first place
  or the last one (setting `metadata.local_nfo_first`).

A sort title that nobody gave is made from the title, and follows it.

Lists come whole from the winning source; a cast or crew list may learn ids and portraits of its people from the others.
Values that mean the same are no change: lists of names are sets without regard to case, because that is how they are stored.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from metarr.domain.movie import METADATA_FIELDS, ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from metarr.domain.naming import sort_title
from metarr.domain.people import acquainted, same_person, settled_cast, settled_crew

LAST = 1_000_000
"""The priority of a source that has none."""

ISSUERS: dict[str, tuple[str, ...]] = {
    "tmdb_id": ("tmdb",),
    "imdb_id": ("tmdb", "omdb"),
    "tmdb_rating": ("tmdb",),
    "tmdb_votes": ("tmdb",),
    "imdb_rating": ("omdb",),
    "imdb_votes": ("omdb",),
}
"""Whose word counts for a field, before anybody else's. IMDb's own ids come by way of TMDB's cross references."""

IDS = frozenset({"tmdb_id", "imdb_id"})
RATINGS = frozenset({"tmdb_rating", "imdb_rating"})
RATING_DECIMALS = 2
"""As the columns store them."""


class SourcedAnswer(Struct, frozen=True, kw_only=True):
    """What one source says. `source` is a provider's name or `nfo`; `priority` as in provider_config, None comes last."""

    source: str
    metadata: MovieMetadata
    priority: int | None = None


class FieldChange(Struct, frozen=True, kw_only=True):
    """One field gets another value, and who said so."""

    field: str
    old: Any
    new: Any
    source: str


def merge(current: MovieMetadata, locks: frozenset[str], answers: Sequence[SourcedAnswer]) -> tuple[FieldChange, ...]:
    """The changes that bring `current` up to what the sources say, in the order of METADATA_FIELDS; a made sort title is last."""
    ranked = sorted(answers, key=_rank)
    changes = (_change(field, current, ranked) for field in METADATA_FIELDS if field not in locks)
    said = tuple(change for change in changes if change is not None)
    given = any(says_something(answer.metadata.sort_title) for answer in answers)
    return said if given else with_sort_title(current, locks, said)


def with_sort_title(
    current: MovieMetadata, locks: frozenset[str], changes: tuple[FieldChange, ...]
) -> tuple[FieldChange, ...]:
    """The changes and, where the title is among them and the sort title was only made from it, the new sort title behind them."""
    title = next((change for change in changes if change.field == "title"), None)
    spoken = "sort_title" in locks or any(change.field == "sort_title" for change in changes)
    if title is None or title.new is None or spoken:
        return changes
    made = sort_title(current.title or "")
    new = sort_title(title.new)
    if new == current.sort_title or (says_something(current.sort_title) and current.sort_title != made):
        return changes
    return (*changes, FieldChange(field="sort_title", old=current.sort_title, new=new, source=title.source))


def merge_anew(
    current: MovieMetadata, locks: frozenset[str], answers: Sequence[SourcedAnswer]
) -> tuple[FieldChange, ...]:
    """The changes when `current` is known to describe another film than the answers do (a person pinned a new id).

    What is unlocked and no source speaks of is emptied: it belongs to the film it is not. A film keeps a title in any case.
    """
    kept = {field: getattr(current, field) for field in METADATA_FIELDS if field in locks}
    said = {change.field: change for change in merge(MovieMetadata(**kept), locks, answers)}
    return tuple(
        change
        for field in METADATA_FIELDS
        if field not in locks and (change := _replaced(field, getattr(current, field), said.get(field))) is not None
    )


def applied(current: MovieMetadata, changes: Iterable[FieldChange]) -> MovieMetadata:
    """`current` after the changes."""
    return msgspec.structs.replace(current, **{change.field: change.new for change in changes})


def says_something(value: object) -> bool:
    """Whether a value is a statement: 0 minutes, votes or points, blank text and empty lists mean "not known"."""
    return bool(value.strip()) if isinstance(value, str) else bool(value)


def same_value(field: str, one: Any, other: Any) -> bool:
    """Whether two values of a field mean the same once stored; `other` is the newer one."""
    if one is None or other is None:
        return one is other
    return _SAME.get(field, _equal)(one, other)


def _rank(answer: SourcedAnswer) -> tuple[int, str]:
    return (LAST if answer.priority is None else answer.priority, answer.source)


def _change(field: str, current: MovieMetadata, ranked: Sequence[SourcedAnswer]) -> FieldChange | None:
    old = getattr(current, field)
    for source, value in _statements(field, old, ranked):
        if not says_something(value):
            continue
        if same_value(field, old, value):
            return None
        return FieldChange(field=field, old=old, new=value, source=source)
    return None


def _statements(field: str, old: Any, ranked: Sequence[SourcedAnswer]) -> Iterable[tuple[str, Any]]:
    """(source, value) of everybody who may speak about a field, the most trusted first."""
    issuers = ISSUERS.get(field, ())
    by_trust = sorted(
        ranked, key=lambda answer: issuers.index(answer.source) if answer.source in issuers else len(issuers)
    )
    for answer in by_trust:
        if field in IDS and answer.source not in issuers and says_something(old):
            return
        yield answer.source, _settled(field, getattr(answer.metadata, field), ranked)


def _settled(field: str, value: Any, ranked: Sequence[SourcedAnswer]) -> Any:
    """A value in the form in which it is stored."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip()
    if field in RATINGS:
        return round(value, RATING_DECIMALS)
    if field in ("genres", "studios"):
        return _settled_names(value)
    if field == "actors":
        return acquainted(settled_cast(value), _known_people(ranked))
    if field == "crew":
        return acquainted(settled_crew(value), _known_people(ranked))
    return value


def _settled_names(names: Iterable[str]) -> tuple[str, ...]:
    settled: dict[str, str] = {}
    for name in names:
        if name.strip():
            settled.setdefault(name.strip().casefold(), name.strip())
    return tuple(settled.values())


def _known_people(ranked: Sequence[SourcedAnswer]) -> list[ActorCredit | CrewCredit]:
    """Everybody whose id some source knows, and then everybody else."""
    everybody = [
        person
        for answer in ranked
        for people in (answer.metadata.actors, answer.metadata.crew)
        for person in people or ()
    ]
    return sorted(everybody, key=lambda person: person.tmdb_id is None)


def _replaced(field: str, old: Any, said: FieldChange | None) -> FieldChange | None:
    if said is not None:
        return None if same_value(field, old, said.new) else msgspec.structs.replace(said, old=old)
    if field == "title" or not says_something(old):
        return None
    return FieldChange(field=field, old=old, new=None, source="identify")


def _equal(one: object, other: object) -> bool:
    return one == other


def _same_names(one: Sequence[str], other: Sequence[str]) -> bool:
    return {name.casefold() for name in one} == {name.casefold() for name in other}


def _same_cast(one: Sequence[ActorCredit], other: Sequence[ActorCredit]) -> bool:
    return len(one) == len(other) and all(
        same_person(a, b) and a.role == b.role and _nothing_learned(a, b, "tmdb_id", "imdb_id")
        for a, b in zip(one, other, strict=True)
    )


def _same_crew(one: Sequence[CrewCredit], other: Sequence[CrewCredit]) -> bool:
    ones, others = sorted(one, key=_crew_place), sorted(other, key=_crew_place)
    return len(ones) == len(others) and all(
        a.role == b.role and same_person(a, b) and _nothing_learned(a, b, "tmdb_id")
        for a, b in zip(ones, others, strict=True)
    )


def _crew_place(credit: CrewCredit) -> tuple[str, int]:
    return (credit.role, credit.sort_order)


def _same_collection(one: CollectionRef, other: CollectionRef) -> bool:
    if one.tmdb_collection_id is not None and other.tmdb_collection_id is not None:
        return one.tmdb_collection_id == other.tmdb_collection_id
    return one.name.casefold() == other.name.casefold() and _nothing_learned(one, other, "tmdb_collection_id")


def _nothing_learned(known: object, newer: object, *fields: str) -> bool:
    return all(getattr(newer, field) is None or getattr(known, field) is not None for field in fields)


_SAME: dict[str, Callable[[Any, Any], bool]] = {
    "genres": _same_names,
    "studios": _same_names,
    "actors": _same_cast,
    "crew": _same_crew,
    "collection": _same_collection,
}
