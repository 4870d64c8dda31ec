"""The process that opens foreign files: it holds PyAV, reads and hashes what it is told to, and may die without harm.

Spoken over its standard input and output: a 4-byte big-endian length, then MessagePack. In come batches of ProbeWanted, out
go lists of Probed, a few at a time; files are begun in the order in which they came. The end of the input is the end of the
process.
"""

import os
import resource
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import BinaryIO

import msgspec
from msgspec import Struct

from metarr.domain.streams import MediaStreams
from metarr.errors import MediaUnreadable
from metarr_scanner.media import read_media
from metarr_scanner.oshash import oshash

THREADS = 2
"""libav works outside the interpreter's lock: two threads are 1.7 times as fast as one."""
GROUP = 8
"""Answers that may be held back until there are so many, or no question is open: each message costs both sides their time."""
GONE = "the file is gone"
_MEMORY = 4 << 30
"""Bytes of address space; a file that wants more than this is not a film."""
LENGTH = struct.Struct(">I")


class ProbeWanted(Struct, frozen=True, kw_only=True):
    """One file to be read, under a number that the asker chooses."""

    number: int
    path: str


class Probed(Struct, frozen=True, kw_only=True):
    """What a file is: its hash, and its streams or in words why they cannot be read."""

    number: int
    file_hash: str | None = None
    streams: MediaStreams | None = None
    problem: str | None = None


def probe_file(wanted: ProbeWanted) -> Probed:
    """Hash and read one file; never raises for what is wrong with the file."""
    file_hash = None
    try:
        with open(wanted.path, "rb", buffering=0) as file:
            file_hash = oshash(file)
        streams = read_media(wanted.path)
    except MediaUnreadable as unreadable:
        return Probed(number=wanted.number, file_hash=file_hash, problem=str(unreadable))
    except MemoryError:
        return Probed(number=wanted.number, file_hash=file_hash, problem="reading the file takes too much memory")
    except OSError as failed:
        return Probed(number=wanted.number, file_hash=file_hash, problem=_in_words(failed))
    return Probed(number=wanted.number, file_hash=file_hash, streams=streams)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Say that we are there by an empty answer, then answer until the input ends."""
    desk = _Desk(sink)
    desk.send(b"")
    with ThreadPoolExecutor(THREADS, thread_name_prefix="probe") as pool:
        while head := source.read(LENGTH.size):
            (length,) = LENGTH.unpack(head)
            batch = msgspec.msgpack.decode(source.read(length), type=list[ProbeWanted])
            desk.expect(len(batch))
            for wanted in batch:
                pool.submit(lambda wanted: desk.take(probe_file(wanted)), wanted)


class _Desk:
    """Collects the answers of all threads and sends them in groups."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._lock = Lock()
        self._open = 0
        self._held: list[Probed] = []

    def expect(self, count: int) -> None:
        with self._lock:
            self._open += count

    def take(self, probed: Probed) -> None:
        with self._lock:
            self._open -= 1
            self._held.append(probed)
            if self._open and len(self._held) < GROUP:
                return
            self.send(msgspec.msgpack.encode(self._held))
            self._held.clear()

    def send(self, body: bytes) -> None:
        self._sink.write(LENGTH.pack(len(body)) + body)
        self._sink.flush()


def _in_words(failed: OSError) -> str:
    if isinstance(failed, FileNotFoundError):
        return GONE
    if isinstance(failed, PermissionError):
        return "no permission to read the file"
    return f"the file cannot be read: {os.strerror(failed.errno) if failed.errno else failed}"


def _main() -> None:
    """Keep the true output for answers: whatever libav or Python print by themselves goes to the error output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    _main()
