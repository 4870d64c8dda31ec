"""The store loses what nothing has shown for long, and nothing that anybody may want."""

import os
from pathlib import Path
from typing import Any

import pytest

from metarr.blobs import sweeping as blob_sweeping
from metarr.messages.facts import CacheSwept, StoreSwept
from metarr.messages.jobs import ReconcileStore, SweepCache, SweepStore
from metarr_cache import sweeping
from support.clock import ManualClock
from support.rows import insert, insert_asset, insert_candidate, insert_movie
from support.store_house import Store, part_of


async def sweep_rows(store: Store) -> CacheSwept:
    fact = await store.run(SweepCache())
    assert isinstance(fact, CacheSwept)
    return fact


async def sweep_part(store: Store, part: int) -> StoreSwept:
    fact = await store.run(SweepStore(part=part))
    assert isinstance(fact, StoreSwept)
    return fact


async def sweep_all(store: Store) -> int:
    return sum([(await sweep_part(store, part)).removed for part in sorted({part_of(path) for path in store.files()})])


def thumb(store: Store, name: str, days: float) -> Path:
    """A file among the thumbnails, so many days old."""
    path = store.data_dir / "cache" / "thumbs" / name[:2] / name[2:4] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    store.age(str(path.relative_to(store.data_dir)), days)
    return path


# Rows


async def test_a_picture_that_nothing_has_shown_for_90_days_is_forgotten_and_then_its_file_goes(store: Store) -> None:
    await store.picture("old", 91)
    kept = await store.picture("young", 89)
    assert await sweep_rows(store) == CacheSwept(forgotten=1)
    assert await store.rows() == [kept]
    assert len(store.files()) == 2
    assert await sweep_all(store) == 1
    assert len(store.files()) == 1


async def test_the_setting_says_how_long(store: Store) -> None:
    await store.house.set("cache.retention_days", "5")
    await store.picture("old", 6)
    assert (await sweep_rows(store)).forgotten == 1


async def test_what_a_film_shows_stays_also_when_the_count_is_wrong(store: Store) -> None:
    asset = await store.picture("shown")
    await store.fetch("UPDATE movies SET poster_id = $2 WHERE id = $1", store.house.movie, asset)
    await store.fetch("UPDATE cache_assets SET reference_count = 0, last_accessed_at = '2001-01-01'")
    assert (await sweep_rows(store)).forgotten == 0


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("actors", "thumb_id", {"name": "Ann"}),
        ("crew", "thumb_id", {"name": "Ann"}),
        ("movie_collections", "poster_id", {"name": "Set"}),
        ("movie_collections", "fanart_id", {"name": "Set"}),
        ("trailers", "cache_asset_id", {"entity_type": "movie", "entity_id": 7}),
        ("subtitle_streams", "cache_asset_id", {"entity_type": "movie", "entity_id": 7, "language": "und"}),
    ],
)
async def test_what_anything_else_shows_stays_also_when_the_count_is_wrong(
    store: Store, table: str, column: str, values: dict[str, Any]
) -> None:
    asset = await store.picture("shown")
    async with store.house.db.read() as conn:
        await insert(conn, table, **values, **{column: asset})
    await store.fetch("UPDATE cache_assets SET reference_count = 0, last_accessed_at = '2001-01-01'")
    assert (await sweep_rows(store)).forgotten == 0


@pytest.mark.parametrize(
    ("candidate", "forgotten"),
    [
        ({"source_type": "provider", "status": "candidate"}, 1),
        ({"source_type": "provider", "status": "rejected"}, 1),
        ({"source_type": "provider", "status": "chosen"}, 0),
        ({"source_type": "local", "status": "candidate"}, 0),
        ({"source_type": "user", "status": "rejected"}, 0),
    ],
)
async def test_what_could_be_chosen_stays_when_it_can_be_had_nowhere_else(
    store: Store, candidate: dict[str, Any], forgotten: int
) -> None:
    asset = await store.picture("could be")
    async with store.house.db.read() as conn:
        await insert_candidate(conn, store.house.movie, cache_asset_id=asset, **candidate)
    assert (await sweep_rows(store)).forgotten == forgotten
    (left,) = await store.fetch("SELECT cache_asset_id FROM asset_candidates")
    assert left["cache_asset_id"] == (None if forgotten else asset)


async def test_what_still_lies_in_a_library_as_we_wrote_it_stays_and_does_not_hold_up_the_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "ROWS", 1)
    published = await store.picture("published", 200)
    (asset,) = await store.fetch("SELECT content_hash FROM cache_assets")
    values = {"kind": "poster", "file_size": 1, "content_hash": asset["content_hash"]}
    async with store.house.db.read() as conn:
        await insert(
            conn,
            "published_files",
            entity_type="movie",
            entity_id=store.house.movie,
            path="/films/poster.jpg",
            **values,
        )
    await store.picture("old", 100)
    assert await sweep_rows(store) == CacheSwept(forgotten=1, more=True)
    assert await sweep_rows(store) == CacheSwept(forgotten=0)
    assert await store.rows() == [published]


async def test_a_picture_that_is_chosen_while_it_is_looked_at_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await store.picture("wanted")
    look = sweeping.list_unused

    async def look_and_choose(*given: Any, **more: Any) -> Any:
        found = await look(*given, **more)
        await store.fetch("UPDATE movies SET poster_id = $2 WHERE id = $1", store.house.movie, asset)
        return found

    monkeypatch.setattr(sweeping, "list_unused", look_and_choose)
    assert (await sweep_rows(store)).forgotten == 0
    assert await store.rows() == [asset]


