"""Pictures on the other side of the network, for tests of what is done with them."""

import hashlib

from metarr.errors import ImageRefused, MetarrError
from metarr.http import IMAGE_BYTES, UNCHANGED, Unchanged


class Gallery:
    """Has a picture, nothing or trouble at each address, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._at: dict[str, bytes | MetarrError | None] = {}

    def hang(self, url: str, what: bytes | MetarrError | None) -> str:
        """From now on this is found at `url`: a picture, an error, or None for nothing."""
        self._at[url] = what
        return url

    async def fetch_bytes(self, url: str, *, max_bytes: int = IMAGE_BYTES, priority: int = 5) -> bytes | None:
        self.asked.append(url)
        found = self._at.get(url)
        if isinstance(found, MetarrError):
            raise found
        if found is not None and len(found) > max_bytes:
            raise ImageRefused("the file is larger than what was asked for")
        return found

    async def fetch_again(self, url: str, content_hash: str, *, priority: int = 5) -> bytes | Unchanged | None:
        """As a server that knows what it has sent."""
        found = await self.fetch_bytes(url, priority=priority)
        return UNCHANGED if found is not None and hashlib.sha256(found).hexdigest() == content_hash else found
