"""The fixtures that all tests stand on."""

import asyncio
import socket

import pytest
from pytest_socket import SocketConnectBlockedError

from metarr.bus import Bus
from metarr.db import Database
from support.clock import ManualClock


async def test_a_database_is_migrated_and_empty(db: Database) -> None:
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM movies") == 0


async def test_what_one_test_writes_no_other_one_sees(db: Database) -> None:
    async with db.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM libraries") == 0
        await connection.execute("INSERT INTO libraries (name, path, type) VALUES ('Films', '/films', 'movie')")


async def test_the_bus_is_connected(bus: Bus) -> None:
    heard = asyncio.Event()

    async def note(_subject: str, _data: bytes) -> None:
        heard.set()

    await bus.listen("metarr.test", note)
    await bus.client.publish("metarr.test", b"")
    await asyncio.wait_for(heard.wait(), 5)
    assert heard.is_set()


async def test_a_sleeper_wakes_when_the_clock_has_been_moved_far_enough(clock: ManualClock) -> None:
    sleeper = asyncio.ensure_future(clock.sleep(10))
    await asyncio.sleep(0)
    clock.advance(9)
    still_asleep = clock.sleeping
    clock.advance(1)
    await sleeper
    assert (still_asleep, clock.sleeping, clock.monotonic()) == (1, 0, 10)


@pytest.mark.filterwarnings("ignore:A test tried")
def test_no_test_reaches_another_machine() -> None:
    with socket.socket() as far, pytest.raises(SocketConnectBlockedError):
        far.connect(("203.0.113.1", 80))
