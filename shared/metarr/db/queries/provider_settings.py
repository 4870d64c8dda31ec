"""provider_config as a person changes it; keys go in and never come out."""

from collections.abc import Mapping
from typing import Any

from metarr.db.database import Connection

_COLUMNS = ("enabled", "api_key", "rate_limit_per_second", "priority")

SHOW = """
SELECT provider_name, enabled, api_key IS NOT NULL AND api_key <> '' AS has_api_key, rate_limit_per_second, priority
FROM provider_config
"""

# A provider that was never seeded gets its row now. What is not given stays: $3 names the columns that are.
PUT = f"""
INSERT INTO provider_config AS p (provider_name, {", ".join(_COLUMNS)})
SELECT $1, coalesce(said.enabled, true), said.api_key, said.rate_limit_per_second, said.priority
FROM jsonb_populate_record(NULL::provider_config, $2) AS said
ON CONFLICT (provider_name) DO UPDATE SET
    {", ".join(f"{name} = CASE WHEN '{name}' = ANY($3::text[]) THEN excluded.{name} ELSE p.{name} END" for name in _COLUMNS)}
"""


async def show_providers(conn: Connection) -> list[dict[str, Any]]:
    """All rows, with `has_api_key` in place of the key."""
    return [dict(row) for row in await conn.fetch(SHOW)]


async def change_provider(conn: Connection, provider_name: str, values: Mapping[str, Any]) -> None:
    """Set the given columns of a provider; None clears a key, a limit or a place."""
    await conn.execute(PUT, provider_name, dict(values), list(values))
