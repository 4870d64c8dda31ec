"""Which part of a file a Range header asks for (RFC 9110, 14): one range is served, anything else means the whole."""

import re
from typing import NamedTuple

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Span(NamedTuple):
    """First and last byte, both included."""

    first: int
    last: int


class UnsatisfiableError(ValueError):
    """The range lies behind the end of the file."""


def span_of(header: str | None, size: int) -> Span | None:
    """The span of a file of `size` bytes, None for the whole. Raises UnsatisfiableError."""
    match = _ONE.fullmatch((header or "").strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return _suffix(int(last), size)
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if begin >= size:
        raise UnsatisfiableError
    return Span(begin, end) if begin <= end else None


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise UnsatisfiableError
    return Span(max(size - length, 0), size - 1)
