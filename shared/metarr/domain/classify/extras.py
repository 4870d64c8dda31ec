"""Videos and songs beside a film that are not the film: told by the end of their name, or by being called `trailer`."""

import re

from msgspec import Struct

from metarr.domain.classify.extensions import split_name
from metarr.domain.classify.folders import ExtraKind

_BY_SUFFIX: dict[str, ExtraKind] = {
    "trailer": "trailer",
    "sample": "sample",
    "behindthescenes": "behind_the_scenes",
    "deleted": "deleted_scene",
    "deletedscene": "deleted_scene",
    "featurette": "featurette",
    "interview": "interview",
    "scene": "scene",
    "short": "short",
    "clip": "clip",
    "other": "other",
    "extra": "other",
}
_TRAILER = re.compile(r"(?:(?P<base>.*\S)(?:[-._]|\s-\s))?(?P<word>trailer|sample)\d{0,2}", re.IGNORECASE)
_SUFFIX = re.compile(r"(?P<base>.*\S)\s?[-_](?P<word>[a-z]{4,15})\d{0,2}", re.IGNORECASE)
_THEME = re.compile(r"(?:(?P<base>.*\S)[-._])?theme\d{0,2}", re.IGNORECASE)
_SAMPLE_INSIDE = re.compile(r"(?<![^\W_])sample(?![^\W_])", re.IGNORECASE)

LARGEST_SAMPLE = 300 * 1024 * 1024
"""Bytes. A larger video with "sample" somewhere in its name is a film about one."""


class ExtraName(Struct, frozen=True, kw_only=True):
    """What a name says an extra is; `base` is the name of the film it belongs to, empty where it names none."""

    kind: ExtraKind
    base: str


def extra_of_video(name: str) -> ExtraName | None:
    """The extra that a video is by its name; None for what may be a film (`theme.mkv` may)."""
    stem, _ = split_name(name)
    match = _TRAILER.fullmatch(stem) or _SUFFIX.fullmatch(stem)
    kind = _BY_SUFFIX.get(match["word"].lower()) if match else None
    if match is None or kind is None:
        return None
    base = (match["base"] or "").rstrip(" -._")
    return ExtraName(kind=kind, base="" if base.lower() == "movie" else base)


def theme_song(name: str) -> ExtraName | None:
    """The theme song that an audio file is: `theme.mp3`, `theme2.flac`, `<film>-theme.mp3`."""
    match = _THEME.fullmatch(split_name(name)[0])
    return ExtraName(kind="theme_song", base=match["base"] or "") if match else None


def is_theme_video(name: str) -> bool:
    """Whether a video is called `theme`: beside another video it is not the film."""
    return _THEME.fullmatch(split_name(name)[0]) is not None


def may_be_sample(name: str, size: int) -> bool:
    """Whether "sample" stands anywhere in the name of a small video."""
    return size <= LARGEST_SAMPLE and _SAMPLE_INSIDE.search(name) is not None
