"""Puts the videos of a folder together: parts into stacks, copies of one film into versions.

Parts: two or more files whose names differ in nothing but a part marker of one family, with numbers of their own. Not when
each has an NFO of its own, nor when two claim one number: then they are films.

Versions, as Jellyfin reads them: every file begins with the folder's whole name, then nothing, or `-`, `_`, `.`, `[label]` or
`(label)`. A year in brackets is no label when the folder's name has none (`Iron Man/Iron Man (2008).mkv` and `(2010)` are two
films). Beyond that, files that are equal up to and with their year are one film (`Film.2019.1080p`, `Film.2019.2160p`).
The main copy is the one that has just the folder's name, else the one with the largest picture, else the first by name.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from metarr.domain.classify.extensions import split_name
from metarr.domain.classify.names import folded, remainder
from metarr.domain.classify.parts import PartName, find_part
from metarr.domain.classify.values import VideoFile
from metarr.domain.naming import normalise_title

_BRACKETED_YEAR = re.compile(r"[(\[](?:18|19|20)\d{2}[)\]]")
_YEAR = re.compile(r"(?<![^\W_])(?:18|19|20)\d{2}(?![^\W_])")
_LABEL = re.compile(r"[-_.]|\[[^\[\]]*\]|\([^()]*\)")
_HEIGHT = re.compile(r"(?<!\d)(\d{3,4})[pi](?![^\W_])|(?<![^\W_])(4k|uhd)(?![^\W_])", re.IGNORECASE)


class Copy(Struct, frozen=True, kw_only=True):
    """One copy of a film: a video, or its parts in order. `stem` is its name without extension and part marker."""

    stem: str
    files: tuple[VideoFile, ...]
    missing_parts: tuple[int, ...] = ()

    @property
    def is_stack(self) -> bool:
        return len(self.files) > 1


def stack_parts(videos: Iterable[VideoFile], own_nfos: Collection[str] = ()) -> list[Copy]:
    """Every video once, alone or in a stack, in the order of names. `own_nfos` are the folded stems of the NFOs that lie there."""
    stacks: dict[tuple[str, str, str], list[tuple[PartName, VideoFile]]] = defaultdict(list)
    alone: list[VideoFile] = []
    for video in videos:
        stem, extension = _stem(video)
        part = find_part(stem)
        if part is None:
            alone.append(video)
        else:
            stacks[folded(part.base), part.family, extension].append((part, video))
    copies = [_alone(video) for video in alone]
    for members in stacks.values():
        copies += [_stacked(members)] if _are_parts(members, own_nfos) else [_alone(video) for _, video in members]
    return sorted(copies, key=lambda copy: (folded(copy.stem), copy.files[0].path))


def group_versions(copies: Sequence[Copy], folder_name: str) -> list[list[Copy]]:
    """The copies, those of one film together, the main one first."""
    if len(copies) > 1 and all(_is_version_of(copy.stem, folder_name) for copy in copies):
        return [_ordered(copies, folder_name)]
    films: dict[object, list[Copy]] = defaultdict(list)
    for copy in copies:
        films[_film_of(copy.stem) or copy.files[0].path].append(copy)
    return [_ordered(group, folder_name) for group in films.values()]


def version_label(stem: str, main_stem: str, folder_name: str) -> str:
    """What a copy's name adds to the folder's name or to the main copy's: `2160p`, `Directors Cut`; its whole name at worst."""
    for base in (folder_name, main_stem):
        rest = remainder(stem, base)
        if rest:
            return rest.strip(" -._[]()") or stem
    match = _last_year(stem)
    return (stem[match.end() :].strip(" -._[]()") if match else "") or stem


def years_in(stem: str) -> set[int]:
    """The years in brackets, or else the last bare one behind some title."""
    bracketed = {int(match.group()[1:-1]) for match in _BRACKETED_YEAR.finditer(stem)}
    match = None if bracketed else _last_year(stem)
    return bracketed or ({int(match.group())} if match else set())


def _stem(video: VideoFile) -> tuple[str, str]:
    return split_name(video.path.rpartition("/")[2])


def _alone(video: VideoFile) -> Copy:
    return Copy(stem=_stem(video)[0], files=(video,))


def _are_parts(members: Sequence[tuple[PartName, VideoFile]], own_nfos: Collection[str]) -> bool:
    numbers = {part.number for part, _ in members}
    if len(members) < 2 or len(numbers) < len(members):
        return False
    return not all(folded(_stem(video)[0]) in own_nfos for _, video in members)


def _stacked(members: Sequence[tuple[PartName, VideoFile]]) -> Copy:
    ordered = sorted(members, key=lambda member: member[0].number)
    numbers = [part.number for part, _ in ordered]
    missing = tuple(number for number in range(1, numbers[-1]) if number not in numbers)
    return Copy(stem=ordered[0][0].base, files=tuple(video for _, video in ordered), missing_parts=missing)


def _is_version_of(stem: str, folder_name: str) -> bool:
    rest = remainder(stem, folder_name)
    if rest is None:
        return False
    rest = rest.strip()
    if rest and not _LABEL.match(rest):
        return False
    return not _BRACKETED_YEAR.search(rest) or _BRACKETED_YEAR.search(folder_name) is not None


def _film_of(stem: str) -> tuple[str, int] | None:
    """Title and year, where a name has a year: what two copies of one film have in common."""
    match = _last_year(stem)
    if match is None:
        return None
    rest = stem[match.end() :].strip()
    if rest and rest[0] in "[(" and not _LABEL.match(rest):
        return None
    title = stem[: match.start()].replace(".", " ").strip(" _-([")
    return normalise_title(title), int(match.group().strip("()[]"))


def _last_year(stem: str) -> re.Match[str] | None:
    """The last year in brackets, else the last bare one, that has some title before it."""
    for pattern in (_BRACKETED_YEAR, _YEAR):
        behind_title = [match for match in pattern.finditer(stem) if stem[: match.start()].strip(" ._-([")]
        if behind_title:
            return behind_title[-1]
    return None


def _ordered(copies: Sequence[Copy], folder_name: str) -> list[Copy]:
    def order(copy: Copy) -> tuple[bool, int, str]:
        return (folded(copy.stem) != folded(folder_name), -_height(copy.stem), folded(copy.stem))

    return sorted(copies, key=order)


def _height(stem: str) -> int:
    heights = [2160 if match[2] else int(match[1]) for match in _HEIGHT.finditer(stem)]
    return max(heights, default=0)
