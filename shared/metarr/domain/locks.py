"""Locks: a field that a person has set is never touched by automation until the person unlocks it.

Every lockable field has a column `{field}_locked` (client's document, "Field Locking Strategy"). A lock guards its own
field and nothing else; the rule for automation is then one line: locked is untouched, unlocked is kept fresh.
"""

from collections.abc import Iterable, Mapping

from metarr.domain.movie import LOCKABLE

_SUFFIX = "_locked"


def lock_column(field: str) -> str:
    """The column that holds the lock of `field`."""
    return f"{field}{_SUFFIX}"


def locked_field(column: str) -> str | None:
    """The field that a lock column belongs to; None for any other name."""
    field = column.removesuffix(_SUFFIX)
    return field if column.endswith(_SUFFIX) and field in LOCKABLE else None


def locks_in(row: Mapping[str, object]) -> frozenset[str]:
    """The locked fields of a row that carries its lock columns."""
    return frozenset(field for field in LOCKABLE if row.get(lock_column(field)))


def locks_after_edit(
    locks: frozenset[str], edited: Iterable[str], explicit: Mapping[str, bool] | None = None
) -> frozenset[str]:
    """The locks after a person's edit: what was edited is locked, and what the person says about a lock itself wins."""
    said = dict.fromkeys(edited, True) | dict(explicit or {})
    opened = {field for field, locked in said.items() if not locked}
    closed = {field for field, locked in said.items() if locked and field in LOCKABLE}
    return (locks - opened) | closed
