"""Pictures that look alike are found as if each were compared with each, and films that share one are told."""

from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metarr.db import Connection, Database
from metarr.db.queries import shared_pictures
from metarr.db.queries.looks import MOST_DISTANCE, Near, Wanted, find_near, load_bits
from metarr.db.queries.shared_pictures import SharedFilter, SharedFound, count_pictures, find_shared
from support.rows import insert, insert_asset, insert_movie

ALL_BITS = 2**64 - 1

hashes = st.integers(0, ALL_BITS)
turns = st.sets(st.integers(0, 63), max_size=9).map(lambda places: sum(1 << place for place in places))
stores = st.tuples(st.lists(hashes, min_size=1, max_size=8), st.lists(turns, min_size=1, max_size=30)).map(
    lambda drawn: [middle ^ turn for middle in drawn[0] for turn in drawn[1]]
)
"""Clouds of hashes around some middles: most pairs are near each other, many just within or just beyond what counts."""


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.read() as connection:
        yield connection


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(store=stores, most=st.integers(0, MOST_DISTANCE))
async def test_what_is_found_is_what_comparing_with_each_finds(conn: Connection, store: list[int], most: int) -> None:
    await conn.execute("DELETE FROM cache_assets")
    ids = await put(conn, store)
    asked = store[:12]
    found = await find_near(conn, [Wanted(bits=bits, most=most) for bits in asked])
    assert found == [compared(dict(zip(ids, store, strict=True)), bits, most) for bits in asked]


async def test_seven_bits_are_found_also_when_one_band_has_one_of_them_and_all_others_two(conn: Connection) -> None:
    (one,) = await put(conn, [0])
    asked = [
        1 << place | sum(0b11 << band for band in range(0, 64, 16) if band != place // 16 * 16) for place in range(64)
    ]
    found = await find_near(conn, [Wanted(bits=bits, most=MOST_DISTANCE) for bits in asked])
    assert [[(near.asset_id, near.distance) for near in alike] for alike in found] == [[(one, 7)]] * 64


@pytest.mark.parametrize("bits", [0x0001_0000_8000_0001, 0x0001_0001_0001_0001])
async def test_a_single_bit_in_each_of_three_or_four_bands_is_found(conn: Connection, bits: int) -> None:
    (one,) = await put(conn, [0])
    found = await find_near(conn, [Wanted(bits=bits, most=most) for most in (bits.bit_count(), bits.bit_count() - 1)])
    assert [[near.asset_id for near in alike] for alike in found] == [[one], []]


async def test_more_than_the_bands_promise_is_not_asked_for(conn: Connection) -> None:
    with pytest.raises(ValueError, match="0 to 7"):
        await find_near(conn, [Wanted(bits=0, most=MOST_DISTANCE + 1)])


async def test_the_looks_follow_the_hash_whoever_writes_it(conn: Connection) -> None:
    seen = await insert_asset(conn, 1, perceptual_hash="8000000000000001")
    unseen = await insert_asset(conn, 2)
    odd = await insert_asset(conn, 3, perceptual_hash="not a hash")
    assert await load_bits(conn, [seen, unseen, odd]) == {seen: 0x8000_0000_0000_0001}
    await conn.execute("UPDATE cache_assets SET perceptual_hash = '00000000000000ff' WHERE id = $1", unseen)
    await conn.execute("UPDATE cache_assets SET perceptual_hash = NULL WHERE id = $1", seen)
    assert await load_bits(conn, [seen, unseen, odd]) == {unseen: 255}
    await conn.execute("DELETE FROM cache_assets WHERE id = $1", unseen)
    assert await conn.fetchval("SELECT count(*) FROM asset_looks") == 0


async def test_every_two_films_that_look_alike_are_together_in_a_group(conn: Connection) -> None:
    chain = [0b0, 0b1111, 0b1111_1111, 0b1111_1111_1111]  # each like the next one, none like the next but one
    films = await films_showing(conn, chain)
    found = await find_shared(conn, SharedFilter(), after=None, limit=50)
    assert groups(found) == [films[0:2], films[1:3], films[2:4]]


async def test_a_group_of_which_another_has_only_a_part_is_told_too(conn: Connection) -> None:
    films = await films_showing(conn, [0b0, 0b111, 0b11, 0b1_1111_1111])  # the last one is near the second alone
    found = await find_shared(conn, SharedFilter(), after=None, limit=50)
    assert groups(found) == [[films[0], films[2], films[1]], films[1:4]]


async def test_a_group_that_is_part_of_another_is_not_told_again(conn: Connection) -> None:
    films = await films_showing(conn, [0, 1, 3, 7, 0xFFFF_FFFF])
    found = await find_shared(conn, SharedFilter(), after=None, limit=50)
    assert groups(found) == [films[0:4]]
    assert [one.distance for one in found.groups[0].alike] == [0, 1, 2, 3]
    assert (found.seen, found.last, await count_pictures(conn, SharedFilter())) == (5, None, 5)


async def test_the_same_film_twice_shares_its_pictures_with_nobody(conn: Connection) -> None:
    await films_showing(conn, [0, 0], tmdb_id=8)
    assert groups(await find_shared(conn, SharedFilter(), after=None, limit=50)) == []


async def test_pages_go_on_where_the_last_one_ended_until_nothing_is_left(conn: Connection) -> None:
    films = await films_showing(conn, [0, 1, 0xFFFF_0000, 0xFFFF_0001, 0xFFFF << 40])
    first = await find_shared(conn, SharedFilter(), after=None, limit=1)
    second = await find_shared(conn, SharedFilter(), after=first.last, limit=1)
    third = await find_shared(conn, SharedFilter(), after=second.last, limit=1)
    assert (groups(first), groups(second), groups(third)) == ([films[0:2]], [films[2:4]], [])
    assert third.last is None


async def test_a_page_ends_after_so_many_pictures_whether_it_found_something_or_not(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_pictures, "MOST_SEEN", 2)
    monkeypatch.setattr(shared_pictures, "_AT_ONCE", 2)
    films = await films_showing(conn, [0xFF, 0xFF00, 0xFF_0000, 0, 1])
    place, told = None, []
    for _ in range(3):
        found = await find_shared(conn, SharedFilter(), after=place, limit=50)
        place = found.last
        told.append((groups(found), found.seen))
    assert told == [([], 2), ([films[3:5]], 2), ([], 1)]
    assert place is None


async def put(conn: Connection, store: Sequence[int]) -> list[int]:
    return [await insert_asset(conn, n, perceptual_hash=f"{bits:016x}") for n, bits in enumerate(store)]


def compared(store: dict[int, int], bits: int, most: int) -> list[Near]:
    """The floor: every hash, bit by bit."""
    near = [
        Near(asset_id=asset_id, bits=other, distance=distance)
        for asset_id, other in store.items()
        if (distance := (bits ^ other).bit_count()) <= most
    ]
    return sorted(near, key=lambda one: (one.distance, one.asset_id))


async def films_showing(conn: Connection, posters: Sequence[int], **values: object) -> list[int]:
    """A film for each hash, with a poster of that look."""
    library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
    return [
        await insert_movie(conn, library, file_path=f"/films/{asset}.mkv", poster_id=asset, **values)
        for asset in await put(conn, posters)
    ]


def groups(found: SharedFound) -> list[list[int]]:
    return [[film.id for one in group.alike for film in one.films] for group in found.groups]
