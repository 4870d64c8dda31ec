"""Makes smaller copies of stored pictures when they are asked for, and keeps them beside the store."""

import asyncio
from pathlib import Path

from metarr.blobs import BlobStore, thumbnail_path
from metarr.blobs.names import THUMBNAIL_EXT, check_hash
from metarr.blobs.writing import move_into_place, write_temporary
from metarr.db import Database
from metarr.db.queries.assets import load_file_path
from metarr.errors import MetarrError, NotFound
from metarr.messages.requests import MakeThumbnail, ThumbnailMade
from metarr_cache.images import Thumbnail
from metarr_cache.protocol import ImageDecoder

_MIME_TYPE = "image/webp"


class Thumbnails:
    """Answers MakeThumbnail. A thumbnail can be deleted at any time: it is made again."""

    def __init__(self, db: Database, store: BlobStore, decoder: ImageDecoder, data_dir: str) -> None:
        self._db = db
        self._store = store
        self._decoder = decoder
        self._data_dir = Path(data_dir)

    async def make_thumbnail(self, asked: MakeThumbnail) -> ThumbnailMade:
        """Where the thumbnail lies, or in words why there is none."""
        try:
            return await self._make(check_hash(asked.content_hash), asked.width)
        except MetarrError as refusal:
            return ThumbnailMade(refused=str(refusal))

    async def find(self, content_hash: str, width: int) -> ThumbnailMade | None:
        """The thumbnail that is there. Raises Invalid for a width outside the fixed set, as `keep`."""
        path = thumbnail_path(content_hash, width, THUMBNAIL_EXT)
        there = await asyncio.to_thread((self._data_dir / path).is_file)
        return ThumbnailMade(file_path=path, mime_type=_MIME_TYPE) if there else None

    async def keep(self, made: Thumbnail, content_hash: str, width: int) -> ThumbnailMade:
        """Put a thumbnail where it is found from now on."""
        path = thumbnail_path(content_hash, width, made.ext)
        await asyncio.to_thread(_write, self._data_dir / path, made.data)
        return ThumbnailMade(file_path=path, mime_type=made.mime_type)

    async def _make(self, content_hash: str, width: int) -> ThumbnailMade:
        known = await self.find(content_hash, width)
        if known is not None:
            return known
        async with self._db.read() as conn:
            stored = await load_file_path(conn, content_hash)
        if stored is None:
            raise NotFound("there is no such picture")
        (data,) = await self._store.read_all([stored])
        return await self.keep(await self._decoder.thumbnail(data, width), content_hash, width)


def _write(target: Path, data: bytes) -> None:
    move_into_place(write_temporary(str(target.parent), (data,)), str(target))
