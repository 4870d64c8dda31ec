"""The recycle bin is emptied of what has been in it too long, and of nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest

from metarr.errors import Discard
from metarr.messages.facts import RecycleBinEmptied
from metarr_publisher.emptying import empty_bin
from support.clock import ManualClock
from support.publishing import BIN, Shelf


class Full:
    """A library with a bin."""

    def __init__(self, shelf: Shelf, clock: ManualClock) -> None:
        self.shelf = shelf
        self.bin = shelf.root / BIN
        self._now = clock.now()

    def put(self, days: int, *names: str) -> str:
        """Files that went into the bin so many days ago; the day's name."""
        day = (self._now - timedelta(days=days)).date().isoformat()
        for name in names:
            path = self.bin / day / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("kept")
        (self.bin / f"{day}.jsonl").write_text("{}\n")
        return day

    async def empty(self) -> RecycleBinEmptied:
        return await self.shelf.empty_bin()

    def some(self, limit: int) -> tuple[int, bool]:
        return empty_bin(str(self.shelf.root), now=self._now, retention_days=30, limit=limit)

    def left(self) -> set[str]:
        return {
            str(path.relative_to(self.bin)) for path in self.bin.rglob("*") if not path.is_dir() or path.is_symlink()
        }


@pytest.fixture
async def full(shelf: Shelf, clock: ManualClock) -> Full:
    await shelf.film("Heat/Heat.mkv")
    return Full(shelf, clock)


async def test_days_that_are_too_old_go_with_their_manifests_and_younger_ones_stay(full: Full) -> None:
    old, young = full.put(31, "Heat/poster.jpg", "Heat/.actors/A.jpg"), full.put(30, "Heat/movie.nfo")
    assert await full.empty() == RecycleBinEmptied(library_id=full.shelf.library_id, removed=2)
    assert full.left() == {f"{young}/Heat/movie.nfo", f"{young}.jsonl"}
    assert not (full.bin / old).exists()


async def test_the_library_s_own_setting_says_how_long(full: Full) -> None:
    async with full.shelf.db.read() as conn:
        await conn.execute(
            "INSERT INTO app_settings VALUES ($1, '2')", f"library.{full.shelf.library_id}.recycle_bin.retention_days"
        )
    full.put(3, "a.jpg")
    assert (await full.empty()).removed == 1


async def test_a_large_bin_is_emptied_in_parts_the_oldest_first_and_the_manifest_goes_last(full: Full) -> None:
    older, old = full.put(41, "A/1", "A/2", "3"), full.put(40, "4")
    assert full.some(2) == (2, True)
    assert full.left() == {f"{older}/A/2", f"{older}.jsonl", f"{old}/4", f"{old}.jsonl"}
    assert full.some(2) == (2, False)
    assert full.left() == set()


async def test_what_follows_a_part_is_the_next_one(full: Full, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metarr_publisher.jobs.empty_bin", lambda *_, **__: (2000, True))
    assert (await full.empty()).more
    async with full.shelf.db.read() as conn:
        assert await conn.fetchval("SELECT count(*) FROM job_queue WHERE status = 'pending'") == 1


async def test_a_link_in_the_bin_is_deleted_and_what_it_points_to_stays(full: Full, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("mine")
    day = full.put(50, "a.jpg")
    (full.bin / day / "folder").symlink_to(outside)
    (full.bin / day / "file").symlink_to(outside / "precious")
    assert (await full.empty()).removed == 3
    assert (outside / "precious").read_text() == "mine"
    assert full.left() == set()


@pytest.mark.parametrize("what", ["bin", "day"])
async def test_a_bin_or_a_day_that_is_a_link_is_not_followed(full: Full, tmp_path: Path, what: str) -> None:
    outside = tmp_path / "outside"
    (outside / "2001-01-01").mkdir(parents=True)
    (outside / "2001-01-01" / "precious").write_text("mine")
    if what == "bin":
        full.bin.symlink_to(outside)
    else:
        full.bin.mkdir()
        (full.bin / "2001-01-01").symlink_to(outside / "2001-01-01")
    assert (await full.empty()).removed == 0
    assert (outside / "2001-01-01" / "precious").exists()


async def test_what_is_no_day_of_ours_stays(full: Full) -> None:
    for name in ("notes", "2001-13-99", "20010101"):
        (full.bin / name).mkdir(parents=True)
        (full.bin / name / "x").touch()
    (full.bin / "2001-01-01").touch()
    assert (await full.empty()).removed == 0
    assert full.left() == {"notes/x", "2001-13-99/x", "20010101/x", "2001-01-01"}


async def test_a_library_without_a_bin_has_nothing_to_empty(full: Full) -> None:
    assert await full.empty() == RecycleBinEmptied(library_id=full.shelf.library_id, removed=0)


async def test_the_bin_of_a_library_that_is_not_to_be_believed_is_left_alone(full: Full) -> None:
    full.put(50, "a.jpg")
    async with full.shelf.db.read() as conn:
        await conn.execute("UPDATE libraries SET mount_state = 'replaced'")
    with pytest.raises(Discard, match="offline"):
        await full.empty()
    assert len(full.left()) == 2
