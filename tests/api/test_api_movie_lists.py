"""Pages of films: complete, without doubles, in order, whatever the filter."""

from typing import Any

import httpx

from metarr.db import Connection, Database
from metarr.domain.movie import ASSET_SLOTS, METADATA_FIELDS
from support.rows import insert, insert_asset, insert_movie


async def make_library(conn: Connection) -> int:
    return await insert(conn, "libraries", name="Films", path="/films", type="movie")


async def ids(api: httpx.AsyncClient, **params: Any) -> list[int]:
    answer = await api.get("/api/v1/movies", params=params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def every_page(api: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await api.get("/api/v1/movies", params={**params, **({"cursor": cursor} if cursor else {})})).json()
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            assert len(items) == page["total"]
            return items


async def test_pages_hold_every_film_once_also_under_equal_keys(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        for number in range(23):
            title, year = ("same", "Same", "Émile", "an other")[number % 4], (1995, None, 2001)[number % 3]
            await insert_movie(conn, library, file_path=f"/{number}", title=title, year=year)
    for sort in ("title", "-title", "year", "-year", "created_at", "-created_at"):
        items = await every_page(api, sort=sort, limit=5)
        whole = (await api.get("/api/v1/movies", params={"sort": sort, "limit": 500})).json()["items"]
        years = [item["year"] or 0 for item in items]
        assert len({item["id"] for item in items}) == 23
        assert [item["id"] for item in items] == [item["id"] for item in whole]
        assert "year" not in sort or years == sorted(years, reverse=sort.startswith("-"))


async def test_a_film_added_behind_the_cursor_is_seen_and_none_twice(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        for letter in "bdf":
            await insert_movie(conn, library, file_path=letter, title=letter)
    first = (await api.get("/api/v1/movies?limit=2")).json()
    async with db.transaction() as conn:
        for letter in "ae":
            await insert_movie(conn, library, file_path=letter, title=letter)
    rest = (await api.get("/api/v1/movies", params={"limit": 5, "cursor": first["next_cursor"]})).json()
    assert [item["title"] for item in first["items"] + rest["items"]] == ["b", "d", "e", "f"]


async def test_titles_sort_by_what_a_person_set_for_sorting(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        third = await insert_movie(conn, library, file_path="1", title="The Zone", sort_title="Zone, The")
        first = await insert_movie(conn, library, file_path="2", title="alien")
        second = await insert_movie(conn, library, file_path="3", title="The Matrix", sort_title="Matrix, The")
    assert await ids(api) == [first, second, third]


async def test_a_cursor_of_another_order_or_changed_by_one_letter_is_refused(
    api: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        for number in range(3):
            await insert_movie(conn, library, file_path=f"{number}")
    cursor = (await api.get("/api/v1/movies?limit=1")).json()["next_cursor"]
    changed = [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(len(cursor))
    ]
    for wrong in [*changed, cursor + "A", cursor[:-1], "", "ü", "=", cursor + "="]:
        answer = await api.get("/api/v1/movies", params={"cursor": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor"), wrong
    assert (await api.get("/api/v1/movies", params={"cursor": cursor, "sort": "year"})).status_code == 400
    assert (await api.get("/api/v1/libraries", params={"cursor": cursor})).status_code == 400


async def test_filters_narrow_the_list(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        other = await insert(conn, "libraries", name="More", path="/more", type="movie")
        heat = await insert_movie(conn, library, file_path="1", title="Heat", identification_status="enriched")
        boot = await insert_movie(conn, other, file_path="2", title="Boat", original_title="Das Boot 100%")
        gone = await insert_movie(conn, library, file_path="3", title="Heat 2")
        await conn.execute("UPDATE movies SET deleted_at = now() WHERE id = $1", gone)
    assert await ids(api) == [boot, heat]
    assert await ids(api, library_id=library) == [heat]
    assert await ids(api, identification_status="unidentified") == [boot]
    assert await ids(api, q="HEA") == [heat]
    assert await ids(api, q="das boot") == [boot]
    assert await ids(api, q="100%") == [boot]
    assert await ids(api, q="_") == []
    assert await ids(api, deleted="true") == [gone]
    assert await ids(api, deleted="true", q="heat") == [gone]


async def test_missing_finds_films_that_lack_any_of_the_named_things(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        asset = await insert_asset(conn, 1)
        whole = await insert_movie(conn, library, file_path="1", plot="A plot.", poster_id=asset)
        blank = await insert_movie(conn, library, file_path="2", plot="", poster_id=asset)
        bare = await insert_movie(conn, library, file_path="3", plot="A plot.")
        genre = await insert(conn, "genres", name="Drama", media_type="movie")
        await conn.execute("INSERT INTO movie_genres VALUES ($1, $2)", whole, genre)
    assert await ids(api, missing="plot") == [blank]
    assert await ids(api, missing="poster") == [bare]
    assert await ids(api, missing="poster,plot") == [blank, bare]
    assert await ids(api, missing="genres") == [blank, bare]
    assert await ids(api, missing="") == [whole, blank, bare]
    for name in (*METADATA_FIELDS, *ASSET_SLOTS):
        assert set(await ids(api, missing=name)) <= {whole, blank, bare}


async def test_a_row_of_the_list_shows_genres_locks_and_where_its_poster_is(
    api: httpx.AsyncClient, db: Database
) -> None:
    async with db.transaction() as conn:
        library = await make_library(conn)
        asset = await insert_asset(conn, 7)
        movie = await insert_movie(conn, library, title_locked=True, poster_id=asset)
        for name in ("Drama", "Crime"):
            genre = await insert(conn, "genres", name=name, media_type="movie")
            await conn.execute("INSERT INTO movie_genres VALUES ($1, $2)", movie, genre)
        await insert(conn, "problems", entity_type="movie", entity_id=movie, area="scan", message="broken")
    (row,) = (await api.get("/api/v1/movies")).json()["items"]
    assert (row["genres"], row["locks"], row["problem_count"]) == (["Crime", "Drama"], ["title"], 1)
    assert (row["poster"], row["fanart"]) == (f"/api/v1/assets/{7:064x}", None)
