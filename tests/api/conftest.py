"""The API on real servers: a client with the key, and the tools behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from metarr.bus import Bus
from metarr.db import Database
from metarr_api.tools import Tools
from support.api import client_of, make_tools


@pytest.fixture
def tools(db: Database, bus: Bus, tmp_path: Path) -> Tools:
    return make_tools(db, bus, tmp_path / "data")


@pytest.fixture
async def api(tools: Tools) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(tools) as client:
        yield client
