"""Finds the marks of a name: years, release tags, editions, and words that are a tag only beside tags.

One compiled expression walks the name once; it holds no unbounded repetition, so the time is linear in the name's length.
"""

import re
from typing import Literal, cast

from msgspec import Struct

from metarr.formats.names.vocabulary import CODECS, EDITIONS, FLAGS, LANGUAGES, OTHER_TAGS, RESOLUTIONS, SOURCES

LATEST_YEAR = 2035
"""A bare number beyond it is part of a title (`Blade Runner 2049`); in brackets any year of three centuries is believed."""

YEAR = r"(?:18|19|20)\d{2}"

MarkKind = Literal["date", "year", "tag", "edition", "soft"]


class Mark(Struct, frozen=True, kw_only=True):
    """One find at `start:end` of the name. `soft` marks are words that are a tag only beside tags."""

    kind: MarkKind
    start: int
    end: int
    text: str


def _any_of(*vocabulary: tuple[str, ...]) -> str:
    return "|".join(notation.replace("~", "[ ._-]?") for words in vocabulary for notation in words)


_MARKS = re.compile(
    r"(?<![^\W_])(?:"
    r"(?P<date>(?:18|19|20)\d{2}[-.](?:0[1-9]|1[0-2])[-.](?:0[1-9]|[12]\d|3[01]))"
    rf"|(?P<year>{YEAR})"
    rf"|(?P<tag>{_any_of(RESOLUTIONS, SOURCES, CODECS, OTHER_TAGS)})"
    rf"|(?P<edition>{_any_of(EDITIONS)})"
    rf"|(?P<soft>{_any_of(LANGUAGES, FLAGS)})"
    r")(?![^\W_])",
    re.IGNORECASE,
)
_RESOLUTION = re.compile(r"(?<!\d)[1-9]\d{2,3}[ip]|^[48]k$|^uhd$", re.IGNORECASE)
_SOURCE = re.compile(_any_of(SOURCES), re.IGNORECASE)
_CODEC = re.compile(_any_of(CODECS), re.IGNORECASE)
_HEIGHT_BEHIND = re.compile(r"-?\d{3,4}p$")


def find_marks(text: str) -> list[Mark]:
    """All marks of a name from left to right. `1920x800` and `2013-12-09` are no years."""
    return [
        Mark(kind=cast("MarkKind", match.lastgroup), start=match.start(), end=match.end(), text=match.group())
        for match in _MARKS.finditer(text)
    ]


def find_resolution(tags: list[Mark]) -> str | None:
    """The first picture height (`1080p`, `4k`) among release tags, also inside `Bluray-1080p`."""
    matches = (_RESOLUTION.search(tag.text) for tag in tags)
    return next((match.group().lower() for match in matches if match), None)


def find_source(tags: list[Mark]) -> str | None:
    """The first source (`bluray`, `web-dl`) among release tags, without a height written onto it."""
    sources = (tag.text.lower() for tag in tags if _SOURCE.fullmatch(tag.text))
    return next((_HEIGHT_BEHIND.sub("", source) for source in sources), None)


def find_codec(tags: list[Mark]) -> str | None:
    """The first video codec among release tags, as it is written there."""
    return next((tag.text.lower() for tag in tags if _CODEC.fullmatch(tag.text)), None)
