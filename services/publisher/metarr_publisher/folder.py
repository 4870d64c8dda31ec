"""A folder of a library held open: what lies in it is reached through the handle, never through a symbolic link."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal, Self

from msgspec import Struct

from metarr.errors import PublishFailed

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking, or a pipe that somebody left under a picture's name would hold a worker for ever.
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP})
_NO_OWNERS = frozenset({errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_CHUNK = 1 << 20


class Found(Struct, frozen=True, kw_only=True):
    """What lies under a name: size in bytes, `mode` the permission bits; a link is described itself, not its target."""

    kind: Literal["file", "link", "folder", "other"]
    size: int
    mtime_ns: int
    inode: int
    mode: int
    uid: int
    gid: int

    @property
    def version(self) -> tuple[int, int, int]:
        """Differs when the file was written again or replaced."""
        return (self.inode, self.size, self.mtime_ns)


class Folder:
    """An open folder. Use as a context manager; every method raises OSError as the system does."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path

    @classmethod
    def open(cls, path: str, *, inside: str) -> Self:
        """Open a folder of the library whose root is `inside`.

        Raises FileNotFoundError or NotADirectoryError, and PublishFailed for a path that leads out of the library.
        """
        real, root = os.path.realpath(path, strict=True), os.path.realpath(inside, strict=True)
        if real != root and not real.startswith(root.rstrip("/") + "/"):
            raise PublishFailed(f"{path} leads out of the library to {real}; nothing is written there")
        return cls(os.open(real, _OPEN_FOLDER), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)

    def step(self, name: str) -> Self:
        """Open a folder in this one; a symbolic link is none."""
        return type(self)(os.open(name, _OPEN_FOLDER, dir_fd=self.descriptor), f"{self.path}/{name}")

    def make(self, name: str) -> Self:
        """As `step`, and make the folder when it is missing, with this one's mode and owner."""
        own = os.fstat(self.descriptor)
        with suppress(FileExistsError):
            os.mkdir(name, stat.S_IMODE(own.st_mode), dir_fd=self.descriptor)
            self.sync()
            with self.step(name) as made:
                dress(made.descriptor, stat.S_IMODE(own.st_mode), own.st_uid, own.st_gid)
        return self.step(name)

    def names(self) -> frozenset[str]:
        return frozenset(os.listdir(self.descriptor))

    def look(self, name: str) -> Found | None:
        """What lies there, None when nothing does."""
        try:
            found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return describe(found)

    def read(self, name: str, limit: int) -> bytes | None:
        """The bytes of a regular file, None when it is longer than `limit` bytes or no regular file."""
        with open(os.open(name, _OPEN_FILE, dir_fd=self.descriptor), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(limit + 1)
        return data if len(data) <= limit else None

    def hash(self, name: str) -> str:
        """SHA-256 of a regular file, in hex."""
        with open(os.open(name, _OPEN_FILE, dir_fd=self.descriptor), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def create(self, name: str, chunks: Iterable[bytes], *, mode: int, uid: int, gid: int) -> Found:
        """Write a new file to its end and sync it. Raises FileExistsError rather than touch what lies there."""
        descriptor = os.open(name, _NEW_FILE, 0o600, dir_fd=self.descriptor)
        try:
            for chunk in chunks:
                _write_all(descriptor, chunk)
            dress(descriptor, mode, uid, gid)
            os.fsync(descriptor)
            return describe(os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def rename(self, name: str, new_name: str) -> None:
        """Replaces what has the new name; a symbolic link there is replaced itself."""
        os.replace(name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self.descriptor)

    def remove_folder(self, name: str) -> None:
        """Only when it is empty."""
        with suppress(OSError):
            os.rmdir(name, dir_fd=self.descriptor)

    def copy_to(self, name: str, other: "Folder", new_name: str) -> None:
        """Give a file or link a second place: as a hard link where the file system has them, as a copy elsewhere."""
        try:
            os.link(name, new_name, src_dir_fd=self.descriptor, dst_dir_fd=other.descriptor, follow_symlinks=False)
        except OSError as refused:
            if refused.errno not in _NO_LINKS:
                raise
            self._copy(name, other, new_name)

    def sync(self) -> None:
        """Make names durable; some network file systems cannot, and need not."""
        try:
            os.fsync(self.descriptor)
        except OSError as refused:
            if refused.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise

    def free_bytes(self) -> int | None:
        """Room for this user; None where the file system does not say."""
        room = os.fstatvfs(self.descriptor)
        return room.f_bavail * room.f_frsize if room.f_blocks else None

    def _copy(self, name: str, other: "Folder", new_name: str) -> None:
        found = self.look(name)
        if found is not None and found.kind == "link":
            target = os.readlink(name, dir_fd=self.descriptor)
            os.symlink(target, new_name, dir_fd=other.descriptor)
            return
        with open(os.open(name, _OPEN_FILE, dir_fd=self.descriptor), "rb") as file:
            own = os.fstat(file.fileno())
            chunks = iter(lambda: file.read(_CHUNK), b"")
            mode = stat.S_IMODE(own.st_mode)
            with suppress(FileNotFoundError):  # what a killed copy has left
                other.remove(f"{new_name[:200]}.part")
            other.create(f"{new_name[:200]}.part", chunks, mode=mode, uid=own.st_uid, gid=own.st_gid)
        other.rename(f"{new_name[:200]}.part", new_name)


def describe(found: os.stat_result) -> Found:
    return Found(
        kind=_kind(found.st_mode),
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        inode=found.st_ino,
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
    )


def dress(descriptor: int, mode: int, uid: int, gid: int) -> None:
    """Set owner, then mode. Only root may give files away and some file systems have no modes: then it stays as it is."""
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (uid, gid) and not _allowed(os.fchown, descriptor, uid, gid):
        _allowed(os.fchown, descriptor, -1, gid)
    if stat.S_IMODE(os.fstat(descriptor).st_mode) != mode:
        _allowed(os.fchmod, descriptor, mode)


def _allowed(change: Callable[..., None], *arguments: int) -> bool:
    try:
        change(*arguments)
    except OSError as refused:
        if refused.errno not in _NO_OWNERS:
            raise
        return False
    return True


def _kind(mode: int) -> Literal["file", "link", "folder", "other"]:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISLNK(mode):
        return "link"
    return "folder" if stat.S_ISDIR(mode) else "other"


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
