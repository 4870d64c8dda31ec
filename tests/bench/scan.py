"""Scan: 1,000 films with an NFO and two pictures each, from the ScanLibrary job to the last ScanFolder job that it led to.

Ours is one scanner process (with its probe process), PostgreSQL with fsync, NATS: walk, classify, NFO, names, streams, file
hash, rows, facts and following jobs, all committed. The floor is the least that anybody must do to learn what is there, in a
loop in one thread: walk, stat every file, read and parse every NFO, open every video with the same fast options and look at
its streams; it hashes and stores nothing. Aim: at most 2.5 times the floor, in wall time.
"""

import os
import statistics
import time
from pathlib import Path
from xml.etree.ElementTree import parse

import av

from bench.house import House
from bench.table import Row, milliseconds
from metarr.messages.jobs import ScanLibrary

AIM = 2.5
_ROUNDS = 5
_FAST = {"skip_frame": "all", "probesize": "1000000"}


async def run(house: House) -> list[Row]:
    root = house.film_library
    floor: list[float] = []
    ours: list[float] = []
    async with house.service("scanner"):
        await _scan(house)  # the first one starts the probe process and fills every cache
        for _ in range(_ROUNDS):
            floor.append(_seconds_of_floor(root))
            ours.append(await _scan(house))
    mine, least = statistics.median(ours), statistics.median(floor)
    films = len(os.listdir(root))
    return [
        Row(
            name=f"scan: {films} films, new",
            ours=milliseconds(mine),
            floor=milliseconds(least),
            ratio=mine / least,
            at="most",
            aim=AIM,
        )
    ]


async def _scan(house: House) -> float:
    library = await house.start_afresh(house.film_library)
    return await house.finish(ScanLibrary(library_id=library))


def _seconds_of_floor(root: Path) -> float:
    began = time.perf_counter()
    for folder, _, names in os.walk(root):
        for name in names:
            _look_at(f"{folder}/{name}")
    return time.perf_counter() - began


def _look_at(path: str) -> None:
    os.stat(path)
    if path.endswith(".nfo"):
        parse(path)
    elif path.endswith(".mkv"):
        with av.open(path, options=_FAST) as container:
            for stream in container.streams:
                _ = (stream.type, stream.codec_context.name, stream.language, stream.duration)
