"""Starts the publisher: `python -m metarr_publisher`."""

import os

from metarr.blobs import BlobStore
from metarr.blobs.names import ASSET_DIR
from metarr.runtime import Service, ServiceParts, run_service
from metarr_publisher.jobs import Handlers

SLOTS = 4


async def build(service: Service) -> ServiceParts:
    store = BlobStore(os.path.join(service.environment.data_dir, ASSET_DIR))
    return ServiceParts(handlers=Handlers(store), slots=SLOTS)


def main() -> None:
    run_service("publisher", build)


if __name__ == "__main__":
    main()
