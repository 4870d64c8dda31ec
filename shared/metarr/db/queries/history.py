"""Who or what changed which field when."""

from collections.abc import Sequence

from metarr.db.database import Connection
from metarr.domain.merge import FieldChange

RECORD = """
INSERT INTO field_history (entity_type, entity_id, field, old_value, new_value, source, job_id)
SELECT $1, $2, said.field, said.old_value, said.new_value, said.source, $3
FROM unnest($4::text[], $5::jsonb[], $6::jsonb[], $7::text[]) AS said (field, old_value, new_value, source)
"""


async def record_changes(
    conn: Connection,
    entity_type: str,
    entity_id: int,
    changes: Sequence[FieldChange],
    source: str | None = None,
    job_id: int | None = None,
) -> None:
    """Note changes, each with its own source or, where it is given, with `source`."""
    if not changes:
        return
    await conn.execute(
        RECORD,
        entity_type,
        entity_id,
        job_id,
        [change.field for change in changes],
        [change.old for change in changes],
        [change.new for change in changes],
        [source or change.source for change in changes],
    )
