"""Smaller copies are made when they are asked for, once, in a fixed set of widths."""

import io
from pathlib import Path

import pytest
from PIL import Image

from metarr.blobs import BlobStore
from metarr.db.database import Database
from metarr.messages.requests import MakeThumbnail, ThumbnailMade
from metarr_cache.thumbnails import Thumbnails
from support import pictures
from support.decoding import DecodesHere


class Stored:
    """A picture in the store with its row."""

    def __init__(self, thumbnails: Thumbnails, data_dir: Path, content_hash: str, path: str) -> None:
        self.thumbnails = thumbnails
        self.data_dir = data_dir
        self.content_hash = content_hash
        self.path = path

    async def make(self, width: int, content_hash: str | None = None) -> ThumbnailMade:
        return await self.thumbnails.make_thumbnail(
            MakeThumbnail(content_hash=content_hash or self.content_hash, width=width)
        )


@pytest.fixture
async def stored(db: Database, tmp_path: Path) -> Stored:
    store = BlobStore(str(tmp_path / "cache" / "assets"))
    blob = store.put(pictures.poster(), "jpg")
    async with db.read() as conn:
        await conn.execute(
            "INSERT INTO cache_assets (content_hash, file_path, file_size, mime_type, source_type) "
            "VALUES ($1, $2, $3, 'image/jpeg', 'local')",
            blob.content_hash,
            blob.path,
            blob.size,
        )
    return Stored(Thumbnails(db, store, DecodesHere(), str(tmp_path)), tmp_path, blob.content_hash, blob.path)


async def test_a_thumbnail_lies_beside_the_store_and_is_as_wide_as_asked(stored: Stored) -> None:
    made = await stored.make(160)
    assert made.refused is None
    assert made.mime_type == "image/webp"
    assert (made.file_path or "").startswith("cache/thumbs/")
    data = (stored.data_dir / (made.file_path or "")).read_bytes()
    assert Image.open(io.BytesIO(data)).size == (160, 240)


async def test_it_is_made_once(stored: Stored) -> None:
    made = await stored.make(320)
    path = stored.data_dir / (made.file_path or "")
    before = path.stat().st_mtime_ns
    assert await stored.make(320) == made
    assert path.stat().st_mtime_ns == before


async def test_a_thumbnail_that_was_deleted_is_made_again(stored: Stored) -> None:
    made = await stored.make(320)
    path = stored.data_dir / (made.file_path or "")
    path.unlink()
    assert await stored.make(320) == made
    assert path.exists()


@pytest.mark.parametrize(
    ("width", "content_hash", "reason"),
    [
        (161, None, "pixels wide"),
        (160, "0" * 64, "no such picture"),
        (160, "../../../etc/passwd", "not a content hash"),
    ],
)
async def test_what_cannot_be_made_is_refused_in_words(
    stored: Stored, width: int, content_hash: str | None, reason: str
) -> None:
    answer = await stored.make(width, content_hash)
    assert answer.file_path is None
    assert reason in (answer.refused or "")


async def test_a_picture_that_is_lost_from_the_store_is_refused_in_words(stored: Stored) -> None:
    (stored.data_dir / stored.path).unlink()
    assert "not in the store" in ((await stored.make(160)).refused or "")
