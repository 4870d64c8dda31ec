"""The API in the test's own loop: its layers as they are served, without a socket between."""

import asyncio
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
from metarr_api.tools import Tools

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
