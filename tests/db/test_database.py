"""Connections come back into the pool as they were, whatever happened to whoever used them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from metarr.db.database import Database
from support.rows import insert


class Interrupted(Exception):
    """What goes wrong inside a block."""


@pytest.fixture
async def only_one(database_url: str) -> AsyncIterator[Database]:
    """A pool of one connection: whatever is left behind meets the next one."""
    database = await Database.connect(database_url, name="test", max_size=1)
    yield database
    database.terminate()


async def libraries(db: Database) -> int:
    async with db.read() as conn:
        assert not conn.is_in_transaction()
        return int(await conn.fetchval("SELECT count(*) FROM libraries"))


async def fail_in_a_transaction(db: Database) -> None:
    async with db.transaction() as conn:
        await insert(conn, "libraries", name="Films", path="/films", type="movie")
        raise Interrupted


async def fail_behind_a_begin(db: Database) -> None:
    async with db.read() as conn:
        await conn.execute("BEGIN")
        await insert(conn, "libraries", name="Films", path="/films", type="movie")
        raise Interrupted


@pytest.mark.parametrize("fail", [fail_in_a_transaction, fail_behind_a_begin])
async def test_a_block_that_fails_leaves_no_transaction_behind(
    only_one: Database, fail: Callable[[Database], Awaitable[None]]
) -> None:
    with pytest.raises(Interrupted):
        await fail(only_one)
    assert await libraries(only_one) == 0


async def test_whoever_is_cancelled_in_a_statement_leaves_a_working_connection(only_one: Database) -> None:
    begun = asyncio.Event()

    async def wait_in_the_server() -> None:
        async with only_one.transaction() as conn:
            await insert(conn, "libraries", name="Films", path="/films", type="movie")
            begun.set()
            await conn.execute("SELECT pg_sleep(600)")

    waiting = asyncio.create_task(wait_in_the_server())
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await libraries(only_one) == 0
