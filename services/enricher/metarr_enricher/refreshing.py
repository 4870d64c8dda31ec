"""Picks the films that are asked about again, although nobody did anything: the longest not enriched first."""

from metarr.db.queries.rounds import list_stale
from metarr.messages.facts import RefreshBegun
from metarr.runtime.work import Work

MOST = 100
"""Films a night: what providers allow is for people first."""


async def begin_refresh(work: Work) -> RefreshBegun:
    """The films of this round; each becomes a job of its own, which waits where its provider asks for patience."""
    async with work.read() as conn:
        films = await list_stale(conn, now=work.clock.now(), limit=MOST)
    return RefreshBegun(items=tuple(films))
