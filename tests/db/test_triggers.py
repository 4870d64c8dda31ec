"""What the database keeps right by itself: counts, references, leftovers, times."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from metarr.db import Connection, Database
from support.rows import insert, insert_asset, insert_candidate, insert_movie, insert_movie_with_everything

POLYMORPHIC = (
    "asset_references",
    "trailers",
    "video_streams",
    "audio_streams",
    "subtitle_streams",
    "playback_state",
    "local_files",
    "published_files",
    "metadata_answers",
    "asset_candidates",
    "field_history",
    "problems",
)


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.read() as connection:
        yield connection


@pytest.fixture
async def library(conn: Connection) -> int:
    return await insert(conn, "libraries", name="Films", path="/films", type="movie")


async def test_an_assigned_poster_is_referred_to_and_counted(conn: Connection, library: int) -> None:
    asset = await insert_asset(conn, 1)
    movie = await insert_movie(conn, library, poster_id=asset)
    assert await _references(conn) == [("movie", movie, "poster", asset)]
    assert await _count(conn, asset) == 1


async def test_a_replaced_poster_moves_the_count(conn: Connection, library: int) -> None:
    old, new = await insert_asset(conn, 1), await insert_asset(conn, 2)
    movie = await insert_movie(conn, library, poster_id=old)
    await conn.execute("UPDATE movies SET poster_id = $2 WHERE id = $1", movie, new)
    assert await _references(conn) == [("movie", movie, "poster", new)]
    assert (await _count(conn, old), await _count(conn, new)) == (0, 1)


async def test_a_cleared_slot_leaves_no_reference(conn: Connection, library: int) -> None:
    asset = await insert_asset(conn, 1)
    movie = await insert_movie(conn, library, poster_id=asset, fanart_id=asset)
    assert await _count(conn, asset) == 2
    await conn.execute("UPDATE movies SET poster_id = NULL WHERE id = $1", movie)
    assert await _references(conn) == [("movie", movie, "fanart", asset)]
    assert await _count(conn, asset) == 1


async def test_a_soft_delete_keeps_the_count_and_a_purge_lowers_it(conn: Connection, library: int) -> None:
    asset = await insert_asset(conn, 1)
    movie = await insert_movie(conn, library, poster_id=asset)
    await conn.execute("UPDATE movies SET deleted_at = now() WHERE id = $1", movie)
    assert await _count(conn, asset) == 1
    await conn.execute("DELETE FROM movies WHERE id = $1", movie)
    assert await _count(conn, asset) == 0


async def test_deleting_a_library_lowers_the_counts_of_all_its_films(conn: Connection, library: int) -> None:
    shared, single = await insert_asset(conn, 1), await insert_asset(conn, 2)
    await insert_movie(conn, library, file_path="/films/a.mkv", poster_id=shared, thumb_id=single)
    await insert_movie(conn, library, file_path="/films/b.mkv", poster_id=shared)
    assert await _count(conn, shared) == 2
    await conn.execute("DELETE FROM libraries")
    assert (await _count(conn, shared), await _count(conn, single)) == (0, 0)
    assert await _references(conn) == []


async def test_deleting_a_tv_library_reaches_down_to_the_episodes(conn: Connection) -> None:
    asset = await insert_asset(conn, 1)
    library = await insert(conn, "libraries", name="Shows", path="/shows", type="tv")
    series = await insert(conn, "series", library_id=library, directory_path="/shows/A", title="A", clearart_id=asset)
    season = await insert(conn, "seasons", series_id=series, season_number=1, banner_id=asset)
    await insert(
        conn,
        "episodes",
        series_id=series,
        season_id=season,
        file_path="/shows/A/1.mkv",
        file_name="1.mkv",
        episode_number=1,
        title="One",
        thumb_id=asset,
    )
    assert {(kind, slot) for kind, _, slot, _ in await _references(conn)} == {
        ("series", "clearart"),
        ("season", "banner"),
        ("episode", "thumb"),
    }
    assert await _count(conn, asset) == 3
    await conn.execute("DELETE FROM libraries WHERE id = $1", library)
    assert await _count(conn, asset) == 0


async def test_deleting_a_music_library_reaches_down_to_the_albums(conn: Connection) -> None:
    asset = await insert_asset(conn, 1)
    library = await insert(conn, "libraries", name="Music", path="/music", type="music")
    artist = await insert(conn, "artists", library_id=library, name="A", logo_id=asset)
    await insert(conn, "albums", artist_id=artist, directory_path="/music/A", title="B", thumb_id=asset)
    assert await _count(conn, asset) == 2
    await conn.execute("DELETE FROM libraries WHERE id = $1", library)
    assert await _count(conn, asset) == 0


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("actors", "thumb_id", {"name": "Ann"}),
        ("crew", "thumb_id", {"name": "Ann"}),
        ("movie_collections", "poster_id", {"name": "Ann's films"}),
        ("movie_collections", "fanart_id", {"name": "Ann's films"}),
        ("trailers", "cache_asset_id", {"entity_type": "movie", "entity_id": 7}),
        ("subtitle_streams", "cache_asset_id", {"entity_type": "movie", "entity_id": 7, "language": "und"}),
    ],
)
async def test_every_owner_of_an_asset_is_counted(
    conn: Connection, table: str, column: str, values: dict[str, object]
) -> None:
    old, new = await insert_asset(conn, 1), await insert_asset(conn, 2)
    await insert(conn, table, **values, **{column: old})
    assert await _count(conn, old) == 1
    await conn.execute(f"UPDATE {table} SET {column} = $1", new)
    assert (await _count(conn, old), await _count(conn, new)) == (0, 1)
    await conn.execute(f"DELETE FROM {table}")
    assert await _count(conn, new) == 0


async def test_an_asset_in_use_cannot_be_deleted(conn: Connection, library: int) -> None:
    asset = await insert_asset(conn, 1)
    await insert_movie(conn, library, poster_id=asset)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await conn.execute("DELETE FROM cache_assets")


async def test_a_candidate_outlives_its_cached_file(conn: Connection, library: int) -> None:
    asset = await insert_asset(conn, 1)
    movie = await insert_movie(conn, library)
    await insert_candidate(conn, movie, cache_asset_id=asset)
    await conn.execute("DELETE FROM cache_assets")
    assert await conn.fetchval("SELECT count(*) FROM asset_candidates WHERE cache_asset_id IS NULL") == 1


async def test_nothing_of_a_purged_film_is_left_behind_and_its_neighbour_keeps_everything(
    conn: Connection, library: int
) -> None:
    purged, kept = [
        await insert_movie_with_everything(conn, library, number, file_path=f"/films/{number}.mkv") for number in (1, 2)
    ]
    await conn.execute("DELETE FROM movies WHERE id = $1", purged)
    owners = {table: await conn.fetch(f"SELECT entity_id FROM {table}") for table in POLYMORPHIC}
    assert [table for table, rows in owners.items() if {row["entity_id"] for row in rows} != {kept}] == []


async def test_a_problem_of_a_library_goes_with_it_and_that_of_a_film_with_the_same_number_stays(
    conn: Connection, library: int
) -> None:
    for entity_type in ("library", "movie"):
        await insert(conn, "problems", entity_type=entity_type, entity_id=library, area="scan", message="gone")
    await conn.execute("DELETE FROM libraries")
    rows = await conn.fetch("SELECT entity_type FROM problems")
    assert [row["entity_type"] for row in rows] == ["movie"]


@pytest.mark.parametrize(
    ("table", "entity_type", "values"),
    [("actors", "actor", {"name": "Ann"}), ("movie_collections", "collection", {"name": "Ann's films"})],
)
async def test_candidates_of_people_and_sets_go_with_them(
    conn: Connection, table: str, entity_type: str, values: dict[str, object]
) -> None:
    owner = await insert(conn, table, **values)
    await insert_candidate(conn, owner, entity_type=entity_type)
    await conn.execute(f"DELETE FROM {table}")
    assert await conn.fetchval("SELECT count(*) FROM asset_candidates") == 0


async def test_no_table_has_an_updated_at_that_does_not_move(conn: Connection) -> None:
    rows = await conn.fetch("""
        SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'updated_at'
        EXCEPT SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'touch_updated_at' AND tgenabled = 'O'
    """)
    assert rows == []


async def test_updated_at_moves_with_a_change(conn: Connection, library: int) -> None:
    movie = await insert_movie(conn, library, updated_at=await conn.fetchval("SELECT now() - interval '1 day'"))
    before = await conn.fetchval("SELECT updated_at FROM movies WHERE id = $1", movie)
    await conn.execute("UPDATE movies SET plot = 'more' WHERE id = $1", movie)
    assert await conn.fetchval("SELECT updated_at > $2 FROM movies WHERE id = $1", movie, before)


async def _references(conn: Connection) -> list[tuple[str, int, str, int]]:
    rows = await conn.fetch(
        "SELECT entity_type, entity_id, asset_type, cache_asset_id FROM asset_references ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def _count(conn: Connection, asset: int) -> int:
    return int(await conn.fetchval("SELECT reference_count FROM cache_assets WHERE id = $1", asset))
