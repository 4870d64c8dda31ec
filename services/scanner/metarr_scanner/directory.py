"""Lists one directory: what lies in it, without what is ignored and what cannot be named."""

import os

from msgspec import Struct

from metarr_scanner.ignoring import IgnoreRules
from metarr_scanner.paths import is_text, printable


class Directory(Struct, frozen=True, kw_only=True):
    """Names by kind, each in order; `links` are symbolic links to directories, `not_text` the names that are not UTF-8."""

    folders: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    not_text: tuple[str, ...] = ()


def list_directory(path: str, rules: IgnoreRules) -> Directory:
    """Raises OSError when the directory cannot be read to its end: half a listing would look like a loss."""
    with os.scandir(path) as found:
        entries = {entry.name: entry for entry in found}
    folders: list[str] = []
    links: list[str] = []
    files: list[str] = []
    not_text: list[str] = []
    here = rules.of(path, entries)
    for name, entry in sorted(entries.items()):
        is_folder = _is_folder(entry)
        if here.ignores(name, is_folder=is_folder):
            continue
        if not is_text(name):
            not_text.append(printable(name))
        elif is_folder:
            (links if entry.is_symlink() else folders).append(name)
        else:
            files.append(name)
    return Directory(folders=tuple(folders), links=tuple(links), files=tuple(files), not_text=tuple(not_text))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """A link that runs in a circle is no folder; whoever looks at it as a file learns what is wrong with it."""
    try:
        return entry.is_dir()
    except OSError:
        return False
