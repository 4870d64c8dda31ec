"""The shortest way for the names that tools write and people should: `Title (Year)` with ids and an edition behind it.

Only what needs no thought is taken: one bracketed year, nothing but `{…}` and `[…]` ids behind it, a title of plain words
that ends in none that could be an edition or a tag. Everything else goes the long way of `metarr.formats.names.movie`, which
comes to the same reading for these (a test holds them together).
"""

import re
import unicodedata

from metarr.formats.names.doubts import is_episode
from metarr.formats.names.endings import SURE, has_letters
from metarr.formats.names.ids import take_ids
from metarr.formats.names.value import MovieName

_TIDY = re.compile(
    r"(?P<title>[^\s()\[\]{}_.,;~+=|–-][^()\[\]{}_\x00-\x1f\x7f]{0,180}[^\s()\[\]{}_.,;:~+=|–-]|[^\W_]) \((?P<year>(?:18|19|20)\d{2})\)"
    r"(?P<tags>(?: (?:\{[^{}\[\]()]{1,90}\}|\[[^{}\[\]()]{1,90}\])){0,4})"
)
_EDITION = re.compile(r" \{edition-([^{}]{1,80})\}")
_DOUBTFUL = re.compile(
    r"  |[,;·-] *[,;·-]| [,;]"  # separators that as_title would put in order
    r"|[^\W\d_]{2}\.[^\W\d_]{2}"  # dots for blanks
    r"|(?i: a\.?k\.?a\.? )|\.[a-z]{2,3} - |^www\."  # further titles, websites
    r"|(?:^| )tt\d"  # a bare id
    r"|(?i:cut|edition|version|collection|edit|release|matte|enhanced)$|[A-Z]{2,}$|[\d.:'’`-]\S*$"  # ends like an edition or a tag
)


def parse_tidy(stem: str) -> MovieName | None:
    """The reading of a tidy name without extension; None for every other name."""
    match = _TIDY.fullmatch(stem)
    if match is None:
        return None
    title = match["title"]
    if _DOUBTFUL.search(title) or not has_letters(title) or (not title.isascii() and not _is_plain(title)):
        return None
    if any(letter.isdigit() for letter in title) and is_episode(title):
        return None
    ids: dict[str, str] = {}
    edition, tags = None, match["tags"]
    if tags:
        found = _EDITION.search(tags)
        edition = found[1].strip() if found else None
        ids, rest = take_ids(_EDITION.sub("", tags))
        if rest.strip():
            return None
    return MovieName(title=title, year=int(match["year"]), edition=edition, ids=ids, confidence=SURE)


def _is_plain(title: str) -> bool:
    return title.isprintable() and unicodedata.is_normalized("NFC", title)
