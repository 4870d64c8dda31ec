"""A stored file that is lost or damaged comes back from a library or from where it came, or whoever shows it is told."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metarr.errors import Discard, ImageRefused, ProviderUnavailable, Retry
from metarr.formats.file_uri import uri_of
from metarr.messages.facts import AssetLost, AssetMended
from metarr.messages.jobs import MendAsset
from metarr.messages.requests import FileMended, MendFile
from metarr_cache.mending import PATIENT_TRIES, Mender
from support import pictures
from support.artwork import add_actor, add_collection
from support.rows import insert
from support.store_house import Store

URL = "https://image.test/poster.jpg"
POSTER = pictures.poster(seed=1)


async def stored(store: Store, data: bytes = POSTER, ext: str = "jpg", **values: Any) -> int:
    """A picture of a provider, whole, that the film shows as its poster."""
    blob = store.house.store.put(data, ext)
    known: dict[str, Any] = {
        "content_hash": blob.content_hash,
        "file_path": blob.path,
        "file_size": blob.size,
        "mime_type": "image/jpeg",
        "source_type": "provider",
        "source_url": URL,
    }
    async with store.house.db.read() as conn:
        asset = await insert(conn, "cache_assets", **(known | values))
        await conn.execute("UPDATE movies SET poster_id = $2 WHERE id = $1", store.house.movie, asset)
    return asset


async def lose(store: Store, asset: int, how: Callable[[Path], object] = Path.unlink) -> None:
    how(await store.path(asset))


async def mend(store: Store, asset: int) -> Any:
    return await store.run(MendAsset(asset_id=asset))


async def published(store: Store, data: bytes, name: str = "poster.jpg") -> Path:
    """A file that Metarr wrote beside the film."""
    path = store.house.root / "Alien (1979)" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    async with store.house.db.read() as conn:
        await insert(
            conn,
            "published_files",
            entity_type="movie",
            entity_id=store.house.movie,
            path=str(path),
            kind="poster",
            content_hash=hashlib.sha256(data).hexdigest(),
            file_size=len(data),
        )
    return path


async def is_whole(store: Store, asset: int) -> bool:
    (row,) = await store.fetch("SELECT file_path, lost_at FROM cache_assets WHERE id = $1", asset)
    return store.house.store.verify(row["file_path"]) and row["lost_at"] is None


LOSSES = pytest.mark.parametrize(
    "loss", [Path.unlink, lambda path: path.write_bytes(b"x" * path.stat().st_size)], ids=["lost", "damaged"]
)


@LOSSES
async def test_what_a_library_shows_comes_back_from_there_and_nobody_is_asked(
    store: Store, loss: Callable[[Path], object]
) -> None:
    asset = await stored(store)
    path = await published(store, POSTER)
    await lose(store, asset, loss)
    assert await mend(store, asset) == AssetMended(asset_id=asset, source=str(path))
    assert await is_whole(store, asset)
    assert store.house.gallery.asked == []


@LOSSES
async def test_what_no_library_has_comes_from_where_it_came(store: Store, loss: Callable[[Path], object]) -> None:
    asset = await stored(store)
    store.house.gallery.hang(URL, POSTER)
    await lose(store, asset, loss)
    assert await mend(store, asset) == AssetMended(asset_id=asset, source=URL)
    assert await is_whole(store, asset)


async def test_a_library_that_shows_another_picture_by_now_is_no_source(store: Store) -> None:
    asset = await stored(store)
    (await published(store, POSTER)).write_bytes(pictures.poster(seed=2))
    store.house.gallery.hang(URL, POSTER)
    await lose(store, asset)
    assert (await mend(store, asset)).source == URL
    assert await is_whole(store, asset)
    assert len(store.files()) == 1


async def test_a_source_that_shows_another_picture_by_now_gives_nothing_back(store: Store) -> None:
    asset = await stored(store)
    store.house.gallery.hang(URL, pictures.poster(seed=2))
    await lose(store, asset)
    fact = await mend(store, asset)
    assert fact == AssetLost(
        asset_id=asset, reason="its source shows another picture by now", films=(store.house.movie,)
    )
    assert await store.lost() == [asset]
    assert await store.following() == [("CacheAssets", {"entity_type": "movie", "entity_id": store.house.movie})]


async def test_a_file_beside_the_film_from_which_a_picture_was_taken_gives_it_back(store: Store) -> None:
    path = store.house.root / "Alien (1979)" / "folder.jpg"
    path.parent.mkdir()
    path.write_bytes(POSTER)
    asset = await stored(store, source_type="local", source_url=uri_of(str(path)))
    await lose(store, asset)
    assert (await mend(store, asset)).source == str(path)


async def test_any_source_that_ever_offered_the_same_picture_will_do(store: Store) -> None:
    asset = await stored(store, source_url=None)
    other = store.house.gallery.hang("https://other.test/p.jpg", POSTER)
    async with store.house.db.read() as conn:
        await insert(
            conn,
            "asset_candidates",
            entity_type="movie",
            entity_id=store.house.movie,
            asset_type="poster",
            source_type="provider",
            source_url=other,
            cache_asset_id=asset,
        )
    await lose(store, asset)
    assert (await mend(store, asset)).source == other


async def test_what_is_no_picture_comes_back_from_a_library_and_from_no_address(store: Store) -> None:
    trailer = b"\x1aE\xdf\xa3 not a picture" * 100_000
    asset = await stored(store, trailer, "mkv", mime_type="video/x-matroska")
    path = await published(store, trailer, "Alien-trailer.mkv")
    await lose(store, asset)
    assert (await mend(store, asset)).source == str(path)
    path.unlink()
    await lose(store, asset)
    assert isinstance(await mend(store, asset), AssetLost)
    assert store.house.gallery.asked == []


async def test_files_outside_of_all_libraries_are_not_read(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside.jpg"
    outside.write_bytes(POSTER)
    link = store.house.root / "link.jpg"
    link.symlink_to(outside)
    for path in (outside, link, store.house.root / ".." / "outside.jpg"):
        asset = await stored(store, source_type="local", source_url=uri_of(str(path)))
        await lose(store, asset)
        assert isinstance(await mend(store, asset), AssetLost)
        await store.fetch("UPDATE movies SET poster_id = NULL")
        await store.fetch("DELETE FROM cache_assets")


async def test_trouble_of_the_moment_is_waited_for_and_then_told(store: Store) -> None:
    asset = await stored(store)
    store.house.gallery.hang(URL, ProviderUnavailable("tmdb", "503"))
    await lose(store, asset)
    with pytest.raises(Retry, match="503"):
        await mend(store, asset)
    await store.fetch(
        "UPDATE job_queue SET retry_count = $1, next_retry_at = NULL, ready_seq = 1 WHERE kind = 'MendAsset'",
        PATIENT_TRIES,
    )
    fact = await store.house.run_job(store.house.handlers, MendAsset(asset_id=asset), priority=10)
    assert isinstance(fact, AssetLost)
    assert "503" in fact.reason


async def test_a_library_that_is_away_is_trouble_of_the_moment(store: Store) -> None:
    asset = await stored(store, source_url=None)
    await published(store, POSTER)
    await lose(store, asset)
    store.house.root.rename(store.house.root.parent / "elsewhere")
    with pytest.raises(Retry, match="is not there"):
        await mend(store, asset)


async def test_an_upload_that_no_library_shows_is_gone(store: Store) -> None:
    asset = await stored(store, source_type="user", source_url="upload:abc")
    await lose(store, asset)
    assert "it was uploaded" in (await mend(store, asset)).reason


async def test_everybody_who_shows_it_is_told_once_and_collections_say_so_themselves(store: Store) -> None:
    asset = await stored(store)
    async with store.house.db.read() as conn:
        await conn.execute("UPDATE movies SET poster_id = NULL")
    actor = await add_actor(store.house.db, store.house.movie, "Ann")
    collection = await add_collection(store.house.db, store.house.movie)
    await store.fetch("UPDATE actors SET thumb_id = $2 WHERE id = $1", actor, asset)
    await store.fetch("UPDATE movie_collections SET fanart_id = $2 WHERE id = $1", collection, asset)
    await lose(store, asset)
    assert (await mend(store, asset)).films == (store.house.movie,)
    problem = "SELECT message FROM problems WHERE entity_type = 'collection' AND entity_id = $1 AND area = 'artwork'"
    (said,) = await store.fetch(problem, collection)
    assert "gone from the store and cannot be had again" in said["message"]
    store.house.gallery.hang(URL, POSTER)
    await mend(store, asset)
    assert await store.fetch(problem, collection) == []


async def test_films_that_missed_it_look_again_once_it_is_back(store: Store) -> None:
    asset = await stored(store)
    await store.fetch("UPDATE movies SET poster_locked = true")
    await lose(store, asset)
    await mend(store, asset)
    await store.house.cache()
    assert await store.house.complaint() == "poster: the picture is gone from the store and cannot be had again"
    store.house.gallery.hang(URL, POSTER)
    assert (await mend(store, asset)).films == (store.house.movie,)
    await store.fetch("DELETE FROM job_queue")
    await store.house.cache()
    assert await store.house.complaint() is None


async def test_what_is_whole_needs_nothing_and_what_is_forgotten_cannot_come_back(store: Store) -> None:
    asset = await stored(store)
    await store.fetch("UPDATE cache_assets SET lost_at = now()")
    assert await mend(store, asset) == AssetMended(asset_id=asset)
    assert await store.lost() == []
    with pytest.raises(Discard):
        await mend(store, 10**6)


async def test_who_asks_for_a_file_at_once_gets_it_or_the_reason(store: Store) -> None:
    mender = Mender(store.house.db, store.house.store, store.house.handlers._intake)
    asset = await stored(store)
    asked = MendFile(content_hash=hashlib.sha256(POSTER).hexdigest())
    assert await mender.mend_file(asked) == FileMended()
    await lose(store, asset)
    store.house.gallery.hang(URL, ImageRefused("it is an HTML page"))
    assert (await mender.mend_file(asked)).refused == "it is an HTML page"
    store.house.gallery.hang(URL, POSTER)
    assert await mender.mend_file(asked) == FileMended()
    assert await is_whole(store, asset)
    assert "does not know" in ((await mender.mend_file(MendFile(content_hash="0" * 64))).refused or "")
