"""SQL statements per film for scan and identify, counted by the server itself (pg_stat_statements), not timed.

Everything that the scanner process says to PostgreSQL from the first job to the last counts: claims, transactions, upkeep of the
queue, the outbox, resets of pooled connections. The ids stand in the NFO files, so identifying is part of the scan.
Aim: at most 12.
"""

import os

from bench.house import House
from bench.table import Row
from metarr.messages.jobs import ScanLibrary

AIM = 12.0

_FORGET = "SELECT pg_stat_statements_reset()"
_COUNT = "SELECT sum(calls)::int FROM pg_stat_statements WHERE query NOT LIKE '%bench%' AND query NOT LIKE '%pg_stat_statements%'"


async def run(house: House) -> list[Row]:
    films = len(os.listdir(house.film_library))
    async with house.service("scanner"):
        library = await house.start_afresh(house.film_library)
        async with house.db.read() as conn:
            await conn.execute(_FORGET)
        await house.finish(ScanLibrary(library_id=library))
        async with house.db.read() as conn:
            calls = await conn.fetchval(_COUNT)
    return [
        Row(
            name="statements per film: scan and identify",
            ours=f"{calls} for {films} films",
            floor="",
            ratio=calls / films,
            at="most",
            aim=AIM,
        )
    ]
