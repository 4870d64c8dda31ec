"""Decoding in the test's own process: quick to start, for tests whose pictures are their own."""

import asyncio

from metarr_cache.images import ImageFacts, Thumbnail, inspect, thumbnail


class DecodesHere:
    """Does what a process for decoding does, in a thread."""

    async def inspect(self, data: bytes) -> ImageFacts:
        return await asyncio.to_thread(inspect, data)

    async def thumbnail(self, data: bytes, width: int) -> Thumbnail:
        return await asyncio.to_thread(thumbnail, data, width)
