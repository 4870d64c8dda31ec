"""What a benchmark says: one row for each comparison, printed as one table."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from rich.console import Console
from rich.table import Table


class Row(Struct, frozen=True, kw_only=True):
    """One comparison. `ours` and `floor` are shown as given; `ratio` is held against `aim`, as `at` says: at most or at least."""

    name: str
    ours: str
    floor: str
    ratio: float
    at: Literal["most", "least"]
    aim: float | None = None

    @property
    def holds(self) -> bool:
        if self.aim is None:
            return True
        return self.ratio <= self.aim if self.at == "most" else self.ratio >= self.aim


def milliseconds(seconds: float) -> str:
    """A duration for a reader, with three figures that count."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


def show(rows: Iterable[Row]) -> None:
    """Print the table."""
    table = Table(title="ours against a floor or a peer of the same run")
    for heading in ("what", "ours", "floor or peer", "ratio", "aim", "ok?"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in rows:
        sign = "≤" if row.at == "most" else "≥"
        aim = "" if row.aim is None else f"{sign} {row.aim:g}"
        table.add_row(row.name, row.ours, row.floor, f"{row.ratio:.2f}", aim, _verdict(row))
    Console(width=120).print(table)


def _verdict(row: Row) -> str:
    if row.aim is None:
        return ""
    return "yes" if row.holds else "NO"
