"""Checking that what was published is still there, and which copy mends which."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from metarr.errors import Discard, Snooze
from support.publishing import Shelf, content_of, jpeg, sha256


async def published(shelf: Shelf) -> int:
    movie_id = await shelf.film("Heat (1995)/Heat.mkv")
    await shelf.picture(movie_id, "poster", jpeg("ours"))
    await shelf.actor(movie_id, "Al Pacino", jpeg("pacino"))
    await shelf.publish(movie_id)
    return movie_id


def stored(shelf: Shelf) -> Path:
    return Path(shelf.store.path(f"{sha256(jpeg('ours'))}.jpg"))


async def test_what_is_as_published_needs_nothing(shelf: Shelf) -> None:
    found = await shelf.verify(await published(shelf))
    assert (found.missing, found.damaged) == ((), ())


async def test_missing_files_are_named_and_the_next_publish_brings_them_back(shelf: Shelf) -> None:
    movie_id = await published(shelf)
    before = content_of(shelf.root)
    for name in ("poster.jpg", ".actors/Al_Pacino.jpg", "movie.nfo"):
        (shelf.root / "Heat (1995)" / name).unlink()
    (shelf.root / "Heat (1995)/.actors").rmdir()
    found = await shelf.verify(movie_id)
    assert set(found.missing) == {"poster.jpg", ".actors/Al_Pacino.jpg", "movie.nfo"}
    await shelf.publish(movie_id)
    assert content_of(shelf.root) == before


async def test_damage_is_found_even_where_size_and_time_are_as_they_were(shelf: Shelf) -> None:
    movie_id = await published(shelf)
    poster = shelf.root / "Heat (1995)/poster.jpg"
    times = poster.stat()
    poster.write_bytes(b"\0\0" + jpeg("ours")[2:])
    os.utime(poster, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (await shelf.verify(movie_id)).damaged == ("poster.jpg",)


async def test_newer_metadata_that_were_not_published_yet_are_no_damage(shelf: Shelf) -> None:
    movie_id = await published(shelf)
    await shelf.change(movie_id, plot="Another.")
    assert (await shelf.verify(movie_id)).damaged == ()


@pytest.mark.parametrize("loss", [os.unlink, lambda path: os.truncate(path, 3)], ids=["gone", "cut short"])
async def test_the_store_gets_its_picture_back_from_the_library(shelf: Shelf, loss: Callable[[Path], None]) -> None:
    movie_id = await published(shelf)
    loss(stored(shelf))
    found = await shelf.verify(movie_id)
    assert (found.missing, found.damaged) == ((), ())
    assert stored(shelf).read_bytes() == jpeg("ours")


async def test_a_film_that_was_never_published_misses_nothing(shelf: Shelf) -> None:
    movie_id = await shelf.film("Heat (1995)/Heat.mkv")
    found = await shelf.verify(movie_id)
    assert (found.missing, found.damaged) == ((), ())


async def test_an_unmounted_disk_is_no_loss(shelf: Shelf) -> None:
    movie_id = await published(shelf)
    shelf.root.rename(shelf.root.parent / "elsewhere")
    shelf.root.mkdir()
    with pytest.raises(Snooze):
        await shelf.verify(movie_id)


async def test_a_film_that_is_elsewhere_now_is_left_to_the_scan(shelf: Shelf) -> None:
    movie_id = await published(shelf)
    (shelf.root / "Heat (1995)").rename(shelf.root / "Heat")
    with pytest.raises(Discard):
        await shelf.verify(movie_id)


async def test_what_others_wrote_into_an_nfo_comes_back_with_it(shelf: Shelf) -> None:
    nfo = shelf.root / "Heat (1995)/movie.nfo"
    nfo.parent.mkdir()
    nfo.write_text("<movie><title>Heat</title><userrating>9</userrating><tag>heist</tag></movie>")
    movie_id = await published(shelf)
    before = content_of(shelf.root)
    assert b"<userrating>9</userrating>" in nfo.read_bytes()
    nfo.unlink()
    assert (await shelf.verify(movie_id)).missing == ("movie.nfo",)
    await shelf.publish(movie_id)
    assert content_of(shelf.root) == before


async def test_what_lies_there_counts_before_what_was_carried_on_the_last_time(shelf: Shelf) -> None:
    nfo = shelf.root / "Heat (1995)/movie.nfo"
    nfo.parent.mkdir()
    nfo.write_text("<movie><title>Heat</title><tag>heist</tag></movie>")
    movie_id = await published(shelf)
    nfo.write_bytes(nfo.read_bytes().replace(b"<tag>heist</tag>", b"<tag>loved</tag>"))
    await shelf.publish(movie_id)
    nfo.unlink()
    await shelf.publish(movie_id)
    assert b"<tag>loved</tag>" in nfo.read_bytes()
    assert b"heist" not in nfo.read_bytes()


async def test_an_nfo_of_our_own_fields_alone_needs_no_second_copy(shelf: Shelf) -> None:
    await published(shelf)
    async with shelf.db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM published_files WHERE carried IS NOT NULL") == 0
