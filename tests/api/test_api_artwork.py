"""Choosing pictures: candidates, addresses, uploads; what a person chose is locked."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from metarr.db import Connection, Database
from metarr.messages.requests import ImageStored, StoreImage
from metarr_api.tools import Tools
from metarr_api.uploads import MOST_UPLOAD
from support.answering import answering, same
from support.rows import insert, insert_asset, insert_candidate, insert_movie


async def a_film(conn: Connection) -> int:
    library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
    return await insert_movie(conn, library, identification_status="enriched")


@pytest.fixture
async def movie(db: Database) -> int:
    async with db.transaction() as conn:
        return await a_film(conn)


async def add_candidate(db: Database, movie: int, number: int, **more: Any) -> int:
    """A candidate for the poster whose picture is in the store."""
    async with db.transaction() as conn:
        asset = await insert_asset(conn, number)
        values = {"asset_type": "poster", "source_url": f"https://images/{number}", "cache_asset_id": asset}
        return await insert_candidate(conn, movie, **{**values, "source_type": "provider", **more})


async def kinds_of_jobs(api: httpx.AsyncClient) -> list[str]:
    return [job["kind"] for job in (await api.get("/api/v1/jobs")).json()["items"]]


async def test_slots_show_what_they_hold_and_what_they_could_hold_with_reasons(
    api: httpx.AsyncClient, db: Database, movie: int
) -> None:
    parts = [{"name": "language", "points": 20.0, "why": "it is in English"}]
    worse = await add_candidate(db, movie, 1, score=40)
    better = await add_candidate(db, movie, 2, score=80, score_parts=parts, language="en")
    unknown = await add_candidate(db, movie, 3, cache_asset_id=None, same_as=better, reason="same picture")
    slots = (await api.get(f"/api/v1/movies/{movie}/assets")).json()
    poster = slots["poster"]
    assert set(slots) == {"poster", "fanart", "logo", "clearart", "banner", "thumb", "discart"}
    assert [candidate["id"] for candidate in poster["candidates"]] == [better, worse, unknown]
    assert (poster["candidates"][0]["score"], poster["candidates"][0]["score_parts"]) == (80, parts)
    assert poster["candidates"][0]["asset"]["url"] == f"/api/v1/assets/{2:064x}"
    assert (poster["chosen"], poster["locked"], poster["candidates"][2]["asset"]) == (None, False, None)
    assert (poster["candidates"][2]["same_as"], poster["candidates"][2]["reason"]) == (better, "same picture")


async def test_a_chosen_candidate_is_shown_locked_noted_and_published(
    api: httpx.AsyncClient, db: Database, movie: int
) -> None:
    candidate = await add_candidate(db, movie, 1)
    answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", json={"candidate_id": candidate})
    slot = answer.json()
    assert (answer.status_code, slot["locked"], slot["chosen"]["content_hash"]) == (200, True, f"{1:064x}")
    assert (slot["candidates"][0]["status"], await kinds_of_jobs(api)) == ("chosen", ["PublishItem"])
    (entry,) = (await api.get(f"/api/v1/movies/{movie}/history")).json()["items"]
    assert (entry["field"], entry["new_value"], entry["source"]) == ("poster", f"{1:064x}", "user")


async def test_a_candidate_of_another_item_or_slot_cannot_be_chosen(
    api: httpx.AsyncClient, db: Database, movie: int
) -> None:
    async with db.transaction() as conn:
        other = await insert_movie(conn, 1, file_path="/films/other.mkv")
    candidates = [
        await add_candidate(db, other, 1),
        await add_candidate(db, movie, 2, asset_type="fanart"),
        await add_candidate(db, movie, 3, entity_type="collection"),
        10**9,
    ]
    for candidate in candidates:
        answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", json={"candidate_id": candidate})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "candidate_id")


async def test_a_candidate_that_is_not_in_the_store_is_fetched_first(
    api: httpx.AsyncClient, db: Database, movie: int, nats_url: str
) -> None:
    candidate = await add_candidate(db, movie, 1, cache_asset_id=None)

    async def store(asked: StoreImage) -> ImageStored:
        async with db.transaction() as conn:
            await conn.execute("UPDATE asset_candidates SET cache_asset_id = (SELECT id FROM cache_assets)")
        return ImageStored(candidate_id=candidate)

    async with answering(nats_url, StoreImage, store) as asked:
        answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", json={"candidate_id": candidate})
    assert (answer.json()["chosen"]["content_hash"], asked[0].url) == (f"{1:064x}", "https://images/1")


async def test_an_address_is_fetched_by_the_cache_service_and_chosen(
    api: httpx.AsyncClient, db: Database, movie: int, nats_url: str
) -> None:
    candidate = await add_candidate(db, movie, 1, source_type="user")
    async with answering(nats_url, StoreImage, same(ImageStored(candidate_id=candidate))) as asked:
        answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", json={"url": "https://example.org/p.jpg"})
    assert (answer.status_code, answer.json()["locked"]) == (200, True)
    assert (asked[0].entity_type, asked[0].asset_type, asked[0].url) == ("movie", "poster", "https://example.org/p.jpg")


async def test_an_uploaded_file_lies_where_the_cache_service_takes_it_from(
    api: httpx.AsyncClient, tools: Tools, db: Database, movie: int, nats_url: str
) -> None:
    candidate = await add_candidate(db, movie, 1, source_type="user")
    seen: list[bytes] = []

    async def store(asked: StoreImage) -> ImageStored:
        assert asked.upload is not None
        seen.append((Path(tools.environment.data_dir) / "uploads" / asked.upload).read_bytes())
        return ImageStored(candidate_id=candidate)

    async with answering(nats_url, StoreImage, store):
        files = {"file": ("../../poster.jpg", b"picture", "image/jpeg")}
        answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", files=files)
    assert (answer.status_code, answer.json()["locked"], seen) == (200, True, [b"picture"])


async def test_a_picture_that_is_refused_changes_nothing_and_says_why(
    api: httpx.AsyncClient, movie: int, nats_url: str
) -> None:
    async with answering(nats_url, StoreImage, same(ImageStored(refused="it is HTML, not an image"))):
        answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", json={"url": "https://example.org/p.jpg"})
    slot = (await api.get(f"/api/v1/movies/{movie}/assets")).json()["poster"]
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [{"field": "url", "message": "it is HTML, not an image"}],
    )
    assert (slot["chosen"], slot["locked"], await kinds_of_jobs(api)) == (None, False, [])


async def test_without_a_cache_service_a_choice_says_so(api: httpx.AsyncClient, movie: int) -> None:
    answer = await api.put(f"/api/v1/movies/{movie}/assets/poster", json={"url": "https://example.org/p.jpg"})
    assert (answer.status_code, answer.json()["detail"]) == (503, "no cache service is running")


async def test_a_choice_says_one_thing_in_the_right_form(api: httpx.AsyncClient, movie: int) -> None:
    for body in [
        {},
        {"candidate_id": 1, "url": "https://example.org"},
        {"candidate_id": 1, "locked": True},
        {"candidate_id": None},
        {"candidate_id": "1"},
        {"url": "file:///etc/passwd"},
        {"url": "https://example.org/a b"},
        {"locked": "no"},
        {"file": "x"},
    ]:
        assert (await api.put(f"/api/v1/movies/{movie}/assets/poster", json=body)).status_code == 400


async def test_a_form_that_cannot_be_read_is_refused(api: httpx.AsyncClient, movie: int) -> None:
    for content, content_type, status in [
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b"", "multipart/form-data; boundary=x", 400),
        (b"nonsense", "multipart/form-data", 400),
        (
            b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            400,
        ),
        (
            b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n\xff\xfe\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            400,
        ),
        (b"picture", "image/jpeg", 415),
        (b"x" * (MOST_UPLOAD + 1), "multipart/form-data; boundary=x", 413),
    ]:
        address = f"/api/v1/movies/{movie}/assets/poster"
        answer = await api.put(address, content=content, headers={"content-type": content_type})
        assert answer.status_code == status, answer.text


async def test_a_cleared_slot_stays_empty_until_it_is_unlocked(
    api: httpx.AsyncClient, db: Database, movie: int
) -> None:
    address = f"/api/v1/movies/{movie}/assets/poster"
    await api.put(address, json={"candidate_id": await add_candidate(db, movie, 1)})
    cleared = (await api.delete(address)).json()
    opened = (await api.put(address, json={"locked": False})).json()
    assert (cleared["chosen"], cleared["locked"], opened["locked"]) == (None, True, False)
    assert "EnrichItem" in await kinds_of_jobs(api)


async def test_slots_and_items_that_do_not_exist_are_not_found(api: httpx.AsyncClient, movie: int) -> None:
    for path in ["movies/1/assets/cover", "movies/999/assets/poster", "collections/1/assets/logo"]:
        statuses = [
            (await api.put(f"/api/v1/{path}", json={"locked": True})).status_code,
            (await api.delete(f"/api/v1/{path}")).status_code,
        ]
        assert statuses == [404, 404]


async def test_a_collection_chooses_its_pictures_alike(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        collection = await insert(conn, "movie_collections", name="Sagas")
    candidate = await add_candidate(db, collection, 1, entity_type="collection")
    answer = await api.put(f"/api/v1/collections/{collection}/assets/poster", json={"candidate_id": candidate})
    assert (answer.json()["locked"], answer.json()["chosen"]["content_hash"]) == (True, f"{1:064x}")
    assert (await api.get(f"/api/v1/collections/{collection}")).json()["locks"] == ["poster"]
    assert await kinds_of_jobs(api) == []
