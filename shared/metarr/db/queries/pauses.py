"""What stands still because a person said so, as it is shown: `service:scanner`, `library:3`, `provider:tmdb`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from metarr.db.database import Connection

MOST_COUNTED = 10_000

# What a service's pause holds stays in the line; what the others hold was taken out of it. Two indexes, and neither is walked
# further than anybody counts.
LIST = """
SELECT p.scope, split_part(p.scope, ':', 1) AS kind, p.reason, p.paused_at,
       CASE WHEN p.scope LIKE 'service:%' THEN (
         SELECT count(*) FROM (SELECT FROM job_queue j WHERE j.service = substr(p.scope, 9) AND j.status = 'pending'
                               AND j.ready_seq IS NOT NULL LIMIT $1) AS first)
       ELSE (SELECT count(*) FROM (SELECT FROM job_queue j WHERE j.status = 'pending' AND j.held_by = p.scope LIMIT $1) AS first)
       END AS held
FROM queue_pauses p ORDER BY p.scope
"""

REASONS = "SELECT scope, coalesce(reason, '') AS reason FROM queue_pauses WHERE scope = ANY($1::text[])"

# Whoever deletes the library waits, or was first: no pause outlives its library.
HOLD_LIBRARY = "SELECT id FROM libraries WHERE id = $1 FOR KEY SHARE"


class PauseShown(Struct, frozen=True, kw_only=True):
    """A pause, and how many jobs it holds back now; 10,000 are not counted further."""

    scope: str
    kind: Literal["service", "library", "provider"]
    reason: str | None
    paused_at: datetime
    held: int


async def list_pauses(conn: Connection) -> list[PauseShown]:
    return [msgspec.convert(dict(row), PauseShown) for row in await conn.fetch(LIST, MOST_COUNTED)]


async def reasons_of(conn: Connection, scopes: Sequence[str]) -> dict[str, str]:
    """Those of these scopes that are paused, each with what the person said."""
    return {row["scope"]: row["reason"] for row in await conn.fetch(REASONS, list(scopes))}


async def hold_library(conn: Connection, library_id: int) -> int | None:
    """The library's id; it is not deleted before the transaction ends. None without such a library."""
    number: int | None = await conn.fetchval(HOLD_LIBRARY, library_id)
    return number
