"""One open event stream: facts, progress and signs of life written to a client until either side ends it."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from msgspec import Struct

from metarr.bus import Bus, FactMessage
from metarr.bus.connection import LOST
from metarr.errors import BusUnavailable
from metarr.messages import subjects
from metarr_api.asgi import Receive, Scope, Send
from metarr_api.tools import Tools

_HEARTBEAT_SECONDS = 15.0
_LOOK_SECONDS = 0.5
_BEGIN = b"retry: 3000\n: metarr\n\n"
_ALIVE = b": alive\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

type Say = Callable[[bytes], Awaitable[None]]


class _Named(Struct, frozen=True, kw_only=True):
    """The one thing that is read of a fact here."""

    fact: str


async def newest(bus: Bus) -> int:
    """The place of the newest fact: what comes behind it is new to whoever begins to listen now. Raises BusUnavailable."""
    context = await bus.stream()
    try:
        info = await context.stream_info(subjects.EVENT_STREAM)
    except LOST as lost:
        raise BusUnavailable(f"the event stream does not answer: {lost}") from lost
    return info.state.last_seq


class EventStream:
    """The answer to GET /events, as an ASGI application: facts behind `after`, and what jobs say meanwhile."""

    def __init__(self, tools: Tools, after: int) -> None:
        self._tools = tools
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        one_at_a_time = asyncio.Lock()

        async def say(data: bytes) -> None:
            async with one_at_a_time:
                await send({"type": "http.response.body", "body": data, "more_body": True})

        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await say(_BEGIN)
        async with asyncio.TaskGroup() as group:
            gone = group.create_task(_until_gone(receive))
            stopping = group.create_task(self._tools.stopping.wait())
            telling = [group.create_task(tell(say)) for tell in (self._facts, self._progress, self._heartbeat)]
            await asyncio.wait({gone, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (gone, stopping, *telling):
                task.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _facts(self, say: Say) -> None:
        """A consumer does not outlive its broker: after every loss a new one begins behind the last fact that was told."""
        bus = self._tools.bus
        while True:
            async with asyncio.TaskGroup() as group:
                pump = group.create_task(self._pump(say))
                while bus.connected and not pump.done():
                    await asyncio.wait({pump}, timeout=_LOOK_SECONDS)
                pump.cancel()
            await self._tools.clock.sleep(_LOOK_SECONDS)

    async def _pump(self, say: Say) -> None:
        try:
            async for fact in self._tools.bus.facts(self._after):
                await say(_event(fact))
                self._after = fact.sequence
        except BusUnavailable:
            return

    async def _progress(self, say: Say) -> None:
        with self._tools.live.stream() as said:
            while True:
                await say(b"event: progress\ndata: " + await said.get() + b"\n\n")

    async def _heartbeat(self, say: Say) -> None:
        """Proxies close what is silent, and a dead connection is only found by writing."""
        while True:
            await self._tools.clock.sleep(_HEARTBEAT_SECONDS)
            await say(_ALIVE)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(fact: FactMessage) -> bytes:
    """JSON holds no line break, so one data line is enough."""
    name = msgspec.json.decode(fact.data, type=_Named).fact
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (fact.sequence, name.encode(), fact.data)
