"""A disk that is full, or nearly so, takes nothing in and loses nothing."""

import errno
import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from metarr.blobs import BlobStore
from metarr.blobs.room import LARGEST_RESERVE, reserve_of
from metarr.errors import StoreFull, Transient

GIB = 1 << 30
MIB = 1 << 20


def disk(*, total: int, free: int) -> os.statvfs_result:
    """What the system tells of a disk of these sizes in bytes, on which root alone could use 5 % more."""
    blocks, left = total // 4096, free // 4096
    return os.statvfs_result((4096, 4096, blocks, left + blocks // 20, left, 0, 0, 0, 0, 255))


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "cache" / "assets"))


@pytest.mark.parametrize(("total", "reserve"), [(16 * GIB, 16 * GIB // 100), (4000 * GIB, GIB), (0, 0)])
def test_a_large_disk_keeps_a_gigabyte_free_and_a_small_one_a_hundredth(total: int, reserve: int) -> None:
    assert reserve_of(total) == reserve
    assert reserve <= LARGEST_RESERVE


@pytest.mark.parametrize(("free", "fits"), [(3 * GIB, True), (GIB + MIB, True), (GIB + MIB - 4096, False), (0, False)])
def test_what_would_leave_less_than_the_reserve_is_not_begun(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, fits: bool
) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: disk(total=1000 * GIB, free=free))
    if fits:
        store.put(b"picture", "jpg")
        return
    with pytest.raises(StoreFull, match=r"is full: .* are free, of which 1.00 GiB are kept"):
        store.put(b"picture", "jpg")
    assert files_below(tmp_path) == []


def test_what_is_in_the_store_already_needs_no_room(store: BlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = store.put(b"picture", "jpg")
    monkeypatch.setattr(os, "statvfs", lambda _: disk(total=1000 * GIB, free=0))
    assert store.put(b"picture", "jpg") == blob


def test_a_disk_that_fills_up_while_a_long_file_comes_in_ends_it(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [10 * GIB]

    def chunks() -> Iterator[bytes]:
        yield b"a" * MIB
        free[0] = 0
        yield b"b" * MIB
        raise AssertionError("it went on")

    monkeypatch.setattr(os, "statvfs", lambda _: disk(total=1000 * GIB, free=free[0]))
    with pytest.raises(StoreFull):
        store.put(chunks(), "mkv")
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_write_that_fails_halfway_leaves_nothing_behind(
    store: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The disk takes the first half of what it is given, as a full one does."""

    class Filling(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell():
                raise OSError(code, os.strerror(code))
            return super().write(bytes(data)[: len(data) // 2])

    def opened(descriptor: int, mode: str) -> io.BufferedWriter:
        return io.BufferedWriter(Filling(descriptor, mode.replace("b", "")))

    store.put(b"another", "jpg")
    before = files_below(tmp_path)
    monkeypatch.setattr("metarr.blobs.writing.open", opened, raising=False)
    with pytest.raises(StoreFull, match="is full"):
        store.put(b"x" * MIB, "jpg")
    assert files_below(tmp_path) == before


LIMITED = """
import sys
from metarr.blobs import BlobStore
from metarr.errors import Transient
store = BlobStore(sys.argv[1])
try:
    store.put(b"x" * 300_000, "jpg")
except Transient as refused:
    print(refused)
"""


def test_a_limit_of_the_system_is_met_in_mid_write_and_nothing_is_half_there(store: BlobStore, tmp_path: Path) -> None:
    """The kernel itself stops the write after 100,000 bytes."""
    seen = subprocess.run(
        [sys.executable, "-c", LIMITED, store.root],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "File too large" in seen.stdout
    assert files_below(tmp_path) == []


def test_a_full_disk_is_something_that_passes() -> None:
    assert issubclass(StoreFull, Transient)


PUT = """
import os, signal, sys
from metarr.blobs import BlobStore
rename = os.replace
def die(*names):
    if sys.argv[2] == "after":
        rename(*names)
    os.kill(os.getpid(), signal.SIGKILL)
os.replace = die
BlobStore(sys.argv[1]).put(b"picture", "jpg")
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_rename_leaves_a_whole_file_or_a_leftover_that_is_cleared(
    store: BlobStore, tmp_path: Path, moment: str
) -> None:
    killed = subprocess.run([sys.executable, "-c", PUT, store.root, moment], timeout=30, check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = files_below(tmp_path)
    assert (left.suffix == ".tmp") == (moment == "before")
    blob = store.put(b"picture", "jpg")
    assert store.verify(blob.path)
    store.clear_leftovers(before=left.stat().st_mtime + 1)
    assert [str(path.relative_to(tmp_path)) for path in files_below(tmp_path)] == [blob.path]


SAME = """
import sys
from metarr.blobs import BlobStore
store = BlobStore(sys.argv[1])
sys.stdin.readline()
for number in range(200):
    store.put(bytes([number]) * 5000, "jpg")
"""


def test_processes_that_store_the_same_bytes_at_once_leave_each_file_whole_and_once(
    store: BlobStore, tmp_path: Path
) -> None:
    workers = [
        subprocess.Popen([sys.executable, "-c", SAME, store.root], stdin=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.close()
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    found = [str(path.relative_to(tmp_path)) for path in files_below(tmp_path)]
    assert len(found) == 200
    assert all(store.verify(path) for path in found)
