"""Artwork rows: read in few statements, written in few statements, counted right, chosen by a person under lock."""

import asyncio
from collections.abc import Sequence

import pytest

from metarr.db.database import Database
from metarr.db.queries.assets import load_artwork, load_candidates
from metarr.db.queries.assets_picking import clear_slot, pick_candidate
from metarr.db.queries.assets_writing import (
    Judgement,
    NewAsset,
    NewCandidate,
    assign,
    assign_portraits,
    judge,
    lock_assets,
    lock_slots,
    put_assets,
    put_candidates,
)
from metarr.errors import Conflict, Invalid, NotFound
from support.artwork import add_actor, add_candidate, add_collection, add_library, add_movie, row, snapshot


@pytest.fixture
async def movie(db: Database) -> int:
    return await add_movie(db, await add_library(db, "/films"), "/films/Alien (1979)/Alien.mkv")


def picture(number: int) -> NewAsset:
    content_hash = f"{number:064x}"
    return NewAsset(
        content_hash=content_hash,
        file_path=f"cache/assets/{content_hash[:2]}/{content_hash[2:4]}/{content_hash}.jpg",
        file_size=1000 + number,
        mime_type="image/jpeg",
        width=1000,
        height=1500,
        perceptual_hash=f"{number:016x}",
        source_type="provider",
        source_url=f"https://image.test/{number}.jpg",
        provider_name="tmdb",
    )


async def put(db: Database, numbers: Sequence[int]) -> list[int]:
    async with db.transaction() as conn:
        ids = await put_assets(conn, [picture(number) for number in numbers])
    return [ids[picture(number).content_hash] for number in numbers]


async def count(db: Database, asset: int) -> int:
    return int((await row(db, "cache_assets", asset))["reference_count"])


async def test_a_film_comes_with_its_slots_candidates_collection_and_people(db: Database, movie: int) -> None:
    (asset,) = await put(db, [1])
    collection = await add_collection(db, movie)
    actor = await add_actor(db, movie, "Sigourney Weaver")
    poster = await add_candidate(db, movie, "poster", "https://image.test/1.jpg", cache_asset_id=asset, likes=3)
    await add_candidate(db, collection, "fanart", "https://image.test/2.jpg", entity_type="collection")
    await add_candidate(db, actor, "thumb", "https://image.test/3.jpg", entity_type="actor")
    async with db.transaction() as conn:
        await assign(conn, ("movie", movie), {"poster": asset}, lock=("poster",))
    async with db.read() as conn:
        artwork = await load_artwork(conn, movie, max_actors=20)
        assert artwork is not None
        assert (artwork.root, artwork.deleted, artwork.publishable) == ("/films", False, True)
        assert artwork.actor_names == {actor: "Sigourney Weaver"}
        assert [(slot.entity_type, slot.asset_type) for slot in artwork.slots if slot.entity_type != "movie"] == [
            ("collection", "poster"),
            ("collection", "fanart"),
            ("actor", "thumb"),
        ]
        shown = next(slot for slot in artwork.slots if slot.owner == ("movie", movie) and slot.asset_type == "poster")
        assert shown.locked
        assert shown.current is not None
        assert shown.current.content_hash == picture(1).content_hash
        first = next(one for one in artwork.candidates if one.id == poster)
        assert (first.likes, first.asset, first.stale) == (3, shown.current, False)
        assert len(artwork.candidates) == 3
        assert await load_artwork(conn, 999, max_actors=20) is None


async def test_only_the_first_of_the_cast_are_shown(db: Database, movie: int) -> None:
    second = await add_actor(db, movie, "Second", order=1)
    first = await add_actor(db, movie, "First", order=0)
    await add_actor(db, movie, "Third", order=2)
    async with db.read() as conn:
        artwork = await load_artwork(conn, movie, max_actors=2)
    assert artwork is not None
    assert list(artwork.actor_names) == [first, second]


async def test_an_unidentified_film_is_publishable_once_a_person_has_locked_something(db: Database) -> None:
    movie = await add_movie(db, await add_library(db, "/films"), "/films/x.mkv", status="unidentified")
    async with db.read() as conn:
        before = await load_artwork(conn, movie, max_actors=0)
        await conn.execute("UPDATE movies SET genres_locked = true WHERE id = $1", movie)
        after = await load_artwork(conn, movie, max_actors=0)
    assert before is not None
    assert after is not None
    assert (before.publishable, after.publishable) == (False, True)


async def test_the_same_bytes_are_one_row_and_the_first_source_keeps_the_credit(db: Database) -> None:
    first = await put(db, [1, 2, 1])
    again = await put(db, [2, 1])
    assert first == [first[0], first[1], first[0]]
    assert again == [first[1], first[0]]


async def test_two_jobs_that_bring_the_same_pictures_in_any_order_do_not_get_into_each_others_way(db: Database) -> None:
    numbers = list(range(40))
    there, back = await asyncio.gather(put(db, numbers), put(db, numbers[::-1]))
    assert there == back[::-1]


async def test_a_picture_shown_by_two_films_is_counted_twice(db: Database, movie: int) -> None:
    library = (await row(db, "movies", movie))["library_id"]
    other = await add_movie(db, library, "/films/Other/Other.mkv")
    (asset, next_asset) = await put(db, [1, 2])
    async with db.transaction() as conn:
        await assign(conn, ("movie", movie), {"poster": asset})
        await assign(conn, ("movie", other), {"poster": asset, "fanart": next_asset})
    assert (await count(db, asset), await count(db, next_asset)) == (2, 1)
    async with db.transaction() as conn:
        await assign(conn, ("movie", movie), {"poster": next_asset})
    assert (await count(db, asset), await count(db, next_asset)) == (1, 2)


