"""What a scan does not look at: patterns for names, and the files with which people hide folders from players.

Three markers are read, each with its players' meaning. `.nomedia` hides its folder with all below it. `.ignore` does the same
when it is empty; otherwise it holds rules as git knows them (`#` comments, `!` takes back, `/` anchors or ends a folder, `**`).
`.plexignore` holds rules without `!`; an empty one hides nothing. Names are compared without regard to case.

Every rule is matched folder by folder and each piece by an expression without backtracking, so that no pattern can hang a
scan. What is too long or too much is refused and reported, never applied in part.
"""

import fnmatch
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from msgspec import Struct

MarkerName = Literal[".nomedia", ".ignore", ".plexignore"]
MARKERS: tuple[MarkerName, ...] = (".nomedia", ".ignore", ".plexignore")

MAX_PATTERN, MAX_PATTERNS, MAX_TEXT = 200, 500, 64 * 1024
"""Characters of one pattern, patterns of one list, characters of one file; what exceeds them is refused."""

_MAGIC = frozenset("*?[")


class NamePatterns:
    """Patterns for the name of one file or folder, exact or glob (`*`, `?`, `[…]`), compiled once and asked for every name."""

    def __init__(self, patterns: Iterable[str]) -> None:
        wanted = [pattern for pattern in patterns if pattern]
        self.refused = tuple(pattern for pattern in wanted if len(pattern) > MAX_PATTERN) + tuple(wanted[MAX_PATTERNS:])
        taken = [pattern.casefold() for pattern in wanted[:MAX_PATTERNS] if len(pattern) <= MAX_PATTERN]
        self._names = frozenset(pattern for pattern in taken if not _MAGIC.intersection(pattern))
        globs = [fnmatch.translate(pattern) for pattern in taken if _MAGIC.intersection(pattern)]
        self._globs = re.compile("|".join(globs)) if globs else None

    def match(self, name: str) -> bool:
        """Whether any pattern fits this name (no path)."""
        folded = name.casefold()
        return folded in self._names or (self._globs is not None and self._globs.match(folded) is not None)


class Rule(Struct, frozen=True, kw_only=True):
    """One line of an ignore file: its pieces between slashes, in lower case; `**` stands for any number of folders."""

    pieces: tuple[str, ...]
    only_folders: bool = False
    takes_back: bool = False

    def fits(self, pieces: tuple[str, ...]) -> bool:
        """Whether the rule fits a path, given in pieces relative to the folder of the ignore file."""
        reached = {0}
        for piece in pieces:
            reached = self._step(reached, piece)
            if not reached:
                return False
        return len(self.pieces) in _with_skips(self.pieces, reached)

    def _step(self, reached: set[int], piece: str) -> set[int]:
        following: set[int] = set()
        for at in _with_skips(self.pieces, reached):
            if at == len(self.pieces):
                continue
            if self.pieces[at] == "**":
                following.add(at)
            elif _piece(self.pieces[at]).match(piece):
                following.add(at + 1)
        return following


class IgnoreFile(Struct, frozen=True, kw_only=True):
    """What one marker file says about the folder that it lies in. `refused` are lines that were not taken."""

    whole_folder: bool = False
    rules: tuple[Rule, ...] = ()
    refused: tuple[str, ...] = ()

    def ignores(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a path relative to the marker's folder is hidden; the last rule that fits decides.

        Asked for a path, it does not look at the folders above: who walks does not enter those that are hidden.
        """
        if self.whole_folder:
            return True
        pieces = tuple(path.casefold().split("/"))
        for rule in reversed(self.rules):
            if (is_folder or not rule.only_folders) and rule.fits(pieces):
                return not rule.takes_back
        return False


def read_ignore_file(marker: MarkerName, text: str) -> IgnoreFile:
    """The meaning of a marker file with this text; a text beyond MAX_TEXT is refused as a whole and hides nothing."""
    if marker == ".nomedia":
        return IgnoreFile(whole_folder=True)
    if len(text) > MAX_TEXT:
        return IgnoreFile(refused=(f"the file is longer than {MAX_TEXT} characters",))
    if marker == ".ignore" and not text.strip("\ufeff \t\r\n"):
        return IgnoreFile(whole_folder=True)
    lines = [line.strip() for line in text.lstrip("\ufeff").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    taken = [line for line in wanted[:MAX_PATTERNS] if len(line) <= MAX_PATTERN]
    refused = tuple(line for line in wanted if len(line) > MAX_PATTERN) + tuple(wanted[MAX_PATTERNS:])
    return IgnoreFile(rules=tuple(_rule(line, marker) for line in taken), refused=refused)


def _rule(line: str, marker: MarkerName) -> Rule:
    takes_back = marker == ".ignore" and line.startswith("!")
    line = line[1:] if takes_back else line
    line = line.removeprefix("\\").casefold()
    only_folders = line.endswith("/")
    pieces = tuple(piece for piece in line.split("/") if piece)
    anchored = "/" in line.rstrip("/")
    return Rule(
        pieces=pieces if anchored or not pieces else ("**", *pieces), only_folders=only_folders, takes_back=takes_back
    )


def _with_skips(pieces: tuple[str, ...], reached: set[int]) -> set[int]:
    """The positions reached, and those behind any `**` there, which may stand for nothing."""
    open_positions = set(reached)
    for at in sorted(reached):
        while at < len(pieces) and pieces[at] == "**":
            at += 1
            open_positions.add(at)
    return open_positions


@lru_cache(maxsize=2048)
def _piece(glob: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(glob))
