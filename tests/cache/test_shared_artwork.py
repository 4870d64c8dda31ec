"""People, sets and pictures that several films share are fetched once and never stand in each other's way."""

import asyncio
from pathlib import Path

from metarr.errors import ProviderUnavailable
from support import pictures
from support.artwork import add_actor, add_collection, add_movie, row
from support.cache_house import House


async def test_the_same_bytes_for_two_films_are_stored_once_and_counted_twice(house: House, tmp_path: Path) -> None:
    other = await add_movie(house.db, house.library, f"{house.root}/Aliens (1986)/Aliens.mkv")
    data = pictures.poster()
    await house.offer("poster", data)
    await house.offer("poster", data, entity_id=other)
    await house.cache()
    await house.cache(other)
    mine, theirs = await house.shown(), await house.shown(movie=other)
    assert mine == theirs
    assert mine is not None
    assert mine["reference_count"] == 2
    files = [path for path in (tmp_path / "data" / "cache" / "assets").rglob("*") if path.is_file()]
    assert len(files) == 1


async def test_jobs_that_share_people_sets_and_pictures_do_not_get_into_each_others_way(house: House) -> None:
    movies = [house.movie]
    movies += [await add_movie(house.db, house.library, f"{house.root}/{n}/{n}.mkv") for n in range(5)]
    collection = await add_collection(house.db, *movies)
    await house.offer("poster", pictures.poster(seed=50), entity_type="collection", entity_id=collection)
    people = [await add_actor(house.db, movies[0], f"Person {n}", order=n) for n in range(6)]
    for movie in movies[1:]:
        for order, n in enumerate(reversed(range(6))):
            await add_actor(house.db, movie, f"Person {n}", order=order)
    for person in people:
        await house.offer("thumb", pictures.poster(seed=person % 3), entity_type="actor", entity_id=person)
    for n, movie in enumerate(movies):
        slots = ("poster", "fanart") if n % 2 else ("fanart", "poster")
        for slot in slots:
            data = pictures.poster(seed=60) if slot == "poster" else pictures.fanart(seed=61)
            await house.offer(slot, data, entity_id=movie)
    facts = await asyncio.gather(*(house.cache(movie) for movie in movies))
    assert all({"poster", "fanart"} <= set(fact.changed) for fact in facts)
    poster = await house.shown()
    assert poster is not None
    assert poster["reference_count"] == len(movies)
    thumbs = [(await row(house.db, "actors", person))["thumb_id"] for person in people]
    assert None not in thumbs
    set_poster = (await row(house.db, "movie_collections", collection))["poster_id"]
    assert (await row(house.db, "cache_assets", set_poster))["reference_count"] == 1


async def test_the_sets_poster_and_backdrop_are_chosen_with_its_films(house: House) -> None:
    collection = await add_collection(house.db, house.movie)
    await house.offer("poster", pictures.poster(), entity_type="collection", entity_id=collection)
    await house.offer("fanart", pictures.fanart(), entity_type="collection", entity_id=collection)
    async with house.db.read() as conn:
        await conn.execute("UPDATE movie_collections SET fanart_locked = true")
    fact = await house.cache()
    found = await row(house.db, "movie_collections", collection)
    assert found["poster_id"] is not None
    assert found["fanart_id"] is None
    assert fact.changed == ()


async def test_a_portrait_is_fetched_once_for_all_films_of_a_person(house: House) -> None:
    other = await add_movie(house.db, house.library, f"{house.root}/Aliens/Aliens.mkv")
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await add_actor(house.db, other, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(), entity_type="actor", entity_id=actor)
    fact = await house.cache()
    await house.offer("thumb", pictures.poster(seed=2), entity_type="actor", entity_id=actor, likes=20)
    again = await house.cache(other)
    assert (fact.changed, again.changed) == (("actors",), ())
    assert len(house.gallery.asked) == 1
    assert (await row(house.db, "actors", actor))["thumb_id"] is not None


async def test_a_person_without_a_picture_stays_without_and_nobody_is_troubled(house: House) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", None, entity_type="actor", entity_id=actor)
    fact = await house.cache()
    assert fact.changed == ()
    assert await house.complaint() is None


async def test_no_portrait_is_fetched_where_nobody_wants_them(house: House) -> None:
    await house.set("publish.actor_images", "false")
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    await house.offer("thumb", pictures.poster(), entity_type="actor", entity_id=actor)
    await house.cache()
    assert house.gallery.asked == []


async def test_no_film_waits_for_a_portrait_whose_source_has_trouble(house: House) -> None:
    actor = await add_actor(house.db, house.movie, "Sigourney Weaver")
    trouble = ProviderUnavailable("tmdb", "has trouble of its own")
    await house.offer("thumb", trouble, entity_type="actor", entity_id=actor)
    assert (await house.cache()).changed == ()
    assert (await row(house.db, "actors", actor))["thumb_id"] is None
