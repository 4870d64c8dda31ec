"""The cache service: composed here, run by `python -m metarr_cache`."""

import asyncio
from datetime import timedelta

from metarr.blobs import BlobStore
from metarr.http import HttpDoor
from metarr.messages.requests import MakePreview, MakeThumbnail, MendFile, SimulateArtwork, StoreImage
from metarr.runtime import VERSION, Service, ServiceParts, run_service
from metarr_cache.decoding import Decoders
from metarr_cache.intake import Intake
from metarr_cache.jobs import Handlers
from metarr_cache.mending import Mender
from metarr_cache.previews import Previews
from metarr_cache.simulation import Simulations
from metarr_cache.thumbnails import Thumbnails
from metarr_cache.uploads import Uploads

SLOTS = 4
_SOURCES = (
    "tmdb_url",
    "tmdb_image_url",
    "fanarttv_url",
    "tvdb_url",
    "tvmaze_url",
    "coverartarchive_url",
    "theaudiodb_url",
)
"""Addresses of the environment that pictures may come from wherever they lie, so that a stand-in can take their place."""

_ABANDONED_AFTER = timedelta(hours=1)
"""A half-written file as old as this belongs to nobody any more."""


async def build(service: Service) -> ServiceParts:
    """Compose the service from its environment."""
    environment = service.environment
    store = BlobStore(environment.asset_dir)
    await asyncio.to_thread(store.clear_leftovers, (service.clock.now() - _ABANDONED_AFTER).timestamp())
    door = await service.stack.enter_async_context(
        HttpDoor(
            data_dir=environment.data_dir,
            user_agent=f"Metarr/{VERSION}",
            clock=service.clock,
            configured=[getattr(environment, name) for name in _SOURCES],
        )
    )
    decoders = await service.stack.enter_async_context(Decoders())
    intake = Intake(store, door, decoders)
    uploads = Uploads(service.db, intake, environment.data_dir)
    thumbnails = Thumbnails(service.db, store, decoders, environment.data_dir)
    mender = Mender(service.db, store, intake)
    return ServiceParts(
        handlers=Handlers(store, intake),
        answers={
            StoreImage: uploads.store_image,
            MakeThumbnail: thumbnails.make_thumbnail,
            MakePreview: Previews(service.db, door, decoders, thumbnails).make_preview,
            SimulateArtwork: Simulations(service.db).simulate_artwork,
            MendFile: mender.mend_file,
        },
        slots=SLOTS,
    )


def main() -> None:
    run_service("cache", build)


if __name__ == "__main__":
    main()
