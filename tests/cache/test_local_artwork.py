"""Artwork beside a film is taken in, shown where nothing is better, and never concluded from when it cannot be read."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from metarr.formats.file_uri import uri_of
from support import pictures
from support.artwork import add_actor, add_candidate, row, snapshot
from support.cache_house import WRITTEN, House


async def test_local_artwork_is_taken_in_all_of_it_and_shown_where_nothing_is_better(house: House) -> None:
    poster = await house.beside("poster.jpg", data := pictures.poster())
    spare = await house.beside("folder.png", pictures.encoded(pictures.photo(300, 450, seed=7), "PNG"))
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown() == data
    asset = await house.shown()
    assert asset is not None
    assert (asset["source_type"], asset["provider_name"]) == ("local", None)
    assert (await house.candidate(poster))["status"] == "chosen"
    assert (await house.candidate(spare))["cache_asset_id"] is not None
    assert (await row(house.db, "movies", house.movie))["poster_locked"] is False


async def test_local_artwork_is_locked_where_the_person_wants_it_so(house: House) -> None:
    await house.set("scan.lock_local_assets", "true")
    await house.beside("poster.jpg", pictures.poster())
    await house.offer("fanart", pictures.fanart())
    await house.cache()
    film = await row(house.db, "movies", house.movie)
    assert (film["poster_locked"], film["fanart_locked"]) == (True, False)


async def test_of_two_posters_of_one_size_the_one_that_players_showed_stays(house: House) -> None:
    await house.beside("folder.jpg", pictures.poster(seed=1))
    await house.beside("Alien (1979)-poster.png", data := pictures.encoded(pictures.photo(500, 750, seed=2), "PNG"))
    await house.beside("cover.jpg", pictures.poster(seed=3))
    await house.cache()
    assert await house.bytes_shown() == data


@pytest.mark.parametrize("reset", ["", ", cache_asset_id = NULL, perceptual_hash = NULL, width = NULL, height = NULL"])
async def test_a_local_file_that_was_replaced_takes_the_place_of_what_it_was(house: House, reset: str) -> None:
    candidate = await house.beside("poster.jpg", pictures.poster(seed=1, width=1000, height=1500))
    await house.cache()
    new = pictures.poster(seed=2)
    (house.root / "poster.jpg").write_bytes(new)
    async with house.db.read() as conn:
        await conn.execute(f"UPDATE asset_candidates SET file_size = $2 {reset} WHERE id = $1", candidate, len(new))
    fact = await house.cache()
    assert fact.changed == ("poster",)
    assert await house.bytes_shown() == new


async def test_a_local_file_that_is_gone_leaves_what_was_taken_in(house: House) -> None:
    candidate = await house.beside("poster.jpg", data := pictures.poster())
    await house.cache()
    async with house.db.read() as conn:
        await conn.execute("DELETE FROM asset_candidates WHERE id = $1", candidate)
    (house.root / "poster.jpg").unlink()
    assert (await house.cache()).changed == ()
    assert await house.bytes_shown() == data


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link_out(path: Path) -> None:
    outside = path.parent.parent / "outside.jpg"
    outside.write_bytes(pictures.poster())
    path.symlink_to(outside)


def _unreadable(path: Path) -> None:
    path.write_bytes(pictures.poster())
    path.chmod(0)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.write_bytes(pictures.HTML), "HTML page"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.mkdir(), "not a file"),
        (lambda path: None, "not there any more"),
        (_fifo, "not a file"),
        (_link_out, "leads out of the library"),
        pytest.param(_unreadable, "may not read", marks=pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")),
    ],
)
async def test_a_local_file_that_is_no_picture_is_named_with_the_reason(
    house: House, make: Callable[[Path], object], reason: str
) -> None:
    path = house.root / "poster.jpg"
    make(path)
    candidate = await add_candidate(house.db, house.movie, "poster", uri_of(str(path)), source_type="local")
    await house.cache()
    judged = await house.candidate(candidate)
    assert judged["status"] == "failed"
    assert reason in judged["reason"]
    assert (await house.complaint() or "").startswith("poster: poster.jpg cannot be used")


async def test_a_complaint_goes_when_its_cause_is_gone(house: House) -> None:
    await house.beside("poster.jpg", pictures.HTML)
    await house.cache()
    assert await house.complaint()
    (house.root / "poster.jpg").write_bytes(pictures.poster())
    await house.cache()
    assert await house.complaint() is None
    assert await house.shown()


async def test_nothing_is_concluded_from_a_library_that_is_not_mounted(house: House) -> None:
    candidate = await house.beside("poster.jpg", pictures.poster())
    await house.offer("poster", good := pictures.poster(seed=2))
    house.root.rename(house.root.with_name("unplugged"))
    await house.cache()
    assert (await house.candidate(candidate))["status"] == "candidate"
    assert await house.bytes_shown() == good


async def test_two_that_look_the_same_are_not_both_offered(house: House) -> None:
    original = pictures.photo(1000, 1500, seed=5)
    await house.offer("poster", pictures.encoded(original), width=1000, height=1500, likes=9)
    twin = await house.beside("poster.jpg", pictures.encoded(original.resize((600, 900)), quality=60))
    await house.set("assets.weights", '{"provider": 0, "votes": 60, "language": 0}')
    await house.cache()
    judged = await house.candidate(twin)
    reason = "same picture as the one of 1000 x 1500 from tmdb, smaller (600 x 900)"
    assert (judged["status"], judged["reason"]) == ("rejected", reason)


@pytest.mark.parametrize("file_name", ["Sigourney_Weaver.jpg", "sigourney weaver.jpg"])
async def test_a_portrait_beside_the_film_is_preferred_and_found_by_name(house: House, file_name: str) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(width=1000, height=1500), entity_type="actor", entity_id=actor, likes=20)
    await house.cache()
    await _portrait(house, file_name, data := pictures.poster(seed=8, width=200, height=300))
    fact = await house.cache()
    assert fact.changed == ("actors",)
    thumb = (await row(house.db, "actors", actor))["thumb_id"]
    assert house.store.read((await row(house.db, "cache_assets", thumb))["file_path"]) == data
    before = await snapshot(house.db, *WRITTEN)
    assert (await house.cache()).changed == ()
    assert await snapshot(house.db, *WRITTEN) == before


async def test_what_metarr_wrote_itself_is_no_news(house: House) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await _portrait(house, "Sigourney_Weaver.jpg", pictures.poster(seed=8), published=True)
    own = await house.beside("poster.jpg", pictures.poster(seed=1))
    await _publish(house, house.root / "poster.jpg", "poster")
    await house.cache()
    assert (await row(house.db, "actors", actor))["thumb_id"] is None
    judged = await house.candidate(own)
    assert (judged["status"], judged["reason"]) == ("rejected", "Metarr wrote this file itself")
    assert await house.complaint() is None


async def _portrait(house: House, name: str, data: bytes, *, published: bool = False) -> None:
    path = house.root / "Alien (1979)" / ".actors" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if published:
        await _publish(house, path, "actor_image")
    async with house.db.read() as conn:
        await conn.execute(
            "INSERT INTO local_files (library_id, entity_type, entity_id, path, kind, file_size, mtime_ns, detail) "
            "VALUES ($1, 'movie', $2, $3, 'actor_image', $4, $5, $6)",
            house.library,
            house.movie,
            str(path),
            len(data),
            path.stat().st_mtime_ns,
            {"name": name.rpartition(".")[0].replace("_", " ")},
        )


async def _publish(house: House, path: Path, kind: str) -> None:
    async with house.db.read() as conn:
        await conn.execute(
            "INSERT INTO published_files (entity_type, entity_id, path, kind, content_hash, file_size, mtime_ns) "
            "VALUES ('movie', $1, $2, $3, $4, $5, $6)",
            house.movie,
            str(path),
            kind,
            "0" * 64,
            path.stat().st_size,
            path.stat().st_mtime_ns,
        )


async def test_bytes_that_another_service_put_into_the_store_are_looked_at_before_they_are_judged(house: House) -> None:
    blob = house.store.put(data := pictures.poster(), "jpg")
    async with house.db.read() as conn:
        asset = await conn.fetchval(
            "INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type) "
            "VALUES ($1, $2, $3, 'image/jpeg', 'local') RETURNING id",
            blob.content_hash,
            blob.path,
            blob.size,
        )
    adopted = {"source_type": "local", "cache_asset_id": asset, "file_size": blob.size}
    await add_candidate(house.db, house.movie, "poster", "file:///bin/poster.jpg", **adopted)
    await house.cache()
    assert await house.bytes_shown() == data
    described = await row(house.db, "cache_assets", asset)
    assert (described["width"], described["height"]) == (500, 750)
    assert described["perceptual_hash"] is not None
