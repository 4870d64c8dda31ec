"""Makes small pictures of candidates that are not in the store, so that a person can choose without everything being fetched.

A provider's own small copy is fetched where it has one, else the whole picture within a limit. What is kept is a thumbnail without an original:
it counts nowhere, and goes with the sweep of such a day later or more; then it is made again when somebody looks.
"""

import asyncio
import hashlib

from metarr.db import Database
from metarr.db.queries.previews import Previewed, load_previewed
from metarr.errors import Invalid, MetarrError, NotFound
from metarr.formats.file_uri import path_of
from metarr.messages.jobs import HIGH
from metarr.messages.requests import MakePreview, MakeThumbnail, ThumbnailMade
from metarr_cache.local import read_picture
from metarr_cache.protocol import ImageDecoder, ImageSource
from metarr_cache.renditions import smaller_copy
from metarr_cache.thumbnails import Thumbnails

WIDTH = 320
MOST_BYTES = 20_000_000
"""Of a whole picture that is fetched for its preview alone."""


class Previews:
    """Answers MakePreview."""

    def __init__(self, db: Database, source: ImageSource, decoder: ImageDecoder, thumbnails: Thumbnails) -> None:
        self._db = db
        self._source = source
        self._decoder = decoder
        self._thumbnails = thumbnails
        self._under_way: dict[str, asyncio.Lock] = {}

    async def make_preview(self, asked: MakePreview) -> ThumbnailMade:
        """Where the preview lies, or in words why there is none."""
        try:
            async with self._db.read() as conn:
                candidate = await load_previewed(conn, asked.candidate_id)
            if candidate is None:
                raise NotFound("there is no such candidate")
            if candidate.content_hash is not None:
                return await self._thumbnails.make_thumbnail(
                    MakeThumbnail(content_hash=candidate.content_hash, width=WIDTH)
                )
            return await self._once(candidate)
        except MetarrError as refusal:
            return ThumbnailMade(refused=str(refusal))

    async def _once(self, candidate: Previewed) -> ThumbnailMade:
        """Many may look at the same moment."""
        key = _key(candidate)
        lock = self._under_way.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                known = await self._thumbnails.find(key, WIDTH)
                if known is not None:
                    return known
                made = await self._decoder.thumbnail(await self._bytes_of(candidate), WIDTH)
                return await self._thumbnails.keep(made, key, WIDTH)
        finally:
            if not lock.locked():
                self._under_way.pop(key, None)

    async def _bytes_of(self, candidate: Previewed) -> bytes:
        url, path = candidate.source_url, path_of(candidate.source_url)
        if path is not None:
            if candidate.root is None:
                raise Invalid("files are only read from a library")
            return await asyncio.to_thread(read_picture, path, candidate.root)
        if not url.startswith(("https://", "http://")):
            raise Invalid("the picture is not in the store any more, and nobody else has it")
        small = smaller_copy(url, candidate.provider_name, candidate.asset_type)
        for address in (small, url):
            data = await self._fetch(address) if address is not None else None
            if data is not None:
                return data
        raise NotFound("there is no picture at its address any more (404)")

    async def _fetch(self, url: str) -> bytes | None:
        return await self._source.fetch_bytes(url, max_bytes=MOST_BYTES, priority=HIGH)


def _key(candidate: Previewed) -> str:
    """In place of a content hash; no content has it. A local file that has changed is another one."""
    named = f"preview of {candidate.source_url} {candidate.file_size} {candidate.mtime_ns}"
    return hashlib.sha256(named.encode()).hexdigest()
