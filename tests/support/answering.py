"""Another service on the bus, as far as a test needs it: it answers one kind of question and remembers what it was asked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from metarr.bus import Bus
from metarr.messages.requests import Request

type Answer = Callable[[Any], Awaitable[Struct]]


@asynccontextmanager
async def answering(nats_url: str, kind: type[Request], answer: Answer) -> AsyncIterator[list[Any]]:
    """The questions, as they come, while somebody answers them."""
    asked: list[Any] = []

    async def remember(question: Any) -> Struct:
        asked.append(question)
        return await answer(question)

    async with Bus(nats_url, name="somebody") as bus:
        assert await bus.wait_connected(10)
        await bus.serve(kind.service, "0.0.0", {kind: remember})
        await bus.client.flush()
        yield asked


def same(reply: Struct) -> Answer:
    """Always this answer."""

    async def answer(_question: Any) -> Struct:
        return msgspec.structs.replace(reply)

    return answer
