"""Artwork: finding what looks like a picture among 10^4, 10^5 and 10^6 perceptual hashes.

Ours is `find_near` within 6 bits, with the way to PostgreSQL and back. Every tenth hash is a picture of its own and the nine behind it
are the same one a bit or two away, so that lookups have something to find. The floor, and the check that nothing is missed, is the
scan that compares with each. A hash is looked up at most once. Aims: p99 below 10 ms at any size; ten times as many hashes take less
than ten times as long; a million are looked up 40 times as fast as scanned.
"""

import random
import time

from msgspec import Struct

from bench.house import House
from bench.table import Row, milliseconds
from metarr.db import Connection
from metarr.db.queries.looks import Wanted, find_near

SIZES = (10_000, 100_000, 1_000_000)
MOST_MS = 10.0
LINEAR = 10.0
TIMES_THE_SCAN = 40.0

_MOST = 6
_LOOKUPS, _WARM, _SCANS = 500, 100, 5
_PATIENCE = 600.0

# The lookup reads this table alone; what belongs to its rows is left away, and so are the triggers that ask for it.
_FILL = """
INSERT INTO asset_looks (cache_asset_id, bits)
SELECT number, ('x' || left(md5((number / 10)::text), 16))::bit(64)::bigint
       # CASE WHEN number % 10 = 0 THEN 0 ELSE 1::bigint << (number * 7 % 63)::int | 1::bigint << (number * 11 % 63)::int END
FROM generate_series($1::bigint, $2) AS number
"""
# They are made anew behind the rows, which takes a fraction of the time.
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS made FROM pg_index
WHERE indrelid = 'asset_looks'::regclass AND NOT indisprimary
"""
_TRUSTING, _USUAL = "SET session_replication_role = replica", "SET session_replication_role = origin"
_ONE_OF = "SELECT bits FROM asset_looks WHERE cache_asset_id = ANY($1::bigint[])"
_SCAN = """
SELECT cache_asset_id FROM asset_looks WHERE bit_count(int8send(bits # $1)) <= $2
ORDER BY bit_count(int8send(bits # $1)), cache_asset_id
"""


class Times(Struct, frozen=True, kw_only=True):
    """The median and the 99th of a hundred, in seconds."""

    middle: float
    late: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        ordered = sorted(seconds)
        return cls(middle=ordered[len(ordered) // 2], late=ordered[len(ordered) * 99 // 100])

    def __str__(self) -> str:
        return f"{milliseconds(self.middle)}, {milliseconds(self.late)}"


async def run(house: House) -> list[Row]:
    rows: list[Row] = []
    before: float | None = None
    async with house.db.read() as conn:
        for size in SIZES:
            await _fill(conn, size)
            lookup, nothing = await _look_up(conn, size)
            middle = lookup.middle
            scan = await _scan(conn, size)
            rows += [
                _row(size, lookup, nothing),
                _against_scan(size, middle, scan),
                *([_growth(size, before, middle)] if before else []),
            ]
            before = middle
        await conn.execute("TRUNCATE asset_looks")
    return rows


async def _fill(conn: Connection, size: int) -> None:
    there = int(await conn.fetchval("SELECT count(*) FROM asset_looks"))
    indexes = await conn.fetch(_INDEXES)
    await conn.execute(_TRUSTING)
    for index in indexes:
        await conn.execute(f"DROP INDEX {index['name']}")
    await conn.execute(_FILL, there + 1, size, timeout=_PATIENCE)
    for index in indexes:
        await conn.execute(index["made"], timeout=_PATIENCE)
    await conn.execute(_USUAL)
    await conn.execute("VACUUM ANALYZE asset_looks", timeout=_PATIENCE)


async def _look_up(conn: Connection, size: int) -> tuple[Times, Times]:
    """Lookups, and in turns with them a question that needs no work: what the machine does besides hurts both alike."""
    seconds: list[float] = []
    idle: list[float] = []
    for bits in await _draw(conn, size, _WARM + _LOOKUPS):
        began = time.perf_counter()
        (found,) = await find_near(conn, [Wanted(bits=bits, most=_MOST)])
        ended = time.perf_counter()
        await conn.fetchval("SELECT 1")
        seconds.append(ended - began)
        idle.append(time.perf_counter() - ended)
        assert found
    return Times.of(seconds[_WARM:]), Times.of(idle[_WARM:])


async def _scan(conn: Connection, size: int) -> float:
    """The median in seconds; the lookup must find what the scan finds."""
    seconds: list[float] = []
    for bits in await _draw(conn, size, _SCANS):
        began = time.perf_counter()
        rows = await conn.fetch(_SCAN, bits - 2**64 if bits >> 63 else bits, _MOST)
        seconds.append(time.perf_counter() - began)
        (found,) = await find_near(conn, [Wanted(bits=bits, most=_MOST)])
        assert [near.asset_id for near in found] == [row["cache_asset_id"] for row in rows]
    return sorted(seconds)[_SCANS // 2]


async def _draw(conn: Connection, size: int, count: int) -> list[int]:
    """Hashes of the store with two bits turned, in no order, always the same."""
    chance = random.Random(size + count)
    rows = await conn.fetch(_ONE_OF, chance.sample(range(1, size + 1), count))
    drawn = [row["bits"] % 2**64 ^ 1 << chance.randrange(64) ^ 1 << chance.randrange(64) for row in rows]
    chance.shuffle(drawn)
    return drawn


def _row(size: int, lookup: Times, nothing: Times) -> Row:
    return Row(
        name=f"lookup: among {size:,} hashes, p50 and p99, against SELECT 1 (p99 in ms)",
        ours=str(lookup),
        floor=str(nothing),
        ratio=lookup.late * 1000,
        at="most",
        aim=MOST_MS,
    )


def _against_scan(size: int, middle: float, scan: float) -> Row:
    return Row(
        name=f"lookup: among {size:,} hashes, against comparing with each (times as fast)",
        ours=milliseconds(middle),
        floor=milliseconds(scan),
        ratio=scan / middle,
        at="least",
        aim=TIMES_THE_SCAN if size == SIZES[-1] else None,
    )


def _growth(size: int, before: float, middle: float) -> Row:
    return Row(
        name=f"lookup: {size:,} hashes, against a tenth of them (times as long)",
        ours=milliseconds(middle),
        floor=milliseconds(before),
        ratio=middle / before,
        at="most",
        aim=LINEAR,
    )
