"""The words of our children: one file a program, kept small, and the last lines at hand when it dies."""

from collections import deque
from pathlib import Path
from typing import Self

_LARGEST = 10 * 1024 * 1024
_KEPT = 3
_LAST_LINES = 5


class LogFile:
    """Appends lines to `path`; at 10 MiB the file moves on to `.1`, and three of those are kept.

    Lines go to the page cache, so that writing them does not hold up the event loop.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        self.last: deque[str] = deque(maxlen=_LAST_LINES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, line: str) -> None:
        """Add one line, given without its end."""
        self.last.append(line)
        if self._file.tell() > _LARGEST:
            self._turn_over()
        self._file.write(f"{line}\n".encode(errors="backslashreplace"))

    def _turn_over(self) -> None:
        self._file.close()
        for number in range(_KEPT - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        self._file = self._path.open("ab", buffering=0)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
