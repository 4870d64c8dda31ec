"""What every test may ask for: real PostgreSQL and NATS, a clock, a folder for a library; and no way out of this machine."""

import asyncio
import importlib.util
import itertools
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import nats
import pytest

from metarr.bus import Bus
from metarr.db.database import Database
from metarr.db.migrate import migrate
from support.clock import ManualClock
from support.servers import DatabaseUrl, nats_server, postgres_server

pytest_plugins = ["support.running"] if importlib.util.find_spec("support.running") else []

_TEMPLATE = "metarr_template"
_numbers = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """A test reaches this machine and nothing else."""
    config.option.allow_hosts = "127.0.0.0/8,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseUrl]:
    """One PostgreSQL per test process, with a migrated database to copy from."""
    with postgres_server() as url:
        with ThreadPoolExecutor(1) as apart:  # migrating opens an event loop of its own
            apart.submit(_make_template, url).result()
        yield url


@pytest.fixture
async def database_url(postgres: DatabaseUrl) -> AsyncIterator[str]:
    """A fresh, migrated database."""
    name = f"test_{next(_numbers)}"
    await _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    yield postgres(name)
    await _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


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


async def _administer(postgres: DatabaseUrl, statement: str) -> None:
    connection = await asyncpg.connect(postgres("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _make_template(postgres: DatabaseUrl) -> None:
    asyncio.run(_migrated_template(postgres))


async def _migrated_template(postgres: DatabaseUrl) -> None:
    await _administer(postgres, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(postgres(_TEMPLATE))
