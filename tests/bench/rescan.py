"""Rescan of a library in which nothing changed, against `os.scandir` and a stat of everything in the same tree.

Ours is the whole ScanLibrary job: what is known is loaded, every directory gets its one stat, the root is judged, the result
committed; in this process, so that every file it opens in the library is seen. Aims: at most 1.5 times the floor, in wall
time, and no file opened.
"""

import os
import statistics
import sys
import time
from pathlib import Path

from bench.house import House
from bench.table import Row, milliseconds
from metarr import queue
from metarr.messages.jobs import ScanLibrary
from metarr.runtime import SystemClock, Work, new_job
from metarr.runtime.handlers import handlers_of
from metarr.runtime.running import run_once
from metarr_scanner.jobs import Handlers
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober
from support.workers import hire

AIM = 1.5
_ROUNDS = 15


class Opened:
    """Counts the files that this process opens below a folder, by the interpreter's own audit."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        self.count = 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(path := arguments[0], str | bytes | os.PathLike):
            self.count += os.fsdecode(path).startswith(self._root)


async def run(house: House) -> list[Row]:
    root = house.film_library
    library = await house.start_afresh(root)
    async with house.service("scanner"):
        await house.finish(ScanLibrary(library_id=library))
    async with Prober() as prober, NameReader() as names:
        handlers = Handlers(prober, names)
        await _rescan(house, handlers, library)
        opened = Opened(root)
        floor: list[float] = []
        ours: list[float] = []
        for _ in range(_ROUNDS):
            floor.append(_seconds_of_floor(root))
            ours.append(await _rescan(house, handlers, library))
    mine, least = statistics.median(ours), statistics.median(floor)
    return [
        Row(
            name=f"rescan: {len(os.listdir(root))} films, nothing changed",
            ours=milliseconds(mine),
            floor=milliseconds(least),
            ratio=mine / least,
            at="most",
            aim=AIM,
        ),
        Row(name="rescan: files opened", ours=str(opened.count), floor="0", ratio=opened.count, at="most", aim=0),
    ]


async def _rescan(house: House, handlers: Handlers, library: int) -> float:
    """Seconds from the claimed job to its commit."""
    job = ScanLibrary(library_id=library)
    async with house.db.transaction() as conn:
        await queue.enqueue(conn, [new_job(job, priority=5)])
        await hire(conn, "bench", "scanner")
        (claimed,) = await queue.claim(conn, "scanner", [type(job).__name__], "bench", limit=1)
    work = Work(claimed, db=house.db, clock=SystemClock(), data_dir=str(house.folder))
    began = time.perf_counter()
    recorded, _ = await run_once(handlers_of(handlers)[claimed.kind], work)
    seconds = time.perf_counter() - began
    assert not recorded.jobs, "nothing changed, and yet something is to be read"
    return seconds


def _seconds_of_floor(root: Path) -> float:
    began = time.perf_counter()
    folders = [str(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                entry.stat()
                if entry.is_dir():
                    folders.append(entry.path)
    return time.perf_counter() - began
