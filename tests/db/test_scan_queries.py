"""What a scan writes: only what differs, and never over a lock."""

from datetime import UTC, datetime
from typing import Any

import pytest

from metarr.db import Connection, Database
from metarr.db.queries.problems import Problem, clear_problem, set_problem, set_problems
from metarr.db.queries.scan import (
    FolderRow,
    forget_folders,
    load_folders,
    load_library,
    load_troubles,
    remember_folders,
    store_mount,
)
from metarr.db.queries.scan_films import FileRow, PictureRow, load_films_at, load_films_like, load_surroundings
from metarr.db.queries.scan_store import (
    ChangedFilm,
    NewFilm,
    forget_pictures,
    insert_films,
    replace_streams,
    store_answers,
    store_files,
    store_pictures,
    trash_films,
    update_films,
)
from metarr.domain.streams import AudioStream, MediaStreams, SubtitleStream, VideoStream

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def columns(path: str = "/m/A/a.mkv", **fields: Any) -> dict[str, Any]:
    return {
        "file_path": path,
        "file_name": path.rpartition("/")[2],
        "file_size": 10,
        "file_hash": "oshash:aa",
        "file_mtime_ns": 1,
        "file_parts": (),
        "edition": None,
        "tmdb_id": None,
        "imdb_id": None,
        "identified_by": None,
        "title": "A",
        "sort_title": "A",
        "year": 2001,
    } | fields


@pytest.fixture
async def library(db: Database) -> int:
    async with db.transaction() as conn:
        library: int = await conn.fetchval(
            "INSERT INTO libraries (name, path, type) VALUES ('m', '/m', 'movie') RETURNING id"
        )
    return library


async def only(conn: Connection, statement: str) -> tuple[Any, ...]:
    (row,) = await conn.fetch(statement)
    return tuple(row)


async def test_a_film_stored_twice_at_once_is_one_row(db: Database, library: int) -> None:
    async with db.transaction() as conn:
        first = await insert_films(conn, library, [NewFilm(**columns())])
        second = await insert_films(conn, library, [NewFilm(**columns()), NewFilm(**columns("/m/B/b.mkv", tmdb_id=5))])
        assert second["/m/A/a.mkv"] == first["/m/A/a.mkv"]
        rows = await conn.fetch("SELECT identification_status FROM movies ORDER BY file_path")
    assert [row[0] for row in rows] == ["unidentified", "identified"]


async def test_a_locked_field_keeps_its_value_whatever_is_stored(db: Database, library: int) -> None:
    async with db.transaction() as conn:
        ids = await insert_films(conn, library, [NewFilm(**columns(tmdb_id=1, imdb_id="tt1"))])
        await conn.execute(
            "UPDATE movies SET tmdb_id_locked = true, imdb_id_locked = true, title_locked = true, sort_title_locked = true,"
            " year_locked = true"
        )
        changed = columns("/m/B/b.mkv", tmdb_id=2, imdb_id="tt2", title="B", sort_title="B", year=1999)
        await update_films(conn, [ChangedFilm(id=ids["/m/A/a.mkv"], set_ids=True, set_title=True, **changed)])
        row = await only(conn, "SELECT file_path, tmdb_id, imdb_id, title, sort_title, year FROM movies")
    assert row == ("/m/B/b.mkv", 1, "tt1", "A", "A", 2001)


async def test_another_id_makes_an_enriched_film_one_to_be_enriched_again(db: Database, library: int) -> None:
    async with db.transaction() as conn:
        ids = await insert_films(conn, library, [NewFilm(**columns(tmdb_id=1))])
        await conn.execute("UPDATE movies SET identification_status = 'enriched'")
        for tmdb_id, imdb_id, status in ((1, "tt1", "enriched"), (2, "tt1", "identified")):
            film = ChangedFilm(id=ids["/m/A/a.mkv"], set_ids=True, **columns(tmdb_id=tmdb_id, imdb_id=imdb_id))
            await update_films(conn, [film])
            row = await only(conn, "SELECT tmdb_id, imdb_id, identification_status FROM movies")
            assert row == (tmdb_id, imdb_id, status)


