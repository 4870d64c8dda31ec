"""Finds links to providers in text: an NFO may be nothing but one, or have one behind its XML."""

import re
from typing import NamedTuple

_ADDRESS = re.compile(
    r"\b(?:imdb|themoviedb|tmdb|thetvdb|tvmaze|musicbrainz)\.[^\s\"'<>,:|()]{1,300}", re.IGNORECASE | re.ASCII
)
_HEAD_LENGTH = 60
_HEAD = re.compile(r"(?:https?://)?[\w.-]*$", re.IGNORECASE | re.ASCII)
_KINDS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE | re.ASCII))
    for kind, pattern in (
        ("imdb", r"imdb\.[a-z.]{2,6}/(?:[\w-]{2,8}/)?title/(tt\d+)"),
        ("imdb", r"imdb\.com/title\?(\d{7,8})(?!\d)"),
        ("tmdb-movie", r"tmdb\.org/(?:[\w-]{1,5}/)?movie/(\d+)|themoviedb\.org/(?:[\w-]{1,5}/)?movie/(\d+)"),
        ("tmdb-tv", r"tmdb\.org/(?:[\w-]{1,5}/)?tv/(\d+)|themoviedb\.org/(?:[\w-]{1,5}/)?tv/(\d+)"),
        ("tvdb", r"thetvdb\.com/.*?[?&;]seriesid=(\d+)"),
        ("tvdb", r"thetvdb\.com/.*?[?&;]id=(\d+)"),
        ("tvdb", r"thetvdb\.com/(?:.*/)?series/(\d+)(?![\w-])"),
        ("tvmaze", r"tvmaze\.com/shows/(\d+)"),
        ("musicbrainzartist", r"musicbrainz\.org/artist/([0-9a-f-]{36})"),
        ("musicbrainzreleasegroup", r"musicbrainz\.org/release-group/([0-9a-f-]{36})"),
        ("musicbrainzalbum", r"musicbrainz\.org/release/([0-9a-f-]{36})"),
    )
)
_BARE_IMDB = re.compile(r"(?<![A-Za-z0-9])tt\d{7,8}(?![A-Za-z0-9])")


class Link(NamedTuple):
    """One link: `provider` as ids are keyed, `about` is "movie" or "tv" where the address says so."""

    provider: str
    value: str
    url: str
    about: str | None


def find_links(text: str) -> list[Link]:
    """Every link to a provider's item, in the order of the text; addresses without an id in them are passed over."""
    links = (_link(address) for address in _ADDRESS.finditer(text))
    return [link for link in links if link is not None]


def find_bare_imdb(text: str) -> list[str]:
    """IMDb ids that stand in the text by themselves (7 or 8 digits: shorter ones are too likely something else)."""
    return _BARE_IMDB.findall(text)


def _link(address: re.Match[str]) -> Link | None:
    for kind, pattern in _KINDS:
        found = pattern.match(address[0])
        if found is not None:
            provider, _, about = kind.partition("-")
            value = next(group for group in found.groups() if group).lower()
            if provider == "imdb" and not value.startswith("tt"):
                value = f"tt{value}"
            return Link(provider, value, _whole(address), about or None)
    return None


def _whole(address: re.Match[str]) -> str:
    before = address.string[max(0, address.start() - _HEAD_LENGTH) : address.start()]
    head = _HEAD.search(before)
    return (head[0] if head else "") + address[0]
