"""An enricher whose providers are a stand-in, on a database with one library."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import stamina

from metarr.db import Database
from metarr.db.queries.movies import MovieRow, load_movie
from metarr.db.queries.providers import seed_providers
from metarr.http import HttpDoor, Limits
from metarr_enricher.jobs import Handlers
from metarr_enricher.panel import Addresses, Providers
from support.clock import ManualClock
from support.film_documents import IMDB_ID, TMDB_ID, fanart_film, omdb_film, tmdb_film
from support.provider_stand_in import ProviderStandIn, said
from support.rows import insert, insert_movie

KEYS = {"tmdb": "tmdb-s3cret", "fanart_tv": "fanart-s3cret"}


@pytest.fixture(autouse=True)
def retries_do_not_wait():
    stamina.set_testing(True, attempts=2, cap=True)
    yield
    stamina.set_testing(False)


class HastyClock(ManualClock):
    """Whoever sleeps is awake at once, and so much later it is."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


@pytest.fixture
def clock() -> ManualClock:
    return HastyClock()


@pytest.fixture
async def provider() -> AsyncIterator[ProviderStandIn]:
    """Knows one film everywhere."""
    async with ProviderStandIn() as server:
        server.answer(f"/tmdb/movie/{TMDB_ID}", said(tmdb_film()))
        server.answer(f"/tmdb/find/{IMDB_ID}", said({"movie_results": [{"id": TMDB_ID, "title": "x"}]}))
        server.answer(f"/fanart/movies/{TMDB_ID}", said(fanart_film()))
        server.answer("/omdb", said(omdb_film()))
        yield server


@pytest.fixture
async def library(db: Database) -> int:
    """A library, and keys for TMDB and fanart.tv."""
    async with db.transaction() as conn:
        await seed_providers(conn, KEYS)
        return await insert(conn, "libraries", name="Films", path="/films", type="movie")


@pytest.fixture
async def door(provider: ProviderStandIn, tmp_path: Path, clock: ManualClock) -> AsyncIterator[HttpDoor]:
    limits = Limits(seconds=0.5, max_bytes=1_000_000)
    async with HttpDoor(
        data_dir=str(tmp_path), user_agent="Metarr/test", clock=clock, configured=[provider.url], json_limits=limits
    ) as opened:
        yield opened


@pytest.fixture
def addresses(provider: ProviderStandIn) -> Addresses:
    return Addresses(
        tmdb=provider.url + "/tmdb",
        tmdb_image="https://img/t/p",
        fanart_tv=provider.url + "/fanart",
        omdb=provider.url + "/omdb",
    )


@pytest.fixture
def handlers(door: HttpDoor, addresses: Addresses, db: Database) -> Handlers:
    return Handlers(Providers(door, addresses), db)


@pytest.fixture
def add_film(db: Database, library: int) -> Callable[..., Awaitable[int]]:
    """`await add_film(title=…, nfo={…})` → its id; `nfo` is what an NFO beside it says."""

    async def add(number: int = 1, nfo: dict[str, Any] | None = None, **values: Any) -> int:
        async with db.transaction() as conn:
            known = {"file_path": f"/films/{number}.mkv", "title": "The Quiet Harbour"}
            film = await insert_movie(conn, library, **(known | values))
            if nfo is not None:
                owner = {"entity_type": "movie", "entity_id": film}
                await insert(conn, "metadata_answers", **owner, source="nfo", answer=nfo)
            return film

    return add


@pytest.fixture
def read_film(db: Database) -> Callable[[int], Awaitable[MovieRow]]:
    async def read(film: int) -> MovieRow:
        async with db.read() as conn:
            row = await load_movie(conn, film)
        assert row is not None
        return row

    return read


@pytest.fixture
def rows(db: Database) -> Callable[..., Awaitable[list[tuple[Any, ...]]]]:
    """`await rows("SELECT …", …)`."""

    async def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        async with db.read() as conn:
            return [tuple(row) for row in await conn.fetch(statement, *values)]

    return fetch
