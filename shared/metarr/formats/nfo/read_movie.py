"""From the children of a `<movie>` to what Metarr knows of films.

An empty element says nothing, and of an element that should stand once the first that says something counts. Where writers
differ in names, the elements are listed in the order in which they are believed.
"""

from collections.abc import Iterable
from operator import attrgetter
from xml.etree.ElementTree import Element

from metarr.domain.movie import ActorCredit, CollectionRef, CrewCredit, CrewRole, MovieMetadata
from metarr.formats.nfo.elements import Children, first_value
from metarr.formats.nfo.ids import COLLECTION, valid_id
from metarr.formats.nfo.values import (
    once,
    read_date,
    read_integer,
    read_line,
    read_rating,
    read_runtime,
    read_text,
    read_votes,
    read_year,
    split_list,
)

RATING_NAMES = {"themoviedb": "tmdb", "tmdb": "tmdb", "imdb": "imdb"}
UNNAMED_RATING_IS = "tmdb"
"""A rating without a name counts as TMDB's: that is the default source of every tool that writes such ratings."""

NOT_CAST = frozenset(("director", "writer", "producer", "composer", "conductor", "lyricist", "arranger"))
"""Kinds of people that Jellyfin and Emby also list as `<actor>`, told apart by `<type>`."""


def read_movie(children: Children, ids: dict[str, str]) -> MovieMetadata:
    """The film; `ids` are the settled ones of the whole file."""
    release_date = first_value(children, ("premiered", "releasedate"), read_date)
    year = first_value(children, ("year",), read_year)
    ratings = read_ratings(children)
    tmdb_rating, tmdb_votes = ratings.get("tmdb", (None, None))
    imdb_rating, imdb_votes = ratings.get("imdb", (None, None))
    return MovieMetadata(
        title=first_value(children, ("title",), read_line),
        original_title=first_value(children, ("originaltitle",), read_line),
        sort_title=first_value(children, ("sorttitle", "sortname"), read_line),
        tagline=first_value(children, ("tagline",), read_line),
        plot=first_value(children, ("plot",), read_text),
        outline=first_value(children, ("outline",), read_text),
        runtime=first_value(children, ("runtime",), read_runtime),
        year=year or (release_date.year if release_date else None),
        release_date=release_date,
        content_rating=first_value(children, ("mpaa",), read_line)
        or first_value(children, ("certification",), _first_entry),
        tmdb_id=int(ids["tmdb"]) if "tmdb" in ids else None,
        imdb_id=ids.get("imdb"),
        tmdb_rating=tmdb_rating,
        tmdb_votes=tmdb_votes,
        imdb_rating=imdb_rating,
        imdb_votes=imdb_votes,
        genres=_names(children, "genre", "genres"),
        studios=_names(children, "studio", "studios"),
        actors=_actors(children.get("actor", ())),
        crew=_crew(children),
        collection=read_collection(children, ids),
    )


def _first_entry(raw: str | None) -> str | None:
    return next(iter(split_list(raw)), None)


def read_ratings(children: Children) -> dict[str, tuple[float, int | None]]:
    """Rating and votes of "tmdb" and "imdb"; the old single `rating` counts only where `ratings` says nothing."""
    found: dict[str, tuple[float, int | None]] = {}
    unnamed: tuple[float, int | None] | None = None
    for element in (element for ratings in children.get("ratings", ()) for element in ratings):
        rating = read_rating(element.findtext("value") or element.text, element.get("max"))
        if rating is None:
            continue
        votes = read_votes(element.findtext("votes"))
        name = element.get("name", "").strip().lower()
        if name in RATING_NAMES:
            found.setdefault(RATING_NAMES[name], (rating, votes))
        elif name in ("", "default"):
            unnamed = unnamed or (rating, votes)
    if unnamed is None and not found:
        unnamed = _old_rating(children)
    if unnamed is not None:
        found.setdefault(UNNAMED_RATING_IS, unnamed)
    return found


def _old_rating(children: Children) -> tuple[float, int | None] | None:
    for tag in ("rating", "communityrating"):
        for element in children.get(tag, ()):
            rating = read_rating(element.text, element.get("max"))
            if rating is not None:
                return rating, first_value(children, ("votes",), read_votes)
    return None


def read_collection(children: Children, ids: dict[str, str]) -> CollectionRef | None:
    """The set: `<set><name>` or the old form with the name as text; Emby's first one where it has several."""
    sets = [*children.get("set", ()), *(element for sets in children.get("sets", ()) for element in sets)]
    for element in sets:
        name = read_line(element.findtext("name")) or read_line(element.text)
        if name is not None:
            tmdb_id = valid_id(COLLECTION, element.get("tmdbcolid")) or (
                ids.get(COLLECTION) if element is sets[0] else None
            )
            return CollectionRef(
                name=name,
                tmdb_collection_id=int(tmdb_id) if tmdb_id else None,
                plot=read_text(element.findtext("overview")),
            )
    return None


def _names(children: Children, tag: str, wrapper: str) -> tuple[str, ...] | None:
    """A list of names, each once whatever its case; tinyMediaManager's old files wrap it."""
    elements = [*children.get(tag, ()), *(element for group in children.get(wrapper, ()) for element in group)]
    return tuple(once(name for element in elements for name in split_list(element.text))) or None


def _actors(elements: Iterable[Element]) -> tuple[ActorCredit, ...] | None:
    actors: list[ActorCredit] = []
    for element in elements:
        actor = _actor(element, len(actors))
        if actor is not None:
            actors.append(actor)
    actors.sort(key=attrgetter("sort_order"))
    return tuple(actors) or None


def _actor(element: Element, position: int) -> ActorCredit | None:
    parts = {part.tag: part.text for part in element[::-1]}  # from the end, so that the first of a name counts
    get = (parts if "name" in parts else {tag.lower(): text for tag, text in parts.items()}).get
    name = read_line(get("name"))
    if name is None or (get("type") or "").strip().lower() in NOT_CAST:
        return None
    order = read_integer(get("order") or get("sortorder"))
    return ActorCredit(
        name=name,
        role=read_line(get("role")),
        sort_order=position if order is None else order,
        tmdb_id=read_integer(get("tmdbid")) or None,
        imdb_id=_person_imdb(get("imdbid")),
        thumb_url=_web_address(get("thumb")),
    )


def _crew(children: Children) -> tuple[CrewCredit, ...] | None:
    crew = [
        *_crew_of("director", children.get("director", ())),
        *_crew_of("writer", [*children.get("credits", ()), *children.get("writer", ())]),
    ]
    return tuple(crew) or None


def _crew_of(role: CrewRole, elements: Iterable[Element]) -> list[CrewCredit]:
    people: dict[str, CrewCredit] = {}
    for element in elements:
        names = split_list(element.text)
        tmdb_id = valid_id("tmdb", element.get("tmdbid")) if len(names) == 1 else None
        for name in names:
            credit = CrewCredit(name=name, role=role, sort_order=len(people), tmdb_id=int(tmdb_id) if tmdb_id else None)
            people.setdefault(name.casefold(), credit)
    return list(people.values())


def _person_imdb(raw: str | None) -> str | None:
    if raw is None:
        return None
    text = raw.strip().lower()
    return text if text.startswith("nm") and text[2:].isdecimal() and text.isascii() else None


def _web_address(raw: str | None) -> str | None:
    """Only what can be downloaded: a path in an NFO is never followed."""
    line = read_line(raw)
    return line if line is not None and line.lower().startswith(("http://", "https://")) else None
