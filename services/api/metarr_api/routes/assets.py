"""Stored pictures by the hash of their bytes, whole, in part, or as a thumbnail. What a hash names never changes."""

import asyncio
import re
from pathlib import Path
from typing import Literal

from litestar import Controller, Response, get
from msgspec import Struct

from metarr.blobs.names import THUMBNAIL_WIDTHS
from metarr.db.queries.artwork_view import load_stored_file
from metarr.errors import Conflict, NotFound
from metarr.messages.jobs import MendAsset
from metarr.messages.requests import MakeThumbnail, ThumbnailMade
from metarr_api.byte_range import UnsatisfiableError, span_of
from metarr_api.inputs import Asked, read_query
from metarr_api.parameters import Given, PathWord
from metarr_api.problems import respond
from metarr_api.routes.doing import start
from metarr_api.tools import Tools

_HASH = re.compile(r"[0-9a-f]{64}")
_IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
"""All else is sent as bytes that no browser shows."""
_FOREVER = "private, max-age=31536000, immutable"
_PATIENCE = 30.0

Width = Literal[160, 320, 640, 1280]
assert set(THUMBNAIL_WIDTHS) == set(Width.__args__)  # type: ignore[attr-defined]


class AssetQuery(Struct, frozen=True, kw_only=True):
    """A thumbnail instead of the whole picture; `width` in pixels. `verify` reads the original first: 409 when it is damaged."""

    width: Width | None = None
    verify: bool = False


class _Picture(Struct, frozen=True, kw_only=True):
    data: bytes
    mime_type: str
    tag: str


class AssetRoutes(Controller):
    """Stored pictures."""

    @get(
        "/assets/{content_hash:str}",
        opt={
            "query": AssetQuery,
            "media": sorted(_IMAGES),
            "statuses": {206: None, 304: None},
        },
    )
    async def get_asset(self, content_hash: PathWord, request: Asked, tools: Given) -> Response[bytes]:
        """The bytes: right type, cached for ever, ETag, one range. With `width` a smaller copy."""
        query = read_query(request, AssetQuery)
        if not _HASH.fullmatch(content_hash):
            raise NotFound("there is no such picture")
        if query.verify:
            await _verify(tools, request, content_hash)
        picture = await (
            _whole(tools, content_hash) if query.width is None else _thumbnail(tools, content_hash, query.width)
        )
        headers = {"etag": picture.tag, "cache-control": _FOREVER, "accept-ranges": "bytes"}
        if _knows(request, picture.tag):
            return Response(b"", status_code=304, headers=headers)
        return _respond(request, picture, headers)


async def _verify(tools: Tools, request: Asked, content_hash: str) -> None:
    """Raises Conflict, and has the picture fetched again, when its bytes are not what its name says."""
    async with tools.db.read() as conn:
        stored = await load_stored_file(conn, content_hash)
    if stored is None or (await tools.blobs.verify_all([stored.file_path]))[0]:
        return
    started = await start(tools, request, MendAsset(asset_id=stored.id))
    raise Conflict(
        f"the picture in the store is lost or damaged; job {started.job_id} gets it back from the library or its source"
    )


def _knows(request: Asked, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in given.split(",")]


def _respond(request: Asked, picture: _Picture, headers: dict[str, str]) -> Response[bytes]:
    size = len(picture.data)
    condition = request.headers.get("if-range")
    wanted = request.headers.get("range") if condition in (None, picture.tag) else None
    try:
        span = span_of(wanted, size)
    except UnsatisfiableError:
        refused = {"content-range": f"bytes */{size}"}
        return respond(request, 416, f"the picture has {size} bytes", headers=refused)
    if span is None:
        return Response(picture.data, media_type=picture.mime_type, headers=headers)
    headers["content-range"] = f"bytes {span.first}-{span.last}/{size}"
    part = picture.data[span.first : span.last + 1]
    return Response(part, status_code=206, media_type=picture.mime_type, headers=headers)


async def _whole(tools: Tools, content_hash: str) -> _Picture:
    async with tools.db.read() as conn:
        stored = await load_stored_file(conn, content_hash)
    if stored is None:
        raise NotFound("there is no such picture")
    (data,) = await tools.blobs.read_all([stored.file_path])
    return _Picture(data=data, mime_type=_shown_type(stored.mime_type), tag=f'"{content_hash}"')


async def _thumbnail(tools: Tools, content_hash: str, width: int) -> _Picture:
    async with tools.db.read() as conn:
        if await load_stored_file(conn, content_hash) is None:
            raise NotFound("there is no such picture")
    made = await tools.bus.ask(MakeThumbnail(content_hash=content_hash, width=width), ThumbnailMade, timeout=_PATIENCE)
    if made.file_path is None:
        raise Conflict(made.refused or "no thumbnail can be made of this picture")
    try:
        data = await asyncio.to_thread((Path(tools.environment.data_dir) / made.file_path).read_bytes)
    except FileNotFoundError:
        raise NotFound("the thumbnail was removed at this moment; ask again") from None
    return _Picture(data=data, mime_type=_shown_type(made.mime_type or ""), tag=f'"{content_hash}-{width}"')


def _shown_type(mime_type: str) -> str:
    return mime_type if mime_type in _IMAGES else "application/octet-stream"
