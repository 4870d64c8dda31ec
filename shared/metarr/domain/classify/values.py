"""What is known of a folder before it is classified, and what classifying it says. Paths are relative to the folder.

Every decision carries its confidence, 0-100, and its reason in words; what is below ACTED_ON is listed as unknown.
"""

from typing import Literal

from msgspec import Struct

from metarr.domain.classify.folders import ExtraKind

ACTED_ON = 80

ImageSlot = Literal["poster", "fanart", "logo", "clearart", "banner", "thumb", "discart"]
DiscKind = Literal["dvd", "bluray", "hddvd"]
FilmKind = Literal["file", "stack", "disc"]


class Entry(Struct, frozen=True, kw_only=True):
    """One file at a path relative to the folder (`movie.nfo`, `trailers/Teaser.mp4`); `size` in bytes."""

    path: str
    size: int = 0


class FolderListing(Struct, frozen=True, kw_only=True):
    """A folder as a scan saw it with the rooms that are read with it (see `folder_kind`), without what is ignored.

    `is_root` marks the library's root, `holds_films_below` a folder with film folders under it: neither is a film's own.
    """

    name: str
    files: tuple[Entry, ...]
    is_root: bool = False
    holds_films_below: bool = False


class VideoFile(Struct, frozen=True, kw_only=True):
    """A video, or what a player opens on a disc; the size of the latter is that of the whole disc."""

    path: str
    size: int = 0


class Version(Struct, frozen=True, kw_only=True):
    """Another copy of the same film; `label` is what its name adds (`2160p`, `Directors Cut`)."""

    label: str
    files: tuple[VideoFile, ...]


class NfoFile(Struct, frozen=True, kw_only=True):
    path: str
    confidence: int
    reason: str


class ImageFile(Struct, frozen=True, kw_only=True):
    """An image for a slot. `rank` orders the images of one slot: 0 is the name players prefer, numbered ones come later."""

    path: str
    slot: ImageSlot
    rank: int
    size: int
    confidence: int
    reason: str


class ActorImage(Struct, frozen=True, kw_only=True):
    path: str
    actor_name: str
    size: int
    confidence: int
    reason: str


class SubtitleFile(Struct, frozen=True, kw_only=True):
    """An external subtitle. `language` is ISO 639-2 (bibliographic) or None, `region` as written (`BR`, `Hans`, `419`)."""

    path: str
    size: int
    language: str | None
    region: str | None
    title: str | None
    forced: bool
    sdh: bool
    default: bool
    confidence: int
    reason: str


class ExtraFile(Struct, frozen=True, kw_only=True):
    """A trailer, sample, theme or other extra."""

    path: str
    kind: ExtraKind
    size: int
    confidence: int
    reason: str


class UnknownFile(Struct, frozen=True, kw_only=True):
    path: str
    size: int
    reason: str


class FilmFiles(Struct, frozen=True, kw_only=True):
    """One film and everything that belongs to it.

    `files` is the film itself: one video, its parts in order, or what a player opens on a disc. They are empty while
    `candidates` holds several videos of which only their durations can tell the film (`choose_main`, then `settle`).
    `base` is the name that sidecars begin with; `own_folder` says that short names (`poster.jpg`) are this film's too.
    `streams` are the largest videos of a disc: what can be probed. `missing_parts` are numbers that a stack lacks.
    """

    base: str
    kind: FilmKind
    files: tuple[VideoFile, ...]
    own_folder: bool
    confidence: int
    reason: str
    disc: DiscKind | None = None
    streams: tuple[VideoFile, ...] = ()
    candidates: tuple[VideoFile, ...] = ()
    missing_parts: tuple[int, ...] = ()
    versions: tuple[Version, ...] = ()
    nfos: tuple[NfoFile, ...] = ()
    images: tuple[ImageFile, ...] = ()
    actors: tuple[ActorImage, ...] = ()
    subtitles: tuple[SubtitleFile, ...] = ()
    trailers: tuple[ExtraFile, ...] = ()
    extras: tuple[ExtraFile, ...] = ()


class FolderReading(Struct, frozen=True, kw_only=True):
    """All films of a folder, what belongs to none, and what a person should know about it (None when all is well)."""

    films: tuple[FilmFiles, ...]
    unknown: tuple[UnknownFile, ...] = ()
    problem: str | None = None
