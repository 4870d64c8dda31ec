"""The connection to NATS: kept in the background, gone and back without anybody having to care.

The bus is never the truth (the job row is), so nothing here fails a job: ringing without a connection does nothing,
and what must arrive (facts) waits in the outbox until the connection is back.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

import nats
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from metarr.errors import BusUnavailable
from metarr.messages import subjects

type Setup = Callable[[Client], Awaitable[None]]

_CONNECT_TIMEOUT = 2
_RETRY_SECONDS = 1.0
_EVENT_AGE = 7 * 24 * 3600.0
_DUPLICATE_WINDOW = 120.0
"""Seconds in which the stream drops a fact that was sent twice (by message id)."""
_EVENT_BYTES = 512 * 1024 * 1024
LOST = (NatsError, NatsTimeoutError, OSError, TimeoutError)

log = structlog.get_logger("metarr.bus")


class Connection:
    """One NATS client and what must be set up on it as soon as there is one."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._client: Client | None = None
        self._context: JetStreamContext | None = None
        self._setups: list[Setup] = []
        self._keeper: asyncio.Task[None] | None = None
        self._stream_ready = False
        self._closing = False

    async def __aenter__(self) -> Self:
        """Begin to connect; does not wait for a server."""
        self._keeper = asyncio.create_task(self._keep_trying(), name="bus-connect")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._client is not None and not self._client.is_closed:
            with contextlib.suppress(*LOST):
                await asyncio.wait_for(self._client.close(), _CONNECT_TIMEOUT)

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    @property
    def client(self) -> Client:
        """Raises BusUnavailable while there is no connection."""
        if self._client is None or not self._client.is_connected:
            raise BusUnavailable("NATS is not connected")
        return self._client

    async def on_connect(self, setup: Setup) -> None:
        """Run `setup` on the client now, or as soon as the first connection stands; nats-py keeps subscriptions afterwards."""
        self._setups.append(setup)
        if self._client is not None:
            await setup(self._client)

    async def wait_connected(self, timeout: float) -> bool:
        """True when the first connection stands within `timeout` seconds."""
        if self._keeper is not None:
            await asyncio.wait({self._keeper}, timeout=timeout)
        return self.connected

    async def stream(self) -> JetStreamContext:
        """JetStream with the event stream in place. Raises BusUnavailable."""
        client = self.client
        if self._context is None:
            # One for the client's whole life: each listens for acknowledgements with a subscription and a task of its own.
            self._context = client.jetstream(timeout=5, publish_async_max_pending=512)
        if not self._stream_ready:
            try:
                await _ensure_stream(self._context)
            except LOST as lost:
                raise BusUnavailable(f"JetStream does not answer: {lost}") from lost
            self._stream_ready = True
        return self._context

    def _forget_stream(self) -> None:
        """After a failure: what was sent and not acknowledged would keep its place in the context for ever."""
        self._stream_ready = False
        self._context = None

    async def _keep_trying(self) -> None:
        while True:
            try:
                client = await nats.connect(
                    self._url,
                    name=self._name,
                    connect_timeout=_CONNECT_TIMEOUT,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=_RETRY_SECONDS,
                    allow_reconnect=True,
                    error_cb=_log_error,
                    disconnected_cb=self._on_lost,
                    reconnected_cb=self._on_back,
                )
            except LOST as lost:
                log.debug("nats not reachable", reason=str(lost))
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._client = client
            for setup in self._setups:
                await setup(client)
            log.info("nats connected")
            return

    async def _on_lost(self) -> None:
        # The store may be another one when the server comes back: look at the stream again.
        self._stream_ready = False
        if not self._closing:
            log.warning("nats lost: going on at polling speed")

    async def _on_back(self) -> None:
        log.info("nats back")


async def _ensure_stream(context: JetStreamContext) -> None:
    config = StreamConfig(
        name=subjects.EVENT_STREAM,
        subjects=[subjects.EVENTS],
        max_age=_EVENT_AGE,
        max_bytes=_EVENT_BYTES,
        discard=DiscardPolicy.OLD,
        storage=StorageType.FILE,
        duplicate_window=_DUPLICATE_WINDOW,
    )
    try:
        await context.stream_info(subjects.EVENT_STREAM)
    except NotFoundError:
        # Several services may get here at once; an equal stream is no conflict.
        with contextlib.suppress(APIError):
            await context.add_stream(config)


async def _log_error(error: Exception) -> None:
    log.debug("nats error", reason=str(error) or type(error).__name__)
