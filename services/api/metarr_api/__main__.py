"""Starts the API: `python -m metarr_api`, from environment variables alone."""

import asyncio
from functools import partial

from metarr.blobs import BlobStore
from metarr.runtime import Relay, Service, ServiceParts, run_service
from metarr_api.app import create_application
from metarr_api.key import load_key
from metarr_api.live import Live
from metarr_api.serving import serve
from metarr_api.tools import Tools


def main() -> None:
    run_service("api", build)


async def build(service: Service) -> ServiceParts:
    environment = service.environment
    live = Live()
    await live.listen(service.bus)
    tools = Tools(
        environment=environment,
        db=service.db,
        bus=service.bus,
        clock=service.clock,
        blobs=BlobStore(environment.asset_dir),
        relay=Relay(service.db, service.bus, service.clock),
        live=live,
        key=await asyncio.to_thread(load_key, environment),
        started_at=service.clock.now(),
        stopping=asyncio.Event(),
    )
    listen = partial(serve, create_application(tools), environment.host, environment.port)
    return ServiceParts(beside=(partial(_end_streams, tools.stopping), listen, partial(_relay, tools.relay)))


async def _end_streams(stopping: asyncio.Event, stop: asyncio.Event) -> None:
    """Open event streams end with the service instead of holding it up."""
    await stop.wait()
    stopping.set()


async def _relay(relay: Relay, stop: asyncio.Event) -> None:
    """Tell facts until the stop, then what is left."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(relay.run(), name="relay")
        await stop.wait()
        running.cancel()
    await relay.drain()


if __name__ == "__main__":
    main()
