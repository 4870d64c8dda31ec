"""Sending one request: redirects, limits of time and size, and the translation of everything that can go wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
from msgspec import Struct

from metarr.errors import (
    AddressRefused,
    ImageRefused,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderUnavailable,
)
from metarr.http.addresses import endpoint
from metarr.http.budget import Pause, retry_after_seconds

MAX_REDIRECTS = 3
CONNECT_SECONDS = 5.0

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_KEY_REFUSED = frozenset({401, 403})


class Limits(Struct, frozen=True, kw_only=True):
    """Of one request: seconds until the last byte, bytes after unpacking."""

    seconds: float
    max_bytes: int


class Refusal(Struct, frozen=True, kw_only=True):
    """A status that is no answer; `retry_after` in seconds."""

    status: int
    retry_after: float | None = None


type Reply = bytes | Refusal | None
"""A body, a refusal, or None for "there is no such thing"."""


async def read_whole(response: httpx.Response, limits: Limits) -> Reply:
    """The body of an answer. Raises ImageRefused (too large), httpx.HTTPError."""
    if not response.is_success:
        return refusal_of(response)
    announced = response.headers.get("content-length", "")
    check_size(int(announced) if announced.isdigit() else 0, limits)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        check_size(len(body), limits)
    return bytes(body)


async def send[T](
    client: httpx.AsyncClient,
    provider: str,
    url: str,
    *,
    params: Mapping[str, str] = {},
    headers: Mapping[str, str] = {},
    secret_headers: Mapping[str, str] = {},
    limits: Limits,
    read: Callable[[httpx.Response, Limits], Awaitable[T]],
) -> T:
    """GET a URL, following at most MAX_REDIRECTS redirects; secret headers do not go along to another origin.

    `read` takes the answer, whatever its status.

    Raises ProviderUnavailable (not in time, no connection, broken answer), AddressRefused (guard), ImageRefused (too large).
    """
    try:
        async with asyncio.timeout(limits.seconds):
            request = client.build_request("GET", url, params=params or None, headers={**headers, **secret_headers})
            response = await _follow(client, request, secret_headers)
            try:
                return await read(response, limits)
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException) as late:
        raise ProviderUnavailable(provider, f"did not answer within {limits.seconds:g} s") from late
    except httpx.InvalidURL as wrong:
        raise AddressRefused("this is not an address") from wrong
    except httpx.HTTPError as broken:
        raise ProviderUnavailable(provider, f"could not be reached ({type(broken).__name__})") from broken


def refuse(provider: str, refusal: Refusal, pause: Pause, now: float) -> ProviderError:
    """The error for a status that is no answer; a rate limit begins a pause."""
    match refusal:
        case Refusal(status=429) | Refusal(status=503, retry_after=float()):
            length = pause.begin(now, refusal.retry_after)
            return ProviderRateLimited(
                provider, f"asks to wait {length:.0f} s ({refusal.status})", after=timedelta(seconds=length)
            )
        case Refusal(status=status) if status in _KEY_REFUSED:
            return ProviderRefused(provider, f"refuses the key or the access ({status})")
        case Refusal(status=status) if 400 <= status < 500:
            return ProviderRefused(provider, f"does not understand the question ({status})")
        case Refusal(status=status):
            return ProviderUnavailable(provider, f"has trouble of its own ({status})")


def refusal_of(response: httpx.Response) -> Refusal | None:
    """What a status that is no success means; None for "there is no such thing"."""
    if response.status_code in _GONE:
        return None
    wait = retry_after_seconds(response.headers.get("retry-after"), datetime.now(UTC))
    return Refusal(status=response.status_code, retry_after=wait)


def check_size(size: int, limits: Limits) -> None:
    """Raises ImageRefused above the limit."""
    if size > limits.max_bytes:
        raise ImageRefused(f"the file is larger than {limits.max_bytes / 1_000_000:g} MB")


async def _follow(client: httpx.AsyncClient, request: httpx.Request, secrets: Mapping[str, str]) -> httpx.Response:
    """The first answer that leads nowhere else, its body unread."""
    for _ in range(MAX_REDIRECTS + 1):
        here = endpoint(str(request.url))
        response = await client.send(request, stream=True, follow_redirects=False)
        if response.status_code not in _REDIRECTS or response.next_request is None:
            return response
        request = response.next_request
        await response.aclose()
        if endpoint(str(request.url)) != here:
            for name in secrets:
                request.headers.pop(name, None)
    raise httpx.TooManyRedirects(f"more than {MAX_REDIRECTS} redirects")
