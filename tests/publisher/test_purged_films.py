"""What was published for a film that is gone for good leaves the library, and nothing else does."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from metarr.db.queries.purge import taken_over
from metarr.errors import Discard, PublishFailed, Snooze
from metarr.messages.facts import PublishedRemoved
from metarr.messages.jobs import RemovePublished, WrittenFile
from support.publishing import BIN, Shelf, content_of, jpeg


class Purged:
    """A published film whose row and video are gone, and what was written beside it."""

    def __init__(self, shelf: Shelf, files: tuple[WrittenFile, ...]) -> None:
        self.shelf = shelf
        self.files = files

    async def remove(self) -> PublishedRemoved:
        job = RemovePublished(library_id=self.shelf.library_id, files=self.files)
        fact = await self.shelf._run_job(self.shelf.handlers, job, priority=10)
        assert isinstance(fact, PublishedRemoved)
        return fact

    def left(self) -> set[str]:
        return set(content_of(self.shelf.root, with_bin=False))


async def purge(shelf: Shelf, path: str, *, video: bool = False, **pictures: bytes) -> Purged:
    film = await shelf.film(path)
    for slot, data in pictures.items():
        await shelf.picture(film, slot, data)
    await shelf.actor(film, "Ann Other", jpeg("ann"))
    await shelf.publish(film)
    columns = ", ".join(WrittenFile.__struct_fields__)
    async with shelf.db.transaction() as conn:
        rows = await conn.fetch(f"SELECT {columns} FROM published_files WHERE entity_id = $1 ORDER BY path", film)
        await conn.execute("DELETE FROM movies WHERE id = $1", film)
    if not video:
        (shelf.root / path).unlink()
    return Purged(shelf, tuple(WrittenFile(**dict(row)) for row in rows))


@pytest.fixture
async def purged(shelf: Shelf) -> Purged:
    await shelf.film("Other/Other.mkv")
    return await purge(shelf, "Heat (1995)/Heat.mkv", poster=jpeg("poster"))


FOLDER = "Heat (1995)"
OURS = {f"{FOLDER}/.actors/Ann_Other.jpg", f"{FOLDER}/movie.nfo", f"{FOLDER}/poster.jpg"}
REST = {"Other/Other.mkv"}


async def test_our_files_go_to_the_recycle_bin_and_the_actors_folder_with_them(purged: Purged) -> None:
    assert purged.left() == OURS | REST
    before = content_of(purged.shelf.root)
    fact = await purged.remove()
    assert (set(fact.removed), fact.kept) == (OURS, ())
    assert purged.left() == REST
    assert not (purged.shelf.root / FOLDER / ".actors").exists()
    kept = {path.split("/", 2)[2]: data for path, data in content_of(purged.shelf.root).items() if path.startswith(BIN)}
    assert kept == {name: before[name] for name in OURS}


async def test_what_others_left_in_the_folder_stays(purged: Purged) -> None:
    for name in ("Heat.en.srt", "notes.txt", "fanart.jpg"):
        (purged.shelf.root / FOLDER / name).write_text("mine")
    await purged.remove()
    assert purged.left() == REST | {f"{FOLDER}/{name}" for name in ("Heat.en.srt", "notes.txt", "fanart.jpg")}


async def test_a_file_that_somebody_has_changed_since_stays(purged: Purged) -> None:
    (purged.shelf.root / FOLDER / "movie.nfo").write_text("<movie>my own words</movie>")
    (purged.shelf.root / FOLDER / "poster.jpg").unlink()
    (purged.shelf.root / FOLDER / "poster.jpg").symlink_to(purged.shelf.root / "Other/Other.mkv")
    fact = await purged.remove()
    assert {name for name, _ in fact.kept} == {f"{FOLDER}/movie.nfo", f"{FOLDER}/poster.jpg"}
    assert purged.left() == REST | {f"{FOLDER}/movie.nfo", f"{FOLDER}/poster.jpg"}


async def test_a_file_that_was_only_touched_is_still_ours(purged: Purged) -> None:
    os.utime(purged.shelf.root / FOLDER / "movie.nfo", (1, 1))
    await purged.remove()
    assert purged.left() == REST


async def test_what_another_film_has_published_since_is_that_film_s(purged: Purged) -> None:
    again = await purged.shelf.film("Heat (1995)/Heat.mkv")
    await purged.shelf.publish(again)
    async with purged.shelf.db.read() as conn:
        owned = await taken_over(conn, [file.path for file in purged.files])
    fact = await purged.remove()
    assert owned == {str(purged.shelf.root / FOLDER / "movie.nfo")}
    assert (f"{FOLDER}/movie.nfo", "another film has it now") in fact.kept
    assert f"{FOLDER}/movie.nfo" in purged.left()


async def test_portraits_stay_beside_a_film_that_may_share_them(shelf: Shelf) -> None:
    await shelf.film("Set/Second.mkv")
    purged = await purge(shelf, "Set/First.mkv", poster=jpeg("first"))
    fact = await purged.remove()
    assert [name for name, _ in fact.kept] == ["Set/.actors/Ann_Other.jpg"]
    assert purged.left() == {"Set/.actors/Ann_Other.jpg", "Set/Second.mkv"}


async def test_doing_it_again_after_a_kill_ends_the_same(purged: Purged) -> None:
    await purged.remove()
    before = content_of(purged.shelf.root)
    assert await purged.remove() == PublishedRemoved(library_id=purged.shelf.library_id)
    assert content_of(purged.shelf.root) == before


async def test_a_library_that_is_offline_is_waited_for(purged: Purged) -> None:
    root = purged.shelf.root
    away = root.with_name("away")
    root.rename(away)
    root.mkdir()
    with pytest.raises(Snooze, match="empty"):
        await purged.remove()
    root.rmdir()
    away.rename(root)
    async with purged.shelf.db.read() as conn:
        await conn.execute("DELETE FROM job_queue")
    assert len((await purged.remove()).removed) == 3


async def test_a_disk_that_goes_in_the_middle_of_it_is_waited_for(
    purged: Purged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmount(*_: Any) -> Any:
        shutil.rmtree(purged.shelf.root)
        purged.shelf.root.mkdir()
        return real(*_)

    real = __import__("metarr_publisher.removal", fromlist=["x"]).remove_published
    monkeypatch.setattr("metarr_publisher.jobs.remove_published", unmount)
    with pytest.raises(Snooze):
        await purged.remove()


async def test_a_file_that_cannot_be_put_aside_stays_and_the_job_says_why(
    purged: Purged, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("metarr_publisher.recycle.RecycleBin.keep", full)
    with pytest.raises(PublishFailed, match="the disk is full"):
        await purged.remove()
    assert purged.left() == OURS | REST


async def test_nothing_outside_the_library_is_touched(purged: Purged, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    nfo = next(file for file in purged.files if file.kind == "nfo")
    shutil.move(nfo.path, outside / "movie.nfo")
    shutil.rmtree(purged.shelf.root / FOLDER)
    (purged.shelf.root / FOLDER).symlink_to(outside)
    purged.files = (
        nfo,
        WrittenFile(path=str(outside / "movie.nfo"), kind="nfo", content_hash=nfo.content_hash, file_size=1),
    )
    fact = await purged.remove()
    assert (fact.removed, len(fact.kept)) == ((), 2)
    assert (outside / "movie.nfo").exists()


async def test_files_of_a_library_that_was_removed_stay(purged: Purged) -> None:
    async with purged.shelf.db.read() as conn:
        await conn.execute("DELETE FROM libraries")
    with pytest.raises(Discard, match="no longer in the database"):
        await purged.remove()
    assert purged.left() == OURS | REST
