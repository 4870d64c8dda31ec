"""Takes editions and tag-like words off the end of a title, and finds the further titles a name gives."""

import re

from msgspec import Struct

from metarr.formats.names.brackets import Group
from metarr.formats.names.endings import LOOSE, Ending
from metarr.formats.names.marks import Mark
from metarr.formats.names.text import as_title

_AKA = re.compile(r"\s+a\.?k\.?a\.?\s+", re.IGNORECASE)
_LEADING_AKA = re.compile(r"^a\.?k\.?a\.?[\s.]+", re.IGNORECASE)
_ARTICLES = frozenset(["the", "a", "an", "la", "le", "les", "der", "die", "das", "el", "los", "il", "un", "une"])
_JOINING_WORDS = frozenset(
    ["or", "and", "of", "the", "a", "an", "in", "on", "to", "for", "with", "&", "und", "oder", "et", "ou", "but"]
)
_CONJUNCTIONS = frozenset(["or", "and", "but", "&", "und", "oder", "et", "ou"])
_ALSO_WORD = re.compile(
    r"cam|complete|dutch|english|festival|fix|internal|italiano|latino|limited|line|max|nordic|proper|real|red|uncensored|web",
    re.IGNORECASE,
)
"""Words that end real titles (`Charlotte's Web`); in this spelling, `Web`, they stay."""


class Titles(Struct, frozen=True, kw_only=True):
    """The title, the edition that was taken off it, and the other titles that the name may mean."""

    title: str
    edition: str | None
    aliases: tuple[str, ...]


def read_titles(text: str, ending: Ending, marks: list[Mark], groups: list[Group]) -> Titles:
    """What the piece of the name before the ending says."""
    whole = _chunk(text, ending.at)
    at, edition = _pull_back(text, ending, marks)
    chunk = _chunk(text, at)
    aliases = [as_title(whole)] if at < ending.at else []
    title = as_title(chunk)
    bracketed = next((group for group in reversed(groups) if group.end <= at), None)
    if bracketed is not None and _is_alias(chunk, bracketed):
        shorter = as_title(chunk[: bracketed.start])
        aliases += [shorter, title, _LEADING_AKA.sub("", as_title(bracketed.inner))]
        title = title if ending.by == "bracket" and " " in chunk else shorter
    pieces = _AKA.split(title)
    if len(pieces) > 1:
        aliases += pieces
    if ending.by == "year" and at == ending.at:
        aliases.append(f"{title} {ending.year}")
    aliases = [alias for alias in dict.fromkeys(aliases) if alias and alias != title]
    return Titles(title=title, edition=edition, aliases=tuple(aliases))


def _chunk(text: str, at: int) -> str:
    """The text before `at`, with a dot that follows it: it may be that of `U.N.C.L.E.`"""
    return text[: at + 1] if text[at : at + 1] == "." else text[:at]


def _pull_back(text: str, ending: Ending, marks: list[Mark]) -> tuple[int, str | None]:
    """Where the title ends without the editions and tags directly before its ending; and those editions."""
    at = ending.at
    editions: list[str] = []
    follower = ""
    for mark in reversed([mark for mark in marks if 0 < mark.start < ending.at]):
        if text[mark.end : at].strip(LOOSE + ")]}") or not _comes_off(text, mark, ending, follower):
            break
        if not _remains_title(text[: mark.start]):
            break
        if mark.kind == "edition":
            editions.insert(0, as_title(mark.text))
        at = mark.start
        follower = mark.kind
    return at, " ".join(editions) or None


def _comes_off(text: str, mark: Mark, ending: Ending, follower: str) -> bool:
    """Whether a mark at the title's end is none of its words; `follower` is the kind of mark behind it, if any."""
    several_words = any(separator in mark.text for separator in " ._")
    tidy = ending.by == "bracket" and " " in text[: ending.at]
    if ending.by == "end":
        return mark.kind == "edition" and several_words
    if mark.kind == "edition":
        return not tidy or several_words or mark.text.isupper()
    if mark.kind == "tag":
        return not tidy or any(letter.isdigit() for letter in mark.text)
    if ending.by != "tag":
        return mark.text == "3D" and not tidy
    return mark.kind == "soft" and (
        follower == "soft" or not (mark.text.istitle() and _ALSO_WORD.fullmatch(mark.text) is not None)
    )


def _remains_title(chunk: str) -> bool:
    words = as_title(chunk).casefold().split()
    return bool(words) and words[-1] not in _JOINING_WORDS and not (len(words) == 1 and words[0] in _ARTICLES)


def _is_alias(chunk: str, group: Group) -> bool:
    """Whether a group at the end of the title is another title, `Le Prestige (The Prestige)`, and not a part of it."""
    if group.start == 0 or chunk[group.end :].strip(LOOSE + ")]}.") or chunk[group.start - 1].isalnum():
        return False
    before = as_title(chunk[: group.start]).casefold().split()
    inside = as_title(group.inner).casefold().split()
    return bool(before) and bool(inside) and before[-1] not in _JOINING_WORDS and inside[0] not in _CONJUNCTIONS
