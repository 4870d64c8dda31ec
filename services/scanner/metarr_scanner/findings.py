"""What a job on some folders found out, ready to be stored; and what is to be remembered of the folders themselves. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from metarr.db.queries.scan import FolderRow
from metarr.db.queries.scan_films import FilmRow
from metarr_scanner.compare import FilmChange
from metarr_scanner.finding import Found
from metarr_scanner.probe_process import GONE
from metarr_scanner.recognising import Recognised
from metarr_scanner.scene import Scene
from metarr_scanner.walk import remembered

_SHOWN = 5


class Findings(Struct, frozen=True, kw_only=True):
    """All that is to be stored.

    `folders` are the directories as they are to be remembered, `undecided` units of which it cannot be told which video is the
    film, with the reason; `troubled` says that problems of folders came or went.
    """

    changes: tuple[FilmChange, ...] = ()
    lost: tuple[FilmRow, ...] = ()
    folders: tuple[FolderRow, ...] = ()
    undecided: tuple[tuple[str, str], ...] = ()
    troubled: bool = False


def findings_of(
    scenes: Sequence[Scene],
    found: Found,
    changes: Iterable[FilmChange],
    recognised: Recognised,
    *,
    now: datetime,
) -> Findings:
    """Put together what is to be stored. A film whose file went away while it was read is left for the next scan."""
    fleeting = {film.video.file_path: film for film in found.films if film.probe and film.probe.problem == GONE}
    restless = {film.scene.unit.path for film in fleeting.values()}
    folders: list[FolderRow] = []
    for scene in scenes:
        problem = _problem(scene, found.undecided.get(scene.unit.path))
        settled = scene.unit.path not in restless
        folders += _folders(scene, problem, int(now.timestamp() * 1_000_000_000), settled=settled)
    before = [row for row in recognised.known.folders.values() if row.problem]
    return Findings(
        changes=tuple(change for change in changes if change.path not in fleeting),
        lost=recognised.lost,
        folders=tuple(folders),
        undecided=tuple(found.undecided.items()),
        troubled=bool(before) or any(row.problem for row in folders),
    )


def _folders(scene: Scene, problem: str | None, now_ns: int, *, settled: bool) -> list[FolderRow]:
    """The unit's directories; one that could not be read to the end, or moved meanwhile, is read again the next time."""
    unit = scene.unit
    if unit.gone:
        return []
    if not unit.folders:
        return [FolderRow(path=unit.path, mtime_ns=0, problem=problem)]
    rows = [remembered(row, now_ns) for row in unit.folders]
    first = replace(rows[0], problem=problem)
    if unit.unreadable or not settled:
        first = replace(first, mtime_ns=0)
    return [first, *rows[1:]]


def _problem(scene: Scene, undecided: str | None) -> str | None:
    """What is wrong with a unit, in words."""
    troubles = [f"{path.removeprefix(f'{scene.unit.path}/')}: {why}" for path, why in scene.unit.troubles[:_SHOWN]]
    open_question = any(film.candidates for film in scene.reading.films)
    reading = undecided if open_question else scene.reading.problem
    return "; ".join([*troubles, *([reading] if reading else [])]) or None