async def test_rows_go_in_batches_and_the_store_is_swept_behind_the_last(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "ROWS", 2)
    for mark in "abc":
        await store.picture(mark)
    following = "SELECT kind FROM job_queue WHERE status = 'pending'"
    assert (await sweep_rows(store)).more
    assert [row["kind"] for row in await store.fetch(following)] == ["SweepCache"]
    assert not (await sweep_rows(store)).more
    assert [row["kind"] for row in await store.fetch(following)] == ["SweepStore"]


async def test_the_pictures_of_a_purged_film_are_forgotten_90_days_later(store: Store, clock: ManualClock) -> None:
    asset = await store.picture("poster", 400)
    async with store.house.db.read() as conn:
        film = await insert_movie(conn, store.house.library, poster_id=asset)
        await conn.execute("DELETE FROM movies WHERE id = $1", film)
        await conn.execute("UPDATE cache_assets SET last_accessed_at = $1", clock.now())
    clock.advance(89 * 86_400)
    assert (await sweep_rows(store)).forgotten == 0
    clock.advance(2 * 86_400)
    assert (await sweep_rows(store)).forgotten == 1


# Files


async def test_a_file_without_a_row_goes_after_a_day_with_its_thumbnails(store: Store) -> None:
    old, young = store.file("old", 1.1), store.file("young", 0.9)
    known = await store.picture("known")
    thumbnail = thumb(store, f"{Path(old).stem}-320.webp", 0)
    assert await sweep_all(store) == 1
    assert old not in store.files()
    assert young in store.files()
    assert await store.rows() == [known]
    assert len(store.files()) == 2
    assert not thumbnail.exists()


async def test_part_follows_part_to_the_last(store: Store) -> None:
    assert await sweep_part(store, 0) == StoreSwept(removed=0, next_part=1)
    (job,) = await store.fetch("SELECT kind, payload FROM job_queue WHERE status = 'pending'")
    assert (job["kind"], job["payload"]) == ("SweepStore", {"part": 1})
    assert await sweep_part(store, 255) == StoreSwept(removed=0, next_part=None)


async def test_a_part_with_very_many_files_is_swept_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "FILES", 1)
    path = store.file("one")
    part = part_of(path)
    assert await sweep_part(store, part) == StoreSwept(removed=1, next_part=part)


async def test_bytes_that_are_put_in_while_their_file_is_about_to_go_are_there_afterwards(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the file is set aside, and after it."""
    for moment in ("set_aside", "finish"):
        path = store.file(moment)
        step = getattr(blob_sweeping, moment)

        def come_before(*given: Any, step: Any = step, mark: str = moment) -> Any:
            store.house.store.put(mark.encode(), "jpg")
            return step(*given)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(sweeping, moment, come_before)
            await sweep_part(store, part_of(path))
        assert store.house.store.verify(path)
        assert not [name for name in store.files() if name.endswith(".aside")]


async def test_a_row_that_comes_while_its_file_is_about_to_go_keeps_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.file("wanted")
    look, looks = sweeping.known_hashes, []

    async def come_between(conn: Any, hashes: Any) -> Any:
        looks.append(path)
        if len(looks) == 2:
            await insert_asset(conn, 1, content_hash=Path(path).stem, file_path=path)
        return await look(conn, hashes)

    monkeypatch.setattr(sweeping, "known_hashes", come_between)
    assert (await sweep_part(store, part_of(path))).removed == 0
    assert store.house.store.verify(path)


@pytest.mark.parametrize("known", [True, False])
async def test_what_a_kill_left_set_aside_gets_its_name_back_or_goes(
    store: Store, known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.file("left")

    def die(*_: Any) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as killed:
        killed.setattr(sweeping, "finish", die)
        with pytest.raises(ZeroDivisionError):
            await sweep_part(store, part_of(path))
    assert store.files() == {f"{path}.aside"}
    if known:
        async with store.house.db.read() as conn:
            await insert_asset(conn, 1, content_hash=Path(path).stem, file_path=path)
    await sweep_part(store, part_of(path))
    assert store.files() == ({path} if known else set())


async def test_what_is_no_file_of_the_store_stays(store: Store, tmp_path: Path) -> None:
    path = store.file("here")
    shard = (store.data_dir / path).parent
    (shard / "notes.txt").touch()
    (shard / f"{'a' * 64}.jpg").symlink_to(tmp_path)
    for name in ("notes.txt", f"{'a' * 64}.jpg"):
        os.utime(shard / name, (1, 1), follow_symlinks=False)
    await sweep_part(store, part_of(path))
    assert {entry.name for entry in shard.iterdir()} == {"notes.txt", f"{'a' * 64}.jpg"}


async def test_thumbnails_go_when_their_original_is_gone_and_are_no_files_of_the_store(store: Store) -> None:
    known = Path((await store.path(await store.picture("known"))).name).stem
    gone = known[:2] + "0" * 62
    names = [
        f"{known}-320.webp",
        f"{known}-320.jpg",
        f"{gone}-320.webp",
        f"{known[:2]}{'0' * 30}.tmp",
        f"{known[:2]}ab",
    ]
    paths = [thumb(store, name, 2) for name in names]
    young = [thumb(store, name, 0.5) for name in (f"{gone}-640.webp", f"{known[:2]}{'1' * 30}.tmp")]
    assert await sweep_part(store, int(known[:2], 16)) == StoreSwept(removed=0, next_part=int(known[:2], 16) + 1)
    assert [path.exists() for path in paths] == [True, False, False, False, True]
    assert [path.exists() for path in young] == [True, True]
    fact = await store.run(ReconcileStore(part=int(known[:2], 16)))
    assert (fact.lost, fact.unknown_files) == ((), 0)
