"""Reads an NFO of any flavour: Kodi, Jellyfin, Emby, tinyMediaManager, MediaElch, Radarr, Sonarr, Lidarr, or only links."""

from collections.abc import Iterator

from metarr.domain.movie import MovieMetadata
from metarr.errors import NfoUnreadable
from metarr.formats.nfo.document import Document, parse_document
from metarr.formats.nfo.elements import Children, first_value, group_children
from metarr.formats.nfo.ids import IdClaim, element_claims, settle, valid_id
from metarr.formats.nfo.links import Link, find_bare_imdb, find_links
from metarr.formats.nfo.read_movie import read_movie
from metarr.formats.nfo.reading import NfoReading
from metarr.formats.nfo.values import read_line

_TRUE = frozenset(("true", "1", "yes"))


def read_nfo(data: bytes) -> NfoReading:
    """Everything that Metarr takes from an NFO.

    Raises:
        NfoUnreadable: refused for safety, broken beyond repair, or with neither a known root element nor an id in it.
    """
    document = parse_document(data)
    links = find_links(document.outside)
    if document.kind is None:
        return _read_links(document, links)
    children = group_children(document.roots[0])
    claims = [*element_claims(document.kind, children), *_outside_claims(document, links)]
    ids, warnings = settle(claims)
    return NfoReading(
        root=document.kind,
        title=first_value(children, ("title", "name", "showtitle"), read_line),
        metadata=read_movie(children, ids) if document.kind == "movie" else MovieMetadata(),
        ids=ids,
        locked=_flag(children, "lockdata"),
        locked_fields=_locked_fields(children),
        urls=tuple(link.url for link in links),
        warnings=(*document.warnings, *_too_many(document), *warnings),
    )


def _read_links(document: Document, links: list[Link]) -> NfoReading:
    claims = list(_outside_claims(document, links))
    if not claims:
        raise NfoUnreadable("the NFO has no element that players know (<movie>, <tvshow>, …) and no link to a provider")
    ids, warnings = settle(claims)
    film = next((link.value for link in links if link.provider == "tmdb" and link.about == "movie"), None)
    return NfoReading(
        root=None,
        metadata=MovieMetadata(tmdb_id=int(film) if film and ids["tmdb"] == film else None, imdb_id=ids.get("imdb")),
        ids=ids,
        urls=tuple(link.url for link in links),
        warnings=tuple(warnings),
    )


def _outside_claims(document: Document, links: list[Link]) -> Iterator[IdClaim]:
    """Links and bare IMDb ids around the XML; TMDB counts films and series apart, so a link must be about the root's kind."""
    passed_over = {"movie": "tv", "tvshow": "movie"}.get(document.kind or "")
    for link in links:
        if (link.about is None or link.about != passed_over) and (value := valid_id(link.provider, link.value)):
            yield IdClaim(link.provider, value, "link")
    for value in find_bare_imdb(document.outside):
        yield IdClaim("imdb", value, "text")


def _too_many(document: Document) -> list[str]:
    if document.kind == "movie" and len(document.roots) > 1:
        return [f"{len(document.roots)} <movie> elements: only the first one is read"]
    return []


def _flag(children: Children, tag: str) -> bool:
    return any((element.text or "").strip().lower() in _TRUE for element in children.get(tag, ()))


def _locked_fields(children: Children) -> tuple[str, ...]:
    texts = [element.text or "" for element in children.get("lockedfields", ())]
    return tuple(name for text in texts for part in text.split("|") if (name := part.strip()))
