"""What the publisher reads of a film and records of its files, in how many statements."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from metarr.db import Database
from metarr.db.queries.publish import load_publication, published_by_others
from metarr.db.queries.publish_record import (
    AdoptedImage,
    forget_published,
    mark_published,
    record_adopted,
    record_published,
)
from metarr.domain.publication import MediaFile, PublishedFile

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FILM = "INSERT INTO movies (library_id, file_path, file_name, title) VALUES ($1, $2, 'x', 'Heat') RETURNING id"


@pytest.fixture
async def library_id(db: Database) -> int:
    return int(await value(db, "INSERT INTO libraries (name, path, type) VALUES ('F', '/films', 'movie') RETURNING id"))


async def value(db: Database, statement: str, *arguments: Any) -> Any:
    async with db.transaction() as conn:
        return await conn.fetchval(statement, *arguments)


def file(path: str, **changes: Any) -> PublishedFile:
    given = {"kind": "poster", "content_hash": "a" * 64, "file_size": 3, "mtime_ns": 5, **changes}
    return PublishedFile(path=path, **given)


async def test_a_film_comes_with_all_that_its_nfo_and_pictures_need(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    asset = "INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type) VALUES ($1, $2, 7, 'x', 'local')"
    async with db.transaction() as conn:
        poster = await conn.fetchval(f"{asset} RETURNING id", "b" * 64, f"cache/assets/bb/bb/{'b' * 64}.webp")
        face = await conn.fetchval(f"{asset} RETURNING id", "c" * 64, f"cache/assets/cc/cc/{'c' * 64}.jpg")
        await conn.execute(
            """
            UPDATE movies SET poster_id = $2, plot = 'P', tmdb_rating = 8.25, release_date = '1995-12-15', title_locked = true
            WHERE id = $1
            """,
            movie_id,
            poster,
        )
        await conn.execute("INSERT INTO actors (id, name, tmdb_id, thumb_id) VALUES (1, 'Pacino', 1158, $1)", face)
        await conn.execute("INSERT INTO actors (id, name) VALUES (2, 'De Niro')")
        await conn.execute("INSERT INTO movie_actors VALUES ($1, 2, 'Neil', 0), ($1, 1, 'Vincent', 1)", movie_id)
        await conn.execute("INSERT INTO crew (id, name) VALUES (1, 'Mann')")
        await conn.execute("INSERT INTO movie_crew VALUES ($1, 1, 'director', 0)", movie_id)
        await conn.execute("INSERT INTO genres (id, name, media_type) VALUES (1, 'Crime', 'movie')")
        await conn.execute("INSERT INTO movie_genres VALUES ($1, 1)", movie_id)
        await conn.execute("INSERT INTO studios (id, name) VALUES (1, 'Warner')")
        await conn.execute("INSERT INTO movie_studios VALUES ($1, 1)", movie_id)
        await conn.execute("INSERT INTO movie_collections (id, name, tmdb_collection_id) VALUES (1, 'Set', 5)")
        await conn.execute("INSERT INTO movie_collection_members VALUES ($1, 1)", movie_id)
        await conn.execute(
            """
            INSERT INTO video_streams (entity_type, entity_id, stream_index, codec, framerate, duration_seconds)
            VALUES ('movie', $1, 0, 'h264', 23.976, 10260)
            """,
            movie_id,
        )
        await conn.execute(
            "INSERT INTO audio_streams (entity_type, entity_id, stream_index, language) VALUES ('movie', $1, 1, 'eng')",
            movie_id,
        )
        await conn.execute(
            """
            INSERT INTO subtitle_streams (entity_type, entity_id, file_path, language)
            VALUES ('movie', $1, '/films/Heat/Heat.en.srt', 'eng')
            """,
            movie_id,
        )
        film = await load_publication(conn, movie_id)

    assert film is not None
    assert film.publishable
    told = film.publication
    assert told.metadata.plot == "P"
    assert told.metadata.tmdb_rating == 8.25
    assert told.metadata.release_date == date(1995, 12, 15)
    assert [actor.name for actor in told.metadata.actors or ()] == ["De Niro", "Pacino"]
    assert [(credit.name, credit.role) for credit in told.metadata.crew or ()] == [("Mann", "director")]
    assert (told.metadata.genres, told.metadata.studios) == (("Crime",), ("Warner",))
    assert told.metadata.collection is not None
    assert told.metadata.collection.tmdb_collection_id == 5
    assert told.images["poster"].extension == "webp"
    assert [(portrait.name, portrait.actor_id) for portrait in told.portraits] == [("Pacino", 1)]
    assert (told.streams.duration_seconds, told.streams.video[0].framerate) == (10260, 23.976)
    assert told.streams.audio[0].language == "eng"
    assert told.streams.subtitles[0].file_path == "/films/Heat/Heat.en.srt"


async def test_it_takes_six_statements(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    asked: list[str] = []
    async with db.read() as conn:
        with conn.query_logger(lambda record: asked.append(record.query)):
            await load_publication(conn, movie_id)
    assert len(asked) == 6


async def test_an_unknown_film_is_none(db: Database) -> None:
    async with db.read() as conn:
        assert await load_publication(conn, 4711) is None


async def test_neighbours_are_films_below_the_same_folder_and_the_trashed_ones_apart(
    db: Database, library_id: int
) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Mix/Heat.mkv")
    for path in ("/films/Mix/Ronin.mkv", "/films/Mix_2/Other.mkv", "/films/Else.mkv"):
        await value(db, FILM, library_id, path)
    gone = await value(db, FILM, library_id, "/films/Mix/Gone.mkv")
    await value(db, "UPDATE movies SET deleted_at = now() WHERE id = $1", gone)
    async with db.read() as conn:
        film = await load_publication(conn, movie_id)
    assert film is not None
    assert film.publication.neighbours == (MediaFile(file_path="/films/Mix/Ronin.mkv"),)
    assert film.trashed == (MediaFile(file_path="/films/Mix/Gone.mkv"),)


async def test_in_the_root_only_films_of_a_like_name_are_read(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat.mkv")
    for path in ("/films/Heat.avi", "/films/Ronin.mkv"):
        await value(db, FILM, library_id, path)
    async with db.read() as conn:
        film = await load_publication(conn, movie_id)
    assert film is not None
    assert film.publication.neighbours == (MediaFile(file_path="/films/Heat.avi"),)


async def test_recording_the_same_again_keeps_the_row_and_its_time(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    async with db.transaction() as conn:
        await record_published(conn, movie_id, [file("/films/Heat/poster.jpg")], NOW)
        await record_published(conn, movie_id, [file("/films/Heat/poster.jpg")], NOW.replace(hour=18))
    assert await value(db, "SELECT published_at FROM published_files") == NOW


async def test_a_path_belongs_to_the_film_that_wrote_it_last(db: Database, library_id: int) -> None:
    first = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    second = await value(db, FILM, library_id, "/films/Heat/Heat 2.mkv")
    async with db.transaction() as conn:
        await record_published(conn, first, [file("/films/Heat/poster.jpg")], NOW)
        assert await published_by_others(conn, second, ["/films/Heat/poster.jpg"]) == {"a" * 64}
        await record_published(conn, second, [file("/films/Heat/poster.jpg", content_hash="d" * 64)], NOW)
        assert await published_by_others(conn, second, ["/films/Heat/poster.jpg"]) == frozenset()
    assert await value(db, "SELECT entity_id FROM published_files") == second


async def test_only_the_named_files_stay_ours(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    async with db.transaction() as conn:
        await record_published(conn, movie_id, [file("/films/Heat/a.jpg"), file("/films/Heat/b.jpg")], NOW)
        await forget_published(conn, movie_id, but=["/films/Heat/b.jpg"])
    assert await value(db, "SELECT array_agg(path) FROM published_files") == ["/films/Heat/b.jpg"]


async def test_a_film_in_the_trash_cannot_be_marked_published(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    async with db.transaction() as conn:
        assert await mark_published(conn, movie_id, NOW)
        await conn.execute("UPDATE movies SET deleted_at = now()")
        assert not await mark_published(conn, movie_id, NOW)


async def test_an_adopted_picture_becomes_one_local_candidate(db: Database, library_id: int) -> None:
    movie_id = await value(db, FILM, library_id, "/films/Heat/Heat.mkv")
    image = AdoptedImage(
        entity_type="movie",
        entity_id=movie_id,
        asset_type="poster",
        content_hash="e" * 64,
        file_path=f"cache/assets/ee/ee/{'e' * 64}.jpg",
        file_size=9,
        mime_type="image/jpeg",
        kept_path="/films/.metarr-recycle/2026-03-01/Heat/poster #1.jpg",
        mtime_ns=7,
    )
    async with db.transaction() as conn:
        await record_adopted(conn, [])
        await record_adopted(conn, [image])
        await record_adopted(conn, [image])
        rows = await conn.fetch("SELECT source_type, source_url, status FROM asset_candidates")
    assert [tuple(row) for row in rows] == [
        ("local", "file:///films/.metarr-recycle/2026-03-01/Heat/poster%20%231.jpg", "candidate")
    ]
