"""Pictures come in through the one way out, and whatever a server does is put in words."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from metarr.blobs import BlobStore
from metarr.formats.file_uri import path_of, uri_of
from metarr.http import HttpDoor
from metarr_cache.intake import Failure, Intake, Kept
from support import pictures
from support.clock import ManualClock
from support.decoding import DecodesHere
from support.gallery import Gallery
from support.provider_stand_in import CUT_OFF, NOT_FOUND, ProviderStandIn, Reply, html, rate_limited, redirect, said


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    stamina.set_testing(True, attempts=2, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "cache" / "assets"))


@pytest.fixture
async def server() -> AsyncIterator[ProviderStandIn]:
    async with ProviderStandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def intake(
    store: BlobStore, server: ProviderStandIn, tmp_path: Path, clock: ManualClock
) -> AsyncIterator[Intake]:
    door = HttpDoor(data_dir=str(tmp_path), user_agent="test", clock=clock, configured=[server.url])
    async with door:
        yield Intake(store, door, DecodesHere())


async def test_a_picture_comes_in_whole(intake: Intake, server: ProviderStandIn) -> None:
    server.answer("/p.jpg", Reply(body=(data := pictures.poster()), headers={"content-type": "text/plain"}))
    kept = await intake.download(f"{server.url}/p.jpg")
    assert isinstance(kept, Kept)
    assert (kept.width, kept.height, kept.mime_type, kept.asset_id) == (500, 750, "image/jpeg", None)
    assert intake.store.read(kept.file_path) == data


@pytest.mark.parametrize(
    ("reply", "reason", "passing"),
    [
        (html(), "HTML page", False),
        (said({"status_message": "no such picture"}), "JSON", False),
        (Reply(), "empty", False),
        (Reply(body=pictures.SVG, headers={"content-type": "image/png"}), "SVG", False),
        (Reply(body=pictures.png_claiming(30000, 30000)), "pixels", False),
        (NOT_FOUND, "404", False),
        (html(403), "refuses", False),
        (html(500), "trouble", True),
        (CUT_OFF, "could not be reached", True),
        (rate_limited("120"), "asks to wait 120 s", True),
        (Reply(body=pictures.poster()[:-500]), "cut off", False),
        (Reply(promised=60_000_000), "larger than 50 MB", False),
        (redirect("http://192.168.0.1/p.jpg"), "private network", False),
        (redirect("http://169.254.169.254/latest/meta-data"), "private network", False),
        (redirect("http://127.0.0.1:1/p.jpg"), "private network", False),
        (redirect("http://[::1]:1/p.jpg"), "private network", False),
        (redirect("file:///etc/passwd"), "address", False),
    ],
)
async def test_whatever_a_server_does_is_put_in_words(
    intake: Intake, server: ProviderStandIn, reply: Reply, reason: str, *, passing: bool
) -> None:
    server.answer("/p.jpg", reply)
    failure = await intake.download(f"{server.url}/p.jpg")
    assert isinstance(failure, Failure)
    assert reason in failure.reason
    assert failure.passing is passing


async def test_an_address_that_many_ask_for_at_once_is_fetched_once(store: BlobStore) -> None:
    gallery = Gallery()
    url = gallery.hang("https://image.test/p.jpg", pictures.poster())
    intake = Intake(store, gallery, DecodesHere())
    kept = await asyncio.gather(*(intake.download(url) for _ in range(20)))
    assert len(set(kept)) == 1
    assert gallery.asked == [url]


async def test_what_is_in_the_store_is_only_asked_whether_it_has_changed(
    intake: Intake, server: ProviderStandIn, tmp_path: Path, clock: ManualClock
) -> None:
    url = f"{server.url}/p.jpg"
    server.answer("/p.jpg", Reply(body=pictures.poster(), headers={"etag": '"v1"'}), Reply(status=304))
    have = await intake.download(url)
    assert isinstance(have, Kept)
    async with HttpDoor(data_dir=str(tmp_path), user_agent="test", clock=clock, configured=[server.url]) as door:
        later = Intake(intake.store, door, DecodesHere())
        assert await later.download(url, have=have) == have
        assert server.asked[1].headers["if-none-match"] == '"v1"'
        server.answer("/p.jpg", Reply(body=pictures.poster(seed=2), headers={"etag": '"v2"'}))
        changed = await Intake(intake.store, door, DecodesHere()).download(url, have=have)
        assert isinstance(changed, Kept)
        assert changed.content_hash != have.content_hash


async def test_what_is_lost_from_the_store_is_fetched_and_not_only_asked_for(
    intake: Intake, server: ProviderStandIn, tmp_path: Path, clock: ManualClock
) -> None:
    url = f"{server.url}/p.jpg"
    server.answer("/p.jpg", Reply(body=pictures.poster(), headers={"etag": '"v1"'}))
    have = await intake.download(url)
    assert isinstance(have, Kept)
    Path(intake.store.path(have.file_path)).unlink()
    assert await intake.download(url, have=have) == have
    assert "if-none-match" not in server.asked[1].headers
    assert intake.store.exists(have.file_path)


async def test_an_endless_answer_is_given_up(intake: Intake, server: ProviderStandIn) -> None:
    server.answer("/p.jpg", Reply(body=bytes(1 << 20), endless=True))
    assert await intake.download(f"{server.url}/p.jpg") == Failure(reason="the file is larger than 50 MB")


async def test_a_picture_is_what_its_bytes_say_and_not_its_name(store: BlobStore, tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    path.write_bytes(pictures.poster())
    kept = await Intake(store, Gallery(), DecodesHere()).read(str(path), str(tmp_path))
    assert isinstance(kept, Kept)
    assert (kept.mime_type, kept.file_path.rpartition(".")[2]) == ("image/jpeg", "jpg")


async def test_a_file_of_60_mb_is_refused_unread(store: BlobStore, tmp_path: Path) -> None:
    path = tmp_path / "poster.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    os.truncate(path, 60_000_000)
    failure = await Intake(store, Gallery(), DecodesHere()).read(str(path), str(tmp_path))
    assert failure == Failure(reason="the file is larger than 50 MB")


async def test_files_are_only_read_from_a_library(store: BlobStore) -> None:
    failure = await Intake(store, Gallery(), DecodesHere()).bring("file:///etc/passwd", root=None)
    assert failure == Failure(reason="files are only read from a library")


@given(name=st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name))
def test_any_path_survives_being_an_address(name: bytes) -> None:
    path = f"/films/{name.decode(errors='surrogateescape')}"
    uri = uri_of(path)
    assert uri.isascii()
    assert path_of(uri) == path


def test_an_address_elsewhere_is_no_path() -> None:
    assert path_of("https://image.test/p.jpg") is None
