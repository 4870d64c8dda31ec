"""Candidates as small pictures, also those that are not in the store yet."""

import asyncio
import hashlib
from pathlib import Path

from litestar import Controller, Response, get

from metarr.db.queries.artwork_view import load_candidate_source
from metarr.errors import Conflict, NotFound
from metarr.messages.requests import MakePreview, ThumbnailMade
from metarr_api.inputs import Asked
from metarr_api.parameters import Given, PathId
from metarr_api.routes.doing import found

_MEDIA = "image/webp"
_A_DAY = "private, max-age=86400"
"""What lies at a provider's address may change."""
_PATIENCE = 60.0
"""Seconds; a whole picker asks at the same time, and a provider is asked a few at a time."""


class PreviewRoutes(Controller):
    """Small pictures of candidates."""

    @get("/candidates/{candidate_id:int}/preview", opt={"media": [_MEDIA], "statuses": {304: None}})
    async def get_candidate_preview(self, candidate_id: PathId, request: Asked, tools: Given) -> Response[bytes]:
        """320 pixels wide at most, made from the provider's own small copy where it has one; the whole picture is not stored.

        409 with the reason when the picture cannot be had, 503 when nobody is there to ask.
        """
        async with tools.db.read() as conn:
            found(await load_candidate_source(conn, candidate_id), "candidate", candidate_id)
        made = await tools.bus.ask(MakePreview(candidate_id=candidate_id), ThumbnailMade, timeout=_PATIENCE)
        if made.file_path is None:
            raise Conflict(made.refused or "no preview can be made of this picture")
        try:
            data = await asyncio.to_thread((Path(tools.environment.data_dir) / made.file_path).read_bytes)
        except FileNotFoundError:
            raise NotFound("the preview was removed at this moment; ask again") from None
        headers = {"etag": f'"{hashlib.sha256(data).hexdigest()}"', "cache-control": _A_DAY}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(b"", status_code=304, headers=headers)
        return Response(data, media_type=made.mime_type or _MEDIA, headers=headers)
