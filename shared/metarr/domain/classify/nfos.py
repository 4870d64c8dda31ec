"""The order in which a film's NFO files count: the first is the base, later ones fill its gaps."""

from collections.abc import Sequence

from metarr.domain.classify.extensions import split_name
from metarr.domain.classify.names import folded
from metarr.domain.classify.values import NfoFile

_OF_OTHERS = frozenset({"tvshow", "season", "artist", "album", "collection", "set"})
_SHORT: dict[str, tuple[int, int, str]] = {
    "movie.nfo": (1, 100, "is called movie.nfo"),
    "video_ts.nfo": (2, 95, "is the NFO of the disc"),
    "index.nfo": (2, 95, "is the NFO of the disc"),
    "movie.xml": (3, 90, "is called movie.xml"),
}


def is_of_others(path: str) -> bool:
    """Whether an NFO speaks of something that is no film: `tvshow.nfo`."""
    return split_name(path.rpartition("/")[2])[0].casefold() in _OF_OTHERS


def in_precedence(paths: Sequence[str], stems: Sequence[str]) -> tuple[NfoFile, ...]:
    """The NFOs of one film: `<video>.nfo` > `movie.nfo` > the disc's > `movie.xml` > any other. `stems` are the film's names."""
    wanted = [folded(stem) for stem in stems]

    def judged(path: str) -> tuple[int, int, str]:
        name = path.rpartition("/")[2]
        stem = folded(split_name(name)[0])
        if name.casefold() in _SHORT:
            return _SHORT[name.casefold()]
        if stem in wanted:
            return (0, 100, "has the video's name")
        return (4, 80, "is an NFO under another name")

    def order(path: str) -> tuple[int, int, str]:
        stem = folded(split_name(path.rpartition("/")[2])[0])
        return (judged(path)[0], wanted.index(stem) if stem in wanted else 0, path)

    return tuple(
        NfoFile(path=path, confidence=judged(path)[1], reason=judged(path)[2]) for path in sorted(paths, key=order)
    )
