"""Parts of one film in several files: finds `cd1`, `part 2`, `1of2` in a name and says what the name is without it.

The words are those that Kodi, Jellyfin and Plex read (cd, dvd, part, pt, disc, disk) with a number from 1 to 99 or a
letter a-d. The last marker of a name counts, so that `Deathly Hallows Part 2 CD1` is the first half of "Part 2". A bare
letter counts only directly behind a closing bracket, `Title (2001)-a`: `Four Sisters - A` is a title. A marker makes no
stack by itself; only two files with the same rest of the name do.
"""

import re

from msgspec import Struct

_MARKER = re.compile(
    r"(?<![^\W_])[(\[]?"
    r"(?:(?P<word>cd|dvd|dis[ck]|part|pt)[ ._-]{0,2}(?:(?P<number>\d{1,2})(?:[ ._]?of[ ._]?\d{1,2})?|(?P<letter>[a-d]))"
    r"|(?P<nth>\d{1,2})[ ._]?of[ ._]?\d{1,2})"
    r"[)\]]?(?![^\W_])",
    re.IGNORECASE,
)
_BARE_LETTER = re.compile(r"(?<=[)\]])-(?P<letter>[a-d])$", re.IGNORECASE)
_SEPARATORS = " ._-"


class PartName(Struct, frozen=True, kw_only=True):
    """A name that says it is part `number` (from 1) of `base`; `marker` is the piece that said so.

    `family` is equal for markers that count together: `cd1` and `cd2`, not `cd1` and `part2` or `parta`.
    """

    base: str
    number: int
    marker: str
    family: str


def find_part(stem: str) -> PartName | None:
    """The part marker of a name without extension, or None."""
    last = None
    for match in _MARKER.finditer(stem):
        if _number(match):
            last = match
    if last is not None:
        return _named(stem, last)
    letter = _BARE_LETTER.search(stem)
    if letter is None:
        return None
    return PartName(base=stem[: letter.start()], number=_letter(letter["letter"]), marker=letter["letter"], family="-a")


def strip_part(stem: str) -> str:
    """The name without its part marker; the name itself when it has none."""
    part = find_part(stem)
    return stem if part is None else part.base


def _named(stem: str, match: re.Match[str]) -> PartName:
    before, after = stem[: match.start()].rstrip(_SEPARATORS), stem[match.end() :]
    word = (match["word"] or "of").lower().replace("disk", "disc")
    return PartName(
        base=(before + after).rstrip(_SEPARATORS) if before else after,
        number=_number(match),
        marker=match.group().strip("()[]"),
        family=word + ("-a" if match["letter"] else ""),
    )


def _number(match: re.Match[str]) -> int:
    """The part's number; 0 for markers that count nothing (`cd0`)."""
    if match["letter"]:
        return _letter(match["letter"])
    return int(match["number"] or match["nth"])


def _letter(letter: str) -> int:
    return ord(letter.lower()) - ord("a") + 1
