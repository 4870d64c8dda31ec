"""Collections over HTTP."""

import httpx
import pytest

from metarr.db import Database
from support.rows import insert, insert_asset, insert_movie


@pytest.fixture
async def collection(db: Database) -> int:
    async with db.transaction() as conn:
        library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        asset = await insert_asset(conn, 4)
        number = await insert(conn, "movie_collections", name="Alien Collection", tmdb_collection_id=8091)
        for place, title in enumerate(["Alien", "Aliens", "Gone"]):
            movie = await insert_movie(conn, library, file_path=title, title=title, year=1979 + place, poster_id=asset)
            await conn.execute("INSERT INTO movie_collection_members VALUES ($1, $2, $3)", movie, number, place)
        await conn.execute("UPDATE movies SET deleted_at = now() WHERE title = 'Gone'")
        await insert(conn, "movie_collections", name="zeta")
    return number


async def test_collections_are_listed_by_name_in_pages(api: httpx.AsyncClient, collection: int) -> None:
    first = (await api.get("/api/v1/collections?limit=1")).json()
    second = (await api.get("/api/v1/collections", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [(row["name"], row["movie_count"]) for row in first["items"] + second["items"]] == [
        ("Alien Collection", 2),
        ("zeta", 0),
    ]
    assert (await api.get("/api/v1/collections?q=ALIEN")).json()["total"] == 1


async def test_a_collection_shows_its_films_but_not_those_in_the_trash(api: httpx.AsyncClient, collection: int) -> None:
    row = (await api.get(f"/api/v1/collections/{collection}")).json()
    assert [film["title"] for film in row["movies"]] == ["Alien", "Aliens"]
    assert row["movies"][0]["poster"] == f"/api/v1/assets/{4:064x}"


async def test_an_edit_locks_what_changed_and_publishes_the_films(api: httpx.AsyncClient, collection: int) -> None:
    address = f"/api/v1/collections/{collection}"
    row = (await api.patch(address, json={"name": "Alien", "plot": None})).json()
    jobs = (await api.get("/api/v1/jobs")).json()["items"]
    history = (await api.get(f"{address}/history")).json()["items"]
    assert (row["name"], row["locks"]) == ("Alien", ["name"])
    assert [(job["kind"], job["entity_type"]) for job in jobs] == [("PublishItem", "movie")] * 2
    assert [(entry["field"], entry["old_value"], entry["source"]) for entry in history] == [
        ("name", "Alien Collection", "user")
    ]
    opened = (await api.patch(address, json={"name_locked": False, "fanart_locked": True})).json()
    assert (opened["name"], opened["locks"]) == ("Alien", ["fanart"])


async def test_a_bad_edit_is_refused(api: httpx.AsyncClient, collection: int) -> None:
    for body in [{"name": None}, {"name": " "}, {"plot": 5}, {"movies": []}, {"logo_locked": True}]:
        assert (await api.patch(f"/api/v1/collections/{collection}", json=body)).status_code == 400


async def test_two_collections_without_an_id_do_not_share_a_name(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await insert(conn, "movie_collections", name="Sagas")
        other = await insert(conn, "movie_collections", name="Tales")
    assert (await api.patch(f"/api/v1/collections/{other}", json={"name": "sagas"})).status_code == 409


async def test_a_collection_that_does_not_exist_is_not_found(api: httpx.AsyncClient) -> None:
    for path in ["", "/history", "/assets"]:
        assert (await api.get(f"/api/v1/collections/99{path}")).status_code == 404
