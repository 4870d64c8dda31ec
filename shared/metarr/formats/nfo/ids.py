"""Collects the provider ids of one NFO and settles which of them count.

Order of trust (BEHAVIOUR 2.1): `uniqueid`, the default one first; `tmdbid`, `imdbid`, `tvdbid` and their other spellings;
`id`; links; bare `tt…` text. The first valid id of a provider counts; a later one that differs is told in a warning, and what
cannot be an id of its provider is no id at all.

`id` has no name: Kodi repeats its default uniqueid there, Radarr writes TMDB's number, Sonarr TVDB's, most others IMDb's.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from metarr.formats.nfo.document import RootKind
from metarr.formats.nfo.elements import Children
from metarr.formats.nfo.links import find_links
from metarr.formats.nfo.values import LARGEST_INTEGER, once

COLLECTION = "tmdbcollection"
"""The key under which TMDB's id of the film's collection is kept."""

PROVIDER_NAMES = {"tmdb": "TMDB", "imdb": "IMDb", "tvdb": "TVDB"}
NUMERIC_ID_MEANS: dict[RootKind, str] = {"movie": "tmdb", "tvshow": "tvdb", "episodedetails": "tvdb"}

_SPELLINGS = {
    "themoviedb": "tmdb",
    "moviedb": "tmdb",
    "thetvdb": "tvdb",
    "tmdbcol": COLLECTION,
    "tmdbset": COLLECTION,
}
ID_ELEMENTS = {
    "tmdbid": "tmdb",
    "tmdb_id": "tmdb",
    "tmdb": "tmdb",
    "imdbid": "imdb",
    "imdb_id": "imdb",
    "imdb": "imdb",
    "tvdbid": "tvdb",
    "tvdb_id": "tvdb",
    "tvdb": "tvdb",
    "tvmazeid": "tvmaze",
    "tvrageid": "tvrage",
    "tmdbcolid": COLLECTION,
    "collectionnumber": COLLECTION,
    "musicbrainzartistid": "musicbrainzartist",
    "musicbrainzalbumartistid": "musicbrainzalbumartist",
    "musicbrainzalbumid": "musicbrainzalbum",
    "musicbrainzreleasegroupid": "musicbrainzreleasegroup",
    "musicbrainztrackid": "musicbrainztrack",
}
NO_NAMES = frozenset(("", "unknown", "default"))
"""Types of a uniqueid that do not say whose it is."""

_NUMERIC = frozenset(("tmdb", "tvdb", "tvmaze", "tvrage", COLLECTION))
_MEANS_UNKNOWN = frozenset(("0", "-1", "tt0", "tt0000000", "none", "null", "n/a", "unknown"))
_NUMBER = re.compile(r"0*([1-9]\d{0,9})", re.ASCII)
_IMDB = re.compile(r"tt\d{1,10}", re.ASCII)
_IMDB_WITHOUT_LETTERS = re.compile(r"\d{7,8}", re.ASCII)
_WORD = re.compile(r"[^\s<>]{1,100}")


class IdClaim(NamedTuple):
    """That this item has `value` at `provider`, as some part of the file says."""

    provider: str
    value: str
    said_by: str


def settle(claims: Iterable[IdClaim]) -> tuple[dict[str, str], list[str]]:
    """The ids that count, from claims in order of trust, and what to tell about the others."""
    first: dict[str, IdClaim] = {}
    warnings: list[str] = []
    for claim in claims:
        known = first.setdefault(claim.provider, claim)
        if known.value != claim.value and claim.provider in PROVIDER_NAMES:
            warnings.append(
                f"two different {PROVIDER_NAMES[claim.provider]} ids: {known.value} ({known.said_by}) and"
                f" {claim.value} ({claim.said_by}); the first one counts"
            )
    return {provider: claim.value for provider, claim in first.items()}, once(warnings)


def provider_key(name: str) -> str:
    """A uniqueid's type, or an attribute's name, as ids are keyed: "TheMovieDb" and "TmdbId" are "tmdb"."""
    key = name.strip().lower()
    return _SPELLINGS.get(key) or _SPELLINGS.get(key.removesuffix("id")) or ID_ELEMENTS.get(key, key)


def valid_id(provider: str, raw: str | None) -> str | None:
    """The id as it is compared and stored, or None when this cannot be one."""
    text = (raw or "").strip()
    if not text or text.lower() in _MEANS_UNKNOWN:
        return None
    if provider in _NUMERIC:
        return _numeric(provider, text)
    if provider == "imdb":
        return _imdb(text)
    return text if _WORD.fullmatch(text) else None


def element_claims(kind: RootKind, children: Children) -> Iterator[IdClaim]:
    """What the elements of one root say, in order of trust."""
    unnamed: list[str] = []
    named: set[str] = set()
    uniqueids = children.get("uniqueid", ())
    for element in sorted(uniqueids, key=lambda element: element.get("default", "").strip().lower() != "true"):
        name, text = provider_key(element.get("type", "")), (element.text or "").strip()
        if name in NO_NAMES:
            unnamed.append(text)
            continue
        named.add(text)
        if value := valid_id(name, text):
            yield IdClaim(name, value, "uniqueid")
    for tag in ID_ELEMENTS:
        if tag in children:
            yield from _named_claims(tag, children[tag])
    yield from _entry_claims(children)
    yield from _attribute_claims(children)
    unnamed += [(element.text or "").strip() for element in children.get("id", ())]
    for text in unnamed:
        if text not in named:
            yield from _unnamed_claim(kind, text)


def _named_claims(tag: str, elements: Iterable[Element]) -> Iterator[IdClaim]:
    provider = ID_ELEMENTS[tag]
    for element in elements:
        if value := valid_id(provider, element.text):
            yield IdClaim(provider, value, tag)


def _entry_claims(children: Children) -> Iterator[IdClaim]:
    """tinyMediaManager's `ids/entry` with `key` and `value`."""
    for entry in (entry for ids in children.get("ids", ()) for entry in ids):
        provider = provider_key(entry.findtext("key", ""))
        if provider and (value := valid_id(provider, entry.findtext("value"))):
            yield IdClaim(provider, value, "ids")


def _attribute_claims(children: Children) -> Iterator[IdClaim]:
    """Jellyfin's `<id IMDB="…" TMDB="…">`."""
    for name, text in (item for element in children.get("id", ()) for item in element.items()):
        provider = provider_key(name)
        if provider in PROVIDER_NAMES and (value := valid_id(provider, text)):
            yield IdClaim(provider, value, "id")


def _unnamed_claim(kind: RootKind, raw: str) -> Iterator[IdClaim]:
    numeric = NUMERIC_ID_MEANS.get(kind)
    if "tt" in raw and (value := valid_id("imdb", raw)):
        yield IdClaim("imdb", value, "id")
    elif numeric and (value := valid_id(numeric, raw)):
        yield IdClaim(numeric, value, "id")


def _numeric(provider: str, text: str) -> str | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return _linked(provider, text)
    return found[1] if int(found[1]) <= LARGEST_INTEGER else None


def _imdb(text: str) -> str | None:
    if _IMDB.fullmatch(lowered := text.lower()):
        return lowered
    return f"tt{text}" if _IMDB_WITHOUT_LETTERS.fullmatch(text) else _linked("imdb", text)


def _linked(provider: str, text: str) -> str | None:
    """The id in an address that was put where an id belongs."""
    link = next((link for link in find_links(text) if link.provider == provider), None)
    return valid_id(provider, link.value) if link else None
