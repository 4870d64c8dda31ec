"""Candidates over HTTP as small pictures."""

from pathlib import Path

import httpx
import pytest

from metarr.db import Database
from metarr.messages.requests import MakePreview, ThumbnailMade
from metarr_api.tools import Tools
from support.answering import answering, same
from support.artwork import add_candidate, add_library, add_movie


@pytest.fixture
async def movie(db: Database) -> int:
    return await add_movie(db, await add_library(db, "/films"), "/films/Alien (1979)/Alien.mkv")


@pytest.fixture
async def candidate(db: Database, movie: int) -> int:
    return await add_candidate(db, movie, "poster", "https://image.test/a.jpg")


async def test_a_candidate_says_where_it_is_seen_small_and_is_seen_there(
    api: httpx.AsyncClient, tools: Tools, nats_url: str, movie: int, candidate: int
) -> None:
    (row,) = (await api.get(f"/api/v1/movies/{movie}/assets")).json()["poster"]["candidates"]
    assert row["asset"] is None
    lies = Path(tools.environment.data_dir) / "cache" / "thumbs" / "small.webp"
    lies.parent.mkdir(parents=True, exist_ok=True)
    lies.write_bytes(b"small")
    made = ThumbnailMade(file_path="cache/thumbs/small.webp", mime_type="image/webp")
    async with answering(nats_url, MakePreview, same(made)) as asked:
        answer = await api.get(row["preview_url"])
        again = await api.get(row["preview_url"], headers={"if-none-match": answer.headers["etag"]})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"small", "image/webp")
    assert answer.headers["cache-control"] == "private, max-age=86400"
    assert (again.status_code, again.content) == (304, b"")
    assert asked == [MakePreview(candidate_id=candidate)] * 2


async def test_what_cannot_be_had_is_a_conflict_with_the_reason(
    api: httpx.AsyncClient, nats_url: str, candidate: int
) -> None:
    async with answering(nats_url, MakePreview, same(ThumbnailMade(refused="there is nothing (404)"))):
        answer = await api.get(f"/api/v1/candidates/{candidate}/preview")
    assert (answer.status_code, answer.json()["detail"]) == (409, "there is nothing (404)")


async def test_an_unknown_candidate_is_not_found_and_nobody_is_asked(api: httpx.AsyncClient, nats_url: str) -> None:
    async with answering(nats_url, MakePreview, same(ThumbnailMade())) as asked:
        assert (await api.get("/api/v1/candidates/999/preview")).status_code == 404
    assert asked == []


async def test_a_preview_that_was_swept_at_this_moment_is_not_found(
    api: httpx.AsyncClient, nats_url: str, candidate: int
) -> None:
    gone = ThumbnailMade(file_path="cache/thumbs/gone.webp", mime_type="image/webp")
    async with answering(nats_url, MakePreview, same(gone)):
        answer = await api.get(f"/api/v1/candidates/{candidate}/preview")
    assert answer.status_code == 404
    assert "ask again" in answer.json()["detail"]
