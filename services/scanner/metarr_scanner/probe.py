"""Asks the probe process: starts it, feeds it batches, and survives its death.

When it dies or falls silent, the culprit is among the files it had begun and not answered: the first ones without an answer,
as many as it reads at once and holds back. Each of those is tried once more alone; the one that kills it again gets a problem, everything
else its answer.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Self

import msgspec

from metarr.errors import MetarrError, Transient
from metarr_scanner.probe_process import GROUP, LENGTH, THREADS, Probed, ProbeWanted

_SILENCE = 30.0
"""Seconds without any answer after which a file counts as hanging."""
_START = 60.0
_SUSPECTS = THREADS + GROUP
_COMMAND = (sys.executable, "-m", "metarr_scanner.probe_process")


class ProbeUnavailable(Transient):
    """The probe process does not start."""


class _ProcessLostError(MetarrError):
    """The probe process died or hangs."""


class Prober:
    """One probe process, started when it is first needed, used by one batch at a time."""

    def __init__(self, *, command: Sequence[str] = _COMMAND, silence: float = _SILENCE) -> None:
        self._command = command
        self._silence = silence
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    async def probe(self, paths: Sequence[str]) -> list[Probed]:
        """Read the files at these absolute paths, in this order. Raises ProbeUnavailable."""
        wanted = [ProbeWanted(number=number, path=path) for number, path in enumerate(paths)]
        answers: dict[int, Probed] = {}
        async with self._turn:
            await self._ask_all(wanted, answers)
        return [answers[one.number] for one in wanted]

    async def _ask_all(self, wanted: Sequence[ProbeWanted], answers: dict[int, Probed]) -> None:
        while wanted:
            try:
                await self._exchange(wanted, answers)
            except _ProcessLostError:
                wanted = [one for one in wanted if one.number not in answers]
                for suspect in wanted[:_SUSPECTS]:
                    await self._ask_alone(suspect, answers)
                wanted = wanted[_SUSPECTS:]
            else:
                return

    async def _ask_alone(self, suspect: ProbeWanted, answers: dict[int, Probed]) -> None:
        try:
            await self._exchange([suspect], answers)
        except _ProcessLostError as lost:
            answers[suspect.number] = Probed(number=suspect.number, problem=str(lost))

    async def _exchange(self, wanted: Sequence[ProbeWanted], answers: dict[int, Probed]) -> None:
        """Send a batch and take its answers; whatever disturbs that leaves no half-read process behind."""
        process = self._process or await self._start()
        complete = False
        try:
            _send(process, msgspec.msgpack.encode(wanted))
            missing = len(wanted)
            while missing:
                group = msgspec.msgpack.decode(await self._receive(process, self._silence), type=list[Probed])
                answers |= {answer.number: answer for answer in group}
                missing -= len(group)
            complete = True
        finally:
            if not complete:
                await self._stop()

    async def _start(self) -> asyncio.subprocess.Process:
        """It opens what strangers made: it gets none of our variables, which may hold keys. Ctrl-C does not reach it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("METARR_")}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, env=environment, start_new_session=True
        )
        self._process = process
        try:
            await self._receive(process, _START)
        except _ProcessLostError as lost:
            await self._stop()
            raise ProbeUnavailable("the process that reads video files does not start") from lost
        return process

    async def _receive(self, process: asyncio.subprocess.Process, patience: float) -> bytes:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(patience):
                (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
                return await process.stdout.readexactly(length)
        except TimeoutError as silent:
            raise _ProcessLostError(f"reading the file was given up after {patience:.0f} seconds") from silent
        except (asyncio.IncompleteReadError, ConnectionError) as gone:
            raise _ProcessLostError("the file makes the program crash that reads it") from gone

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
        if process is not None:
            await process.wait()


def _send(process: asyncio.subprocess.Process, body: bytes) -> None:
    """A batch is a few kilobytes and the process reads at once: there is nothing to wait for."""
    assert process.stdin is not None
    process.stdin.write(LENGTH.pack(len(body)) + body)
