"""Words that every migration may use for what the tables have in common. Frozen: a change here would rewrite history."""

LOCK_COLUMN = "{name}_locked boolean NOT NULL DEFAULT false"
SLOT_INDEX = "CREATE INDEX idx_{table}_{slot} ON {table} ({slot}_id) WHERE {slot}_id IS NOT NULL;"


def lock_columns(names: str) -> str:
    """One `{field}_locked` column for each of the blank-separated names, as part of a CREATE TABLE."""
    return ",\n  ".join(LOCK_COLUMN.format(name=name) for name in names.split())


def slot_indexes(table: str, slots: str) -> str:
    """Indexes behind the artwork columns: without them, deleting one cache asset reads every table that may point to it."""
    return "\n".join(SLOT_INDEX.format(table=table, slot=slot) for slot in slots.split())
