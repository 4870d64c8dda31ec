"""A line to one provider: its address, and how urgently and freshly it is asked."""

from datetime import timedelta

from metarr.http import Call, HttpDoor

FRESH_FOR = timedelta(days=7)
SEARCH_FRESH_FOR = timedelta(days=1)
"""What is not known today may be entered tomorrow."""


class Line:
    """`fresh` passes over kept answers, `priority` is the job's, `secret_*` carry the key."""

    def __init__(
        self,
        door: HttpDoor,
        provider: str,
        address: str,
        *,
        fresh: bool,
        priority: int,
        secret_params: dict[str, str] | None = None,
        secret_headers: dict[str, str] | None = None,
    ) -> None:
        self._door = door
        self._provider = provider
        self._address = address.rstrip("/")
        self._fresh = fresh
        self._priority = priority
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
        return await self._door.get_json(call, answer, fresh=self._fresh, fresh_for=fresh_for, priority=self._priority)