async def test_films_are_found_by_path_folder_room_hash_and_id(db: Database, library: int) -> None:
    async with db.transaction() as conn:
        ids = await insert_films(
            conn,
            library,
            [
                NewFilm(**columns("/m/A/a.mkv", file_hash="oshash:aa")),
                NewFilm(**columns("/m/B/BDMV/index.bdmv", file_hash="oshash:bb", tmdb_id=5)),
                NewFilm(**columns("/m/Set/C/c.mkv", file_hash=None, imdb_id="tt7")),
            ],
        )
        a, b, c = (ids[path] for path in sorted(ids))
        assert set(await load_films_at(conn, library, ["/m/A/a.mkv"], [])) == {a}
        assert set(await load_films_at(conn, library, [], ["/m/B"])) == {b}
        assert set(await load_films_at(conn, library, [], ["/m/A", "/m/Set/C"])) == {a, c}
        assert set(await load_films_like(conn, library, ["oshash:aa"], [5], ["tt7"])) == {a, b, c}
        assert await load_films_like(conn, library + 1, ["oshash:aa"], [5], ["tt7"]) == {}


async def test_what_is_known_around_a_film_comes_back_as_it_was_stored(db: Database, library: int) -> None:
    file = FileRow(
        path="/m/A/x.srt", kind="subtitle", file_size=1, mtime_ns=2, detail={"language": None, "forced": True}
    )
    picture = PictureRow(asset_type="poster", source_url="file:///m/A/poster.jpg", file_size=3, mtime_ns=4)
    async with db.transaction() as conn:
        (film,) = (await insert_films(conn, library, [NewFilm(**columns())])).values()
        await store_files(conn, library, {film: [file]})
        await store_pictures(conn, {film: [picture]})
        await store_answers(conn, {film: {"title": "A", "tmdb_rating": 7.5}}, NOW)
        await set_problem(conn, "movie", film, "scan", "broken")
        around = (await load_surroundings(conn, [film]))[film]
    assert around.files == {file.path: file}
    assert around.pictures == (picture,)
    assert around.answer == {"title": "A", "tmdb_rating": 7.5}
    assert around.has_problem


async def test_streams_are_replaced_and_subtitle_files_are_not_touched_by_that(db: Database, library: int) -> None:
    streams = MediaStreams(
        video=(VideoStream(stream_index=0, codec="h264", framerate=23.976),),
        audio=(AudioStream(stream_index=1, language="eng"), AudioStream(stream_index=2, language="ger")),
        subtitles=(SubtitleStream(stream_index=3, language="eng"),),
    )
    async with db.transaction() as conn:
        (film,) = (await insert_films(conn, library, [NewFilm(**columns())])).values()
        await conn.execute(
            "INSERT INTO subtitle_streams (entity_type, entity_id, file_path, language) VALUES ('movie', $1, '/x.srt', 'ger')",
            film,
        )
        await replace_streams(conn, {film: streams})
        await replace_streams(conn, {film: MediaStreams(video=streams.video)})
        assert await only(conn, "SELECT codec, framerate FROM video_streams") == ("h264", 23.976)
        assert await conn.fetch("SELECT FROM audio_streams") == []
        assert await only(conn, "SELECT file_path FROM subtitle_streams") == ("/x.srt",)


async def test_a_picture_in_the_store_stays_a_candidate_when_its_file_goes(db: Database, library: int) -> None:
    urls = ["file:///m/A/poster.jpg", "file:///m/A/fanart.jpg"]
    async with db.transaction() as conn:
        (film,) = (await insert_films(conn, library, [NewFilm(**columns())])).values()
        await store_pictures(
            conn,
            {
                film: [
                    PictureRow(asset_type=slot, source_url=url)
                    for slot, url in zip(("poster", "fanart"), urls, strict=True)
                ]
            },
        )
        await conn.execute(
            "WITH a AS (INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type)"
            " VALUES (repeat('a', 64), 'x', 1, 'image/jpeg', 'local') RETURNING id)"
            " UPDATE asset_candidates SET cache_asset_id = a.id FROM a WHERE asset_type = 'poster'"
        )
        await forget_pictures(conn, [(film, url) for url in urls])
        assert await only(conn, "SELECT asset_type FROM asset_candidates") == ("poster",)


