"""What the demo shows: progress while the system works, and a summary of what was done and why."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from metarr_local.client import Client

_WIDTH = 118


class Shown(Struct, frozen=True, kw_only=True):
    """One film as the summary shows it."""

    place: str
    title: str
    status: str
    why: str
    pictures: int
    problems: tuple[str, ...]


class Report(Struct, frozen=True, kw_only=True):
    """What is there after the work; `written` are the files of the library that are new or other than before."""

    films: tuple[Shown, ...]
    written: tuple[str, ...]
    failed: tuple[str, ...]

    @classmethod
    def read(cls, client: Client, library_id: int, root: Path, written: Sequence[str]) -> Self:
        """Ask the API. Raises ApiError."""
        movies = [client.get(f"/movies/{movie['id']}") for movie in client.every("/movies", library_id=library_id)]
        failed = [
            f"{job['kind']} {job['id']}: {job['error_message']}" for job in client.every("/jobs", status="failed")
        ]
        return cls(
            films=tuple(sorted((_shown(movie, root) for movie in movies), key=lambda film: film.place)),
            written=tuple(written),
            failed=tuple(failed),
        )


def _shown(movie: Mapping[str, Any], root: Path) -> Shown:
    year = f" ({movie['year']})" if movie["year"] else ""
    return Shown(
        place=str(Path(movie["file_path"]).relative_to(root)),
        title=f"{movie['title']}{year}",
        status=movie["identification_status"],
        why=movie["identified_by"] or "",
        pictures=len(movie["assets"]),
        problems=tuple(problem["message"] for problem in movie["problems"]),
    )


class Screen:
    """The person's terminal."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)

    def say(self, line: str) -> None:
        self._console.print(Text(line, style="dim"))

    @contextmanager
    def progress(self) -> Iterator[Callable[[Mapping[str, int]], None]]:
        """A live line; the function given takes the newest counts."""
        columns = (TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as bars:
            jobs = bars.add_task("jobs done", total=None)
            films = bars.add_task("films enriched", total=None)

            def update(state: Mapping[str, int]) -> None:
                bars.update(jobs, completed=state["done"], total=state["done"] + state["open"])
                bars.update(films, completed=state["enriched"], total=state["films"])

            yield update

    def show(self, report: Report, address: str, folder: Path) -> None:
        """The summary: what was matched and why, what needs a person and why, and where to go on."""
        self._console.print(_table(report.films))
        waiting = [film for film in report.films if film.problems]
        if waiting:
            self._console.print(Text("What needs you, or should be known:", style="bold"))
            for film in waiting:
                for problem in film.problems:
                    self._console.print(Text(f"  {film.place}: {problem}"))
        for line in report.failed:
            self._console.print(Text(f"  failed: {line}", style="red"))
        ours = [path for path in report.written if not path.startswith(".metarr-recycle")]
        self._console.print(
            Text(f"{len(report.films)} films, {len(ours)} files written into the library." if ours else _NOTHING_NEW)
        )
        self._console.print(Text(f"API: {address}/api/v1/movies   docs: {address}/docs"))
        self._console.print(
            Text(f'key: {folder}/api_key   try: curl -H "X-Api-Key: $(cat {folder}/api_key)" {address}/api/v1/movies')
        )
        self._console.print(Text("Ctrl-C ends it; the next run goes on where this one stood."))


_NOTHING_NEW = "Nothing has changed since the last run; nothing was written."


def _table(films: Sequence[Shown]) -> Table:
    table = Table(title="The library", title_justify="left", box=SIMPLE_HEAD, width=_WIDTH, pad_edge=False)
    table.add_column("where", ratio=7, overflow="ellipsis", no_wrap=True)
    table.add_column("taken for", ratio=6, overflow="ellipsis", no_wrap=True)
    table.add_column("because of", ratio=11, overflow="ellipsis", no_wrap=True)
    table.add_column("state", width=12)
    table.add_column("art", width=3, justify="right")
    where = _where(films)
    for film in films:
        style = "" if film.status == "enriched" else "yellow"
        why = film.why or "not known; it waits for a person"
        words = (Text(text) for text in (where[film.place], film.title, why))
        table.add_row(*words, Text(film.status, style), str(film.pictures))
    return table


def _where(films: Sequence[Shown]) -> dict[str, str]:
    """The shortest name that tells: a film's folder, or its file where the folder holds several."""
    folders = {film.place: _folder(film.place) for film in films}
    holds = Counter(folders.values())
    return {
        place: os.path.basename(place if holds[folder] > 1 or not folder else folder)
        for place, folder in folders.items()
    }


def _folder(place: str) -> str:
    folder = os.path.dirname(place)
    return os.path.dirname(folder) if os.path.basename(folder) in {"VIDEO_TS", "BDMV"} else folder
