"""Pictures on the other side of the network, for tests of what is done with them."""

from metarr.errors import MetarrError


class Gallery:
    """Has a picture, nothing or trouble at each address, and remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._at: dict[str, bytes | MetarrError | None] = {}

    def hang(self, url: str, what: bytes | MetarrError | None) -> str:
        """From now on this is found at `url`: a picture, an error, or None for nothing."""
        self._at[url] = what
        return url

    async def fetch_bytes(self, url: str, *, priority: int = 5) -> bytes | None:
        self.asked.append(url)
        found = self._at.get(url)
        if isinstance(found, MetarrError):
            raise found
        return found
