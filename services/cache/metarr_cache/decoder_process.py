"""The process that decodes foreign pictures: it may die, hang or run out of memory, and costs nothing but that picture.

Spoken over a socket of whole messages that is its standard input. In comes a PictureWanted with the picture as an open file beside it, so
that the bytes are in no message; out goes a PictureSeen. A thumbnail is written into the same file in place of the picture. When the asker
is gone the socket ends, and so does the process; when it hangs in a decoder then, an alarm ends it.
"""

import resource
import signal
import socket
import sys
from io import FileIO

import msgspec
from msgspec import Struct

from metarr.errors import ImageRefused
from metarr_cache.images import ImageFacts, inspect, thumbnail

LARGEST_MESSAGE = 4096
READY = b"ready"
GRACE = 5.0
"""Seconds that the asker has for giving a picture up itself, before the alarm does."""


class PictureWanted(Struct, frozen=True, kw_only=True):
    """Describe the picture, or make a thumbnail `width` pixels wide of it. `seconds`: how long the asker waits."""

    seconds: float
    width: int | None = None


class PictureSeen(Struct, frozen=True, kw_only=True):
    """What was asked for, or in words why not; of a thumbnail only what it is, its bytes are in the file."""

    facts: ImageFacts | None = None
    mime_type: str = ""
    ext: str = ""
    refused: str | None = None


def serve(desk: socket.socket) -> None:
    """Say that we are there, then answer until the socket ends."""
    desk.send(READY)
    while True:
        message, files, _, _ = socket.recv_fds(desk, LARGEST_MESSAGE, 1)
        if not message:
            return
        wanted = msgspec.msgpack.decode(message, type=PictureWanted)
        signal.setitimer(signal.ITIMER_REAL, wanted.seconds + GRACE)
        with FileIO(files[0], "r+") as file:
            seen = look(file, wanted)
        signal.setitimer(signal.ITIMER_REAL, 0)
        desk.send(msgspec.msgpack.encode(seen))


def look(file: FileIO, wanted: PictureWanted) -> PictureSeen:
    """Do what is wanted; never raises for what is wrong with the picture."""
    try:
        file.seek(0)
        data = file.readall()
        if wanted.width is None:
            return PictureSeen(facts=inspect(data))
        made = thumbnail(data, wanted.width)
    except ImageRefused as refused:
        return PictureSeen(refused=str(refused))
    except MemoryError:
        return PictureSeen(refused="decoding it takes too much memory")
    file.seek(0)
    file.truncate()
    file.write(made.data)
    return PictureSeen(mime_type=made.mime_type, ext=made.ext)


def _main() -> None:
    """The first argument is how many bytes of address space it may have."""
    memory = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with socket.socket(fileno=0) as desk:
        serve(desk)


if __name__ == "__main__":
    _main()
