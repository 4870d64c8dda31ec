"""The API in the test's own loop: its layers as they are served, without a socket between."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from metarr.blobs import BlobStore
from metarr.bus import Bus
from metarr.db import Database
from metarr.runtime import Relay, SystemClock
from metarr.runtime.environment import Environment
from metarr_api.app import create_application
from metarr_api.live import Live
from metarr_api.serving import serve
from metarr_api.tools import Tools
from support.waiting import eventually

KEY = "the-key-of-the-tests"


def make_tools(db: Database, bus: Bus, data_dir: Path, **environment: Any) -> Tools:
    """What the routes work with, on real servers."""
    data_dir.mkdir(exist_ok=True)
    clock = SystemClock()
    settings = Environment(data_dir=str(data_dir), **environment)
    return Tools(
        environment=settings,
        db=db,
        bus=bus,
        clock=clock,
        blobs=BlobStore(settings.asset_dir),
        relay=Relay(db, bus, clock),
        live=Live(),
        key=KEY,
        started_at=clock.now(),
        stopping=asyncio.Event(),
    )


@asynccontextmanager
async def client_of(tools: Tools, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client that brings the key, unless other headers are given."""
    transport = httpx.ASGITransport(create_application(tools), raise_app_exceptions=False)
    given = headers or {"x-api-key": KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://metarr", headers=given) as client:
        yield client


@asynccontextmanager
async def served(tools: Tools) -> AsyncIterator[str]:
    """The address of the API on a real port for the time of the block; it is stopped as the service stops it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    stop = asyncio.Event()
    server = asyncio.create_task(serve(create_application(tools), "127.0.0.1", port, stop))
    address = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient() as client:
        await eventually(lambda: _answers(client, address), what="the API listens")
    try:
        yield address
    finally:
        stop.set()
        tools.stopping.set()
        await server


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await client.get(f"{address}/health")).status_code == 200
    except httpx.TransportError:
        return False
