"""Which films a round through the house is about: those to be verified, those whose metadata is the oldest."""

from datetime import datetime, timedelta

from metarr.db.database import Connection
from metarr.db.queries.settings import load_rows, settings_from

_FORGIVEN = timedelta(days=1)
"""A time that lies further ahead than this was written by a clock that was wrong, and counts as none."""

# What was never published cannot be missing.
PUBLISHED = """
SELECT id FROM movies WHERE library_id = $1 AND id > $2 AND deleted_at IS NULL AND last_published_at IS NOT NULL
ORDER BY id LIMIT $3
"""

LIBRARIES = "SELECT id FROM libraries WHERE enabled AND type = 'movie' ORDER BY id"

# The longest not enriched first. Films that nobody knows come last and take what is left, and one that was asked about in vain
# is not asked about again before its time: a hundred films without an answer do not keep the others from theirs.
STALE = """
SELECT m.id FROM movies m JOIN unnest($2::bigint[], $3::interval[]) AS own (library_id, pause) ON own.library_id = m.library_id
WHERE m.deleted_at IS NULL
  AND coalesce(m.last_enriched_at, m.created_at) NOT BETWEEN $1::timestamptz - own.pause AND $1::timestamptz + $4::interval
  AND NOT EXISTS (
    SELECT FROM job_queue j WHERE j.entity_type = 'movie' AND j.entity_id = m.id AND j.kind = 'EnrichItem'
      AND (j.status IN ('pending', 'running')
           OR j.created_at BETWEEN $1::timestamptz - own.pause AND $1::timestamptz + $4::interval))
ORDER BY m.identification_status = 'unidentified', coalesce(m.last_enriched_at, m.created_at), m.id LIMIT $5
"""


async def list_published(conn: Connection, library_id: int, *, after: int, limit: int) -> list[int]:
    """The published films of a library behind id `after`, in order of id."""
    return [row["id"] for row in await conn.fetch(PUBLISHED, library_id, after, limit)]


async def list_stale(conn: Connection, *, now: datetime, limit: int) -> list[int]:
    """The films whose metadata is older than their library's `refresh.interval_hours`, where `enrich.auto` allows it."""
    rows = await load_rows(conn)
    pauses = {}
    for row in await conn.fetch(LIBRARIES):
        settings = settings_from(rows, row["id"])
        if settings.auto_enrich:
            pauses[row["id"]] = timedelta(hours=settings.refresh_interval_hours)
    found = await conn.fetch(STALE, now, list(pauses), list(pauses.values()), _FORGIVEN, limit)
    return [row["id"] for row in found]
