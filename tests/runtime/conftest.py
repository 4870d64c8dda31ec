"""A worker on a real queue and a real bus, for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from metarr.bus import Bus
from metarr.db import Database
from metarr.runtime import SystemClock
from metarr.runtime.handlers import handlers_of
from metarr.runtime.worker import Worker


@pytest.fixture
def working(db: Database, bus: Bus, tmp_path: Path) -> Any:
    @asynccontextmanager
    async def run(studio: object, service: str = "enricher", slots: int = 4) -> AsyncIterator[Worker]:
        worker = Worker(
            service, handlers_of(studio), db=db, bus=bus, clock=SystemClock(), data_dir=str(tmp_path), slots=slots
        )
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await running

    return run
