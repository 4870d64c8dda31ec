"""Stored pictures over HTTP: right type, cached for ever, in part, as thumbnails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.db import Database
from metarr.messages.requests import MakeThumbnail, ThumbnailMade
from metarr_api.byte_range import Span, UnsatisfiableError, span_of
from metarr_api.tools import Tools
from support.answering import answering, same
from support.rows import insert_asset

DATA = bytes(range(256)) * 4


@pytest.fixture
async def address(tools: Tools, db: Database) -> str:
    """Where a stored picture is served."""
    (blob,) = await tools.blobs.put_all([(DATA, "jpg")])
    async with db.transaction() as conn:
        await insert_asset(conn, 1, content_hash=blob.content_hash, file_path=blob.path, file_size=blob.size)
    return f"/api/v1/assets/{blob.content_hash}"


async def test_a_picture_comes_with_its_type_and_is_kept_for_ever(api: httpx.AsyncClient, address: str) -> None:
    answer = await api.get(address)
    tag = f'"{address.rpartition("/")[2]}"'
    assert (answer.status_code, answer.content) == (200, DATA)
    names = ("content-type", "etag", "cache-control", "accept-ranges", "x-content-type-options")
    assert [answer.headers[name] for name in names] == [
        "image/jpeg",
        tag,
        "private, max-age=31536000, immutable",
        "bytes",
        "nosniff",
    ]


async def test_whoever_has_it_already_gets_no_bytes(api: httpx.AsyncClient, address: str) -> None:
    tag = (await api.get(address)).headers["etag"]
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await api.get(address, headers={"if-none-match": condition})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await api.get(address, headers={"if-none-match": '"other"'})).status_code == 200


async def test_one_range_is_served(api: httpx.AsyncClient, address: str) -> None:
    for header, part, says in [
        ("bytes=0-9", DATA[:10], "bytes 0-9/1024"),
        ("bytes=1000-", DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=-4", DATA[-4:], "bytes 1020-1023/1024"),
        ("bytes=-5000", DATA, "bytes 0-1023/1024"),
        ("bytes=10-99999", DATA[10:], "bytes 10-1023/1024"),
    ]:
        answer = await api.get(address, headers={"range": header})
        assert (answer.status_code, answer.content, answer.headers["content-range"]) == (206, part, says)


async def test_ranges_that_are_not_understood_mean_the_whole(api: httpx.AsyncClient, address: str) -> None:
    for header in ["bytes=0-1,5-6", "bytes=-", "bytes=9-5", "lines=1-2", "nonsense"]:
        answer = await api.get(address, headers={"range": header})
        assert (answer.status_code, answer.content) == (200, DATA)


async def test_a_range_behind_the_end_is_refused_with_the_size(api: httpx.AsyncClient, address: str) -> None:
    answer = await api.get(address, headers={"range": "bytes=1024-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */1024")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_range_of_another_state_means_the_whole(api: httpx.AsyncClient, address: str) -> None:
    answer = await api.get(address, headers={"range": "bytes=0-9", "if-range": '"other"'})
    assert (answer.status_code, answer.content) == (200, DATA)


async def test_what_is_no_image_is_served_as_bytes(api: httpx.AsyncClient, tools: Tools, db: Database) -> None:
    (blob,) = await tools.blobs.put_all([(b"<svg/>", "svg")])
    async with db.transaction() as conn:
        values = {"content_hash": blob.content_hash, "file_path": blob.path, "mime_type": "image/svg+xml"}
        await insert_asset(conn, 1, **values)
    answer = await api.get(f"/api/v1/assets/{blob.content_hash}")
    assert answer.headers["content-type"] == "application/octet-stream"


async def test_a_row_whose_file_is_gone_is_not_found(api: httpx.AsyncClient, db: Database) -> None:
    async with db.transaction() as conn:
        await insert_asset(conn, 1, file_path=f"cache/assets/00/00/{1:064x}.jpg")
    assert (await api.get(f"/api/v1/assets/{1:064x}")).status_code == 404


async def test_a_thumbnail_is_made_by_the_cache_service(
    api: httpx.AsyncClient, tools: Tools, address: str, nats_url: str
) -> None:
    path = Path(tools.environment.data_dir) / "cache" / "thumbs" / "t.webp"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"small")
    made = ThumbnailMade(file_path="cache/thumbs/t.webp", mime_type="image/webp")
    async with answering(nats_url, MakeThumbnail, same(made)) as asked:
        answer = await api.get(address, params={"width": 320})
        again = await api.get(address, params={"width": 320}, headers={"if-none-match": answer.headers["etag"]})
    content_hash = address.rpartition("/")[2]
    assert (answer.content, answer.headers["content-type"]) == (b"small", "image/webp")
    assert (answer.headers["etag"], again.status_code) == (f'"{content_hash}-320"', 304)
    assert (asked[0].content_hash, asked[0].width) == (content_hash, 320)


async def test_a_thumbnail_that_cannot_be_had_says_why(api: httpx.AsyncClient, address: str, nats_url: str) -> None:
    async with answering(nats_url, MakeThumbnail, same(ThumbnailMade(refused="the file is damaged"))):
        refused = await api.get(address, params={"width": 320})
    assert (refused.status_code, refused.json()["detail"]) == (409, "the file is damaged")
    assert (await api.get(address, params={"width": 300})).status_code == 400
    assert (await api.get(f"/api/v1/assets/{5:064x}", params={"width": 320})).status_code == 404


async def test_without_a_cache_service_a_thumbnail_says_so(api: httpx.AsyncClient, address: str) -> None:
    assert (await api.get(address, params={"width": 160})).status_code == 503


async def test_a_picture_is_read_first_when_that_is_asked_for(api: httpx.AsyncClient, address: str) -> None:
    answer = await api.get(address, params={"verify": "true"})
    assert (answer.status_code, answer.content) == (200, DATA)
    assert (await api.get(f"/api/v1/assets/{5:064x}", params={"verify": "true"})).status_code == 404
    assert (await api.get(address, params={"verify": "perhaps"})).status_code == 400


@pytest.mark.parametrize("loss", [Path.unlink, lambda path: path.write_bytes(b"x" * 1024)], ids=["lost", "damaged"])
@pytest.mark.parametrize("more", [{}, {"width": 320}], ids=["whole", "thumbnail"])
async def test_a_picture_that_is_not_what_it_should_be_is_not_served_and_fetched_again(
    api: httpx.AsyncClient, tools: Tools, address: str, loss: Callable[[Path], object], more: dict[str, Any]
) -> None:
    content_hash = address.rpartition("/")[2]
    loss(Path(tools.blobs.path(f"{content_hash}.jpg")))
    answer = await api.get(address, params={"verify": "true", **more}, headers={"if-none-match": "*"})
    (job,) = (await api.get("/api/v1/jobs")).json()["items"]
    assert (answer.status_code, job["kind"], job["priority"]) == (409, "MendAsset", 2)
    assert f"is lost or damaged; job {job['id']} gets it back" in answer.json()["detail"]


@given(st.one_of(st.none(), st.integers(0, 50)), st.one_of(st.none(), st.integers(0, 50)), st.integers(0, 40))
def test_a_span_lies_within_the_file_and_begins_where_it_was_asked_to(
    first: int | None, last: int | None, size: int
) -> None:
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        span = span_of(header, size)
    except UnsatisfiableError:
        assert (first or 0) >= size or last == 0
    else:
        whole = span is None and ((first is None and last is None) or (first or 0) > (last or 0))
        assert whole or (isinstance(span, Span) and 0 <= span.first <= span.last < size)
        assert whole or first is None or (span is not None and span.first == first)
