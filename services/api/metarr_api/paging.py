"""Pages of a list: a limit, and a cursor that names the last item seen and cannot be made up."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta, Struct

from metarr.errors import Invalid

MOST = 500
_MARK_BYTES = 12

Limit = Annotated[int, Meta(ge=1, le=MOST, description="How many items at most.")]
Cursor = Annotated[str, Meta(max_length=2000, description="`next_cursor` of the page before.")]


class Page[Item](Struct, frozen=True, kw_only=True):
    """Some items of a list; `next_cursor` leads to those behind them, `total` counts all."""

    items: Sequence[Item]
    next_cursor: str | None = None
    total: int


class PageQuery(Struct, frozen=True, kw_only=True):
    """What every list understands."""

    limit: Limit = 50
    cursor: Cursor | None = None


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


def page_by_id[Item: _Numbered](key: str, order: str, rows: Sequence[Item], *, limit: int, total: int) -> Page[Item]:
    """A page of a list in order of ids, of which one row more than `limit` was asked for."""
    items = rows[:limit]
    more = len(rows) > limit
    return Page(items=items, next_cursor=seal(key, order, [items[-1].id]) if more else None, total=total)


def place_by_id(key: str, order: str, cursor: str | None) -> int | None:
    """The id behind which such a page begins. Raises Invalid."""
    place = unseal(key, order, cursor, tuple[int])
    return None if place is None else place[0]


def seal(key: str, order: str, place: Sequence[Any]) -> str:
    """An opaque cursor for `place`, the values of the sort key of the last item; `order` names the list's order."""
    body = msgspec.json.encode([order, *place])
    return base64.urlsafe_b64encode(_mark(key, body) + body).rstrip(b"=").decode()


def unseal[P](key: str, order: str, cursor: str | None, kind: type[P]) -> P | None:
    """The place a cursor names, as a tuple of type `kind`; None without a cursor.

    Raises Invalid for a cursor that was changed, or that belongs to another order.
    """
    if cursor is None:
        return None
    body = _opened(key, cursor)
    said, *place = msgspec.json.decode(body)
    if said != order:
        raise _refused("belongs to a list in another order")
    return msgspec.convert(place, type=kind)


def _opened(key: str, cursor: str) -> bytes:
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise _refused("is not one that a list has given") from None
    mark, body = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
    written = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if written != cursor or not hmac.compare_digest(mark, _mark(key, body)):
        raise _refused("is not one that a list has given")
    return body


def _mark(key: str, body: bytes) -> bytes:
    return hmac.digest(key.encode(), b"cursor:" + body, hashlib.sha256)[:_MARK_BYTES]


def _refused(why: str) -> Invalid:
    return Invalid("the cursor cannot be used", {"cursor": why})
