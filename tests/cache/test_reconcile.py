"""Every night the books are compared with the truth: counts, rows, files, bytes."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from metarr.db.queries.assets_writing import NewAsset, put_assets
from metarr.errors import Discard
from metarr.messages.facts import BlobsVerified, ReferencesRecounted, StoreReconciled
from metarr.messages.jobs import ReconcileStore, RecountReferences, VerifyBlobs
from metarr_cache import reconciling
from support.clock import ManualClock
from support.rows import insert, insert_movie
from support.store_house import Store, part_of
from support.waiting import eventually

DAY = 86_400


async def recount(store: Store) -> ReferencesRecounted:
    fact = await store.run(RecountReferences())
    assert isinstance(fact, ReferencesRecounted)
    return fact


async def reconcile(store: Store, part: int) -> StoreReconciled:
    fact = await store.run(ReconcileStore(part=part))
    assert isinstance(fact, StoreReconciled)
    return fact


async def verify(store: Store, remaining: int | None = None) -> BlobsVerified:
    fact = await store.run(VerifyBlobs(remaining=remaining))
    assert isinstance(fact, BlobsVerified)
    return fact


async def count_of(store: Store, asset: int) -> int:
    (row,) = await store.fetch("SELECT reference_count FROM cache_assets WHERE id = $1", asset)
    return int(row["reference_count"])


async def unread_since(store: Store, clock: ManualClock, **days: float) -> None:
    """When these pictures (by mark) were last known to be whole; the paths tell which is which."""
    for mark, since in days.items():
        path = store.house.store.put(mark.encode(), "jpg").path
        then = clock.now() - timedelta(days=since)
        await store.fetch("UPDATE cache_assets SET verified_at = $2 WHERE file_path = $1", path, then)


# Counts


async def test_books_that_are_right_are_left_alone(store: Store) -> None:
    asset = await store.picture("shown")
    await store.fetch("UPDATE movies SET poster_id = $2 WHERE id = $1", store.house.movie, asset)
    before = await store.fetch("SELECT xmin::text, * FROM cache_assets")
    assert await recount(store) == ReferencesRecounted(items=0, pictures=0)
    assert await store.fetch("SELECT xmin::text, * FROM cache_assets") == before
    assert await store.following() == [("ReconcileStore", {"part": 0})]


@pytest.mark.parametrize("wrong", [0, 1, 9])
async def test_a_wrong_count_becomes_the_number_of_those_who_show_the_picture(store: Store, wrong: int) -> None:
    asset = await store.picture("shared")
    async with store.house.db.read() as conn:
        for slot in ("poster_id", "fanart_id"):
            await conn.execute(f"UPDATE movies SET {slot} = $2 WHERE id = $1", store.house.movie, asset)
        await insert(conn, "actors", name="Ann", thumb_id=asset)
        await insert(conn, "crew", name="Ann", thumb_id=asset)
        await insert(conn, "movie_collections", name="Set", poster_id=asset, fanart_id=asset)
        owner: dict[str, Any] = {"entity_type": "movie", "entity_id": store.house.movie, "cache_asset_id": asset}
        await insert(conn, "trailers", **owner)
        await insert(conn, "subtitle_streams", **owner, language="und")
        await conn.execute("UPDATE cache_assets SET reference_count = $1", wrong)
    assert await recount(store) == ReferencesRecounted(items=0, pictures=1)
    assert await count_of(store, asset) == 8


async def test_a_count_that_kept_a_picture_alive_begins_its_time_anew(store: Store) -> None:
    asset = await store.picture("unused", 500)
    await store.fetch("UPDATE cache_assets SET reference_count = 3")
    await recount(store)
    (row,) = await store.fetch(
        "SELECT reference_count, last_accessed_at > now() - interval '1 hour' AS young FROM cache_assets"
    )
    assert (asset, row["reference_count"], row["young"]) == (asset, 0, True)


async def test_references_follow_what_is_shown_although_nobody_told_them(store: Store) -> None:
    """As after a backup that was put in with triggers switched off."""
    old, new = await store.picture("old"), await store.picture("new")
    await store.fetch("UPDATE movies SET poster_id = $2, logo_id = $2 WHERE id = $1", store.house.movie, old)
    async with store.house.db.read() as conn:
        gone = await insert_movie(conn, store.house.library, poster_id=old)
    async with store.house.db.transaction() as conn:
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute("UPDATE movies SET poster_id = $1, logo_id = NULL, fanart_id = $1 WHERE id <> $2", new, gone)
        await conn.execute("DELETE FROM movies WHERE id = $1", gone)
    assert await recount(store) == ReferencesRecounted(items=2, pictures=0)
    references = await store.fetch(
        "SELECT entity_id, asset_type, cache_asset_id FROM asset_references ORDER BY asset_type"
    )
    assert [tuple(row) for row in references] == [
        (store.house.movie, "fanart", new),
        (store.house.movie, "poster", new),
    ]
    assert (await count_of(store, old), await count_of(store, new)) == (0, 2)
    assert await recount(store) == ReferencesRecounted(items=0, pictures=0)


async def test_many_wrong_counts_are_put_right_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "BATCH", 2)
    for mark in "abc":
        await store.picture(mark)
    await store.fetch("UPDATE cache_assets SET reference_count = 5")
    assert await recount(store) == ReferencesRecounted(items=0, pictures=2, more=True)
    assert await store.following() == [("RecountReferences", {})]
    assert await recount(store) == ReferencesRecounted(items=0, pictures=1)


async def test_a_picture_that_somebody_begins_to_show_in_that_moment_is_counted_right(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = await store.picture("wanted")
    await store.fetch("UPDATE cache_assets SET reference_count = 1")
    look = reconciling.list_miscounted

    async def look_and_show(*given: Any, **more: Any) -> Any:
        found = await look(*given, **more)
        await store.fetch("UPDATE movies SET poster_id = $2 WHERE id = $1", store.house.movie, asset)
        return found

    monkeypatch.setattr(reconciling, "list_miscounted", look_and_show)
    await recount(store)
    assert await count_of(store, asset) == 1


async def test_a_change_that_is_not_committed_yet_is_waited_for(store: Store) -> None:
    asset = await store.picture("wanted")
    await store.fetch("UPDATE cache_assets SET reference_count = 7")
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"

    async def recount_waits() -> bool:
        return bool((await store.fetch(waiting))[0][0])

    async with asyncio.TaskGroup() as group, store.house.db.transaction() as conn:
        await conn.execute("UPDATE movies SET poster_id = $2 WHERE id = $1", store.house.movie, asset)
        counting = group.create_task(recount(store))
        await eventually(recount_waits, what="the recount to wait")
    assert (counting.result().pictures, await count_of(store, asset)) == (1, 1)


# Rows and files


async def test_a_row_without_its_file_is_known_as_lost_and_gets_a_job_and_a_file_without_a_row_is_reported(
    store: Store,
) -> None:
    lost = await store.picture("lost")
    (path := await store.path(lost)).unlink()
    stranger = store.file("stranger", 2)
    young = store.file("young", 0.5)
    part = part_of(path)
    fact = await reconcile(store, part)
    assert fact == StoreReconciled(
        part=part, lost=(lost,), unknown_files=int(part_of(stranger) == part), next_part=part + 1
    )
    assert ("MendAsset", {"asset_id": lost}) in await store.following()
    assert await store.lost() == [lost]
    assert (await reconcile(store, part_of(young))).unknown_files == 0
    await reconcile(store, part_of(stranger))
    (report,) = await store.fetch("SELECT * FROM store_parts WHERE part = $1", part_of(stranger))
    assert (report["unknown_files"], report["unknown_bytes"]) == (1, len("stranger"))
    assert stranger in store.files()


async def test_a_file_of_another_size_is_as_good_as_lost(store: Store) -> None:
    asset = await store.picture("picture")
    path = await store.path(asset)
    path.write_bytes(b"short")
    assert (await reconcile(store, part_of(path))).lost == (asset,)


async def test_part_follows_part_and_behind_the_last_one_files_are_read(store: Store) -> None:
    await reconcile(store, 254)
    assert await store.following() == [("ReconcileStore", {"part": 255})]
    assert (await reconcile(store, 255)).next_part is None
    assert await store.following() == [("VerifyBlobs", {"remaining": None})]


async def test_every_row_belongs_to_one_part(store: Store) -> None:
    assets = {await store.picture(f"picture {number}") for number in range(40)}
    for asset in assets:
        (await store.path(asset)).unlink()
    store.file("so that the store is not empty")
    found = [lost for part in range(256) for lost in (await reconcile(store, part)).lost]
    assert sorted(found) == sorted(assets)


@pytest.mark.parametrize("emptied", ["store", "folders"])
async def test_an_empty_store_is_a_disk_that_is_away(store: Store, emptied: str) -> None:
    asset = await store.picture("picture")
    path = await store.path(asset)
    root = Path(store.house.store.root)
    root.rename(root.parent / "elsewhere")
    if emptied == "folders":
        (root / ".incoming").mkdir(parents=True)
    with pytest.raises(Discard, match="is its disk mounted"):
        await reconcile(store, part_of(path))
    assert await store.lost() == []


async def test_no_more_lost_files_than_a_night_can_fetch_and_the_newly_lost_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "MENDS", 1)
    first, second = await store.picture("3"), await store.picture("lost 229")
    paths = [await store.path(asset) for asset in (first, second)]
    assert part_of(paths[0]) == part_of(paths[1]), "choose other marks: both lie in one part"
    paths[0].unlink()
    assert (await reconcile(store, part_of(paths[0]))).lost == (first,)
    paths[1].unlink()
    assert (await reconcile(store, part_of(paths[0]))).lost == (second,)


async def test_a_file_that_is_back_by_itself_is_looked_at(store: Store) -> None:
    asset = await store.picture("back")
    await store.fetch("UPDATE cache_assets SET lost_at = now()")
    fact = await reconcile(store, part_of(await store.path(asset)))
    assert fact.lost == (asset,)


async def test_who_brings_a_lost_picture_in_again_has_it_found(store: Store) -> None:
    asset = await store.picture("again")
    await store.fetch("UPDATE cache_assets SET lost_at = now()")
    (row,) = await store.fetch("SELECT content_hash, file_path, file_size FROM cache_assets")
    given: dict[str, Any] = {
        "mime_type": "image/jpeg",
        "width": 1,
        "height": 1,
        "perceptual_hash": "0" * 16,
        "source_url": "https://x",
    }
    async with store.house.db.transaction() as conn:
        await put_assets(conn, [NewAsset(**dict(row), **given, source_type="provider")])
    assert await store.lost() == []
    assert await store.rows() == [asset]


# Bytes


async def test_damage_that_no_size_betrays_is_found_by_reading(store: Store, clock: ManualClock) -> None:
    good, bad = await store.picture("good"), await store.picture("bad")
    await unread_since(store, clock, good=29, bad=30)
    (await store.path(bad)).write_bytes(b"bud")
    assert await verify(store) == BlobsVerified(files=2, damaged=(bad,), remaining=reconciling.LEAST_BYTES - 7)
    assert ("MendAsset", {"asset_id": bad}) in await store.following()
    assert await store.lost() == [bad]
    (row,) = await store.fetch("SELECT verified_at FROM cache_assets WHERE id = $1", good)
    assert row["verified_at"] == clock.now()


async def test_what_was_read_within_four_weeks_is_not_read_again(store: Store, clock: ManualClock) -> None:
    await store.picture("read")
    await unread_since(store, clock, read=27)
    assert await verify(store) == BlobsVerified(files=0)


async def test_a_night_reads_its_share_the_longest_unread_first(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "LEAST_BYTES", 1)
    monkeypatch.setattr(reconciling, "BATCH_FILES", 2)
    ids = {mark: await store.picture(mark) for mark in ("a" * 28, "b" * 28, "c" * 28, "d" * 28)}
    await unread_since(store, clock, **{"a" * 28: 30, "b" * 28: 40, "c" * 28: 50, "d" * 28: 60})
    assert await verify(store) == BlobsVerified(files=1)  # a 28th of 112 bytes are 4, and one file is read in any case
    due = await store.fetch("SELECT id FROM cache_assets WHERE verified_at < $1", clock.now())
    assert {row["id"] for row in due} == set(ids.values()) - {ids["d" * 28]}
    assert await verify(store, 60) == BlobsVerified(files=2, remaining=4)
    assert await store.following() == [("VerifyBlobs", {"remaining": 4})]
    assert await verify(store, 4) == BlobsVerified(files=1)


async def test_one_job_reads_no_more_than_a_batch(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "BATCH_BYTES", 5)
    for mark in ("abc", "def"):
        await store.picture(mark)
    await unread_since(store, clock, abc=30, **{"def": 31})
    assert (await verify(store)).files == 1
    assert (await verify(store)).files == 1
    assert (await verify(store)).files == 0
