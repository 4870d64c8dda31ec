"""What the cache service needs from outside: somebody who fetches pictures."""

from typing import Protocol


class ImageSource(Protocol):
    """The way out; metarr.http.HttpDoor is one."""

    async def fetch_bytes(self, url: str, *, priority: int = 5) -> bytes | None:
        """The bytes at an address, None when there is nothing. Raises an error of metarr.errors for everything else."""
        ...
