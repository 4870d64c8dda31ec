"""Which files shall stand beside a film, under which names: a pure plan from what is known of it.

How a plan comes about: the file's place says whether the film has its folder to itself. In its own folder, and beside a
disc, names are short (`movie.nfo`, `poster.jpg`); where several films share a folder, in the library's root and with
`publish.naming = prefixed`, each name starts with the video's (`<base>.nfo`, `<base>-poster.jpg`), without the part
suffix of a stack. Pictures keep the extension of what they really are. Artwork comes first and the NFO last, so that
a player that reacts to the NFO finds the pictures in place. Portraits are the only thing written into a disc folder: Kodi looks
for them beside the file that it plays. Names by FIELD_GUIDE 4.5 and 4.6.
"""

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, commonpath, dirname, splitext
from typing import Literal

from msgspec import Struct

from metarr.domain.classify.folders import ACTORS_FOLDER, DISC_FOLDERS
from metarr.domain.classify.parts import strip_part
from metarr.domain.movie import MovieMetadata
from metarr.domain.streams import MediaStreams

LONGEST_FILE_NAME = 255
"""Bytes of UTF-8 that file systems allow in one name."""

type Naming = Literal["short", "prefixed"]

STEMS: dict[str, str] = {
    "poster": "poster",
    "fanart": "fanart",
    "logo": "clearlogo",
    "clearart": "clearart",
    "banner": "banner",
    "thumb": "landscape",
    "discart": "discart",
}
"""The word in the file name for each artwork slot."""

PICTURE_EXTENSIONS: tuple[str, ...] = ("jpg", "jpeg", "png", "webp", "gif", "tbn")
"""What players take for a picture; one of these under a planned name but for the extension would be shown instead."""

_ILLEGAL = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?$", re.IGNORECASE)


class StoredImage(Struct, frozen=True, kw_only=True):
    """A picture in the store: SHA-256 of its bytes, extension of its real type (without a dot), size in bytes."""

    content_hash: str
    extension: str
    file_size: int


class Portrait(Struct, frozen=True, kw_only=True):
    """An actor's picture, in billing order."""

    actor_id: int
    name: str
    image: StoredImage


class MediaFile(Struct, frozen=True, kw_only=True):
    """Where a film's video is; `file_parts` has all files of a stack and is empty for a single file."""

    file_path: str
    file_parts: tuple[str, ...] = ()


class Publication(Struct, frozen=True, kw_only=True):
    """All that decides what stands beside a film. `root` is its library's; `neighbours` are the films below the same folder."""

    root: str
    media: MediaFile
    neighbours: tuple[MediaFile, ...] = ()
    naming: Naming = "short"
    actor_images: bool = True
    metadata: MovieMetadata = MovieMetadata()
    streams: MediaStreams = MediaStreams()
    has_local_trailer: bool = False
    images: Mapping[str, StoredImage] = {}
    portraits: tuple[Portrait, ...] = ()


class Place(Struct, frozen=True, kw_only=True):
    """The folder that gets the files, the video's name without extension and part, and who else lives there.

    `disc_folder` is the disc's own one, as `VIDEO_TS` relative to `folder`; None for a film that is on no disc.
    """

    folder: str
    base: str
    own: bool
    disc_folder: str | None = None

    @property
    def disc(self) -> bool:
        return self.disc_folder is not None

    @property
    def actors_folder(self) -> str:
        """Relative to the folder."""
        return ACTORS_FOLDER if self.disc_folder is None else f"{self.disc_folder}/{ACTORS_FOLDER}"


class PlannedFile(Struct, frozen=True, kw_only=True):
    """One file that shall exist: `name` relative to the folder, `kind` as in published_files.

    `image` is what it shall hold; the NFO has none, its bytes depend on what lies there. `hiding` are names under which
    a player would find another file and show that one instead. `actor_id` says whose portrait it is.
    """

    name: str
    kind: str
    image: StoredImage | None = None
    hiding: tuple[str, ...] = ()
    actor_id: int | None = None


class PublishPlan(Struct, frozen=True, kw_only=True):
    """The files of one film in the order of writing; `refused` names what cannot be there and why, in words.

    `own` says that the film has the folder to itself, `actors_folder` where below it the portraits are. `nfo_sources` are the
    names under which an NFO of this film may lie already, the most telling first: what it says beyond our own fields is
    carried over.
    """

    folder: str
    files: tuple[PlannedFile, ...]
    own: bool = False
    actors_folder: str = ACTORS_FOLDER
    nfo_sources: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class PublishedFile(Struct, frozen=True, kw_only=True):
    """A file that we wrote, as it was then: a row of published_files. `content_hash` is the SHA-256 of its bytes.

    `carried` are the bytes themselves of an NFO that holds more than our own fields: what others wrote into it lies nowhere else.
    `found_there` says that these bytes lay there before us: somebody's own picture, chosen as it was.
    """

    path: str
    kind: str
    content_hash: str
    file_size: int
    mtime_ns: int | None
    carried: bytes | None = None
    found_there: bool = False


def plan(publication: Publication) -> PublishPlan:
    """What shall stand beside the film."""
    place = place_of(publication)
    rival = _rival(publication, place)
    if rival is not None:
        why = f"{rival} has the same name but for its extension, and players read one NFO for both; this film gets none"
        return PublishPlan(folder=place.folder, files=(), refused=(why,))
    files = (*_artwork(publication, place), *_portraits(publication, place), _nfo(publication, place))
    kept = tuple(file for file in files if _fits(file.name))
    refused = tuple(f"{file.name} is longer than {LONGEST_FILE_NAME} bytes" for file in files if not _fits(file.name))
    return PublishPlan(
        folder=place.folder,
        files=kept,
        own=place.own,
        actors_folder=place.actors_folder,
        nfo_sources=_nfo_sources(publication, place),
        refused=refused,
    )


