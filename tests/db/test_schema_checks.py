"""What the tables refuse, and what they allow although it looks odd."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from metarr.db import Connection, Database
from support.rows import insert, insert_asset

JOB = "INSERT INTO job_queue (job_type, kind, service, payload) VALUES ('scan', 'ScanLibrary', 'scanner', '{}') RETURNING id"


@pytest.fixture
async def conn(db: Database) -> AsyncIterator[Connection]:
    async with db.read() as connection:
        yield connection


@pytest.mark.parametrize("content_hash", ["abc", "A" * 64, "g" * 64])
async def test_a_hash_that_is_none_is_refused(conn: Connection, content_hash: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await insert_asset(conn, 1, content_hash=content_hash)


async def test_a_job_cannot_wait_for_itself(conn: Connection) -> None:
    job = await conn.fetchval(JOB)
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(conn, "job_dependencies", job_id=job, depends_on_job_id=job)


@pytest.mark.parametrize("priority", [0, 11])
async def test_a_priority_outside_1_to_10_is_refused(conn: Connection, priority: int) -> None:
    job = await conn.fetchval(JOB)
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute("UPDATE job_queue SET priority = $2 WHERE id = $1", job, priority)


async def test_a_second_job_with_the_key_of_a_waiting_one_is_refused_until_that_runs(conn: Connection) -> None:
    first, second = await conn.fetchval(JOB), await conn.fetchval(JOB)
    await conn.execute("UPDATE job_queue SET unique_key = 'x' WHERE id = $1", first)
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.execute("UPDATE job_queue SET unique_key = 'x' WHERE id = $1", second)
    await conn.execute("UPDATE job_queue SET status = 'running' WHERE id = $1", first)
    assert await conn.execute("UPDATE job_queue SET unique_key = 'x' WHERE id = $1", second) == "UPDATE 1"


async def test_subtitles_without_any_source_are_refused(conn: Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await insert(conn, "subtitle_streams", entity_type="movie", entity_id=1, language="und")


async def test_two_actors_of_one_name_live_side_by_side_when_their_ids_differ(conn: Connection) -> None:
    ids = [await insert(conn, "actors", name="Chris Evans", tmdb_id=tmdb_id) for tmdb_id in (16828, 1, None)]
    assert len(set(ids)) == 3
    with pytest.raises(asyncpg.UniqueViolationError):
        await insert(conn, "actors", name="chris evans")


async def test_one_genre_may_exist_for_films_and_for_music(conn: Connection) -> None:
    await insert(conn, "genres", name="Soundtrack", media_type="movie")
    assert await insert(conn, "genres", name="Soundtrack", media_type="music")
    with pytest.raises(asyncpg.UniqueViolationError):
        await insert(conn, "genres", name="soundtrack", media_type="movie")


async def test_a_webhook_event_outlives_its_pruned_job(conn: Connection) -> None:
    job = await conn.fetchval(JOB)
    event = await insert(conn, "webhook_events", source="radarr", event_type="Download", payload={}, job_id=job)
    await conn.execute("DELETE FROM job_queue")
    assert await conn.fetchval("SELECT job_id IS NULL FROM webhook_events WHERE id = $1", event)


async def test_several_episodes_may_live_in_one_file(conn: Connection) -> None:
    library = await insert(conn, "libraries", name="Shows", path="/shows", type="tv")
    series = await insert(conn, "series", library_id=library, directory_path="/shows/A", title="A")
    season = await insert(conn, "seasons", series_id=series, season_number=1)
    shared = {"series_id": series, "season_id": season, "file_path": "/shows/A/1-2.mkv", "file_name": "1-2.mkv"}
    ids = {await insert(conn, "episodes", **shared, title="x", episode_number=number) for number in (1, 2)}
    assert len(ids) == 2
