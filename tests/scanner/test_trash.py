"""What has been in the trash too long goes for good, with everything that hung on it, and nothing else does."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from metarr.db import Connection, Database
from metarr.db.queries.movie_sets import store_names
from metarr.db.queries.named import ACTORS
from metarr.db.queries.people import store_cast
from metarr.domain.movie import ActorCredit
from metarr.messages.facts import AnyFact, ItemPurged, OrphansForgotten, TrashPurged
from metarr.messages.jobs import ForgetOrphans, PurgeDeleted, RemovePublished, WrittenFile
from metarr_scanner import trash
from metarr_scanner.jobs import Handlers
from metarr_scanner.names import NameReader
from metarr_scanner.probe import Prober
from support.clock import ManualClock
from support.rows import insert, insert_asset, insert_movie, insert_movie_with_everything
from support.running import RunJob
from support.waiting import eventually

WAITS = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Bin:
    """A library on disk whose films are in the trash since a number of days."""

    def __init__(self, db: Database, clock: ManualClock, run_job: RunJob, root: Path, library: int) -> None:
        self.db = db
        self.root = root
        self.library = library
        self.clock = clock
        self._handlers = Handlers(Prober(), NameReader())
        self._run_job = run_job

    async def film(self, name: str, days: float | None = 31, **columns: Any) -> int:
        """A film that was deleted so many days ago; its video is not there."""
        deleted_at = None if days is None else self.clock.now() - timedelta(days=days)
        path = str(self.root / name / f"{name}.mkv")
        async with self.db.read() as conn:
            return await insert_movie(
                conn, **{"library": self.library, "file_path": path, "title": name, "deleted_at": deleted_at, **columns}
            )

    async def wrote(self, film: int, name: str, kind: str = "nfo", content_hash: str = "a" * 64) -> WrittenFile:
        """Metarr wrote a file beside the film."""
        path = str(self.root / name)
        values = {"kind": kind, "content_hash": content_hash, "file_size": 3, "mtime_ns": 5}
        async with self.db.read() as conn:
            await insert(conn, "published_files", entity_type="movie", entity_id=film, path=path, **values)
        return WrittenFile(path=path, kind=kind, content_hash=content_hash, file_size=3, mtime_ns=5)

    async def purge(self, after: int = 0) -> tuple[AnyFact, ...]:
        facts = await self._run_job(self._handlers, PurgeDeleted(after=after), priority=10)
        return facts if isinstance(facts, tuple) else (facts,)

    async def forget(self) -> OrphansForgotten:
        fact = await self._run_job(self._handlers, ForgetOrphans(), priority=10)
        assert isinstance(fact, OrphansForgotten)
        return fact

    async def films(self) -> list[int]:
        return [row["id"] for row in await self.fetch("SELECT id FROM movies ORDER BY id")]

    async def fetch(self, statement: str, *arguments: Any) -> list[Any]:
        async with self.db.read() as conn:
            return list(await conn.fetch(statement, *arguments))

    async def following(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.fetch(
            "SELECT payload FROM job_queue WHERE kind = $1 AND status = 'pending' ORDER BY id", kind
        )
        return [row["payload"] for row in rows]


@pytest.fixture
async def bin_(db: Database, clock: ManualClock, run_job: RunJob, library_root: Path) -> Bin:
    (library_root / "Another film").mkdir()
    async with db.read() as conn:
        library = await insert(conn, "libraries", name="Films", path=str(library_root), type="movie", mount_state="ok")
    return Bin(db, clock, run_job, library_root, library)


async def test_a_film_goes_when_its_time_in_the_trash_is_over_and_others_stay(bin_: Bin) -> None:
    gone = await bin_.film("Gone")
    kept = [await bin_.film("Fresh", days=29), await bin_.film("Alive", days=None)]
    purged, done = await bin_.purge()
    assert purged == ItemPurged(entity_type="movie", entity_id=gone, library_id=bin_.library)
    assert done == TrashPurged(purged=1)
    assert await bin_.films() == kept


async def test_everything_that_hung_on_it_goes_with_it_and_its_pictures_are_counted_down(bin_: Bin) -> None:
    async with bin_.db.read() as conn:
        deleted = bin_.clock.now() - timedelta(days=40)
        path = str(bin_.root / "Gone.mkv")
        await insert_movie_with_everything(conn, bin_.library, 1, file_path=path, deleted_at=deleted)
    await bin_.purge()
    assert await bin_.films() == []
    (asset,) = await bin_.fetch("SELECT reference_count, last_accessed_at FROM cache_assets")
    assert asset["reference_count"] == 0
    for table in ("local_files", "published_files", "asset_candidates", "field_history", "asset_references"):
        assert await bin_.fetch(f"SELECT * FROM {table}") == []


async def test_what_we_wrote_beside_it_is_handed_to_the_publisher_in_jobs_of_a_few_kilobytes(bin_: Bin) -> None:
    film = await bin_.film("Gone")
    files = [await bin_.wrote(film, f"Gone/.actors/{number:02}.jpg", "actor_image") for number in range(30)]
    await bin_.purge()
    payloads = await bin_.following("RemovePublished")
    assert [len(payload["files"]) for payload in payloads] == [25, 5]
    assert [payload["library_id"] for payload in payloads] == [bin_.library] * 2
    assert {file["path"] for payload in payloads for file in payload["files"]} == {file.path for file in files}


async def test_a_picture_that_lay_there_before_us_is_not_handed_over(bin_: Bin) -> None:
    film = await bin_.film("Gone")
    nfo = await bin_.wrote(film, "Gone/movie.nfo")
    await bin_.wrote(film, "Gone/poster.jpg", "poster", f"{7:064x}")
    async with bin_.db.read() as conn:
        await insert_asset(conn, 7, source_url=(bin_.root / "Gone" / "poster.jpg").as_uri())
    purged, _ = await bin_.purge()
    assert isinstance(purged, ItemPurged)
    assert purged.files == (nfo,)


async def test_a_library_may_keep_its_trash_for_another_time(bin_: Bin) -> None:
    await bin_.fetch("INSERT INTO app_settings VALUES ($1, '2')", f"library.{bin_.library}.trash.retention_days")
    await bin_.film("Gone", days=3)
    kept = await bin_.film("Fresh", days=1)
    await bin_.purge()
    assert await bin_.films() == [kept]


async def test_a_film_whose_video_is_still_there_stays_or_a_scan_would_bring_it_back(bin_: Bin) -> None:
    whole = await bin_.film("There", days=400)
    part = await bin_.film("Parts", days=400, file_parts=[str(bin_.root / "There" / "cd2.mkv")])
    (bin_.root / "There").mkdir()
    for name in ("There.mkv", "cd2.mkv"):
        (bin_.root / "There" / name).touch()
    assert await bin_.purge() == (TrashPurged(purged=0, kept=2),)
    assert await bin_.films() == [whole, part]


@pytest.mark.parametrize("state", ["missing", "empty", "shrunk", "replaced"])
async def test_nothing_goes_from_a_library_that_was_not_to_be_believed(bin_: Bin, state: str) -> None:
    film = await bin_.film("Gone")
    await bin_.fetch("UPDATE libraries SET mount_state = $1", state)
    assert await bin_.purge() == (TrashPurged(purged=0, kept=1),)
    assert await bin_.films() == [film]


@pytest.mark.parametrize("unmount", ["empty", "missing"])
async def test_nothing_goes_from_a_library_whose_disk_is_away_at_this_moment(bin_: Bin, unmount: str) -> None:
    film = await bin_.film("Gone")
    os.rmdir(bin_.root / "Another film")
    if unmount == "missing":
        os.rmdir(bin_.root)
    assert await bin_.purge() == (TrashPurged(purged=0, kept=1),)
    assert await bin_.films() == [film]


async def test_one_that_is_restored_while_the_disk_is_looked_at_stays(
    bin_: Bin, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = await bin_.film("Gone")
    look = trash._truly_gone
    restored = asyncio.Event()

    async def restore() -> None:
        await bin_.fetch("UPDATE movies SET deleted_at = NULL WHERE id = $1", film)
        restored.set()

    loop = asyncio.get_running_loop()

    def look_and_restore(*given: Any) -> Any:
        found = look(*given)
        asyncio.run_coroutine_threadsafe(restore(), loop).result(10)
        return found

    monkeypatch.setattr(trash, "_truly_gone", look_and_restore)
    assert await bin_.purge() == (TrashPurged(purged=0, kept=1),)
    assert restored.is_set()
    assert await bin_.films() == [film]


async def test_a_large_trash_is_emptied_in_batches_that_pass_over_what_stays(
    bin_: Bin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "BATCH", 2)
    (bin_.root / "A.mkv").touch()
    first = await bin_.film("A", file_path=str(bin_.root / "A.mkv"))
    second, third = await bin_.film("B"), await bin_.film("C")
    facts = await bin_.purge()
    assert facts[-1] == TrashPurged(purged=1, kept=1, last=second)
    (next_one,) = await bin_.following("PurgeDeleted")
    assert next_one == {"after": second}
    assert await bin_.purge(**next_one) == (
        ItemPurged(entity_type="movie", entity_id=third, library_id=bin_.library),
        TrashPurged(purged=1),
    )
    assert await bin_.films() == [first]
    assert len(await bin_.following("ForgetOrphans")) == 1


# What belongs to nothing


async def orphans(bin_: Bin) -> int:
    """A film with one of everything, and one more of everything that belongs to nothing."""
    film = await bin_.film("Kept", days=None)
    async with bin_.db.transaction() as conn:
        for table, column, values in (
            ("actors", "actor_id", {}),
            ("crew", "crew_id", {"role": "director"}),
            ("studios", "studio_id", {}),
        ):
            row = await insert(conn, table, name=f"Linked {table}")
            link = f"movie_{table}"
            await insert(conn, link, movie_id=film, **{column: row}, **values)
            await insert(conn, table, name=f"Lonely {table}")
        genre = await insert(conn, "genres", name="Linked genres", media_type="movie")
        await insert(conn, "movie_genres", movie_id=film, genre_id=genre)
        await insert(conn, "genres", name="Lonely genres", media_type="movie")
        collection = await insert(conn, "movie_collections", name="Linked set")
        await insert(conn, "movie_collection_members", movie_id=film, collection_id=collection)
        await insert(conn, "movie_collections", name="Lonely set")
    return film


async def names(bin_: Bin) -> list[str]:
    tables = ("actors", "crew", "studios", "genres", "movie_collections")
    return [row["name"] for table in tables for row in await bin_.fetch(f"SELECT name FROM {table} ORDER BY id")]


async def test_people_genres_studios_and_sets_of_no_film_go_and_the_others_stay(bin_: Bin) -> None:
    await orphans(bin_)
    assert await bin_.forget() == OrphansForgotten(removed=5)
    assert await names(bin_) == ["Linked actors", "Linked crew", "Linked studios", "Linked genres", "Linked set"]
    assert await bin_.forget() == OrphansForgotten(removed=0)


@pytest.mark.parametrize("lock", ["name", "plot", "poster", "fanart"])
async def test_a_set_that_a_person_has_edited_stays(bin_: Bin, lock: str) -> None:
    await bin_.fetch(f"INSERT INTO movie_collections (name, {lock}_locked) VALUES ('Mine', true)")
    assert (await bin_.forget()).removed == 0


async def test_orphans_go_in_batches(bin_: Bin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trash, "ORPHANS", 2)
    await bin_.fetch("INSERT INTO actors (name) VALUES ('A'), ('B'), ('C')")
    assert await bin_.forget() == OrphansForgotten(removed=2, more=True)
    assert await bin_.forget() == OrphansForgotten(removed=1)


async def link_genre(conn: Connection, film: int) -> None:
    await store_names(conn, "genres", film, ["Drama"])


async def link_actor(conn: Connection, film: int) -> None:
    await store_cast(conn, ACTORS, film, [ActorCredit(name="Ann", sort_order=0)])


@pytest.mark.parametrize(("link", "kept"), [(link_genre, "Drama"), (link_actor, "Ann")])
async def test_whoever_is_about_to_link_an_orphan_keeps_it(
    bin_: Bin, link: Callable[[Connection, int], Awaitable[None]], kept: str
) -> None:
    film = await bin_.film("Kept", days=None)
    await bin_.fetch("INSERT INTO actors (name) VALUES ('Ann')")
    await bin_.fetch("INSERT INTO genres (name, media_type) VALUES ('Drama', 'movie')")
    async with bin_.db.transaction() as enricher:
        await link(enricher, film)
        forgetting = asyncio.create_task(bin_.forget())
        await eventually(lambda: bin_.fetch(WAITS), what="the lock to be waited for")
    assert await forgetting == OrphansForgotten(removed=1)
    assert await names(bin_) == [kept]


def test_a_job_for_the_publisher_stays_below_some_kilobytes() -> None:
    file = WrittenFile(
        path="/library/" + "x" * 90, kind="actor_image", content_hash="a" * 64, file_size=9**9, mtime_ns=9**19
    )
    assert len(msgspec.json.encode(RemovePublished(library_id=1, files=(file,) * 25))) < 8_000
