"""The store itself: files named by the SHA-256 of their bytes, written whole or not at all."""

import asyncio
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

from msgspec import Struct

from metarr.blobs.names import ASSET_DIR, BlobName, blob_name, parse_stored
from metarr.blobs.writing import move_into_place, write_temporary
from metarr.errors import NotFound

_INCOMING = ".incoming"
_YOUNG = 3600.0
"""Seconds for which a file that was written or wanted need not be marked again."""


class Blob(Struct, frozen=True, kw_only=True):
    """A stored file. `path` is what `cache_assets.file_path` holds: relative to the data directory. `size` in bytes."""

    content_hash: str
    path: str
    size: int


class BlobStat(Struct, frozen=True, kw_only=True):
    """What the disk says: `size` in bytes, `mtime_ns` since the epoch."""

    size: int
    mtime_ns: int


class BlobStore:
    """`{root}/{ab}/{cd}/{sha256}.{ext}`; root is `<data_dir>/cache/assets`.

    Every method takes the stored path (`Blob.path`, `cache_assets.file_path`) and uses only the hash in it.
    The plain methods block; services on the loop use the `*_all` ones, which do a batch in one thread.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    @property
    def root(self) -> str:
        """The folder of the store."""
        return self._root

    def put(self, data: bytes | Iterable[bytes], ext: str) -> Blob:
        """Keep these bytes; idempotent. A damaged file of that name is replaced.

        Raises StoreFull when the disk has no room, Transient when it is failing (then nothing is left behind), Invalid for an
        odd extension.
        """
        if isinstance(data, bytes):
            return self._put_bytes(data, ext)
        return self._put_chunks(data, ext)

    def path(self, stored: str) -> str:
        """The absolute path of a blob, for those who copy or send it. Raises Invalid."""
        return self._locate(parse_stored(stored))

    def open(self, stored: str) -> BinaryIO:
        """Open for reading. Raises NotFound when the file is not there."""
        try:
            return open(self.path(stored), "rb")
        except FileNotFoundError:
            raise NotFound(f"{stored} is not in the store") from None

    def read(self, stored: str) -> bytes:
        """All bytes. Raises NotFound."""
        with self.open(stored) as file:
            return file.read()

    def stat(self, stored: str) -> BlobStat | None:
        """Size and time of a blob, None when it is not there."""
        try:
            found = os.stat(self.path(stored), follow_symlinks=False)
        except FileNotFoundError:
            return None
        return BlobStat(size=found.st_size, mtime_ns=found.st_mtime_ns)

    def exists(self, stored: str) -> bool:
        return self.stat(stored) is not None

    def verify(self, stored: str) -> bool:
        """Whether the file is there and its bytes still have the hash it is named by. Reads the whole file."""
        name = parse_stored(stored)
        return _hash_of_file(self._locate(name)) == name.content_hash

    def want(self, stored: str) -> bool:
        """`verify`, and whoever sweeps the store leaves the file alone for as long as one that was just put in."""
        name = parse_stored(stored)
        found = self.stat(stored)
        return found is not None and self._intact(name, found.size)

    def clear_leftovers(self, before: float) -> int:
        """Delete what a killed process left half-written before `before` (epoch seconds); returns how many files."""
        removed = 0
        with suppress(FileNotFoundError), os.scandir(os.path.join(self._root, _INCOMING)) as entries:
            for entry in entries:
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)
                    removed += 1
        return removed

    async def put_all(self, items: Sequence[tuple[bytes, str]]) -> list[Blob]:
        """`put` for each (bytes, extension), in one thread. Raises as `put`."""
        return await asyncio.to_thread(lambda: [self.put(data, ext) for data, ext in items])

    async def read_all(self, stored: Sequence[str]) -> list[bytes]:
        """`read` for each, in one thread. Raises as `read`."""
        return await asyncio.to_thread(lambda: [self.read(path) for path in stored])

    async def stat_all(self, stored: Sequence[str]) -> list[BlobStat | None]:
        """`stat` for each, in one thread."""
        return await asyncio.to_thread(lambda: [self.stat(path) for path in stored])

    async def verify_all(self, stored: Sequence[str]) -> list[bool]:
        """`verify` for each, in one thread."""
        return await asyncio.to_thread(lambda: [self.verify(path) for path in stored])

    async def want_all(self, stored: Sequence[str]) -> list[bool]:
        """`want` for each, in one thread."""
        return await asyncio.to_thread(lambda: [self.want(path) for path in stored])

    def _put_bytes(self, data: bytes, ext: str) -> Blob:
        name = blob_name(hashlib.sha256(data).hexdigest(), ext)
        if not self._intact(name, len(data)):
            move_into_place(write_temporary(self._incoming, (data,)), self._locate(name))
        return _blob(name, len(data))

    def _put_chunks(self, chunks: Iterable[bytes], ext: str) -> Blob:
        blob_name("0" * 64, ext)  # an odd extension is refused before anything is written
        digest = hashlib.sha256()
        temporary = write_temporary(self._incoming, _hashed(chunks, digest))
        name = blob_name(digest.hexdigest(), ext)
        size = os.stat(temporary).st_size
        if self._intact(name, size):
            os.unlink(temporary)
        else:
            move_into_place(temporary, self._locate(name))
        return _blob(name, size)

    def _intact(self, name: BlobName, size: int) -> bool:
        """An old file that is wanted again becomes a young one: whoever sweeps the store leaves those alone."""
        path = self._locate(name)
        with suppress(FileNotFoundError):
            found = os.stat(path)
            if found.st_size != size or _hash_of_file(path) != name.content_hash:
                return False
            if time.time() - found.st_mtime > _YOUNG:
                os.utime(path)
            return True
        return False

    def _locate(self, name: BlobName) -> str:
        return os.path.join(self._root, name.relative)

    @property
    def _incoming(self) -> str:
        return os.path.join(self._root, _INCOMING)


def _blob(name: BlobName, size: int) -> Blob:
    return Blob(content_hash=name.content_hash, path=f"{ASSET_DIR}/{name.relative}", size=size)


def _hashed(chunks: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for chunk in chunks:
        digest.update(chunk)
        yield chunk


def _hash_of_file(path: str) -> str | None:
    """None when there is no such file, or it cannot be read to its end."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
