"""What the PostgreSQL server counts about itself, and what the kernel counts about it."""

from pathlib import Path

from msgspec import Struct

from bench.house import House
from bench.queue.crew import processor_seconds
from metarr.db import Connection

_WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bench"
_STATEMENTS = """
SELECT coalesce(sum(calls), 0)::int AS bench FROM pg_stat_statements
WHERE query NOT LIKE '%bench%' AND query NOT LIKE '%pg_stat_statements%' AND query NOT LIKE 'CHECKPOINT%'
"""
_BACKEND = "SELECT pg_backend_pid() AS bench"


class Used(Struct, frozen=True, kw_only=True):
    """Counters since the cluster was made; only their differences say something."""

    wal_bytes: int
    processor_seconds: float
    statements: int

    def since(self, before: "Used") -> "Used":
        return Used(
            wal_bytes=self.wal_bytes - before.wal_bytes,
            processor_seconds=self.processor_seconds - before.processor_seconds,
            statements=self.statements - before.statements,
        )


async def used(house: House) -> Used:
    async with house.db.read() as conn:
        return Used(
            wal_bytes=int(await conn.fetchval(_WAL)),
            processor_seconds=await _processor_seconds(conn),
            statements=await conn.fetchval(_STATEMENTS),
        )


async def _processor_seconds(conn: Connection) -> float:
    """Of the postmaster, its ended children and all its living ones."""
    postmaster = _parent(await conn.fetchval(_BACKEND))
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return processor_seconds(postmaster, with_children=True) + sum(processor_seconds(int(child)) for child in children)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
