"""Films that share a picture, over HTTP."""

import httpx
import pytest

from metarr.db import Database
from support.rows import insert, insert_asset, insert_movie

ADDRESS = "/api/v1/artwork/look-alikes"


@pytest.fixture
async def libraries(db: Database) -> tuple[int, int]:
    """Three posters, two of which look the same, a fanart that three films share, logos that are near, and one library more."""
    async with db.transaction() as conn:
        films = await insert(conn, "libraries", name="Films", path="/films", type="movie")
        other = await insert(conn, "libraries", name="Other", path="/other", type="movie")
        small = await insert_asset(conn, 1, perceptual_hash="f0f0f0f0f0f0f0f0", width=500, height=750)
        large = await insert_asset(conn, 2, perceptual_hash="f0f0f0f0f0f0f0cf", width=2000, height=3000)
        apart = await insert_asset(conn, 3, perceptual_hash="0123456789abcdef")
        shared = await insert_asset(conn, 4)  # nobody has looked at it yet: its bytes alone tell
        logos = [await insert_asset(conn, 10 + n, perceptual_hash=f"{(1 << n * 3) - 1:016x}") for n in range(2)]
        shown = [
            ("Alien", 1979, {"poster_id": small, "fanart_id": shared, "logo_id": logos[0]}),
            ("Aliens", 1986, {"poster_id": large, "fanart_id": shared, "logo_id": logos[1]}),
            ("Heat", None, {"poster_id": apart}),
        ]
        for title, year, slots in shown:
            await insert_movie(conn, films, file_path=title, title=title, year=year, **slots)
        await insert_movie(conn, other, file_path="Elsewhere", title="Elsewhere", fanart_id=shared)
        await insert_movie(conn, films, file_path="Gone", title="Gone", poster_id=apart)
        await conn.execute("UPDATE movies SET deleted_at = now() WHERE title = 'Gone'")
    return films, other


@pytest.mark.usefixtures("libraries")
async def test_films_whose_pictures_look_the_same_are_told_with_both_pictures(api: httpx.AsyncClient) -> None:
    page = (await api.get(f"{ADDRESS}?asset_type=poster")).json()
    (group,) = page["items"]
    assert (group["asset_type"], group["same_bytes"], group["film_count"]) == ("poster", False, 2)
    assert [(film["title"], film["year"], film["width"], film["distance"]) for film in group["films"]] == [
        ("Alien", 1979, 500, 0),
        ("Aliens", 1986, 2000, 6),
    ]
    assert group["films"][1]["url"] == f"/api/v1/assets/{2:064x}"
    assert (page["total"], page["pictures_seen"], page["next_cursor"]) == (3, 3, None)


@pytest.mark.usefixtures("libraries")
async def test_films_that_show_the_very_same_file_are_one_group(api: httpx.AsyncClient) -> None:
    (group,) = (await api.get(f"{ADDRESS}?asset_type=fanart")).json()["items"]
    assert (group["same_bytes"], group["film_count"]) == (True, 3)
    assert [film["title"] for film in group["films"]] == ["Alien", "Aliens", "Elsewhere"]


@pytest.mark.usefixtures("libraries")
async def test_transparent_pictures_must_be_nearer_than_photographs(api: httpx.AsyncClient, db: Database) -> None:
    assert (await api.get(f"{ADDRESS}?asset_type=logo")).json()["items"] == []
    async with db.transaction() as conn:
        await conn.execute(
            "UPDATE cache_assets SET perceptual_hash = $1 WHERE content_hash = $2", f"{3:016x}", f"{11:064x}"
        )
    (group,) = (await api.get(f"{ADDRESS}?asset_type=logo")).json()["items"]
    assert [film["distance"] for film in group["films"]] == [0, 2]


async def test_a_library_is_looked_at_by_itself(api: httpx.AsyncClient, libraries: tuple[int, int]) -> None:
    films, other = libraries
    page = (await api.get(f"{ADDRESS}?library_id={films}")).json()
    assert [(group["asset_type"], group["film_count"]) for group in page["items"]] == [("poster", 2), ("fanart", 2)]
    assert (await api.get(f"{ADDRESS}?library_id={other}")).json()["items"] == []


@pytest.mark.usefixtures("libraries")
async def test_pages_follow_each_other(api: httpx.AsyncClient) -> None:
    first = (await api.get(f"{ADDRESS}?limit=1")).json()
    second = (await api.get(ADDRESS, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert [group["asset_type"] for group in first["items"] + second["items"]] == ["poster", "fanart"]
    last = (await api.get(ADDRESS, params={"limit": 1, "cursor": second["next_cursor"]})).json()
    assert (last["items"], last["next_cursor"]) == ([], None)


async def test_what_cannot_be_asked_is_refused(api: httpx.AsyncClient) -> None:
    for query in ["asset_type=portrait", "library_id=0", "library_id=x", "limit=0", "cursor=made-up"]:
        assert (await api.get(f"{ADDRESS}?{query}")).status_code == 400
