"""Decides how many films a folder holds and which videos are which.

One copy (or the versions of one film) is one film. Several are several films, unless the folder is named like one film
(`Title (Year)`, or with an id) and no video says another year: then the only video that bears the folder's title is the film,
and if none or several do, they are candidates until their durations are known. Parts in folders of their own (`cd1`, `cd2`)
and several discs are one film in parts.
"""

import re
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from metarr.domain.classify.copies import Copy, group_versions, stack_parts, version_label, years_in
from metarr.domain.classify.discs import Disc
from metarr.domain.classify.extensions import split_name
from metarr.domain.classify.folders import part_of_folder
from metarr.domain.classify.names import remainder
from metarr.domain.classify.parts import strip_part
from metarr.domain.classify.values import ExtraFile, FilmFiles, FolderListing, Version, VideoFile
from metarr.domain.naming import normalise_title

ONLY_VIDEO, ONE_LEFT, BY_NAME, UNDECIDED = 100, 95, 90, 50

_NAMED_LIKE_A_FILM = re.compile(
    r"[(\[](?:18|19|20)\d{2}[)\]]|[\[{(](?:tmdb|imdb)(?:id)?[-=]|(?<![^\W_])tt\d{7,8}(?![^\W_])", re.IGNORECASE
)
_BEFORE_YEAR = re.compile(r"^(.+?)\s*[(\[](?:18|19|20)\d{2}[)\]]")


class Videos(Struct, frozen=True, kw_only=True):
    """The videos of a folder once trailers and extras are taken out.

    `in_parts` are the videos of part folders by folder; `own_nfos` the folded stems of NFO files; `others` says whether
    anything was taken out.
    """

    loose: tuple[VideoFile, ...]
    in_parts: Mapping[str, tuple[VideoFile, ...]]
    discs: tuple[Disc, ...]
    own_nfos: Collection[str]
    others: bool


def find_films(listing: FolderListing, videos: Videos) -> tuple[FilmFiles, ...]:
    """The films, each with its videos and nothing else yet."""
    copies = stack_parts(videos.loose, videos.own_nfos)
    alone = not listing.is_root and not listing.holds_films_below
    whole = _disc_film(listing, videos.discs) or _film_in_part_folders(listing, videos.in_parts)
    if whole is not None:
        versions = _versions(copies, listing.name, listing.name)
        return (replace(whole, versions=versions, own_folder=not listing.is_root),)
    groups = group_versions(copies, "" if listing.is_root else listing.name)
    if len(groups) == 1:
        confidence, reason = _how_sure(videos)
        return (_film(groups[0], listing, alone, confidence, reason),)
    if alone and groups and _is_one_film(listing.name, groups):
        return (_one_of(listing, groups),)
    return tuple(_film(group, listing, False, ONE_LEFT, "one of several films here") for group in groups)


def stems_of(film: FilmFiles) -> list[str]:
    """The names that sidecars of a film may begin with: its base, its parts', versions' and candidates' names."""
    videos = [*film.files, *film.candidates, *(file for version in film.versions for file in version.files)]
    named = [] if film.kind == "disc" else [split_name(video.path.rpartition("/")[2])[0] for video in videos]
    versions = [split_name(version.files[0].path.rpartition("/")[2])[0] for version in film.versions]
    return list(dict.fromkeys([film.base, *named, *versions]))


def _film(group: Sequence[Copy], listing: FolderListing, alone: bool, confidence: int, reason: str) -> FilmFiles:
    main = group[0]
    return FilmFiles(
        base=main.stem or split_name(main.files[0].path)[0],
        kind="stack" if main.is_stack else "file",
        files=main.files,
        own_folder=alone,
        confidence=confidence,
        reason=f"{reason}; {len(main.files)} parts" if main.is_stack else reason,
        missing_parts=main.missing_parts,
        versions=_versions(group[1:], main.stem, listing.name),
    )


def _how_sure(videos: Videos) -> tuple[int, str]:
    if videos.others:
        return ONE_LEFT, "the only film left when extras are set aside"
    if len(videos.loose) > 1:
        return ONE_LEFT, "all videos here are one film"
    return ONLY_VIDEO, "the only video here"


def _versions(copies: Sequence[Copy], main_stem: str, folder_name: str) -> tuple[Version, ...]:
    return tuple(Version(label=version_label(copy.stem, main_stem, folder_name), files=copy.files) for copy in copies)


def _is_one_film(folder_name: str, groups: Sequence[Sequence[Copy]]) -> bool:
    if not _NAMED_LIKE_A_FILM.search(folder_name):
        return False
    folder_years = years_in(folder_name)
    return all(years_in(group[0].stem) <= folder_years for group in groups)


def _one_of(listing: FolderListing, groups: Sequence[Sequence[Copy]]) -> FilmFiles:
    match = _BEFORE_YEAR.match(listing.name)
    title = normalise_title(match[1] if match else listing.name)
    bearing = [
        group for group in groups if _bears(group[0].stem, title) or remainder(group[0].stem, listing.name) is not None
    ]
    if len(bearing) == 1:
        film = _film(bearing[0], listing, True, BY_NAME, "the only video that bears the folder's title")
        others = [video for group in groups if group is not bearing[0] for copy in group for video in copy.files]
        return replace(film, extras=tuple(_beside(video) for video in others))
    return FilmFiles(
        base=listing.name,
        kind="file",
        files=(),
        own_folder=True,
        confidence=UNDECIDED,
        reason="several videos, only their durations can tell the film",
        candidates=tuple(video for group in groups for copy in group for video in copy.files),
    )


def _bears(stem: str, title: str) -> bool:
    name = normalise_title(stem.replace(".", " "))
    return name == title or name.startswith(title + " ")


def _beside(video: VideoFile) -> ExtraFile:
    reason = "a video beside the film that does not bear its title"
    return ExtraFile(path=video.path, kind="other", size=video.size, confidence=80, reason=reason)


def _disc_film(listing: FolderListing, discs: Sequence[Disc]) -> FilmFiles | None:
    """One disc, or the discs of one film in the order of their part folders."""
    if not discs:
        return None
    ordered = sorted(discs, key=lambda disc: (part_of_folder(disc.inside) or 0, disc.inside))
    first = ordered[0]
    return FilmFiles(
        base=listing.name,
        kind="disc",
        disc=first.kind,
        files=tuple(disc.opened for disc in ordered),
        streams=tuple(stream for disc in ordered for stream in disc.streams),
        own_folder=True,
        confidence=min(disc.confidence for disc in ordered),
        reason=first.reason if len(ordered) == 1 else f"{len(ordered)} discs of one film",
    )


def _film_in_part_folders(listing: FolderListing, in_parts: Mapping[str, tuple[VideoFile, ...]]) -> FilmFiles | None:
    """`cd1/…` and `cd2/…` with one video each."""
    folders = sorted((part_of_folder(folder) or 0, folder) for folder, videos in in_parts.items() if len(videos) == 1)
    if len(folders) < 2:
        return None
    numbers = [number for number, _ in folders]
    return FilmFiles(
        base=strip_part(folders[0][1]) or listing.name,
        kind="stack",
        files=tuple(in_parts[folder][0] for _, folder in folders),
        own_folder=True,
        confidence=ONE_LEFT,
        reason=f"{len(folders)} parts, each in a folder of its own",
        missing_parts=tuple(number for number in range(1, numbers[-1]) if number not in numbers),
    )
