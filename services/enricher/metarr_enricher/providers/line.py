"""A line to one provider: its address, and on what errand it is asked."""

from datetime import timedelta

from msgspec import Struct

from metarr.http import Call, HttpDoor, Waits, unsaid
from metarr.messages.jobs import NORMAL

FRESH_FOR = timedelta(days=7)
SEARCH_FRESH_FOR = timedelta(days=1)
"""What is not known today may be entered tomorrow."""


class Errand(Struct, frozen=True, kw_only=True):
    """For whom providers are asked: `fresh` passes over kept answers, `priority` is the job's, `waits` hears what it waits for."""

    fresh: bool = False
    priority: int = NORMAL
    waits: Waits = unsaid


class Line:
    """`secret_*` carry the key."""

    def __init__(
        self,
        door: HttpDoor,
        provider: str,
        address: str,
        errand: Errand,
        *,
        secret_params: dict[str, str] | None = None,
        secret_headers: dict[str, str] | None = None,
    ) -> None:
        self._door = door
        self._provider = provider
        self._address = address.rstrip("/")
        self._errand = errand
        self._secret_params = secret_params or {}
        self._secret_headers = secret_headers or {}

    async def ask[T](self, path: str, answer: type[T], *, fresh_for: timedelta = FRESH_FOR, **params: str) -> T | None:
        """GET `path` below the provider's address; None when there is no such thing. Raises as HttpDoor.get_json does."""
        call = Call(
            provider=self._provider,
            url=self._address + path,
            params=params,
            secret_params=self._secret_params,
            secret_headers=self._secret_headers,
        )
        errand = self._errand
        return await self._door.get_json(
            call, answer, fresh=errand.fresh, fresh_for=fresh_for, priority=errand.priority, waits=errand.waits
        )
