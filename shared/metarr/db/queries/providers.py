"""provider_config: which providers are asked, with which key, how often and in which order."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from metarr.db.database import Connection

LOAD = "SELECT provider_name, enabled, api_key, rate_limit_per_second, priority FROM provider_config"

# A key from the environment replaces the stored one: whoever sets the variable means it. All else is set once.
SEED = """
INSERT INTO provider_config (provider_name, api_key, rate_limit_per_second, priority)
SELECT * FROM unnest($1::text[], $2::text[], $3::numeric[], $4::int[])
  AS said (provider_name, api_key, rate_limit_per_second, priority)
ORDER BY said.provider_name
ON CONFLICT (provider_name) DO UPDATE SET api_key = excluded.api_key
WHERE excluded.api_key IS NOT NULL AND provider_config.api_key IS DISTINCT FROM excluded.api_key
"""


class ProviderConfig(Struct, frozen=True, kw_only=True):
    """One provider. `rate_limit_per_second` None means no limit, `priority` None comes last; lower numbers come first."""

    provider_name: str
    enabled: bool = True
    api_key: str | None = None
    rate_limit_per_second: float | None = None
    priority: int | None = None


DEFAULTS: tuple[ProviderConfig, ...] = (
    ProviderConfig(provider_name="tmdb", rate_limit_per_second=20, priority=1),
    ProviderConfig(provider_name="fanart_tv", rate_limit_per_second=10, priority=2),
    ProviderConfig(provider_name="omdb", rate_limit_per_second=5, priority=3),
    ProviderConfig(provider_name="tvdb", rate_limit_per_second=3, priority=4),
    ProviderConfig(provider_name="tvmaze", rate_limit_per_second=2, priority=5),
    ProviderConfig(provider_name="musicbrainz", rate_limit_per_second=1, priority=6),
    ProviderConfig(provider_name="theaudiodb", rate_limit_per_second=0.5, priority=7),
    ProviderConfig(provider_name="local"),
)
"""TMDB's old limit of 40 calls in 10 s ended in 2019, about 40/s is quoted as its ceiling (BEHAVIOUR.md, top)."""


async def load_providers(conn: Connection) -> dict[str, ProviderConfig]:
    """All providers by name."""
    rows = await conn.fetch(LOAD)
    return {row["provider_name"]: msgspec.convert(dict(row), type=ProviderConfig) for row in rows}


async def seed_providers(conn: Connection, keys: Mapping[str, str | None]) -> None:
    """Make sure that every provider has its row; `keys` are those that the environment brings, by provider."""
    await conn.execute(
        SEED,
        [provider.provider_name for provider in DEFAULTS],
        [keys.get(provider.provider_name) for provider in DEFAULTS],
        [provider.rate_limit_per_second for provider in DEFAULTS],
        [provider.priority for provider in DEFAULTS],
    )
