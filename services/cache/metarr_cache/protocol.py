"""What the cache service needs from outside: somebody who fetches pictures, and somebody who dares to decode them."""

from typing import Protocol

from metarr.http import IMAGE_BYTES, Unchanged
from metarr_cache.images import ImageFacts, Thumbnail


class ImageSource(Protocol):
    """The way out; metarr.http.HttpDoor is one."""

    async def fetch_bytes(self, url: str, *, max_bytes: int = IMAGE_BYTES, priority: int = 5) -> bytes | None:
        """The bytes at an address, None when there is nothing. Raises an error of metarr.errors for everything else."""
        ...

    async def fetch_again(self, url: str, content_hash: str, *, priority: int = 5) -> bytes | Unchanged | None:
        """The same for somebody who has what came from there before; UNCHANGED when it need not be sent again."""
        ...


class ImageDecoder(Protocol):
    """Looks at pictures that strangers made; metarr_cache.decoding.Decoders is one."""

    async def inspect(self, data: bytes) -> ImageFacts:
        """What the picture is. Raises ImageRefused with the reason for people."""
        ...

    async def thumbnail(self, data: bytes, width: int) -> Thumbnail:
        """A copy `width` pixels wide, never wider than the original. Raises ImageRefused."""
        ...
