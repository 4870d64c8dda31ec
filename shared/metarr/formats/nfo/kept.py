"""What of an existing NFO lives on in the one that replaces it.

Kept is what Metarr has no field for: watched state, tags, countries, ratings and ids of other providers, elements it has
never heard of. Not kept is what Metarr writes itself, under any of the names that tools give it, and what must not stand in
an NFO: artwork (the pictures lie beside the film), paths of another machine, and the top-level `language` and `countrycode`
that set an item's metadata language in Jellyfin.

Ids and ratings of other providers are kept only while the old file speaks of the same film.
"""

from xml.etree.ElementTree import Element

from metarr.domain.movie import MovieMetadata
from metarr.errors import NfoUnreadable
from metarr.formats.nfo.document import parse_document
from metarr.formats.nfo.elements import group_children, local_name
from metarr.formats.nfo.ids import COLLECTION, ID_ELEMENTS, NO_NAMES, element_claims, provider_key, settle
from metarr.formats.nfo.markup import clean
from metarr.formats.nfo.read_movie import RATING_NAMES
from metarr.formats.nfo.values import LIST_SEPARATOR, read_line, split_list

_OWN_PROVIDERS = frozenset(("tmdb", "imdb", COLLECTION))
_OWN_RATINGS = frozenset(("", "default", *RATING_NAMES))
_WRITTEN = frozenset(
    (
        *("title", "originaltitle", "sorttitle", "sortname", "outline", "plot", "review", "biography", "tagline"),
        *("runtime", "mpaa", "year", "premiered", "releasedate", "rating", "communityrating", "votes", "id"),
        *("genre", "genres", "studio", "studios", "credits", "writer", "director", "actor", "sets"),
        *(tag for tag, provider in ID_ELEMENTS.items() if provider in _OWN_PROVIDERS),
    )
)
_PICTURES = frozenset(("art", "thumb", "fanart"))
_NEVER = _PICTURES | {"language", "countrycode", "file", "path", "filenameandpath", "basepath"}


class Kept:
    """The elements of one old NFO that live on; each is handed out once, to whoever knows its place."""

    def __init__(self, elements: list[Element], *, same_film: bool) -> None:
        self._waiting = elements
        self._same_film = same_film

    def take(self, *tags: str) -> list[Element]:
        """The elements of these names, in document order."""
        taken = [element for element in self._waiting if local_name(element) in tags]
        self._waiting = [element for element in self._waiting if local_name(element) not in tags]
        return taken

    def ratings(self) -> list[Element]:
        """Those that Metarr has no field for."""
        ratings = [rating for group in self.take("ratings") for rating in group] if self._same_film else []
        return [rating for rating in ratings if rating.get("name", "").strip().lower() not in _OWN_RATINGS]

    def uniqueids(self) -> list[Element]:
        """Those of other providers."""
        uniqueids = self.take("uniqueid") if self._same_film else []
        return [
            element for element in uniqueids if provider_key(element.get("type", "")) not in NO_NAMES | _OWN_PROVIDERS
        ]

    def country(self) -> str | None:
        """All countries as one text: Jellyfin lets a second element replace the first, and Kodi splits the text."""
        names = [name for element in self.take("country") for name in split_list(element.text)]
        return LIST_SEPARATOR.join(dict.fromkeys(names)) or None

    def further_sets(self, name: str) -> list[Element]:
        """What Emby has beside the film's own set; that one comes first in the old file and is called `name` now."""
        return [element for element in self.take("set")[1:] if _set_name(element) != name]

    def rest(self) -> list[Element]:
        """All that nobody took, save what has a place of its own and was not wanted there."""
        self.take("ratings", "uniqueid", "set")
        rest, self._waiting = self._waiting, []
        return rest


def keep(previous: bytes | None, film: MovieMetadata) -> Kept:
    """What `previous` holds for the NFO of `film`: nothing when it is missing, unreadable or not of a film."""
    root = _root_of(previous)
    if root is None:
        return Kept([], same_film=True)
    ids, _ = settle(element_claims("movie", group_children(root)))
    elements = [element for element in root if local_name(element) not in _WRITTEN | _NEVER]
    for element in elements:
        _drop_own_entries(element)
        _drop_pictures(element)
    return Kept([element for element in elements if clean(element)], same_film=_is_of(ids, film))


def _root_of(previous: bytes | None) -> Element | None:
    if previous is None:
        return None
    try:
        document = parse_document(previous)
    except NfoUnreadable:
        return None
    return document.roots[0] if document.kind == "movie" else None


def _is_of(ids: dict[str, str], film: MovieMetadata) -> bool:
    """TMDB's id decides where both have one, then IMDb's; without any the file in this place is of this film."""
    if "tmdb" in ids and film.tmdb_id is not None:
        return ids["tmdb"] == str(film.tmdb_id)
    return film.imdb_id is None or ids.get("imdb", film.imdb_id) == film.imdb_id


def _drop_own_entries(element: Element) -> None:
    """tinyMediaManager's `<ids>` repeats ids that Metarr writes; only the others are kept."""
    if local_name(element) == "ids":
        for entry in list(element):
            if provider_key(entry.findtext("key", "")) in _OWN_PROVIDERS:
                element.remove(entry)


def _drop_pictures(element: Element) -> None:
    for parent in element.iter():
        for child in [child for child in parent if local_name(child) in _PICTURES]:
            parent.remove(child)


def _set_name(element: Element) -> str | None:
    return read_line(element.findtext("name")) or read_line(element.text)
