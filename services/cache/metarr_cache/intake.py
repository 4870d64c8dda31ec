"""Brings pictures into the store: fetched or read, checked, described, kept under their hash."""

import asyncio
import os
from collections import OrderedDict
from datetime import timedelta

from msgspec import Struct

from metarr.blobs import BlobStore
from metarr.db.queries.assets import StoredAsset
from metarr.errors import (
    ImageRefused,
    LibraryOffline,
    MediaUnreadable,
    MetarrError,
    NotFound,
    ProviderRateLimited,
    Transient,
)
from metarr.formats.file_uri import path_of
from metarr.http import Unchanged
from metarr_cache.local import read_picture
from metarr_cache.protocol import ImageDecoder, ImageSource

_REMEMBERED = 1000
"""Addresses whose picture came in lately: an actor of several new films is fetched once, also for jobs side by side."""


class Kept(Struct, frozen=True, kw_only=True):
    """A picture in the store, in the column names of cache_assets. `asset_id` is its row where it has one already."""

    content_hash: str
    file_path: str
    file_size: int
    mime_type: str
    width: int
    height: int
    perceptual_hash: str
    asset_id: int | None = None


class Failure(Struct, frozen=True, kw_only=True):
    """Why a picture could not be had. `passing`: it may be had later; `after` is how long the other side asked to wait.

    `rejected`: nothing went wrong, but it is not wanted.
    """

    reason: str
    passing: bool = False
    rejected: bool = False
    after: timedelta | None = None


def kept_from(asset: StoredAsset) -> Kept | None:
    """What a row says is in the store; None when nobody has looked at the picture yet."""
    if asset.perceptual_hash is None or not asset.width or not asset.height:
        return None
    return Kept(
        content_hash=asset.content_hash,
        file_path=asset.file_path,
        file_size=asset.file_size,
        mime_type=asset.mime_type,
        width=asset.width,
        height=asset.height,
        perceptual_hash=asset.perceptual_hash,
        asset_id=asset.id,
    )


class Intake:
    """The way in. Raises only what is wrong with the house itself (Transient, e.g. a full disk or no process for decoding)."""

    def __init__(self, store: BlobStore, source: ImageSource, decoder: ImageDecoder) -> None:
        self.store = store
        self._source = source
        self._decoder = decoder
        self._readers = asyncio.Semaphore(os.cpu_count() or 1)
        self._lately: OrderedDict[str, Kept] = OrderedDict()
        self._under_way: dict[str, asyncio.Lock] = {}

    async def bring(
        self, source_url: str, *, root: str | None, priority: int = 5, have: Kept | None = None
    ) -> Kept | Failure:
        """Bring in the picture that a candidate names: a file below `root`, or an address. `have` came from there before."""
        path = path_of(source_url)
        if path is None:
            return await self.download(source_url, priority=priority, have=have)
        if root is None:
            return Failure(reason="files are only read from a library")
        return await self.read(path, root)

    async def download(self, url: str, *, priority: int = 5, have: Kept | None = None) -> Kept | Failure:
        """Bring in the picture at an address; what came in lately is not asked for again, `have` only whether it has changed."""
        if not url.startswith(("https://", "http://")):
            return Failure(reason="this is not an address that pictures can be fetched from")
        lock = self._under_way.setdefault(url, asyncio.Lock())
        try:
            async with lock:
                known = self._lately.get(url)
                if known is not None and await self._is_whole(known):
                    return known
                return await self._fetch(url, priority, have)
        finally:
            if not lock.locked():
                self._under_way.pop(url, None)

    async def read(self, path: str, root: str) -> Kept | Failure:
        """Bring in a picture that lies in a library."""
        async with self._readers:
            try:
                data = await asyncio.to_thread(read_picture, path, root)
            except LibraryOffline as offline:
                return Failure(reason=str(offline), passing=True)
            except MediaUnreadable as unreadable:
                return Failure(reason=str(unreadable))
            return await self.keep(data)

    async def describe(self, file_path: str) -> Kept | Failure:
        """Look at a picture that is in the store but was never looked at: others may put bytes there too."""
        try:
            (data,) = await self.store.read_all([file_path])
        except NotFound as lost:
            return Failure(reason=str(lost))
        return await self.keep(data)

    async def keep(self, data: bytes) -> Kept | Failure:
        """Bring in bytes that are here already."""
        try:
            facts = await self._decoder.inspect(data)
        except ImageRefused as refused:
            return Failure(reason=str(refused))
        blob = await asyncio.to_thread(self.store.put, data, facts.ext)
        return Kept(
            content_hash=blob.content_hash,
            file_path=blob.path,
            file_size=blob.size,
            mime_type=facts.mime_type,
            width=facts.width,
            height=facts.height,
            perceptual_hash=facts.perceptual_hash,
        )

    async def _fetch(self, url: str, priority: int, have: Kept | None) -> Kept | Failure:
        try:
            if have is not None and await self._is_whole(have):
                data = await self._source.fetch_again(url, have.content_hash, priority=priority)
            else:
                data = await self._source.fetch_bytes(url, priority=priority)
        except ProviderRateLimited as wait:
            return Failure(reason=str(wait), passing=True, after=wait.after)
        except Transient as trouble:
            return Failure(reason=str(trouble), passing=True)
        except MetarrError as refusal:
            return Failure(reason=str(refusal))
        if data is None:
            return Failure(reason="there is no picture at its address any more (404)")
        kept = have if isinstance(data, Unchanged) else await self.keep(data)
        assert kept is not None
        if isinstance(kept, Kept):
            self._remember(url, kept)
        return kept

    async def _is_whole(self, kept: Kept) -> bool:
        return (await self.store.want_all([kept.file_path]))[0]

    def _remember(self, url: str, kept: Kept) -> None:
        self._lately[url] = kept
        if len(self._lately) > _REMEMBERED:
            self._lately.popitem(last=False)
