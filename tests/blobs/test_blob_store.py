"""The store keeps bytes under their own hash, whole or not at all."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metarr.blobs import BlobStore, stored_path, thumbnail_path
from metarr.errors import Invalid, NotFound, Transient

DATA = b"a picture, as far as the store is concerned"
HASH = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "cache" / "assets"))


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_blob_lies_where_the_clients_document_says(store: BlobStore, tmp_path: Path) -> None:
    blob = store.put(DATA, "jpg")
    assert blob.content_hash == HASH
    assert blob.size == len(DATA)
    assert blob.path == f"cache/assets/{HASH[:2]}/{HASH[2:4]}/{HASH}.jpg"
    assert files_below(tmp_path) == [blob.path]
    assert store.read(blob.path) == DATA


def test_the_same_bytes_are_kept_once_and_not_written_again(store: BlobStore, tmp_path: Path) -> None:
    first = store.put(DATA, "jpg")
    before = os.stat(tmp_path / first.path)
    second = store.put([DATA[:5], DATA[5:]], "jpg")
    after = os.stat(tmp_path / second.path)
    assert second == first
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files_below(tmp_path) == [first.path]


@given(chunks=st.lists(st.binary(max_size=64), max_size=8))
def test_chunks_and_whole_bytes_are_the_same_blob(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]
) -> None:
    store = BlobStore(str(tmp_path_factory.mktemp("store")))
    assert store.put(chunks, "png") == store.put(b"".join(chunks), "png")


def test_a_damaged_file_is_noticed_and_healed_by_the_next_put(store: BlobStore, tmp_path: Path) -> None:
    blob = store.put(DATA, "jpg")
    (tmp_path / blob.path).write_bytes(b"x" * len(DATA))
    assert store.verify(blob.path) is False
    store.put(DATA, "jpg")
    assert store.verify(blob.path) is True


def test_what_is_not_there_is_said_so(store: BlobStore) -> None:
    missing = stored_path(HASH, "jpg")
    assert store.stat(missing) is None
    assert store.exists(missing) is False
    assert store.verify(missing) is False
    with pytest.raises(NotFound):
        store.read(missing)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", f"{HASH}", f"{HASH.upper()}.jpg", f"{HASH}.jpg/..", ""]
)
def test_nothing_but_a_hash_becomes_a_path(store: BlobStore, name: str) -> None:
    with pytest.raises(Invalid):
        store.path(name)


@given(name=st.text())
def test_whatever_is_asked_for_stays_below_the_root(name: str) -> None:
    store = BlobStore("/store")
    try:
        path = store.path(name)
    except Invalid:
        return
    assert os.path.normpath(path).startswith("/store/")


@pytest.mark.parametrize("ext", ["", "../x", "jpg/..", "JPG", "a" * 9])
def test_an_odd_extension_is_refused_before_anything_is_written(store: BlobStore, tmp_path: Path, ext: str) -> None:
    with pytest.raises(Invalid):
        store.put(DATA, ext)
    with pytest.raises(Invalid):
        store.put([DATA], ext)
    assert files_below(tmp_path) == []


def test_a_full_disk_is_a_plain_error_and_leaves_nothing_behind(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    store.put(b"something else", "jpg")
    before = files_below(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Transient, match="No space left on device"):
        store.put(DATA, "jpg")
    assert files_below(tmp_path) == before


def test_a_source_that_breaks_off_leaves_nothing_behind(store: BlobStore, tmp_path: Path) -> None:
    def breaking() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("the line is dead")

    with pytest.raises(RuntimeError):
        store.put(breaking(), "jpg")
    assert files_below(tmp_path) == []


def test_what_a_killed_process_left_is_cleared_but_not_what_is_being_written(store: BlobStore, tmp_path: Path) -> None:
    incoming = tmp_path / "cache" / "assets" / ".incoming"
    incoming.mkdir(parents=True)
    old, new = incoming / "old.tmp", incoming / "new.tmp"
    old.write_bytes(b"torn")
    new.write_bytes(b"under way")
    os.utime(old, (1000, 1000))
    assert store.clear_leftovers(before=2000) == 1
    assert files_below(tmp_path) == ["cache/assets/.incoming/new.tmp"]


async def test_a_batch_is_answered_in_order(store: BlobStore) -> None:
    blobs = await store.put_all([(b"one", "jpg"), (b"two", "png"), (b"one", "jpg")])
    paths = [blob.path for blob in blobs]
    assert paths[0] == paths[2]
    assert await store.read_all(paths) == [b"one", b"two", b"one"]
    assert await store.verify_all([*paths, stored_path(HASH, "jpg")]) == [True, True, True, False]
    assert [stat and stat.size for stat in await store.stat_all(paths)] == [3, 3, 3]


def test_thumbnails_have_a_fixed_set_of_widths() -> None:
    assert thumbnail_path(HASH, 320, "jpg") == f"cache/thumbs/{HASH[:2]}/{HASH[2:4]}/{HASH}-320.jpg"
    with pytest.raises(Invalid, match="160, 320, 640, 1280"):
        thumbnail_path(HASH, 321, "jpg")


def test_an_old_file_that_is_put_in_again_becomes_young(store: BlobStore, tmp_path: Path) -> None:
    path = tmp_path / store.put(DATA, "jpg").path
    os.utime(path, (1, 1))
    store.put(DATA, "jpg")
    assert os.stat(path).st_mtime > 1_000_000


async def test_a_file_that_somebody_wants_becomes_young_if_it_is_whole(store: BlobStore, tmp_path: Path) -> None:
    blob, other = store.put(DATA, "jpg"), store.put(b"other", "jpg")
    (tmp_path / other.path).write_bytes(b"spoil")
    for path in (blob.path, other.path):
        os.utime(tmp_path / path, (1, 1))
    assert await store.want_all([blob.path, other.path, stored_path("0" * 64, "jpg")]) == [True, False, False]
    assert os.stat(tmp_path / blob.path).st_mtime > 1_000_000
    assert os.stat(tmp_path / other.path).st_mtime == 1
