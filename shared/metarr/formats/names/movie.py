"""Reads a film's title, year, ids and release tags from a folder or file name, and declines when unsure.

A name is title, then year, then whatever else; so reading is finding where the title ends:

1. A year in brackets ends it (the last such group: `1984 (1984)`, `The Movie (2019-2020)`).
2. Else the last bare year before the first release tag, if nothing but tags follows (one unknown word is forgiven):
   `Blade.Runner.2049.2017.1080p` ends at 2017. A number at the very beginning is a title (`2012.WEB-DL`), one in the far
   future too (`Blade Runner 2049`), and one behind "of" (`Broadway Melody of 1936`).
3. Else the first release tag; a year behind it still counts (`Movie.FRENCH.BluRay.2016`).
4. Else the name is all title.

Editions, and words that are a tag only beside tags (`German`, `REPACK`, `3D`), are then taken off the title's end, but never
the whole title nor all but its article, and from a tidy name `Title (2006)` only what cannot be meant otherwise. What was
taken off, and a title in brackets or behind "aka", is kept among the aliases.

Declined (None) are names with an episode marker, `[Group] Title`, `grp-title`, names that begin with a tag, that have words
between year and tags, that look random, or whose brackets are broken: other readers know those better or nobody does.
"""

import re

from metarr.domain.classify.parts import PartName, find_part
from metarr.formats.names.brackets import Group, find_groups
from metarr.formats.names.doubts import is_doubtful
from metarr.formats.names.endings import LOOSE, SURE, Ending, find_ending, has_letters, holds_only_year
from metarr.formats.names.ids import take_ids
from metarr.formats.names.marks import YEAR, Mark, find_codec, find_marks, find_resolution, find_source
from metarr.formats.names.text import as_title, prepared, without_extension, without_website
from metarr.formats.names.tidy import parse_tidy
from metarr.formats.names.titles import read_titles
from metarr.formats.names.value import MovieName

_EDITION_TAG = re.compile(r"\{edition-([^{}]{1,80})\}", re.IGNORECASE)
_LEADING_YEAR = re.compile(rf"^[(\[]({YEAR})[)\]]\s{{1,3}}(?=\S)(.+)$")
_ENUMERATION = re.compile(r"^\(\d{1,2}\)(?=\w)")
_VERSION = re.compile(r"\s+-\s+([^\[\](){}]{1,60})|\s+\[([^\[\](){}]{1,60})\]")
_GROUP = re.compile(r"-([A-Za-z0-9@]{2,30})$")


def parse_movie(name: str) -> MovieName | None:
    """The reading of one folder or file name, with or without extension, without its path; None when unsure."""
    stem = without_extension(name)
    return parse_tidy(stem) or _parse(prepared(stem).strip())


def _parse(whole: str) -> MovieName | None:
    if is_doubtful(whole):
        return None
    ids, text = take_ids(whole)
    edition_tag = _EDITION_TAG.search(text)
    text = _LEADING_YEAR.sub(r"\2 (\1)", _ENUMERATION.sub("", without_website(_EDITION_TAG.sub(" ", text).strip())))
    if ids and not has_letters(text):
        return MovieName(title=as_title(whole), ids=ids, confidence=SURE)
    groups, marks = find_groups(text), find_marks(text)
    ending = find_ending(text, groups, marks)
    if ending is None or _begins_wrongly(text, groups, marks, ending) or _is_unclear(text, groups, ending):
        return None
    titles = read_titles(text, ending, marks, groups)
    if not has_letters(titles.title):
        return None
    part = _part(whole, text, ending)
    tags = [mark for mark in marks if mark.kind == "tag" and mark.start >= ending.at]
    return MovieName(
        title=titles.title,
        year=ending.year,
        edition=edition_tag[1].strip() if edition_tag else titles.edition or _edition_behind(text, ending, marks),
        part=part.number if part else None,
        stack_base=part.base if part else None,
        ids=ids,
        version=_version(text[ending.tail :], ending),
        resolution=find_resolution(tags),
        source=find_source(tags),
        codec=find_codec(tags),
        group=_group(text, tags),
        aliases=titles.aliases,
        confidence=SURE if ids else ending.confidence,
    )


def _begins_wrongly(text: str, groups: list[Group], marks: list[Mark], ending: Ending) -> bool:
    """`[Group] Title` and `HEVC Title 1080p`; but `[REC] (2007)`, `[rec]` and `4K Fireplace (2015)` are titles."""
    if text.startswith("["):
        if not groups or groups[0].start:
            return True
        rest = text[groups[0].end :]
        if ending.by == "bracket" and ((rest[:1].isprintable() and rest[:1] not in " ._-") or _is_year(rest, groups)):
            return False
        return bool(rest.strip(LOOSE))
    return ending.by != "bracket" and bool(marks) and marks[0].start == 0 and marks[0].kind == "tag"


def _is_year(rest: str, groups: list[Group]) -> bool:
    return rest.lstrip()[:1] in ("(", "[") and len(groups) > 1 and holds_only_year(groups[1].inner) is not None


def _is_unclear(text: str, groups: list[Group], ending: Ending) -> bool:
    """Names without a year that hold several pieces or words behind brackets: which of them is the title?"""
    if ending.year is not None:
        return False
    if text[: ending.at].count(" - ") > 1:
        return True
    return ending.by == "end" and any(group.start > 0 and text[group.end :].strip(LOOSE) for group in groups)


def _part(whole: str, text: str, ending: Ending) -> PartName | None:
    """The part marker, unless it stands inside the title: `Harry Potter - Part 2 (2011)` is whole."""
    part = find_part(text)
    if part is None or (ending.at < len(text) and text.rfind(part.marker) < ending.at):
        return None
    return find_part(whole)


def _edition_behind(text: str, ending: Ending, marks: list[Mark]) -> str | None:
    """The first run of edition words behind the title."""
    run: list[Mark] = []
    for mark in marks:
        if mark.kind != "edition" or mark.start < ending.at:
            continue
        if run and text[run[-1].end : mark.start].strip(" ._-"):
            break
        run.append(mark)
    return " ".join(as_title(mark.text) for mark in run) or None


def _version(tail: str, ending: Ending) -> str | None:
    """The label that tells copies of one film apart: `Title (Year) - label`, `Title (Year) [label]`."""
    match = _VERSION.fullmatch(tail) if ending.by == "bracket" else None
    return (match[1] or match[2]).strip() if match else None


def _group(text: str, tags: list[Mark]) -> str | None:
    match = _GROUP.search(text) if tags else None
    if match is None or any(mark.start <= match.start(1) < mark.end for mark in tags):
        return None
    return match[1]
