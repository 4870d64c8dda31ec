"""Writes the one NFO of a film that Kodi, Jellyfin, Emby and Plex all read rightly.

Order and rules: FIELD_GUIDE 4.12. What they are for: Jellyfin takes the last rating whatever its scale, so ours come last and
TMDB's at the very end; it splits genres at every slash, so none has one; players trust exactly one default uniqueid.
The same film and the same previous file give the same bytes, and a file that was written so is written again unchanged.
"""

from collections.abc import Iterable
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement

from msgspec import Struct

from metarr.domain.movie import METADATA_FIELDS, ActorCredit, CollectionRef, CrewCredit, MovieMetadata
from metarr.domain.streams import MediaStreams
from metarr.formats.nfo.ids import valid_id
from metarr.formats.nfo.kept import Kept, keep
from metarr.formats.nfo.markup import add, add_filled, render
from metarr.formats.nfo.streamdetails import fileinfo
from metarr.formats.nfo.values import once, read_line, split_list

LOCKED_FIELD_NAMES = {
    "actors": "Cast",
    "genres": "Genres",
    "studios": "Studios",
    "title": "Name",
    "plot": "Overview",
    "runtime": "Runtime",
    "content_rating": "OfficialRating",
}
"""Our locks in the words of Jellyfin's and Emby's `lockedfields`, in the order in which they are written."""


class MovieNfo(Struct, frozen=True, kw_only=True):
    """All that goes into a film's NFO.

    `streams` is None when the file was not probed: then what the old NFO says of it stays. `locks` is None outside the profile
    that tells Jellyfin and Emby of locks; in it, the locked ones of `LOCKABLE`. `date_added` is written in its own time zone,
    and only where the old NFO has none.
    """

    metadata: MovieMetadata
    streams: MediaStreams | None = None
    date_added: datetime | None = None
    has_local_trailer: bool = False
    locks: frozenset[str] | None = None


def write_movie_nfo(movie: MovieNfo, previous: bytes | None = None) -> bytes:
    """The file's bytes; `previous` is the NFO that lies in its place, whose elements unknown to Metarr are kept."""
    kept = keep(previous, movie.metadata)
    root = Element("movie")
    _add_titles(root, movie.metadata)
    _add_ratings(root, movie.metadata, kept)
    root.extend(kept.take("userrating", "top250"))
    _add_texts(root, movie.metadata)
    _add_ids(root, movie.metadata, kept)
    _add_kinds(root, movie.metadata, kept)
    _add_making(root, movie.metadata)
    _add_file(root, movie, kept)
    _add_actors(root, movie.metadata.actors or ())
    _add_state(root, movie, kept)
    root.extend(kept.rest())
    return render(root)


def _add_titles(root: Element, film: MovieMetadata) -> None:
    add(root, "title", read_line(film.title))
    add(root, "originaltitle", read_line(film.original_title))
    add(root, "sorttitle", read_line(film.sort_title))


def _add_ratings(root: Element, film: MovieMetadata, kept: Kept) -> None:
    ratings = Element("ratings")
    ratings.extend(kept.ratings())
    for element in ratings:
        element.attrib.pop("default", None)
    _add_rating(ratings, "imdb", film.imdb_rating, film.imdb_votes)
    _add_rating(ratings, "themoviedb", film.tmdb_rating, film.tmdb_votes)
    if len(ratings):
        ratings[-1].set("default", "true")
        root.append(ratings)


def _add_rating(ratings: Element, name: str, rating: float | None, votes: int | None) -> None:
    value = 0.0 if rating is None else round(rating, 2)
    if not 0 < value <= 10:
        return
    element = SubElement(ratings, "rating", {"name": name, "max": "10"})
    add(element, "value", f"{value:.2f}".rstrip("0").rstrip("."))
    add(element, "votes", votes)


def _add_texts(root: Element, film: MovieMetadata) -> None:
    add(root, "outline", film.outline)
    add(root, "plot", film.plot)
    add(root, "tagline", read_line(film.tagline))
    add(root, "runtime", film.runtime or None)
    add(root, "mpaa", read_line(film.content_rating))


