"""Has pictures decoded by processes that may die: as many as there are cores, each with limits of memory and time.

The interpreter's lock is no reason for that (decoders work outside it); what strangers made is: a decoder with a fault takes its process along, and
this one holds the database and the network. A picture goes over as a file in memory that both have open: it is copied once
and in no message. Each process has one picture at a time, so it is known which one it died of; that one is tried once
more, because a process can also be ended from outside.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from threading import Lock
from typing import Self

import msgspec

from metarr.errors import ImageRefused, MetarrError, Transient
from metarr_cache.decoder_process import LARGEST_MESSAGE, READY, PictureSeen, PictureWanted
from metarr_cache.images import MAX_BYTES, ImageFacts, Thumbnail

SECONDS = 20.0
"""For one picture; the slowest that is taken (50 million pixels, progressive) needs some three of them."""
MEMORY = 2 << 30
"""Bytes of address space of one process; a picture of 50 million pixels with transparency takes about half of it."""

_START = 60.0
_COMMAND = (sys.executable, "-m", "metarr_cache.decoder_process")


class DecodersUnavailable(Transient):
    """No process for decoding starts, or the service stops."""


class _DiedError(MetarrError):
    """The process ended before it answered."""


class Decoders:
    """The processes, each started when it is needed for the first time. Use it as an async context manager."""

    def __init__(
        self,
        *,
        processes: int | None = None,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        command: Sequence[str] = _COMMAND,
    ) -> None:
        self._turn = asyncio.Semaphore(processes or os.cpu_count() or 1)
        self._seconds = seconds
        self._command = (*command, str(memory))
        self._lock = Lock()
        self._all: set[_Process] = set()
        self._idle: list[_Process] = []
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._close)

    async def inspect(self, data: bytes) -> ImageFacts:
        """`images.inspect`. Raises ImageRefused, also for a picture that its decoder dies of or hangs in; DecodersUnavailable."""
        async with self._turn:
            seen, _ = await asyncio.to_thread(self._ask, data, PictureWanted(seconds=self._seconds))
        assert seen.facts is not None
        return seen.facts

    async def thumbnail(self, data: bytes, width: int) -> Thumbnail:
        """`images.thumbnail`. Raises as `inspect`."""
        async with self._turn:
            seen, made = await asyncio.to_thread(self._ask, data, PictureWanted(seconds=self._seconds, width=width))
        return Thumbnail(data=made, mime_type=seen.mime_type, ext=seen.ext)

    def _ask(self, data: bytes, wanted: PictureWanted) -> tuple[PictureSeen, bytes]:
        if len(data) > MAX_BYTES:
            raise ImageRefused(f"the file is larger than {MAX_BYTES // (1024 * 1024)} MB")
        with _in_memory(data) as file:
            try:
                seen = self._exchange(self._take(), file, wanted)
            except _DiedError:
                seen = self._try_again(data, file, wanted)
            if seen.refused is not None:
                raise ImageRefused(seen.refused)
            file.seek(0)
            return seen, b"" if wanted.width is None else file.readall()

    def _try_again(self, data: bytes, file: FileIO, wanted: PictureWanted) -> PictureSeen:
        """In a fresh process: others may have been ended together with the first."""
        file.seek(0)
        file.truncate()
        file.write(data)
        try:
            return self._exchange(self._start(), file, wanted)
        except _DiedError as died:
            raise ImageRefused("the picture makes the program crash that decodes it") from died

    def _exchange(self, process: "_Process", file: FileIO, wanted: PictureWanted) -> PictureSeen:
        """Whatever disturbs it leaves no process behind that is about to answer."""
        try:
            seen = process.ask(file, wanted)
        except TimeoutError as late:
            self._end(process)
            raise ImageRefused(f"decoding it was given up after {wanted.seconds:g} seconds") from late
        except BaseException:
            self._end(process)
            raise
        with self._lock:
            self._idle.append(process)
        return seen

    def _take(self) -> "_Process":
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._start()

    def _start(self) -> "_Process":
        with self._lock:
            if self._closed:
                raise DecodersUnavailable("the service stops")
            process = _Process(self._command)
            self._all.add(process)
        try:
            process.await_ready()
        except (TimeoutError, _DiedError) as lost:
            self._end(process)
            raise DecodersUnavailable("the process that decodes pictures does not start") from lost
        return process

    def _end(self, process: "_Process") -> None:
        process.end()
        with self._lock:
            self._all.discard(process)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            ending = list(self._all)
        for process in ending:
            self._end(process)


class _Process:
    """One process and our end of its socket. It gets none of our variables, which may hold keys, and no Ctrl-C."""

    def __init__(self, command: Sequence[str]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("METARR_")}
        self._desk, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment | {"OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,
            )

    def await_ready(self) -> None:
        """Raises TimeoutError, _DiedError."""
        self._desk.settimeout(_START)
        if self._receive() != READY:
            raise _DiedError("it says something else")

    def ask(self, file: FileIO, wanted: PictureWanted) -> PictureSeen:
        """Raises TimeoutError, _DiedError."""
        self._desk.settimeout(wanted.seconds)
        try:
            socket.send_fds(self._desk, [msgspec.msgpack.encode(wanted)], [file.fileno()])
        except OSError as gone:
            raise _DiedError(str(gone)) from gone
        return msgspec.msgpack.decode(self._receive(), type=PictureSeen)

    def end(self) -> None:
        """Whatever it is doing. A second time does nothing."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._desk.shutdown(socket.SHUT_RDWR)
        self._desk.close()

    def _receive(self) -> bytes:
        try:
            message = self._desk.recv(LARGEST_MESSAGE)
        except TimeoutError:
            raise
        except OSError as gone:
            raise _DiedError(str(gone)) from gone
        if not message:
            raise _DiedError("the socket ended")
        return message


@contextmanager
def _in_memory(data: bytes) -> Iterator[FileIO]:
    with FileIO(os.memfd_create("picture"), "r+") as file:
        file.write(data)
        yield file
