"""Which artwork slot an image is for, by its name. Whether its dimensions fit is judged where it is read.

The names are those that Kodi, Jellyfin, Emby and Plex read (FIELD_GUIDE 4.5), numbered ones (`fanart2`, `backdrop-3`) included.
`<film>-poster` and, in a film's own folder, bare `poster` are sure. `folder` may be a poster or a banner until its shape is
seen, and an image with just the film's name is a poster to some players. A name that ends in `-poster` under another film's
name is taken in a film's own folder; one that only contains the word is not.
"""

import re
from posixpath import basename, dirname, splitext

from msgspec import Struct

from metarr.domain.classify.folders import holds_fanart
from metarr.domain.classify.values import ImageSlot

EXACT, BY_SHAPE, SAME_NAME, OTHER_NAME, ONLY_KEYWORD = 100, 90, 85, 80, 60

_NAMES: dict[ImageSlot, tuple[str, ...]] = {
    "poster": ("poster", "folder", "cover", "default", "movie"),
    "fanart": ("fanart", "backdrop", "background", "art"),
    "logo": ("clearlogo", "logo"),
    "clearart": ("clearart",),
    "banner": ("banner",),
    "thumb": ("landscape", "thumb"),
    "discart": ("discart", "disc", "cdart"),
}
"""Per slot, in the order in which players prefer them."""

_RANKS = {name: (slot, rank) for slot, names in _NAMES.items() for rank, name in enumerate(names)}
_NAME = re.compile(
    rf"(?P<name>{'|'.join(sorted(_RANKS, key=len, reverse=True))})(?P<number>[-_ ]?\d{{1,3}})?", re.IGNORECASE
)
_ENDING = re.compile(rf".+[-._]{_NAME.pattern}", re.IGNORECASE)
_KEYWORD = re.compile(r"poster|fanart|backdrop|background|clearlogo|clearart|banner|landscape|discart", re.IGNORECASE)
_NUMBERED, _SAME_NAME_RANK, _FURTHER_RANK = 10, 9, 1000
_MEANS_FILM = re.compile(r"movie[-_](?=.)", re.IGNORECASE)


class ImageName(Struct, frozen=True, kw_only=True):
    """A slot, the image's rank within it (0 first), how sure that is and why."""

    slot: ImageSlot
    rank: int
    confidence: int
    reason: str


def image_of_film(rest: str) -> ImageName | None:
    """The slot by what stands behind the film's name: `-poster`, ``; None for other things."""
    if not rest:
        return ImageName(
            slot="poster", rank=_SAME_NAME_RANK, confidence=SAME_NAME, reason="has the film's name: its poster"
        )
    match = _NAME.fullmatch(rest[1:].strip()) if rest[0] in "-._ " else None
    if match is None:
        return None
    return _named(match, EXACT if rest[0] == "-" else BY_SHAPE, "has the film's name and is called")


def image_of_folder(stem: str) -> ImageName | None:
    """The slot of an image in a film's own folder by its bare name, or by how it ends; a keyword alone stays below what is acted on."""
    bare = _MEANS_FILM.sub("", stem, count=1) if _NAME.fullmatch(_MEANS_FILM.sub("", stem, count=1)) else stem
    match = _NAME.fullmatch(bare)
    if match is not None:
        return _named(match, BY_SHAPE if match["name"].lower() == "folder" else EXACT, "is called")
    ending = _ENDING.fullmatch(stem)
    if ending is not None:
        return _named(ending, OTHER_NAME, "has another name, but ends in")
    keyword = _KEYWORD.search(stem)
    if keyword is None:
        return None
    slot, rank = _RANKS[keyword.group().lower()]
    return ImageName(
        slot=slot, rank=rank, confidence=ONLY_KEYWORD, reason=f'only has the word "{keyword.group()}" in its name'
    )


def further_fanart(position: int) -> ImageName:
    """An image in `extrafanart`, by its position there."""
    return ImageName(
        slot="fanart", rank=_FURTHER_RANK + position, confidence=EXACT, reason="lies in the folder for further fanart"
    )


def image_preference(path: str) -> int:
    """Which of two images for one slot players take by their names: the smaller. `<film>-poster` comes before `poster`."""
    stem = splitext(basename(path))[0]
    if holds_fanart(basename(dirname(path))):
        return _FURTHER_RANK * 2
    named = image_of_folder(stem)
    if named is None or named.confidence < OTHER_NAME:
        return _SAME_NAME_RANK * 2
    return named.rank * 2 + (named.confidence != OTHER_NAME)


def _named(match: re.Match[str], confidence: int, said: str) -> ImageName:
    slot, rank = _RANKS[match["name"].lower()]
    number = int(match["number"].strip("-_ ")) if match["number"] else 0
    name = match["name"].lower() + (str(number) if number else "")
    return ImageName(slot=slot, rank=rank + number * _NUMBERED, confidence=confidence, reason=f'{said} "{name}"')