def _add_ids(root: Element, film: MovieMetadata, kept: Kept) -> None:
    tmdb_id = _number(film.tmdb_id)
    imdb_id = valid_id("imdb", film.imdb_id)
    elements = [
        element
        for provider, value in (("tmdb", tmdb_id), ("imdb", imdb_id))
        if (element := add(root, "uniqueid", value, type=provider)) is not None
    ]
    others = kept.uniqueids()
    chosen = [element for element in others if element.attrib.pop("default", "").strip().lower() == "true"]
    root.extend(others)
    for element in (*elements, *chosen, *others)[:1]:
        element.set("default", "true")
    add(root, "tmdbid", tmdb_id)
    add(root, "imdbid", imdb_id)
    root.extend(kept.take("tvdbid"))


def _add_kinds(root: Element, film: MovieMetadata, kept: Kept) -> None:
    slashless = [part for genre in film.genres or () for part in genre.split("/")]
    _add_names(root, "genre", slashless)
    add(root, "country", kept.country())
    if film.collection is not None and (name := read_line(film.collection.name)):
        _add_set(root, name, film.collection)
        root.extend(kept.further_sets(name))
    root.extend(kept.take("tag"))


def _add_set(root: Element, name: str, collection: CollectionRef) -> None:
    element = SubElement(root, "set")
    if tmdb_id := _number(collection.tmdb_collection_id):
        element.set("tmdbcolid", tmdb_id)
    add(element, "name", name)
    add(element, "overview", collection.plot)


def _add_making(root: Element, film: MovieMetadata) -> None:
    crew = sorted(film.crew or (), key=lambda credit: credit.sort_order)
    _add_people(root, "credits", [credit for credit in crew if credit.role == "writer"])
    _add_people(root, "director", [credit for credit in crew if credit.role == "director"])
    add(root, "premiered", film.release_date.isoformat() if film.release_date else None)
    add(root, "year", film.year)
    _add_names(root, "studio", film.studios or ())


def _add_names(root: Element, tag: str, names: Iterable[str]) -> None:
    """Each name once, whatever its case, in an element of its own."""
    for name in once(part for entry in names for part in split_list(entry)):
        add(root, tag, name)


def _add_people(root: Element, tag: str, credits_: Iterable[CrewCredit]) -> None:
    seen: set[str] = set()
    for credit in credits_:
        names = split_list(credit.name)
        for name in names:
            if name.casefold() not in seen:
                seen.add(name.casefold())
                tmdb_id = _number(credit.tmdb_id) if len(names) == 1 else None
                add(root, tag, name, **({"tmdbid": tmdb_id} if tmdb_id else {}))


def _add_file(root: Element, movie: MovieNfo, kept: Kept) -> None:
    """A trailer link only where no trailer lies beside the film: players would show both."""
    trailers = kept.take("trailer")
    if not movie.has_local_trailer:
        root.extend(trailers)
    old = kept.take("fileinfo")
    probed = fileinfo(movie.streams) if movie.streams is not None else None
    root.extend(old if probed is None else [probed])


def _add_actors(root: Element, actors: Iterable[ActorCredit]) -> None:
    for actor in sorted(actors, key=lambda actor: actor.sort_order):
        if name := read_line(actor.name):
            element = Element("actor")
            add(element, "name", name)
            add(element, "role", read_line(actor.role))
            add(element, "order", actor.sort_order)
            add(element, "tmdbid", _number(actor.tmdb_id))
            add(element, "imdbid", actor.imdb_id)
            add_filled(root, element)


def _add_state(root: Element, movie: MovieNfo, kept: Kept) -> None:
    dates = kept.take("dateadded")
    root.extend(dates)
    if movie.date_added is not None and not dates:
        add(root, "dateadded", movie.date_added.strftime("%Y-%m-%d %H:%M:%S"))
    locks = kept.take("lockdata", "lockedfields")
    if movie.locks is None:
        root.extend(locks)
        return
    add(root, "lockdata", "true" if movie.locks.issuperset(METADATA_FIELDS) else "false")
    add(root, "lockedfields", "|".join(name for field, name in LOCKED_FIELD_NAMES.items() if field in movie.locks))


def _number(tmdb_id: int | None) -> str | None:
    return str(tmdb_id) if tmdb_id is not None and tmdb_id > 0 else None
