"""The door to PostgreSQL: asyncpg pools, read connections and writing transactions."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Self

import asyncpg
import msgspec
from asyncpg.pool import PoolConnectionProxy

from metarr.errors import DatabaseUnavailable

type Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

CONFLICTS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.ForeignKeyViolationError,
)
"""Two transactions met on the same rows, or one took away what the other had read: the one that lost can be run again."""

_CONNECT_TIMEOUT = 10.0
_COMMAND_TIMEOUT = 60.0
LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke in the middle of a statement, when the pool takes it back
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,  # no connection, memory or disk left over there
    asyncpg.ReadOnlySQLTransactionError,  # after a failover: this one is a replica now
)
"""What asyncpg raises when PostgreSQL cannot be asked now."""


_TO_THE_INDEXES = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
}
"""The statements of the queue are each written for one index and one order. Planned anew at each use, a claim would cost more
there than in its rows, and a plan that suited an empty table would walk a full one."""
_QUEUE_CONNECTIONS = 2
"""One claims while the other completes."""

type Pool = asyncpg.Pool[asyncpg.Record]


class Database:
    """Two pools. Connection losses come out as DatabaseUnavailable, everything else as asyncpg raises it.

    Codecs: jsonb is Python data both ways (msgspec), numeric is float: our ratings and rates need no exact decimals.
    """

    def __init__(self, pool: Pool, queue_pool: Pool) -> None:
        self.pool = pool
        self._queue_pool = queue_pool

    @classmethod
    async def connect(cls, url: str, *, name: str, max_size: int = 10) -> Self:
        """Open a pool; `name` shows up in pg_stat_activity. Raises DatabaseUnavailable."""
        settings = {"application_name": name, "jit": "off"}
        try:
            pool = await _open_pool(url, settings, min_size=1, max_size=max_size)
            queue_pool = await _open_pool(url, settings | _TO_THE_INDEXES, min_size=0, max_size=_QUEUE_CONNECTIONS)
        except LOST as gone:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone
        return cls(pool, queue_pool)

    async def close(self) -> None:
        await self.pool.close()
        await self._queue_pool.close()

    def terminate(self) -> None:
        """Drop all connections at once; for a stop that cannot wait."""
        self.pool.terminate()
        self._queue_pool.terminate()

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A connection without a transaction: each statement sees the newest committed state, and commits by itself."""
        return self._use(self.pool)

    def queue(self) -> AbstractAsyncContextManager[Connection]:
        """The same for claims, completions and single requests: the planner is held to the indexes that they are written for."""
        return self._use(self._queue_pool)

    async def begin(self) -> "WritingTransaction":
        """A transaction that is bound to no block. Raises DatabaseUnavailable."""
        return await WritingTransaction.begin(self.pool)

    @asynccontextmanager
    async def _use(self, pool: Pool) -> AsyncIterator[Connection]:
        try:
            async with pool.acquire(timeout=_CONNECT_TIMEOUT) as connection:
                yield connection
        except LOST as gone:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: committed when the block ends, rolled back when it raises."""
        async with self.read() as connection, connection.transaction():
            yield connection


class WritingTransaction:
    """A transaction whose owner commits it or rolls it back, once; `connection` is good until then."""

    def __init__(self, pool: Pool, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
        self.connection = connection
        self._pool = pool
        self._transaction = connection.transaction()

    @classmethod
    async def begin(cls, pool: Pool) -> Self:
        """Raises DatabaseUnavailable."""
        try:
            begun = cls(pool, await pool.acquire(timeout=_CONNECT_TIMEOUT))
            try:
                await begun._transaction.start()
            except BaseException:
                await begun._give_back()
                raise
        except LOST as gone:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone
        return begun

    async def commit(self) -> None:
        """Raises DatabaseUnavailable; whether it was committed then is told by the rows alone."""
        try:
            try:
                await self._transaction.commit()
            finally:
                await self._give_back()
        except LOST as gone:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone

    async def roll_back(self, error: BaseException) -> None:
        """Undo because of `error`. Raises DatabaseUnavailable when that is what the error means."""
        with suppress(*LOST):
            await self._transaction.rollback()
        with suppress(*LOST):
            await self._give_back()
        if isinstance(error, LOST):
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {error}") from error

    async def _give_back(self) -> None:
        await self._pool.release(self.connection)


async def _open_pool(url: str, settings: dict[str, str], *, min_size: int, max_size: int) -> Pool:
    return await asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=_set_codecs,
        reset=_leave_as_it_is,
        timeout=_CONNECT_TIMEOUT,
        command_timeout=_COMMAND_TIMEOUT,
        server_settings=settings,
    )


async def _set_codecs(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=_encode_jsonb, decoder=_decode_jsonb, format="binary"
    )
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=float, format="text")


async def _leave_as_it_is(_connection: Connection) -> None:
    """Nothing of ours changes a session, and asyncpg's own reset would cost a round trip for each use of a connection.

    What a transaction left open is rolled back before this is called.
    """


def _encode_jsonb(value: Any) -> bytes:
    return b"\x01" + msgspec.json.encode(value)


def _decode_jsonb(data: bytes) -> Any:
    return msgspec.json.decode(data[1:])
