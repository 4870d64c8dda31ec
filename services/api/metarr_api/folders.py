"""Whether a path can be a library: absolute, there, readable, and not inside another one."""

import asyncio
import os

from metarr.errors import Conflict, Invalid

_PATIENCE = 10.0
"""Seconds; a dead network mount answers never."""


async def usable_folder(path: str) -> str:
    """The path in its normal form. Raises Invalid, naming `path`, when it is no directory that can be read."""
    normal = normal_form(path) if os.path.isabs(path) else path
    try:
        async with asyncio.timeout(_PATIENCE):
            wrong = await asyncio.to_thread(_look_at, normal)
    except TimeoutError:
        wrong = "does not answer; is a network disk away?"
    if wrong is not None:
        raise Invalid("the path cannot be a library", {"path": wrong})
    return normal


def normal_form(path: str) -> str:
    """An absolute path without `..`, doubled or trailing slashes; POSIX would let two leading ones stay."""
    return os.sep + os.path.normpath(path).lstrip(os.sep)


async def refuse_overlap(path: str, others: list[tuple[int, str]]) -> None:
    """Raises Conflict when the path lies inside one of the others, around one, or is one."""
    try:
        async with asyncio.timeout(_PATIENCE):
            clash = await asyncio.to_thread(_overlap, path, others)
    except TimeoutError:
        clash = None  # links behind a dead mount cannot be followed; the plain paths were compared first
    if clash is None:
        clash = next((other for other in others if _touch(path, other[1])), None)
    if clash is not None:
        raise Conflict(f"{path} overlaps library {clash[0]} at {clash[1]}; a folder can belong to one library only")


def inside(root: str, path: str) -> str:
    """`path`, absolute or relative to `root`, in its normal form. Raises Invalid when it leaves the root."""
    whole = normal_form(os.path.join(root, path))
    if not _holds(root, whole):
        raise Invalid("the path is not in this library", {"path": f"must lie in {root}"})
    return whole


def _look_at(path: str) -> str | None:
    if not os.path.isabs(path):
        return "must be an absolute path"
    try:
        with os.scandir(path) as entries:
            next(entries, None)
    except OSError as fault:
        return f"is not a readable directory: {fault.strerror}"
    except ValueError:
        return "is not a path"
    return None


def _overlap(path: str, others: list[tuple[int, str]]) -> tuple[int, str] | None:
    """Also by way of symbolic links: two names of one folder are one folder."""
    real = os.path.realpath(path)
    return next((other for other in others if _touch(real, os.path.realpath(other[1]))), None)


def _touch(one: str, other: str) -> bool:
    return _holds(one, other) or _holds(other, one)


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep)
