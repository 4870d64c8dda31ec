"""A worker's row without its process: what a test needs to claim jobs by hand."""

from metarr.db import Connection

HIRE = """
INSERT INTO workers (worker_id, name, service, host, pid, version) VALUES ($1, $1, $2, 'here', 1, 'test')
ON CONFLICT (worker_id) DO NOTHING
"""


async def hire(conn: Connection, worker_id: str, service: str) -> None:
    """There is such a worker from now on; nothing happens when there is one already."""
    await conn.execute(HIRE, worker_id, service)
