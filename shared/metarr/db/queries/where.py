"""Optional conditions of a list, put together from constant pieces; values only ever travel as parameters."""

from collections.abc import Iterable


class Where:
    """Collects conditions and their values. `{}` in a piece stands for the next value's place."""

    def __init__(self, *values: object) -> None:
        """`values` come first: they belong to the part of the statement before the conditions."""
        self.values: list[object] = list(values)
        self._pieces: list[str] = []

    def add(self, piece: str, *values: object) -> None:
        """One more condition that must hold."""
        self._pieces.append(piece.format(*(self.place(value) for value in values)))

    def place(self, value: object) -> str:
        """Add a value and name its place, `$n`."""
        self.values.append(value)
        return f"${len(self.values)}"

    @property
    def text(self) -> str:
        """What stands behind WHERE."""
        return _all(self._pieces)


def _all(pieces: Iterable[str]) -> str:
    return " AND ".join(f"({piece})" for piece in pieces) or "true"


def like(text: str) -> str:
    """A pattern for ILIKE that finds `text` anywhere, whatever characters it has."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
