"""Pictures on their way: a few at a time from each host, on from where one broke off, and only when they have changed."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import stamina

from metarr.errors import ImageRefused, ProviderUnavailable
from metarr.http import UNCHANGED, HttpDoor
from metarr.http.door import IMAGES, IMAGES_OF_A_HOST
from metarr.http.transfer import WORTH_RESUMING
from support.clock import ManualClock
from support.provider_stand_in import HANGS, ProviderStandIn, Reply
from support.waiting import eventually

WHOLE = random.Random(1).randbytes(300_000)
HALF = 150_000
ETAG = {"etag": '"v1"'}


@pytest.fixture(autouse=True)
def retries_do_not_wait():
    stamina.set_testing(True, attempts=3, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
async def server() -> AsyncIterator[ProviderStandIn]:
    async with ProviderStandIn() as opened:
        yield opened


@pytest.fixture
async def door(server: ProviderStandIn, tmp_path: Path, clock: ManualClock) -> AsyncIterator[HttpDoor]:
    async with HttpDoor(data_dir=str(tmp_path), user_agent="test", clock=clock, configured=[server.url]) as opened:
        yield opened


def broken_off(**headers: str) -> Reply:
    return Reply(body=WHOLE[:HALF], promised=len(WHOLE), headers=headers)


def the_rest(start: int = HALF, end: int | None = None) -> Reply:
    part = WHOLE[start:end]
    span = f"bytes {start}-{start + len(part) - 1}/{len(WHOLE)}"
    return Reply(status=206, body=part, headers={"content-range": span})


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", broken_off(**ETAG), the_rest())
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    first, second = (asked.headers for asked in server.asked)
    assert "range" not in first
    assert (second["range"], second["if-range"]) == (f"bytes={HALF}-", '"v1"')


async def test_it_goes_on_by_date_where_there_is_no_tag(door: HttpDoor, server: ProviderStandIn) -> None:
    date = "Sat, 01 Aug 2026 10:00:00 GMT"
    server.answer("/a.jpg", broken_off(**{"last-modified": date}), the_rest())
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    assert server.asked[1].headers["if-range"] == date


async def test_a_rest_that_breaks_off_too_is_gone_on_with(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", broken_off(**ETAG), the_rest(end=200_000), the_rest(200_000))
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    assert [asked.headers.get("range") for asked in server.asked] == [None, "bytes=150000-", "bytes=200000-"]


async def test_a_server_that_knows_no_ranges_or_has_another_picture_sends_it_anew(
    door: HttpDoor, server: ProviderStandIn
) -> None:
    other = WHOLE[::-1]
    server.answer("/a.jpg", broken_off(**ETAG), Reply(body=other))
    assert await door.fetch_bytes(server.url + "/a.jpg") == other


@pytest.mark.parametrize("headers", [{}, {"etag": 'W/"v1"'}, {"etag": '"v1"', "content-encoding": "identity"}])
async def test_parts_that_might_not_belong_together_are_not_put_together(
    door: HttpDoor, server: ProviderStandIn, headers: dict[str, str]
) -> None:
    server.answer("/a.jpg", broken_off(**headers), Reply(body=WHOLE))
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    assert "range" not in server.asked[1].headers


async def test_a_few_bytes_are_not_gone_on_with(door: HttpDoor, server: ProviderStandIn) -> None:
    little = Reply(body=WHOLE[: WORTH_RESUMING - 1], promised=len(WHOLE), headers=ETAG)
    server.answer("/a.jpg", little, Reply(body=WHOLE))
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    assert "range" not in server.asked[1].headers


@pytest.mark.parametrize("answer", [the_rest(HALF - 1), Reply(status=416), Reply(status=206, body=b"x" * 9)])
async def test_a_wrong_rest_is_thrown_away_with_what_was_there(
    door: HttpDoor, server: ProviderStandIn, answer: Reply
) -> None:
    server.answer("/a.jpg", broken_off(**ETAG), answer, Reply(body=WHOLE))
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    assert "range" not in server.asked[2].headers


async def test_it_is_tried_three_times_and_no_more(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", broken_off(**ETAG))
    with pytest.raises(ProviderUnavailable):
        await door.fetch_bytes(server.url + "/a.jpg")
    assert len(server.asked) == 3


async def test_the_limit_counts_for_all_parts_together(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", Reply(body=WHOLE[:HALF], promised=HALF + 1, headers=ETAG), the_rest())
    with pytest.raises(ImageRefused, match="larger than"):
        await door.fetch_bytes(server.url + "/a.jpg", max_bytes=len(WHOLE) - 1)


async def test_an_endless_answer_is_cut_at_the_limit(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", Reply(body=b"x" * 65536, endless=True))
    with pytest.raises(ImageRefused, match="larger than 2 MB"):
        await door.fetch_bytes(server.url + "/a.jpg", max_bytes=2_000_000)
    assert len(server.asked) == 1


async def test_what_has_not_changed_is_not_sent_again(door: HttpDoor, server: ProviderStandIn) -> None:
    date = "Sat, 01 Aug 2026 10:00:00 GMT"
    server.answer("/a.jpg", Reply(body=WHOLE, headers=ETAG | {"last-modified": date}), Reply(status=304))
    assert await door.fetch_bytes(server.url + "/a.jpg") == WHOLE
    assert await door.fetch_again(server.url + "/a.jpg", sha256(WHOLE)) is UNCHANGED
    asked = server.asked[1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('"v1"', date)


async def test_what_has_changed_is_sent(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", Reply(body=WHOLE, headers=ETAG), Reply(body=WHOLE[::-1], headers={"etag": '"v2"'}))
    await door.fetch_bytes(server.url + "/a.jpg")
    assert await door.fetch_again(server.url + "/a.jpg", sha256(WHOLE)) == WHOLE[::-1]
    server.answer("/a.jpg", Reply(status=304))
    assert await door.fetch_again(server.url + "/a.jpg", sha256(WHOLE[::-1])) is UNCHANGED
    assert server.asked[2].headers["if-none-match"] == '"v2"'


async def test_marks_of_other_bytes_than_the_asker_has_are_not_used(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", Reply(body=WHOLE, headers=ETAG))
    await door.fetch_bytes(server.url + "/a.jpg")
    assert await door.fetch_again(server.url + "/a.jpg", sha256(b"other")) == WHOLE
    assert "if-none-match" not in server.asked[1].headers


async def test_an_unchanged_that_nobody_asked_for_is_no_answer(door: HttpDoor, server: ProviderStandIn) -> None:
    server.answer("/a.jpg", Reply(status=304))
    with pytest.raises(ProviderUnavailable):
        await door.fetch_bytes(server.url + "/a.jpg")


async def test_the_address_of_a_picture_is_not_written_down(
    door: HttpDoor, server: ProviderStandIn, tmp_path: Path
) -> None:
    server.answer("/a.jpg", Reply(body=WHOLE, headers=ETAG))
    await door.fetch_bytes(server.url + "/a.jpg?token=s3cret")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert b"v1" in kept
    assert b"s3cret" not in kept


async def test_a_host_that_hangs_holds_up_no_other(tmp_path: Path, clock: ManualClock) -> None:
    async with ProviderStandIn() as slow, ProviderStandIn() as quick:
        # Hosts are told apart by name: two names for the loopback address.
        slow_url, quick_url = slow.url, quick.url.replace("127.0.0.1", "localhost")

        async def here(host: str, port: int) -> list[str]:
            return ["127.0.0.1"]

        configured = [slow_url, quick_url]
        async with HttpDoor(
            data_dir=str(tmp_path), user_agent="test", clock=clock, configured=configured, look_up=here
        ) as door:
            slow.answer("/a.jpg", HANGS)
            quick.answer("/b.jpg", Reply(body=b"b"))
            waiting = [asyncio.create_task(door.fetch_bytes(slow_url + "/a.jpg")) for _ in range(IMAGES + 5)]
            await eventually(lambda: len(slow.asked) == IMAGES_OF_A_HOST, what="as many as allowed are under way")
            assert await door.fetch_bytes(quick_url + "/b.jpg") == b"b"
            assert len(slow.asked) == IMAGES_OF_A_HOST
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


async def test_no_more_than_ten_are_under_way_at_the_same_time(tmp_path: Path, clock: ManualClock) -> None:
    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with ProviderStandIn(otherwise=lambda _: HANGS) as server:
        port = server.url.rpartition(":")[2]
        urls = [f"http://host{number}.example:{port}/a.jpg" for number in range(IMAGES + 5)]
        async with HttpDoor(
            data_dir=str(tmp_path), user_agent="test", clock=clock, configured=urls, look_up=here
        ) as door:
            waiting = [asyncio.create_task(door.fetch_bytes(url)) for url in urls]
            await eventually(lambda: len(server.asked) == IMAGES, what="as many as allowed are under way")
            assert await asyncio.wait(waiting, timeout=0.1, return_when=asyncio.FIRST_COMPLETED) == (
                set(),
                set(waiting),
            )
            assert len(server.asked) == IMAGES
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
