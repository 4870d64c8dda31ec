"""What is wrong with an item, in words for a person: one row for each area; the stage that owns the area replaces or clears it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from metarr.db.database import Connection

# One statement for any number of items; an unchanged problem keeps its row and its time.
SET = """
INSERT INTO problems (entity_type, entity_id, area, message, detail)
SELECT $1, given.entity_id, $2, given.message, given.detail
FROM unnest($3::bigint[], $4::text[], $5::jsonb[]) AS given (entity_id, message, detail)
ORDER BY given.entity_id
ON CONFLICT (entity_type, entity_id, area) DO UPDATE
SET message = excluded.message, detail = excluded.detail, created_at = now()
WHERE (problems.message, problems.detail) IS DISTINCT FROM (excluded.message, excluded.detail)
"""

CLEAR = "DELETE FROM problems WHERE entity_type = $1 AND entity_id = ANY($2::bigint[]) AND area = $3"


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong, in one or two sentences; `detail` holds what a program may want to know of it."""

    message: str
    detail: Mapping[str, Any] = {}


async def set_problem(
    conn: Connection,
    entity_type: str,
    entity_id: int,
    area: str,
    message: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Say what is wrong with an item in this area, in place of what was said before."""
    await conn.execute(SET, entity_type, area, [entity_id], [message], [dict(detail or {})])


async def clear_problem(conn: Connection, entity_type: str, entity_id: int, area: str) -> None:
    """The area is fine."""
    await conn.execute(CLEAR, entity_type, [entity_id], area)


async def set_problems(conn: Connection, entity_type: str, area: str, problems: Mapping[int, Problem]) -> None:
    """The same for many items at once."""
    given = list(problems.values())
    messages = [problem.message for problem in given]
    await conn.execute(SET, entity_type, area, list(problems), messages, [dict(problem.detail) for problem in given])


async def clear_problems(conn: Connection, entity_type: str, entity_ids: Sequence[int], area: str) -> None:
    """The same for many items at once."""
    await conn.execute(CLEAR, entity_type, list(entity_ids), area)
