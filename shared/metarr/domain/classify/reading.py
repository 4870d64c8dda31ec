"""Reads a movie folder: which films lie in it and which of its other files belong to whom."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from metarr.domain.classify.discs import find_discs
from metarr.domain.classify.extensions import file_type, split_name
from metarr.domain.classify.extras import extra_of_video, is_theme_video, may_be_sample
from metarr.domain.classify.films import Videos, find_films
from metarr.domain.classify.folders import ExtraKind, extra_kind_of_folder, folder_kind
from metarr.domain.classify.names import folded
from metarr.domain.classify.sidecars import Sidecars
from metarr.domain.classify.values import (
    Entry,
    ExtraFile,
    FilmFiles,
    FolderListing,
    FolderReading,
    VideoFile,
)


def read_folder(listing: FolderListing) -> FolderReading:
    """Classify every file of a folder. Each ends in exactly one place: in a film, or among the unknown.

    What belongs to a disc's structure is the exception: it is listed nowhere but as the disc.
    """
    by_folder = _by_folder(listing.files)
    discs = find_discs(by_folder)
    of_discs = frozenset(path for disc in discs for path in disc.contents)
    rest = [entry for entry in listing.files if entry.path not in of_discs]
    extras, videos = _sort_videos(rest)
    in_parts = {
        folder: tuple(video for video in videos if video.path.startswith(folder + "/"))
        for folder in {video.path.partition("/")[0] for video in videos if "/" in video.path}
    }
    films = find_films(
        listing,
        Videos(
            loose=tuple(video for video in videos if "/" not in video.path),
            in_parts=in_parts,
            discs=tuple(discs),
            own_nfos=_nfo_stems(rest),
            others=bool(extras),
        ),
    )
    taken = {video.path for film in films for video in _videos_of(film)}
    sidecars = Sidecars(films)
    for extra in extras:
        sidecars.add_extra(extra)
    for video in videos:
        if video.path not in taken:
            sidecars.add_unknown(Entry(path=video.path, size=video.size), "a video that belongs to no film here")
    for entry in rest:
        sidecars.add(entry)
    return FolderReading(films=sidecars.films(), unknown=sidecars.unknown(), problem=_problem(films, extras, listing))


def listing_of(
    name: str, files: Iterable[tuple[str, int]], *, is_root: bool = False, holds_films_below: bool = False
) -> FolderListing:
    """A listing from paths relative to the folder, each with its size in bytes."""
    entries = tuple(Entry(path=path, size=size) for path, size in sorted(files))
    return FolderListing(name=name, files=entries, is_root=is_root, holds_films_below=holds_films_below)


def _by_folder(files: Iterable[Entry]) -> dict[str, list[Entry]]:
    folders: dict[str, list[Entry]] = defaultdict(list)
    for entry in files:
        folders[entry.path.rpartition("/")[0]].append(entry)
    return folders


def _nfo_stems(files: Iterable[Entry]) -> frozenset[str]:
    return frozenset(
        folded(split_name(entry.path)[0]) for entry in files if "/" not in entry.path and file_type(entry.path) == "nfo"
    )


def _videos_of(film: FilmFiles) -> list[VideoFile]:
    versions = [file for version in film.versions for file in version.files]
    beside = [VideoFile(path=extra.path) for extra in film.extras]
    return [*film.files, *film.candidates, *versions, *beside]


def _sort_videos(files: Sequence[Entry]) -> tuple[list[ExtraFile], list[VideoFile]]:
    """Extras by place and name, and the videos that may be films."""
    extras: list[ExtraFile] = []
    videos: list[VideoFile] = []
    unsure: list[Entry] = []
    for entry in files:
        if file_type(entry.path) != "video":
            continue
        folder, _, name = entry.path.rpartition("/")
        by_place = _kind_by_place(folder)
        by_name = extra_of_video(name)
        if by_place is not None:
            extras.append(_extra(entry, by_place, f'lies in the folder "{folder}"'))
        elif by_name is not None:
            extras.append(_extra(entry, by_name.kind, "its name ends so"))
        elif is_theme_video(name) or may_be_sample(name, entry.size):
            unsure.append(entry)
        else:
            videos.append(VideoFile(path=entry.path, size=entry.size))
    for entry in unsure:
        name = entry.path.rpartition("/")[2]
        if videos:
            extras.append(_extra(entry, "theme_video" if is_theme_video(name) else "sample", "its name says so", 85))
        else:
            videos.append(VideoFile(path=entry.path, size=entry.size))
    return extras, sorted(videos, key=lambda video: folded(video.path))


def _kind_by_place(folder: str) -> ExtraKind | None:
    if not folder:
        return None
    top = folder.partition("/")[0]
    kind = extra_kind_of_folder(top)
    return kind if kind is not None else "other" if folder_kind(top) == "extras" else None


def _extra(entry: Entry, kind: ExtraKind, reason: str, confidence: int = 100) -> ExtraFile:
    return ExtraFile(path=entry.path, kind=kind, size=entry.size, confidence=confidence, reason=reason)


def _problem(films: Sequence[FilmFiles], extras: Sequence[ExtraFile], listing: FolderListing) -> str | None:
    lost = sorted({number for film in films for number in film.missing_parts})
    if any(film.candidates for film in films):
        return "Several videos may be the film; their durations decide."
    if lost:
        return f"Part {', '.join(map(str, lost))} of a film in several files is not here."
    if not films and extras and not listing.is_root:
        return "There are trailers or extras here, but no film."
    return None
