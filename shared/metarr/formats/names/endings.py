"""Finds where the title of a name ends; the rules are told in `metarr.formats.names.movie`."""

import re
from typing import Literal

from msgspec import Struct

from metarr.formats.names.brackets import Group
from metarr.formats.names.marks import LATEST_YEAR, YEAR, Mark

SURE, RELEASE, CROWDED, TRAILING_YEAR, TAGGED, BARE = 100, 90, 80, 75, 65, 50
"""Confidence of each way in which an end is found; CROWDED is a release name with one unknown word behind its year."""

LOOSE = " \t._-–,+([{"
"""What may stand between title, year and tags without meaning anything."""

_ONLY_YEAR = re.compile(rf"[\s,._-]{{0,8}}({YEAR})(?:\s{{0,2}}[-–]\s{{0,2}}(?:{YEAR})?)?[\s,._-]{{0,8}}")
_YEAR_BELONGS_TO_TITLE = re.compile(r"[\s._](?:of|to|von)[\s._]{1,3}$")
_ONE_WORD = re.compile(r"[^\s._()\[\]{}-]{1,30}(?:[ ._-]|$)")


class Ending(Struct, frozen=True, kw_only=True):
    """The title stands before `at`, the rest begins at `tail`. `by` says what ended it."""

    at: int
    tail: int
    year: int | None = None
    by: Literal["bracket", "year", "tag", "end"]
    confidence: int


def holds_only_year(text: str) -> int | None:
    """The year, where a text is a year or a range of years and nothing else; the first of a range."""
    match = _ONLY_YEAR.fullmatch(text)
    return int(match[1]) if match else None


def find_ending(text: str, groups: list[Group], marks: list[Mark]) -> Ending | None:
    """The end of the title, or None when the name allows more than one reading."""
    return _bracketed_year(text, groups, marks) or _year_or_tag(text, groups, marks)


def _bracketed_year(text: str, groups: list[Group], marks: list[Mark]) -> Ending | None:
    titled = [group for group in groups if has_letters(text[: group.start])]
    for group in reversed(titled):
        year = holds_only_year(group.inner)
        if year is not None:
            return _before(group, year, titled, marks)
    for group in titled:
        inside = [mark for mark in marks if mark.kind == "year" and group.start < mark.start < group.end]
        if inside and _at_edge(text, inside[0], group):
            return _before(group, int(inside[0].text), titled, marks)
    return None


def _at_edge(text: str, year: Mark, group: Group) -> bool:
    """Whether a year is the first or last thing in its brackets: `(Alain Cavalier, 1967)`, `[2012, HEVC]`."""
    left, right = text[group.start + 1 : year.start], text[year.end : group.end - 1]
    return not left.strip(LOOSE) or not right.strip(LOOSE)


def _before(group: Group, year: int, groups: list[Group], marks: list[Mark]) -> Ending:
    """The end at the year's group, or before that at a group of release tags."""
    earlier = _first_group_of_tags([other for other in groups if other.start < group.start], marks)
    at = group.start if earlier is None else earlier.start
    return Ending(at=at, tail=group.end, year=year, by="bracket", confidence=SURE)


def _first_group_of_tags(groups: list[Group], marks: list[Mark]) -> Group | None:
    """The first group with a release tag or an edition in it, or with nothing but tag-like words: `[Multi-Subs]`."""
    for group in groups:
        inside = [mark for mark in marks if group.start < mark.start < group.end]
        if any(mark.kind in ("tag", "edition") for mark in inside):
            return group
        if inside and inside[0].kind == "soft" and inside[0].text == group.inner.strip():
            return group
    return None


def _year_or_tag(text: str, groups: list[Group], marks: list[Mark]) -> Ending | None:
    tags = [mark for mark in marks if mark.kind == "tag" and mark.start > 0]
    first_tag = tags[0].start if tags else len(text)
    years = [mark for mark in marks if _may_be_release_year(text, mark)]
    before = [year for year in years if year.start < first_tag]
    for year in reversed(before):
        confidence = _confidence_of(text, year, marks, tagged=bool(tags))
        if confidence:
            return Ending(at=year.start, tail=year.end, year=int(year.text), by="year", confidence=confidence)
    if before:
        return None
    group = _first_group_of_tags([group for group in groups if 0 < group.start < first_tag], marks)
    at = group.start if group else first_tag
    if at == len(text):
        return Ending(at=at, tail=at, by="end", confidence=BARE)
    behind = next((int(year.text) for year in years if year.start > first_tag), None)
    return Ending(at=at, tail=at, year=behind, by="tag", confidence=TAGGED)


def _may_be_release_year(text: str, mark: Mark) -> bool:
    before = text[: mark.start]
    return (
        mark.kind == "year"
        and int(mark.text) <= LATEST_YEAR
        and has_letters(before)
        and _YEAR_BELONGS_TO_TITLE.search(before[-12:]) is None
    )


def _confidence_of(text: str, year: Mark, marks: list[Mark], *, tagged: bool) -> int:
    """How sure it is that this bare year ends the title; 0 when other words follow."""
    rest = text[year.end :].lstrip(" \t._-–,")
    if not rest:
        return RELEASE if tagged else TRAILING_YEAR
    starts = {mark.start for mark in marks}
    position = len(text) - len(rest)
    if rest[0] in "[({" or position in starts:
        return RELEASE if tagged else TRAILING_YEAR
    word = _ONE_WORD.match(rest)
    return CROWDED if word and position + word.end() in starts else 0


def has_letters(text: str) -> bool:
    """Whether a text holds any letter or digit."""
    return any(letter.isalnum() for letter in text)
