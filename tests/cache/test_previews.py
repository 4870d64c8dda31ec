"""A person sees every candidate small, and nothing is fetched whole or stored for that where a small copy can be had."""

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from metarr.db.database import Database
from metarr.errors import ProviderUnavailable
from metarr.formats.file_uri import uri_of
from metarr.messages.jobs import SweepStore
from metarr.messages.requests import MakePreview, ThumbnailMade
from metarr_cache.previews import MOST_BYTES, Previews
from metarr_cache.renditions import smaller_copy
from metarr_cache.thumbnails import Thumbnails
from support import pictures
from support.artwork import add_candidate
from support.cache_house import House
from support.decoding import DecodesHere

TMDB = "https://image.tmdb.org/t/p"
FANART = "https://assets.fanart.tv"


class Picker:
    """Asks for previews of the house's candidates."""

    def __init__(self, house: House, data_dir: Path) -> None:
        self.house = house
        self.data_dir = data_dir
        thumbnails = Thumbnails(house.db, house.store, DecodesHere(), str(data_dir))
        self.previews = Previews(house.db, house.gallery, DecodesHere(), thumbnails)

    async def ask(self, candidate: int) -> ThumbnailMade:
        return await self.previews.make_preview(MakePreview(candidate_id=candidate))

    async def size(self, candidate: int) -> tuple[int, int]:
        made = await self.ask(candidate)
        assert made.file_path is not None, made.refused
        data = await asyncio.to_thread((self.data_dir / made.file_path).read_bytes)
        return Image.open(io.BytesIO(data)).size

    async def refused(self, candidate: int) -> str:
        made = await self.ask(candidate)
        assert made.file_path is None
        return made.refused or ""


@pytest.fixture
def picker(house: House, tmp_path: Path) -> Picker:
    return Picker(house, tmp_path / "data")


async def offered(
    house: House, url: str, provider: str | None = "tmdb", asset_type: str = "poster", **more: Any
) -> int:
    return await add_candidate(house.db, house.movie, asset_type, url, provider_name=provider, **more)


@pytest.mark.parametrize(
    ("url", "provider", "asset_type", "small"),
    [
        (f"{TMDB}/original/a.jpg", "tmdb", "poster", f"{TMDB}/w342/a.jpg"),
        (f"{TMDB}/original/a.jpg", "tmdb", "fanart", f"{TMDB}/w300/a.jpg"),
        (f"{TMDB}/original/a.png", "tmdb", "logo", f"{TMDB}/w300/a.png"),
        (f"{TMDB}/original/a.jpg", "tmdb", "thumb", f"{TMDB}/w185/a.jpg"),
        (f"{FANART}/fanart/movies/1/hdmovielogo/b.png", "fanart_tv", "logo", f"{FANART}/preview/movies/1/hdmovielogo/b.png"),
        (f"{FANART}/other/fanart", "fanart_tv", "logo", None),
        ("https://image.test/original/a.jpg", None, "poster", None),
        (f"{TMDB}/w500/a.jpg", "tmdb", "poster", None),
    ],
)  # fmt: skip
def test_where_a_provider_keeps_a_small_copy(
    url: str, provider: str | None, asset_type: str, small: str | None
) -> None:
    assert smaller_copy(url, provider, asset_type) == small


async def test_the_small_copy_is_fetched_and_not_the_whole(picker: Picker) -> None:
    house = picker.house
    small = house.gallery.hang(f"{TMDB}/w342/a.jpg", pictures.poster(width=342, height=513))
    candidate = await offered(house, house.gallery.hang(f"{TMDB}/original/a.jpg", pictures.poster()))
    assert await picker.size(candidate) == (320, 480)
    assert house.gallery.asked == [small]


async def test_without_a_small_copy_the_whole_is_made_small(picker: Picker) -> None:
    house = picker.house
    house.gallery.hang(f"{TMDB}/w342/a.jpg", None)
    first = await offered(house, house.gallery.hang(f"{TMDB}/original/a.jpg", pictures.poster()))
    second = await offered(house, house.gallery.hang("https://image.test/b.jpg", pictures.poster()), None)
    assert [await picker.size(first), await picker.size(second)] == [(320, 480), (320, 480)]


async def test_it_is_fetched_once_however_many_look_and_however_often(picker: Picker) -> None:
    house = picker.house
    url = house.gallery.hang("https://image.test/b.jpg", pictures.poster())
    candidate = await offered(house, url, None)
    made = await asyncio.gather(*(picker.ask(candidate) for _ in range(5)))
    assert {one.file_path for one in (*made, await picker.ask(candidate))} == {made[0].file_path}
    assert house.gallery.asked == [url]


async def test_a_preview_is_no_picture_of_the_store(picker: Picker, db: Database) -> None:
    house = picker.house
    candidate = await offered(house, house.gallery.hang("https://image.test/b.jpg", pictures.poster()), None)
    await picker.size(candidate)
    assert (await house.candidate(candidate))["cache_asset_id"] is None
    async with db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM cache_assets") == 0
    assert not Path(house.store.root).exists()


async def test_what_is_in_the_store_is_shown_from_there(picker: Picker) -> None:
    house = picker.house
    candidate = await house.offer("poster", pictures.poster())
    await house.cache()
    house.gallery.asked.clear()
    assert await picker.size(candidate) == (320, 480)
    assert house.gallery.asked == []


async def test_a_picture_beside_the_film_is_read_and_one_outside_the_library_is_not(
    picker: Picker, tmp_path: Path
) -> None:
    beside = await picker.house.beside("Alien (1979)/poster.jpg", pictures.poster())
    assert await picker.size(beside) == (320, 480)
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(pictures.poster())
    elsewhere = await offered(picker.house, uri_of(str(outside)), None, source_type="local")
    assert "leads out of the library" in await picker.refused(elsewhere)
    of_collection = await add_candidate(
        picker.house.db, 1, "poster", uri_of(str(outside)), entity_type="collection", source_type="local"
    )
    assert "only read from a library" in await picker.refused(of_collection)


async def test_what_cannot_be_had_is_said_in_words_and_may_be_had_later(picker: Picker) -> None:
    house = picker.house
    candidate = await offered(house, url := "https://image.test/b.jpg", None)
    for what, words in (
        (None, "404"),
        (pictures.HTML, "HTML page"),
        (ProviderUnavailable("image.test", "did not answer"), "did not answer"),
        (b"\xff\xd8\xff" + bytes(MOST_BYTES), "larger than"),
    ):
        house.gallery.hang(url, what)
        assert words in await picker.refused(candidate)
    house.gallery.hang(url, pictures.poster())
    assert await picker.size(candidate) == (320, 480)
    assert "no such candidate" in await picker.refused(candidate + 99)
    lost = await offered(house, "upload:" + "0" * 64, None, source_type="user")
    assert "nobody else has it" in await picker.refused(lost)


async def test_the_sweep_takes_previews_of_yesterday_and_they_are_made_again(picker: Picker) -> None:
    house = picker.house
    candidate = await offered(house, house.gallery.hang("https://image.test/b.jpg", pictures.poster()), None)
    made = await picker.ask(candidate)
    path = picker.data_dir / (made.file_path or "")
    part = int(path.name[:2], 16)
    await house.run_job(house.handlers, SweepStore(part=part))
    assert path.exists()
    os.utime(path, (0, 0))
    await house.run_job(house.handlers, SweepStore(part=part))
    assert not path.exists()
    assert await picker.ask(candidate) == made
