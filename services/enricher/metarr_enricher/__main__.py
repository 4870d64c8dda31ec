"""`python -m metarr_enricher`: asks the providers and merges what they say."""

from metarr.db.queries.providers import seed_providers
from metarr.http import HttpDoor
from metarr.messages.requests import FindMatches
from metarr.runtime import Service, ServiceParts, run_service
from metarr.runtime.environment import Environment
from metarr.runtime.version import VERSION
from metarr_enricher.jobs import Handlers
from metarr_enricher.panel import Addresses, Providers

SLOTS = 8
"""Most of a job is waiting for providers."""


async def build(service: Service) -> ServiceParts:
    environment = service.environment
    async with service.db.transaction() as conn:
        await seed_providers(conn, keys(environment))
    addresses = Addresses(
        tmdb=environment.tmdb_url,
        tmdb_image=environment.tmdb_image_url,
        fanart_tv=environment.fanarttv_url,
        omdb=environment.omdb_url,
    )
    door = await service.stack.enter_async_context(
        HttpDoor(
            data_dir=environment.data_dir,
            user_agent=f"Metarr/{VERSION}",
            clock=service.clock,
            configured=(addresses.tmdb, addresses.tmdb_image, addresses.fanart_tv, addresses.omdb),
        )
    )
    handlers = Handlers(Providers(door, addresses), service.db)
    return ServiceParts(handlers=handlers, answers={FindMatches: handlers.find_matches}, slots=SLOTS)


def keys(environment: Environment) -> dict[str, str | None]:
    """The keys that the environment brings, by provider."""
    return {
        "tmdb": environment.tmdb_api_key,
        "fanart_tv": environment.fanarttv_api_key,
        "omdb": environment.omdb_api_key,
        "tvdb": environment.tvdb_api_key,
        "theaudiodb": environment.theaudiodb_api_key,
    }


def main() -> None:
    run_service("enricher", build)


if __name__ == "__main__":
    main()
