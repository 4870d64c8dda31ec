"""Finds copies of discs: a `BDMV` or `VIDEO_TS` folder, or its contents lying loose in the film's folder."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from metarr.domain.classify.extensions import split_name
from metarr.domain.classify.folders import DISC_FOLDERS
from metarr.domain.classify.values import DiscKind, Entry, VideoFile

MOST_STREAMS = 5

_OPENED: dict[DiscKind, str] = {"bluray": "index.bdmv", "dvd": "video_ts.ifo", "hddvd": "hva00001.vti"}
_FOLDERS: dict[str, DiscKind] = {"bdmv": "bluray", "video_ts": "dvd", "hvdvd_ts": "hddvd"}
_STREAMS = frozenset({"m2ts", "vob", "evo", "ssif"})
_STRUCTURE = frozenset({"ifo", "bup", "vob", "bdmv", "mpls", "clpi", "m2ts", "ssif", "evo", "vti", "dat"})


class Disc(Struct, frozen=True, kw_only=True):
    """One disc. `inside` is the folder that holds it, relative (empty: the film's folder); `contents` are its own files."""

    kind: DiscKind
    inside: str
    opened: VideoFile
    streams: tuple[VideoFile, ...]
    contents: frozenset[str]
    confidence: int
    reason: str


def find_discs(by_folder: Mapping[str, Sequence[Entry]]) -> list[Disc]:
    """The discs among the files of a folder and its rooms, in the order of their paths.

    A disc whose index is lost is still one when its streams are there.
    """
    discs: list[Disc] = []
    for folder in sorted(by_folder):
        above, _, name = folder.rpartition("/")
        kind = _FOLDERS.get(name.lower())
        if kind is not None:
            disc = _disc(kind, above, _below(by_folder, folder))
        elif name.lower() not in DISC_FOLDERS and "/" not in folder:
            disc = _loose(folder, by_folder[folder])
        else:
            disc = None
        if disc is not None:
            discs.append(disc)
    return discs


def _below(by_folder: Mapping[str, Sequence[Entry]], folder: str) -> list[Entry]:
    inside = (entries for path, entries in by_folder.items() if path == folder or path.startswith(folder + "/"))
    return [entry for entries in inside for entry in entries if _extension(entry) in _STRUCTURE]


def _loose(folder: str, entries: Sequence[Entry]) -> Disc | None:
    """A disc without its folder; its index must be there, for anyone may own a `.vob`."""
    for kind, opened in _OPENED.items():
        if any(_file_name(entry) == opened for entry in entries):
            return _disc(kind, folder, [entry for entry in entries if _extension(entry) in _STRUCTURE])
    return None


def _disc(kind: DiscKind, inside: str, contents: list[Entry]) -> Disc | None:
    streams = sorted((e for e in contents if _extension(e) in _STREAMS), key=lambda entry: (-entry.size, entry.path))
    index = next((entry for entry in contents if _file_name(entry) == _OPENED[kind]), None)
    opened = index or (streams[0] if streams else None)
    if opened is None:
        return None
    return Disc(
        kind=kind,
        inside=inside,
        opened=VideoFile(path=opened.path, size=sum(entry.size for entry in contents)),
        streams=tuple(VideoFile(path=entry.path, size=entry.size) for entry in streams[:MOST_STREAMS]),
        contents=frozenset(entry.path for entry in contents),
        confidence=100 if index else 85,
        reason=f"a {kind} structure" if index else f"a {kind} structure without its index",
    )


def _file_name(entry: Entry) -> str:
    return entry.path.rpartition("/")[2].lower()


def _extension(entry: Entry) -> str:
    return split_name(_file_name(entry))[1]
