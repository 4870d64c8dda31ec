"""Waiting for something that happens outside the test, without a guess how long it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_STEP = 0.01


async def eventually[T](look: Callable[[], Awaitable[T] | T], *, timeout: float = 15.0, what: str = "it") -> T:
    """The first truthy answer of `look`, asked again and again. Raises AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        answer = look()
        value = await answer if isinstance(answer, Awaitable) else answer
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain: {what}; last seen: {value!r}")
        await asyncio.sleep(_STEP)


def soon[T](look: Callable[[], T | None], *, timeout: float = 15.0, what: str = "it") -> T:
    """The same for a test without an event loop."""
    deadline = time.monotonic() + timeout
    while not (value := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout} s in vain: {what}; last seen: {value!r}")
        time.sleep(_STEP)
    return value
