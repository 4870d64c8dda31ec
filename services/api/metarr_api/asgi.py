"""The few ASGI words that the layers around the application share."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TRACE = "metarr.trace_id"
"""Where the scope keeps the trace id of its request."""


def header(scope: Scope, name: bytes) -> str | None:
    """A request header by its lower-case name."""
    for given, value in scope["headers"]:
        if given.lower() == name:
            return bytes(value).decode("latin-1")
    return None


async def answer(send: Send, status: int, body: bytes, headers: Iterable[tuple[str, str]]) -> None:
    """A whole response."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
