"""One reading out of two names: that of a film's own folder and that of its file."""

import re

from msgspec.structs import replace

from metarr.domain.naming import normalise_title
from metarr.formats.names.text import without_extension
from metarr.formats.names.value import MovieName

_SAYS_NOTHING = re.compile(
    r"(?:movie|film|video|main|feature|index|video_ts|vts_\d\d_\d|title_?t?\d\d|\d{5}|bdmv|disc|dvd)", re.IGNORECASE
)


def says_nothing(name: str) -> bool:
    """Whether a file name is one that any film may have: `movie.mkv`, `VIDEO_TS.IFO`, `00000.m2ts`."""
    stem = name.rsplit(".", 1)[0] if "." in name[1:] else name
    return _SAYS_NOTHING.fullmatch(without_extension(stem).strip()) is not None


def combine(folder: MovieName | None, file: MovieName | None) -> MovieName | None:
    """The film that a folder of its own and the file in it name together.

    Two different years: the file is right, for folders are reused. The same year: the folder's spelling where both mean the
    same, else the surer name, the file on a tie. One year: the name that has it. No year: the surer of the two, the folder on
    a tie. Ids, edition and release tags come from both, the file's first; a title that loses stays as an alias.
    """
    if folder is None or file is None:
        return file if folder is None else folder
    chosen, other = (file, folder) if _file_wins(folder, file) else (folder, file)
    aliases = dict.fromkeys((*chosen.aliases, other.title, *other.aliases))
    aliases.pop(chosen.title, None)
    return replace(
        chosen,
        year=chosen.year if chosen.year is not None else other.year,
        edition=file.edition or folder.edition,
        part=file.part,
        stack_base=file.stack_base,
        ids={**folder.ids, **file.ids},
        version=file.version,
        resolution=file.resolution or folder.resolution,
        source=file.source or folder.source,
        codec=file.codec or folder.codec,
        group=file.group or folder.group,
        aliases=tuple(aliases),
    )


def _file_wins(folder: MovieName, file: MovieName) -> bool:
    if file.year is not None and folder.year is not None:
        if file.year != folder.year:
            return True
        return file.confidence >= folder.confidence and not _means_same(folder, file)
    if file.year is not None:
        return not (_means_same(folder, file) and folder.confidence >= file.confidence)
    return folder.year is None and file.confidence > folder.confidence and not _means_same(folder, file)


def _means_same(folder: MovieName, file: MovieName) -> bool:
    left, right = normalise_title(folder.title), normalise_title(file.title)
    return bool(left) and left in right