async def test_what_goes_to_the_trash_is_told_once_and_forgets_its_files(db: Database, library: int) -> None:
    async with db.transaction() as conn:
        (film,) = (await insert_films(conn, library, [NewFilm(**columns())])).values()
        await store_files(conn, library, {film: [FileRow(path="/m/A/a.mkv", kind="video")]})
        assert await trash_films(conn, [film], NOW) == {film: "/m/A/a.mkv"}
        assert await trash_films(conn, [film], NOW) == {}
        assert await conn.fetch("SELECT FROM local_files") == []


async def test_a_folder_that_is_as_it_was_is_not_written(db: Database, library: int) -> None:
    folder = FolderRow(path="/m/A", mtime_ns=5, inode=7)
    async with db.transaction() as conn:
        await remember_folders(conn, library, [folder], NOW)
    async with db.transaction() as conn:
        (before,) = await only(conn, "SELECT xmin::text FROM library_folders")
        await remember_folders(conn, library, [folder], NOW)
        assert await only(conn, "SELECT xmin::text FROM library_folders") == (before,)
        assert await load_folders(conn, library) == {"/m/A": folder}


async def test_folders_are_known_and_forgotten_from_a_directory_on(db: Database, library: int) -> None:
    rows = [FolderRow(path=path, mtime_ns=1) for path in ("/m/A", "/m/A/extras", "/m/AB")]
    async with db.transaction() as conn:
        await remember_folders(conn, library, rows, NOW)
        assert set(await load_folders(conn, library, "/m/A")) == {"/m/A", "/m/A/extras"}
        await forget_folders(conn, library, ["/m/A"], below=True)
        assert set(await load_folders(conn, library)) == {"/m/AB"}


async def test_folders_with_a_problem_are_counted(db: Database, library: int) -> None:
    rows = [FolderRow(path=f"/m/{number}", mtime_ns=0, problem="why" if number else None) for number in range(4)]
    async with db.transaction() as conn:
        await remember_folders(conn, library, rows, NOW)
        troubles = await load_troubles(conn, library, limit=2)
    assert (troubles.total, troubles.shown) == (3, {"/m/1": "why", "/m/2": "why"})


async def test_a_mount_state_keeps_the_root_it_was_told_before(db: Database, library: int) -> None:
    async with db.transaction() as conn:
        await store_mount(conn, library, "ok", None, (3, 4))
        await store_mount(conn, library, "missing", "gone")
        row = await load_library(conn, library)
    assert row is not None
    assert (row.mount_state, row.mount_detail, row.root_device, row.root_inode) == ("missing", "gone", 3, 4)


async def test_a_problem_that_stays_keeps_its_row_and_one_that_is_solved_goes(db: Database) -> None:
    async with db.transaction() as conn:
        await set_problems(conn, "movie", "scan", {1: Problem(message="a"), 2: Problem(message="b", detail={"x": 1})})
    async with db.transaction() as conn:
        before = await conn.fetch("SELECT entity_id, xmin::text FROM problems ORDER BY entity_id")
        await set_problem(conn, "movie", 1, "scan", "a")
        await set_problem(conn, "movie", 2, "scan", "c")
        after = await conn.fetch("SELECT entity_id, xmin::text FROM problems ORDER BY entity_id")
        assert [old == new for old, new in zip(before, after, strict=True)] == [True, False]
        await clear_problem(conn, "movie", 1, "scan")
        assert await only(conn, "SELECT entity_id, message, detail FROM problems") == (2, "c", {})