def place_of(publication: Publication) -> Place:
    """Where a film's files belong.

    The library's root is nobody's own folder, nor is one with film folders below it: a bare `poster.jpg` there is the set's.
    """
    media, root = publication.media, publication.root
    folder = folder_of(media, root)
    shared = any(f"{folder_of(other, root)}/".startswith(f"{folder}/") for other in publication.neighbours)
    disc = _disc_folder(media, root)
    return Place(
        folder=folder,
        base=base_of(media),
        own=not shared and folder != root,
        disc_folder=disc.removeprefix(f"{folder}/") if disc is not None else None,
    )


def folder_of(media: MediaFile, root: str) -> str:
    """The folder of the NFO: beside a disc folder, and above `cd1`, `cd2` … when each part has its own."""
    anchors = {_anchor(path, root) for path in (media.file_path, *media.file_parts)}
    above = commonpath(anchors)
    return above if above.startswith(f"{root}/") else _anchor(media.file_path, root)


def base_of(media: MediaFile) -> str:
    """The video's name without extension, and without the part suffix where there are several parts."""
    base = splitext(basename(media.file_path))[0]
    if len({media.file_path, *media.file_parts}) < 2:
        return base
    return strip_part(base) or base


def actor_file_stem(name: str) -> str | None:
    """`First_Last` for `First Last`: blanks become underscores, what no file system allows goes. None if nothing is left.

    Kodi compares the whole name (FIELD_GUIDE 4.5), so a name too long for a file cannot be shortened and gives None.
    """
    stem = _ILLEGAL.sub("", name.strip().replace(" ", "_"))
    if not stem or stem.startswith(".") or _RESERVED.match(stem) or not _fits(f"{stem}.jpeg"):
        return None
    return stem


def _artwork(publication: Publication, place: Place) -> Iterator[PlannedFile]:
    for slot, stem in STEMS.items():
        image = publication.images.get(slot)
        if image is None:
            continue
        prefixed = f"{place.base}-{stem}"
        name = _chosen(publication, place, f"{stem}.{image.extension}", f"{prefixed}.{image.extension}")
        # In a folder of its own a film answers to both forms, and players look for `<base>-poster` first.
        stems = (stem, prefixed) if place.own and not place.disc else (splitext(name)[0],)
        yield PlannedFile(name=name, kind=slot, image=image, hiding=_hiding(stems, name))


def _portraits(publication: Publication, place: Place) -> Iterator[PlannedFile]:
    taken: set[str] = set()
    for portrait in publication.portraits if publication.actor_images else ():
        stem = actor_file_stem(portrait.name)
        if stem is None or stem.casefold() in taken:
            continue
        taken.add(stem.casefold())
        name = f"{stem}.{portrait.image.extension}"
        hiding = tuple(f"{place.actors_folder}/{other}" for other in _hiding((stem,), name))
        yield PlannedFile(
            name=f"{place.actors_folder}/{name}",
            kind="actor_image",
            image=portrait.image,
            hiding=hiding,
            actor_id=portrait.actor_id,
        )


def _nfo(publication: Publication, place: Place) -> PlannedFile:
    name = _chosen(publication, place, "movie.nfo", f"{place.base}.nfo")
    # Players look for `movie.nfo` first where a film has its folder to itself (PLAYERS 5).
    hiding = ("movie.nfo",) if place.own and name != "movie.nfo" else ()
    return PlannedFile(name=name, kind="nfo", hiding=hiding)


def _nfo_sources(publication: Publication, place: Place) -> tuple[str, ...]:
    file_base = splitext(basename(publication.media.file_path))[0]
    names = (_nfo(publication, place).name, f"{file_base}.nfo", f"{place.base}.nfo")
    general = ("movie.nfo",) if place.own else ()
    return tuple(name for name in dict.fromkeys((*names, *general)) if _fits(name))


def _chosen(publication: Publication, place: Place, short: str, prefixed: str) -> str:
    """The short name where it is allowed and wished for, or where the other one would be too long."""
    if place.disc or (place.own and (publication.naming == "short" or not _fits(prefixed))):
        return short
    return prefixed


def _hiding(stems: tuple[str, ...], planned: str) -> tuple[str, ...]:
    names = (f"{stem}.{extension}" for stem in stems for extension in PICTURE_EXTENSIONS)
    return tuple(name for name in names if name != planned and _fits(name))


def _rival(publication: Publication, place: Place) -> str | None:
    """Another film whose files would have the very same names; of the two the first by path is served."""
    for other in publication.neighbours:
        on_disc = _disc_folder(other, publication.root) is not None
        same_place = folder_of(other, publication.root) == place.folder and on_disc == place.disc
        same_names = place.disc or base_of(other).casefold() == place.base.casefold()
        if same_place and same_names and other.file_path < publication.media.file_path:
            return basename(other.file_path)
    return None


def _anchor(path: str, root: str) -> str:
    """The folder a file counts as lying in: for anything inside a disc folder the one beside it."""
    disc = _innermost_disc(path, root)
    return dirname(disc if disc is not None else path)


def _disc_folder(media: MediaFile, root: str) -> str | None:
    """The path of the disc folder that a film's (first) file is in."""
    return _innermost_disc(media.file_path, root)


def _innermost_disc(path: str, root: str) -> str | None:
    while len(path) > len(root):
        if basename(path).lower() in DISC_FOLDERS:
            return path
        path = dirname(path)
    return None


def _fits(name: str) -> bool:
    return all(len(step.encode("utf-8", "surrogatepass")) <= LONGEST_FILE_NAME for step in name.split("/"))
