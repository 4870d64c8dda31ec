"""The door to PostgreSQL: one asyncpg pool a process, read connections and writing transactions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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


class Database:
    """A pool. Connection losses come out as DatabaseUnavailable, everything else as asyncpg raises it.

    Codecs: jsonb is Python data both ways (msgspec), numeric is float: our ratings and rates need no exact decimals.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool

    @classmethod
    async def connect(cls, url: str, *, name: str, max_size: int = 10) -> Self:
        """Open a pool; `name` shows up in pg_stat_activity. Raises DatabaseUnavailable."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=max_size,
                init=_set_codecs,
                reset=_leave_as_it_is,
                timeout=_CONNECT_TIMEOUT,
                command_timeout=_COMMAND_TIMEOUT,
                server_settings={"application_name": name, "jit": "off"},
            )
        except LOST as gone:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone
        return cls(pool)

    async def close(self) -> None:
        await self.pool.close()

    def terminate(self) -> None:
        """Drop all connections at once; for a stop that cannot wait."""
        self.pool.terminate()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection without a transaction: every statement sees the newest committed state."""
        try:
            async with self.pool.acquire(timeout=_CONNECT_TIMEOUT) as connection:
                yield connection
        except LOST as gone:
            raise DatabaseUnavailable(f"PostgreSQL does not answer: {gone}") from gone

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: committed when the block ends, rolled back when it raises."""
        async with self.read() as connection, connection.transaction():
            yield connection


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
