"""One picture on its way, over as many tries as it takes.

What broke off goes on where it stopped, when the server said by what its bytes are known (RFC 9110 13.1.5, 14.2): the next try asks for the
rest, and takes the whole when the server does not know ranges or has other bytes by now. What somebody has already is asked for on
condition, and may be answered by nothing but "unchanged" (RFC 9110 13.1.2, 13.1.3).
"""

import hashlib
import re
from enum import Enum
from typing import Literal

import httpx
import msgspec
from msgspec import Struct

from metarr.http.sending import Limits, Reply, check_size, refusal_of

WORTH_RESUMING = 64 * 1024
"""Bytes; less than this is fetched again sooner than the rest is asked for."""

_UNCHANGED = 304
_PART = 206
_PAST_THE_END = 416
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Unchanged(Enum):
    """The answer that what is there has not changed."""

    UNCHANGED = "unchanged"


UNCHANGED: Literal[Unchanged.UNCHANGED] = Unchanged.UNCHANGED


class Marks(Struct, frozen=True, kw_only=True):
    """By what a server knows the bytes that it sent; `content_hash` is their SHA-256 in hex."""

    content_hash: str = ""
    etag: str | None = None
    last_modified: str | None = None


class Transfer:
    """The state between tries. `known`: marks of bytes that the asker has, and for which "unchanged" is answer enough."""

    def __init__(self, known: Marks | None = None) -> None:
        self._known = known
        self._body = bytearray()
        self._marks = Marks()

    @property
    def headers(self) -> dict[str, str]:
        """What the next request says. Parts can only be put together when they are not packed."""
        plain = {"accept-encoding": "identity"}
        if len(self._body) >= WORTH_RESUMING and (condition := _condition(self._marks)):
            return plain | {"range": f"bytes={len(self._body)}-", "if-range": condition}
        if self._known is None:
            return plain
        conditions = {"if-none-match": self._known.etag, "if-modified-since": self._known.last_modified}
        return plain | {name: value for name, value in conditions.items() if value}

    async def read(self, response: httpx.Response, limits: Limits) -> Reply | Unchanged:
        """Take an answer. Raises ImageRefused (too large), httpx.HTTPError; then the next try may go on from here."""
        if response.status_code == _UNCHANGED and self._known is not None:
            return UNCHANGED
        if response.status_code == _PAST_THE_END and self._body:
            self._body.clear()
            raise httpx.RemoteProtocolError("the server has less than it said")
        if not response.is_success:
            return refusal_of(response)
        whole = self._place(response)
        announced = response.headers.get("content-length", "")
        check_size(len(self._body) + (int(announced) if announced.isdigit() else 0), limits)
        async for chunk in response.aiter_bytes():
            self._body += chunk
            check_size(len(self._body), limits)
        if whole is not None and len(self._body) < whole:
            raise httpx.RemoteProtocolError("the server sent less than was asked for")
        return bytes(self._body)

    def marks_of(self, body: bytes) -> bytes | None:
        """The marks of what came, to be kept; None when the server named none. Hashes the bytes: blocks."""
        if not (self._marks.etag or self._marks.last_modified):
            return None
        kept = msgspec.structs.replace(self._marks, content_hash=hashlib.sha256(body).hexdigest())
        return msgspec.json.encode(kept)

    def _place(self, response: httpx.Response) -> int | None:
        """Behind what is there already, or in place of it. Returns the size of the whole where a part says it."""
        if response.status_code != _PART:
            self._body.clear()
            packed = "content-encoding" in response.headers
            self._marks = Marks() if packed else _marks_in(response)
            return None
        found = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if not self._body or found is None or int(found[1]) != len(self._body):
            self._body.clear()
            raise httpx.RemoteProtocolError("the server sent another part than was asked for")
        return int(found[2]) if found[2].isdigit() else None


def question_of(url: str) -> str:
    """Under what the marks of a picture are kept. An address may hold a key: only its hash is written down."""
    return f"picture:{hashlib.sha256(url.encode()).hexdigest()}"


def _marks_in(response: httpx.Response) -> Marks:
    return Marks(etag=response.headers.get("etag"), last_modified=response.headers.get("last-modified"))


def _condition(marks: Marks) -> str | None:
    """A weak tag promises only something like the same bytes; those cannot be put together."""
    if marks.etag:
        return None if marks.etag.startswith("W/") else marks.etag
    return marks.last_modified
