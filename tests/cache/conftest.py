"""The house that tests of the cache service work in."""

from pathlib import Path

import pytest

from metarr.blobs import BlobStore
from metarr.db.database import Database
from metarr_cache.intake import Intake
from metarr_cache.jobs import Handlers
from support.artwork import add_library, add_movie
from support.cache_house import House
from support.clock import ManualClock
from support.decoding import DecodesHere
from support.gallery import Gallery
from support.running import RunJob
from support.store_house import Store


@pytest.fixture
async def house(db: Database, run_job: RunJob, library_root: Path, tmp_path: Path) -> House:
    store = BlobStore(str(tmp_path / "data" / "cache" / "assets"))
    gallery = Gallery()
    library = await add_library(db, str(library_root))
    movie = await add_movie(db, library, f"{library_root}/Alien (1979)/Alien.mkv")
    return House(
        db=db,
        root=library_root,
        store=store,
        gallery=gallery,
        handlers=Handlers(store, Intake(store, gallery, DecodesHere())),
        library=library,
        movie=movie,
        run_job=run_job,
    )


@pytest.fixture
def store(house: House, clock: ManualClock, tmp_path: Path) -> Store:
    """The house's store, to spoil."""
    return Store(house, clock, tmp_path / "data")
