"""What every test may ask for: real PostgreSQL and NATS, a clock, a folder for a library; and no way out of this machine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nats
import pytest

from metarr.bus import Bus
from metarr.db.database import Database
from support.clock import ManualClock
from support.databases import Databases
from support.servers import DatabaseUrl, nats_server, postgres_server

pytest_plugins = ["support.running"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A test reaches this machine and nothing else."""
    config.option.allow_hosts = "127.0.0.0/8,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseUrl]:
    """One PostgreSQL per test process."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def databases(postgres: DatabaseUrl) -> Databases:
    """Its databases, and a migrated one to copy from."""
    made = Databases(postgres)
    with ThreadPoolExecutor(1) as apart:  # an event loop of its own, for a fixture of the whole session
        apart.submit(asyncio.run, made.make_template()).result()
    return made


@pytest.fixture
async def database_url(postgres: DatabaseUrl, databases: Databases) -> AsyncIterator[str]:
    """A migrated database without a row."""
    name = await databases.take()
    yield postgres(name)
    await databases.give_back(name)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, name="test")
    yield database
    database.terminate()


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """One NATS per test process."""
    with nats_server() as url:
        yield url


@pytest.fixture
async def nats_url(broker: str) -> AsyncIterator[str]:
    """The broker's address; it holds no stream when the test starts."""
    yield broker
    connection = await nats.connect(broker)
    streams = connection.jetstream()
    for info in await streams.streams_info():
        # A stream that is made again under its name within milliseconds may still hold what it held.
        await streams.purge_stream(info.config.name or "")
        await streams.delete_stream(info.config.name or "")
    await connection.close()


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    async with Bus(nats_url, name="test") as connected:
        assert await connected.wait_connected(10)
        yield connected


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def library_root(tmp_path: Path) -> Path:
    """An empty folder for a library."""
    root = tmp_path / "library"
    root.mkdir()
    return root
