"""What a disk may say that a database or a person cannot take as it is: names that are not text, errors, large inode numbers."""

import errno
import os

_WORDS = {
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ENOENT: "it is gone",
    errno.ELOOP: "its symbolic links run in a circle",
    errno.ENAMETOOLONG: "its path is too long",
    errno.EIO: "the disk reports an error (I/O error)",
    errno.ESTALE: "the network share has lost it (stale file handle)",
    errno.ENOTCONN: "the network share is not connected",
    errno.EHOSTDOWN: "the network share does not answer",
    errno.ETIMEDOUT: "the network share does not answer",
}
NOT_TEXT = "such a name is not valid UTF-8 and cannot be stored; rename it and it will be found"

LONGEST_PATH = 2500
"""Bytes: an index of PostgreSQL takes no longer text."""
TOO_LONG = f"its path is longer than {LONGEST_PATH} bytes and cannot be stored"
LEADS_OUT = "it is a symbolic link that leads out of the library"


def leads_inside(link: str, root: str) -> bool:
    """Whether a symbolic link ends up below the root, which may be reached through links itself."""
    return os.path.realpath(link).startswith(f"{os.path.realpath(root)}/")


def is_text(name: str) -> bool:
    """Whether a name is Unicode; Python keeps bytes that are not as halves of characters, which PostgreSQL refuses."""
    return name.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in name)


def is_too_long(path: str) -> bool:
    return len(path) > LONGEST_PATH // 4 and len(os.fsencode(path)) > LONGEST_PATH


def printable(path: str) -> str:
    """The path with a replacement character for every byte that is not text; for showing only."""
    return path if is_text(path) else os.fsencode(path).decode("utf-8", "replace")


def in_words(failed: OSError) -> str:
    """Why something on the disk cannot be read."""
    words = _WORDS.get(failed.errno or 0)
    return words or (os.strerror(failed.errno) if failed.errno else str(failed))


def signed(number: int) -> int:
    """Device and inode numbers have 64 bits without a sign, PostgreSQL's bigint has one."""
    return number - (1 << 64) if number >= 1 << 63 else number
