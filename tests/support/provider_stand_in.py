"""A small HTTP server that answers as a provider would, or as one does on a bad day."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct


class Reply(Struct, frozen=True, kw_only=True):
    """What one request gets, `once` this has happened. `promised` is a Content-Length that need not be true; `hangs` says nothing
    for ever, `endless` repeats the body for ever.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}
    promised: int | None = None
    hangs: bool = False
    endless: bool = False
    once: asyncio.Event | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """One request as it arrived; header names in lower case."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


def said(data: Any, status: int = 200, **headers: str) -> Reply:
    """A JSON answer."""
    return Reply(status=status, body=json.dumps(data).encode(), headers={"content-type": "application/json", **headers})


def half_json() -> Reply:
    """A body that ends in the middle and says it is whole."""
    return Reply(body=b'{"id": 329865, "title": "Arr', headers={"content-type": "application/json"})


def html(status: int = 200) -> Reply:
    return Reply(status=status, body=b"<html><body>Maintenance</body></html>", headers={"content-type": "text/html"})


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"location": to})


def rate_limited(retry_after: str | None = None) -> Reply:
    return said({"status_code": 25}, 429, **({"retry-after": retry_after} if retry_after else {}))


HANGS = Reply(hangs=True)
CUT_OFF = Reply(body=b'{"id": 1', promised=500)
NOT_FOUND = said({"success": False, "status_code": 34}, 404)


class ProviderStandIn:
    """Answers by path. Several replies for a path are given one after the other, the last one from then on.

    What nobody has set a reply for gets `otherwise`'s.
    """

    def __init__(self, otherwise: Callable[[Asked], Reply] = lambda _: NOT_FOUND) -> None:
        self.asked: list[Asked] = []
        self._otherwise = otherwise
        self._replies: dict[str, list[Reply]] = {}
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def answer(self, path: str, *replies: Reply) -> None:
        """From now on, requests for `path` get these replies."""
        self._replies[path] = list(replies)

    def relent(self) -> None:
        """Forget all replies that were set."""
        self._replies.clear()

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not await self._reply(self._understand(head.decode("latin-1")), writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()

    def _understand(self, head: str) -> Reply:
        request, *lines = head.strip().split("\r\n")
        parts = urlsplit(request.split(" ")[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        asked = Asked(path=parts.path, params=params, headers=headers)
        self.asked.append(asked)
        replies = self._replies.get(parts.path) or [self._otherwise(asked)]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    async def _reply(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        if reply.hangs:
            await asyncio.Event().wait()
        if reply.once is not None:
            await reply.once.wait()
        if reply.endless:
            await _flood(writer, reply.body)
        length = len(reply.body) if reply.promised is None else reply.promised
        headers = {"content-length": str(length), **reply.headers}
        lines = [f"HTTP/1.1 {reply.status} Said", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode("latin-1") + reply.body)
        await writer.drain()
        return reply.promised is None


async def _flood(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    """Ends when the other side hangs up."""
    writer.write(b"HTTP/1.1 200 Said\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        await writer.drain()
