"""Worker processes of one side: started and connected first, set to work by a word, ended at once."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bench.house import House
from bench.queue.signals import GO, READY, heard_started

_PATIENCE = 60.0
_TESTS = Path(__file__).parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")


class Crew:
    def __init__(self, processes: list[Process], started: Mapping[int, "asyncio.Future[int]"]) -> None:
        self._processes = processes
        self._started = started

    async def go(self) -> None:
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(GO.encode())
            await process.stdin.drain()

    async def start_of(self, number: int) -> int:
        """When this job started, in nanoseconds of the machine's monotonic clock."""
        async with asyncio.timeout(_PATIENCE):
            return await self._started[number]

    def processor_seconds(self) -> float:
        """What the workers have taken of the processors so far."""
        return sum(processor_seconds(process.pid) for process in self._processes)


def processor_seconds(pid: int, *, with_children: bool = False) -> float:
    """User and system time of a process, from the kernel; of its ended children too, if wanted."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11 : 15 if with_children else 13]) / _TICKS


class _Started(dict[int, "asyncio.Future[int]"]):
    """One future a job, made by whoever asks first: who waits, or who hears."""

    def __missing__(self, number: int) -> "asyncio.Future[int]":
        self[number] = asyncio.get_running_loop().create_future()
        return self[number]


@asynccontextmanager
async def crew_of(house: House, side: str, options: tuple[str, ...], *, workers: int = 1) -> AsyncIterator[Crew]:
    """Processes that are ready and wait for `go`; killed when the block ends."""
    started = _Started()
    log = (house.folder / f"{side}.log").open("ab")
    processes = [await _start(house, side, options, log.fileno()) for _ in range(workers)]
    try:
        async with asyncio.TaskGroup() as group:
            for process in processes:
                await _wait_ready(process, house.folder / f"{side}.log")
            listeners = [group.create_task(_listen(process, started)) for process in processes]
            yield Crew(processes, started)
            for listener in listeners:
                listener.cancel()
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        log.close()


async def _start(house: House, side: str, options: tuple[str, ...], log: int) -> Process:
    outer = {key: value for key, value in os.environ.items() if not key.startswith("METARR_")}
    given = {
        "METARR_DATA_DIR": str(house.folder / "data"),
        "METARR_DATABASE_URL": house.database_url,
        "METARR_NATS_URL": house.nats_url,
        "METARR_LOG_LEVEL": "warning",
        "PYTHONPATH": os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    words = (sys.executable, "-m", "bench.queue.worker", side, house.database_url, house.nats_url, *options)
    return await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE, stderr=log, env=outer | given)


async def _wait_ready(process: Process, log: Path) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(_PATIENCE):
        while line := await process.stdout.readline():
            if line.decode().strip() == READY:
                return
    raise RuntimeError(f"a worker ended before it was ready:\n{log.read_text()[-2000:]}")


async def _listen(process: Process, started: _Started) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        heard = heard_started(line.decode())
        if heard is not None:
            number, when = heard
            started[number].set_result(when)
