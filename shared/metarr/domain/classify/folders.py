"""What a folder beside a film is by its name: actor images, a disc's structure, extras, or one part of the film."""

import re
from typing import Literal

FolderKind = Literal["actors", "disc", "extras", "part"]
ExtraKind = Literal[
    "trailer",
    "sample",
    "behind_the_scenes",
    "deleted_scene",
    "featurette",
    "interview",
    "scene",
    "short",
    "clip",
    "theme_song",
    "theme_video",
    "other",
]
"""`other` are extras that their place or name does not describe any closer."""

ACTORS_FOLDER = ".actors"
DISC_FOLDERS = frozenset({"bdmv", "video_ts", "hvdvd_ts"})
SUBTITLE_FOLDERS = frozenset({"subs", "sub", "subtitles", "subtitle"})
FANART_FOLDERS = frozenset({"extrafanart", "extrafanarts", "backdrops"})
EXTRA_FOLDERS: dict[str, ExtraKind] = {
    "trailer": "trailer",
    "trailers": "trailer",
    "sample": "sample",
    "samples": "sample",
    "behind the scenes": "behind_the_scenes",
    "behindthescenes": "behind_the_scenes",
    "bts": "behind_the_scenes",
    "making of": "behind_the_scenes",
    "deleted scenes": "deleted_scene",
    "deleted": "deleted_scene",
    "featurette": "featurette",
    "featurettes": "featurette",
    "interview": "interview",
    "interviews": "interview",
    "scene": "scene",
    "scenes": "scene",
    "short": "short",
    "shorts": "short",
    "clip": "clip",
    "clips": "clip",
    "extra": "other",
    "extras": "other",
    "other": "other",
    "bonus": "other",
    "bonus disc": "other",
    "bonus content": "other",
    "bonus features": "other",
    "special features": "other",
    "theme-music": "theme_song",
    "backdrops": "theme_video",
}
"""Folders of extras as Jellyfin, Kodi, Plex and the *arr know them, in lower case with blanks."""

_READ_WITH_THE_FILM = (
    frozenset(EXTRA_FOLDERS) | SUBTITLE_FOLDERS | FANART_FOLDERS | {"extrathumbs", "proof", "cover", "covers"}
)
_PART = re.compile(
    r"(?:(?:.*\S[ ._(\[-]+)?(?:cd|dvd|dis[ck])|part|pt)[ ._-]{0,2}(?P<number>\d{1,2})[)\]]?", re.IGNORECASE
)


def folder_kind(name: str) -> FolderKind | None:
    """What a folder inside a film's folder is; None for one that may hold films of its own.

    `disc 2` and `Title - CD 1` are parts, `Part 2` too; `Title Part 2` is another film.
    """
    if name == ACTORS_FOLDER:
        return "actors"
    plain = _plain(name)
    if plain in DISC_FOLDERS:
        return "disc"
    if plain in _READ_WITH_THE_FILM:
        return "extras"
    return "part" if part_of_folder(name) else None


def part_of_folder(name: str) -> int | None:
    """The number of the part that a folder holds."""
    match = _PART.fullmatch(name.strip())
    return int(match["number"]) or None if match else None


def extra_kind_of_folder(name: str) -> ExtraKind | None:
    """What the videos (and theme songs) in a folder are, `Behind The Scenes` or `behind_the_scenes`; None for no extras."""
    return EXTRA_FOLDERS.get(_plain(name))


def holds_fanart(name: str) -> bool:
    """Whether images in the folder are further fanart; `backdrops` holds images for some players, theme videos for others."""
    return _plain(name) in FANART_FOLDERS


def _plain(name: str) -> str:
    lower = name.strip().lower()
    return lower if lower in DISC_FOLDERS else lower.replace("_", " ")
