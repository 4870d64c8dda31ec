"""Keeping one program alive: started, listened to, started again when it dies, ended when it is told to."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from metarr.errors import MetarrError
from metarr_local.log_files import LogFile
from metarr_local.processes import Program, popen_arguments

_CHUNK = 64 * 1024
_LONGEST_LINE = 16 * 1024
_LAST_WORDS_TIMEOUT = 2.0
_READY_STEP = 0.05


class Unit(Struct, frozen=True, kw_only=True):
    """What is kept alive.

    `make` gives the program and makes ready what it needs (it may block and is called before every start);
    `ready` tells whether it does its work (it may block; None: as soon as it runs). `chatty` lines also go to the person.
    """

    name: str
    make: Callable[[], Program]
    ready: Callable[[], bool] | None = None
    chatty: bool = False


class Patience(Struct, frozen=True, kw_only=True):
    """Seconds before a dead program is started again: doubling from `first` to `longest`, anew after a `healthy` time."""

    first: float = 1.0
    longest: float = 30.0
    healthy: float = 60.0


type Say = Callable[[str, str], None]
"""Tell the person: the name of the unit and a line."""


class Keeper:
    """One unit's life. `run` returns when `stop` has been called and the program has ended."""

    def __init__(self, unit: Unit, folder: Path, say: Say, patience: Patience) -> None:
        self.unit = unit
        self._pid_file = folder / "run" / f"{unit.name}.pid"
        self._log_path = folder / "logs" / f"{unit.name}.log"
        self._say = say
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._program: Program | None = None
        self._stopping = asyncio.Event()
        self.starts = 0

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        return self._process.pid if self._process is not None else None

    @property
    def log_path(self) -> Path:
        return self._log_path

    async def run(self) -> None:
        """Start the program, and again whenever it ends, until it is to stop."""
        wait = self._patience.first
        loop = asyncio.get_running_loop()
        self._pid_file.parent.mkdir(mode=0o700, exist_ok=True)
        with LogFile(self._log_path) as log:
            while not self._stopping.is_set():
                began = loop.time()
                reason = await self._one_life(log)
                if self._stopping.is_set():
                    return
                if loop.time() - began >= self._patience.healthy:
                    wait = self._patience.first
                self._mourn(log, reason, wait)
                await self._pause(wait)
                wait = min(2 * wait, self._patience.longest)

    async def wait_ready(self) -> None:
        """Return when the unit does its work, or when it has been told to stop."""
        while not self._stopping.is_set():
            if self.pid is not None and await self._answers():
                return
            await self._pause(_READY_STEP)

    async def stop(self) -> None:
        """Ask the program to end; kill it when it takes longer than it may."""
        self._stopping.set()
        process, program = self._process, self._program
        if process is None or program is None:
            return
        _signal(process, program.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), program.stop_timeout)
        except TimeoutError:
            self._say(self.unit.name, f"does not end within {program.stop_timeout:g} s; killed")
            self.kill()

    def kill(self) -> None:
        """End the program and everything it started, at once. PostgreSQL and NATS stand this as they stand a power cut."""
        self._stopping.set()
        if self._process is not None:
            _kill_group(self._process.pid)

    async def _one_life(self, log: LogFile) -> str:
        """From start to end; says how it ended."""
        try:
            program = await asyncio.to_thread(self.unit.make)
            reader, writer = os.pipe()
            process = await _start(program, reader, writer)
        except (MetarrError, OSError) as fault:
            return f"cannot start: {fault}"
        self._process, self._program = process, program
        self.starts += 1
        self._pid_file.write_text(str(process.pid))
        if self._stopping.is_set():
            _signal(process, program.stop_signal)
        async with asyncio.TaskGroup() as ears:
            listening = ears.create_task(self._listen(reader, log), name=f"words-{self.unit.name}")
            code = await process.wait()
            _kill_group(process.pid)  # what it started must not outlive it
            await asyncio.wait({listening}, timeout=_LAST_WORDS_TIMEOUT)
            listening.cancel()
        self._process = None
        self._pid_file.unlink(missing_ok=True)
        return _how_it_ended(code)

    async def _listen(self, reader: int, log: LogFile) -> None:
        stream = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reader, "rb")
        )
        rest = b""
        try:
            while chunk := await stream.read(_CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                if len(rest) > _LONGEST_LINE:
                    lines, rest = [*lines, rest], b""
                for line in lines:
                    self._note(line, log)
            if rest:
                self._note(rest, log)
        finally:
            transport.close()

    def _note(self, line: bytes, log: LogFile) -> None:
        text = line.decode(errors="backslashreplace")
        log.append(text)
        if self.unit.chatty:
            self._say(self.unit.name, text)

    def _mourn(self, log: LogFile, reason: str, wait: float) -> None:
        if not self.unit.chatty:
            for line in log.last:
                self._say(self.unit.name, line)
        self._say(self.unit.name, f"{reason}; starting again in {wait:g} s")

    async def _answers(self) -> bool:
        return self.unit.ready is None or await asyncio.to_thread(self.unit.ready)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


async def _start(program: Program, reader: int, writer: int) -> asyncio.subprocess.Process:
    """A pipe of our own: asyncio's would keep `wait` waiting for as long as a grandchild holds it open."""
    try:
        return await asyncio.create_subprocess_exec(
            *program.argv, stdin=asyncio.subprocess.DEVNULL, stdout=writer, stderr=writer, **popen_arguments(program)
        )
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except ProcessLookupError:
        return


def _kill_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