async def test_judging_keeps_what_the_source_told_and_fills_in_the_rest(db: Database, movie: int) -> None:
    (asset,) = await put(db, [1])
    told = await add_candidate(db, movie, "poster", "https://image.test/1.jpg", width=2000, height=3000)
    silent = await add_candidate(db, movie, "poster", "https://image.test/2.jpg")
    verdicts = [
        Judgement(candidate_id=told, status="chosen", score=81.5, score_parts=[{"name": "votes", "points": 3.5}],
                  cache_asset_id=asset, perceptual_hash="0f" * 8, width=500, height=750, file_size=7),
        Judgement(candidate_id=silent, status="failed", reason="404", width=500, height=750, file_size=7),
    ]  # fmt: skip
    async with db.transaction() as conn:
        await judge(conn, verdicts)
    async with db.read() as conn:
        first, second = await load_candidates(conn, [("movie", movie)])
    assert (first.status, first.score, first.width, first.height, first.file_size) == ("chosen", 81.5, 2000, 3000, 7)
    assert first.score_parts == [{"name": "votes", "points": 3.5}]
    assert first.asset is not None
    assert (second.status, second.reason, second.width, second.asset) == ("failed", "404", 500, None)


async def test_points_beyond_the_column_are_capped(db: Database, movie: int) -> None:
    candidate = await add_candidate(db, movie, "poster", "https://image.test/1.jpg")
    async with db.transaction() as conn:
        await judge(conn, [Judgement(candidate_id=candidate, status="candidate", score=1e9)])
    assert (await row(db, "asset_candidates", candidate))["score"] == 9999.99


async def test_the_same_source_given_twice_stays_one_candidate(db: Database, movie: int) -> None:
    first, second = await put(db, [1, 2])

    async def give(asset: int) -> int:
        given = NewCandidate(
            entity_type="movie", entity_id=movie, asset_type="poster", source_type="user", file_size=1, width=2,
            height=3, source_url="https://mine.test/p.jpg", cache_asset_id=asset, perceptual_hash="00" * 8,
        )  # fmt: skip
        async with db.transaction() as conn:
            (number,) = await put_candidates(conn, [given])
            return number

    assert await give(first) == await give(second)
    async with db.read() as conn:
        (only,) = await load_candidates(conn, [("movie", movie)])
    assert only.cache_asset_id == second


async def test_slots_are_read_under_lock_and_a_vanished_owner_has_none(db: Database, movie: int) -> None:
    actor = await add_actor(db, movie, "Somebody")
    (asset,) = await put(db, [1])
    async with db.transaction() as conn:
        await assign_portraits(conn, {actor: asset})
        slots = await lock_slots(conn, [("movie", movie), ("movie", 999), ("actor", actor)])
        existing = await lock_assets(conn, [asset, 999])
    assert {key[:2] for key in slots} == {("movie", movie), ("actor", actor)}
    assert slots[("actor", actor, "thumb")].asset_id == asset
    assert existing == {asset}


async def test_a_person_picks_a_candidate_and_the_slot_is_locked(db: Database, movie: int) -> None:
    old, new = await put(db, [1, 2])
    first = await add_candidate(db, movie, "poster", "u:1", cache_asset_id=old, status="chosen")
    second = await add_candidate(db, movie, "poster", "u:2", cache_asset_id=new)
    async with db.transaction() as conn:
        await assign(conn, ("movie", movie), {"poster": old})
    async with db.transaction() as conn:
        assert await pick_candidate(conn, "movie", movie, "poster", second) == (old, new)
    shown = await row(db, "movies", movie)
    assert (shown["poster_id"], shown["poster_locked"], shown["fanart_locked"]) == (new, True, False)
    assert [(await row(db, "asset_candidates", one))["status"] for one in (first, second)] == ["candidate", "chosen"]


async def test_a_person_clears_a_slot_and_it_stays_empty(db: Database, movie: int) -> None:
    (asset,) = await put(db, [1])
    candidate = await add_candidate(db, movie, "logo", "u:1", cache_asset_id=asset, status="chosen")
    async with db.transaction() as conn:
        await assign(conn, ("movie", movie), {"logo": asset})
    async with db.transaction() as conn:
        assert await clear_slot(conn, "movie", movie, "logo") == asset
    shown = await row(db, "movies", movie)
    assert (shown["logo_id"], shown["logo_locked"]) == (None, True)
    assert (await row(db, "asset_candidates", candidate))["status"] == "candidate"
    assert await count(db, asset) == 0


async def test_what_cannot_be_picked_is_said_plainly(db: Database, movie: int) -> None:
    not_there = await add_candidate(db, movie, "poster", "https://image.test/1.jpg")
    before = await snapshot(db, "movies", "asset_candidates")
    async with db.transaction() as conn:
        with pytest.raises(Conflict, match="not in the store yet"):
            await pick_candidate(conn, "movie", movie, "poster", not_there)
        with pytest.raises(NotFound, match="candidate 999"):
            await pick_candidate(conn, "movie", movie, "poster", 999)
        with pytest.raises(NotFound, match="movie 999"):
            await pick_candidate(conn, "movie", 999, "poster", not_there)
        with pytest.raises(NotFound, match="candidate"):
            await pick_candidate(conn, "movie", movie, "fanart", not_there)
        with pytest.raises(Invalid, match="no keyart"):
            await clear_slot(conn, "movie", movie, "keyart")
    assert await snapshot(db, "movies", "asset_candidates") == before
