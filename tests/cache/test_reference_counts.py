"""Counts equal the truth, and nothing that is shown is ever swept, whatever people, automation, sweeps and crashes do in any order.

METARR_MODEL_EXAMPLES=2000 makes it look for longer.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from metarr.blobs import BlobStore
from metarr.db import Connection, Database
from metarr.db.queries.artwork_view import hashes_of
from metarr.db.queries.assets import SLOT_TABLES
from metarr.db.queries.assets_picking import clear_slot, pick_candidate, undo_slot
from metarr.db.queries.assets_writing import (
    NewAsset,
    assign,
    assign_portraits,
    lock_assets,
    lock_slots,
    put_assets,
)
from metarr.db.queries.history import record_changes
from metarr.db.queries.purge import find_orphans, forget_orphans, list_expired, purge_films
from metarr.db.queries.reconcile import list_differing, list_miscounted
from metarr.domain.merge import FieldChange
from metarr.errors import Conflict, NotFound
from metarr.messages.jobs import SweepStore
from metarr.runtime.work import Work
from metarr_cache.sweeping import sweep_part, sweep_rows
from support.clock import ManualClock
from support.queueing import claimed_job
from support.rows import insert, insert_candidate, insert_movie

SETTINGS = settings(
    max_examples=int(os.environ.get("METARR_MODEL_EXAMPLES", "25")),
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TABLES = (
    "job_queue, field_history, asset_candidates, libraries, movie_collections, actors, crew, trailers, cache_assets"
)

USES = """
SELECT cache_asset_id AS id FROM asset_references UNION ALL SELECT thumb_id FROM actors UNION ALL SELECT thumb_id FROM crew
UNION ALL SELECT poster_id FROM movie_collections UNION ALL SELECT fanart_id FROM movie_collections
UNION ALL SELECT cache_asset_id FROM trailers UNION ALL SELECT cache_asset_id FROM subtitle_streams
"""

marks = st.sampled_from(["red", "green", "blue", "grey"])
movies = st.integers(0, 2)
actors = st.integers(0, 1)
slots = st.sampled_from([("movie", "poster"), ("movie", "fanart"), ("collection", "poster"), ("collection", "fanart")])
numbers = st.integers(0, 2)


class CrashError(Exception):
    """The process is gone before the commit."""


class StoreMachine(RuleBasedStateMachine):
    """Three films, two sets and two people share four pictures. `crashes` ends a step without its commit."""

    def __init__(self, runner: asyncio.Runner, db: Database, data_dir: Path) -> None:
        super().__init__()
        self.runner = runner
        self.db = db
        self.data_dir = data_dir
        self.store = BlobStore(str(data_dir / "cache" / "assets"))
        self.ids: dict[str, list[int]] = {}
        runner.run(self._begin())

    async def _begin(self) -> None:
        async with self.db.transaction() as conn:
            await conn.execute(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE")
            library = await insert(conn, "libraries", name="Films", path="/films", type="movie")
            films = [await insert_movie(conn, library, file_path=f"/films/{number}.mkv") for number in range(3)]
            sets = [await insert(conn, "movie_collections", name=name) for name in ("Saga", "Epic")]
            people = [await insert(conn, "actors", name=name) for name in ("Ann", "Bob")]
            for film in films[:2]:
                await insert(conn, "movie_collection_members", movie_id=film, collection_id=sets[0])
                await insert(conn, "movie_actors", movie_id=film, actor_id=people[0])
            self.ids = {"movie": films, "collection": sets, "actor": people}

    def do(self, step: Callable[[Connection], Awaitable[Any]], *, crashes: bool = False) -> Any:
        """One transaction; what a person may not do, or what is gone, changes nothing."""

        async def run() -> Any:
            with suppress(Conflict, NotFound, CrashError):
                async with self.db.transaction() as conn:
                    answer = await step(conn)
                    if crashes:
                        raise CrashError
                    return answer

        return self.runner.run(run())

    def owner(self, kind: str, number: int) -> tuple[str, int]:
        return kind, self.ids[kind][number % len(self.ids[kind])]

    async def bring(self, conn: Connection, mark: str) -> int:
        """The picture in the store with its row, as whoever takes one in does it: the file first."""
        blob = await asyncio.to_thread(self.store.put, mark.encode(), "jpg")
        asset = NewAsset(
            content_hash=blob.content_hash,
            file_path=blob.path,
            file_size=blob.size,
            mime_type="image/jpeg",
            width=1,
            height=1,
            perceptual_hash="0" * 16,
            source_type="provider",
            source_url=f"https://images/{mark}",
        )
        return (await put_assets(conn, [asset]))[blob.content_hash]

    async def note(
        self, conn: Connection, owner: tuple[str, int], slot: str, before: int | None, now: int | None
    ) -> None:
        old, new = await hashes_of(conn, before, now)
        if old != new:
            await record_changes(conn, *owner, [FieldChange(field=slot, old=old, new=new, source="x")])

    # A person

    @rule(slot=slots, number=numbers, mark=marks, crashes=st.booleans())
    def choose(self, slot: tuple[str, str], number: int, mark: str, crashes: bool) -> None:
        owner = self.owner(slot[0], number)

        async def step(conn: Connection) -> None:
            asset = await self.bring(conn, mark)
            await conn.execute("DELETE FROM asset_candidates WHERE source_url = $1", f"https://images/{mark}")
            candidate = await insert_candidate(
                conn,
                owner[1],
                entity_type=owner[0],
                asset_type=slot[1],
                source_type="provider",
                source_url=f"https://images/{mark}",
                cache_asset_id=asset,
            )
            before, now = await pick_candidate(conn, *owner, slot[1], candidate)
            await self.note(conn, owner, slot[1], before, now)

        self.do(step, crashes=crashes)

    @rule(slot=slots, number=numbers, crashes=st.booleans())
    def clear(self, slot: tuple[str, str], number: int, crashes: bool) -> None:
        owner = self.owner(slot[0], number)

        async def step(conn: Connection) -> None:
            await self.note(conn, owner, slot[1], await clear_slot(conn, *owner, slot[1]), None)

        self.do(step, crashes=crashes)

    @rule(slot=slots, number=numbers, crashes=st.booleans())
    def undo(self, slot: tuple[str, str], number: int, crashes: bool) -> None:
        owner = self.owner(slot[0], number)

        async def step(conn: Connection) -> None:
            before, now = await undo_slot(conn, *owner, slot[1])
            await self.note(conn, owner, slot[1], before, now)

        self.do(step, crashes=crashes)

    @rule(number=movies, deleted=st.booleans())
    def trash_or_restore(self, number: int, deleted: bool) -> None:
        when = datetime.now(UTC) if deleted else None
        self.do(
            lambda conn: conn.execute(
                "UPDATE movies SET deleted_at = $2 WHERE id = $1", self.ids["movie"][number], when
            )
        )

    # Automation

    @rule(slot=slots, number=numbers, mark=marks, crashes=st.booleans())
    def assign(self, slot: tuple[str, str], number: int, mark: str, crashes: bool) -> None:
        owner = self.owner(slot[0], number)

        async def step(conn: Connection) -> None:
            found = (await lock_slots(conn, [owner])).get((*owner, slot[1]))
            if found is None or found.locked:
                return
            asset = await self.bring(conn, mark)
            await lock_assets(conn, {asset} | ({found.asset_id} if found.asset_id else set()))
            await assign(conn, owner, {slot[1]: asset})
            await self.note(conn, owner, slot[1], found.asset_id, asset)

        self.do(step, crashes=crashes)

    @rule(number=actors, mark=marks | st.none(), crashes=st.booleans())
    def portray(self, number: int, mark: str | None, crashes: bool) -> None:
        async def step(conn: Connection) -> None:
            asset = await self.bring(conn, mark) if mark is not None else None
            await assign_portraits(conn, {self.ids["actor"][number]: asset})

        self.do(step, crashes=crashes)

    @rule(number=movies, mark=marks, crashes=st.booleans())
    def add_trailer(self, number: int, mark: str, crashes: bool) -> None:
        async def step(conn: Connection) -> None:
            film = self.ids["movie"][number]
            if await conn.fetchval("SELECT true FROM movies WHERE id = $1", film):
                asset = await self.bring(conn, mark)
                await insert(conn, "trailers", entity_type="movie", entity_id=film, cache_asset_id=asset)

        self.do(step, crashes=crashes)

    # Housework

    @rule(crashes=st.booleans())
    def purge(self, crashes: bool) -> None:
        """Whatever is in the trash has been there for long."""

        async def step(conn: Connection) -> None:
            later = datetime.now(UTC) + timedelta(days=400)
            await purge_films(conn, await list_expired(conn, now=later, after=0, limit=9))
            await forget_orphans(conn, await find_orphans(conn, 9))

        self.do(step, crashes=crashes)

    @rule(dies=st.sampled_from([None, None, "rows", "files"]))
    def sweep(self, dies: str | None) -> None:
        """A long time later; a crash comes between rows and files, or before the rows are committed."""
        self.runner.run(self._sweep(dies))

    async def _sweep(self, dies: str | None) -> None:
        clock = ManualClock(datetime.now(UTC) + timedelta(days=400))
        work = self._work(clock)
        await sweep_rows(work)
        if dies == "rows":
            await work.roll_back(CrashError())
            return
        await work.commit()
        if dies == "files" or not os.path.isdir(self.store.root):
            return
        for part in [int(entry, 16) for entry in os.listdir(self.store.root) if len(entry) == 2]:
            await sweep_part(SweepStore(part=part), self.store, self._work(clock))

    def _work(self, clock: ManualClock) -> Work:
        return Work(claimed_job("SweepCache", priority=10), db=self.db, clock=clock, data_dir=str(self.data_dir))

    # The laws

    @invariant()
    def counts_are_the_truth(self) -> None:
        uses, counts = self.runner.run(self._counts())
        assert {asset: count for asset, count in counts.items() if count} == dict(uses)

    async def _counts(self) -> tuple[Counter[int], dict[int, int]]:
        async with self.db.read() as conn:
            uses = Counter(row["id"] for row in await conn.fetch(USES) if row["id"] is not None)
            rows = await conn.fetch("SELECT id, reference_count FROM cache_assets")
            assert await list_differing(conn, limit=9) == []
            assert await list_miscounted(conn, limit=9) == []
        return uses, {row["id"]: row["reference_count"] for row in rows}

    @invariant()
    def references_are_what_films_show(self) -> None:
        async def look() -> None:
            async with self.db.read() as conn:
                films = await conn.fetch("SELECT * FROM movies")
                references = await conn.fetch("SELECT entity_id, asset_type, cache_asset_id FROM asset_references")
            shown = {(film["id"], slot, film[f"{slot}_id"]) for film in films for slot in SLOT_TABLES["movie"][1]}
            assert {tuple(row) for row in references} == {one for one in shown if one[2] is not None}

        self.runner.run(look())

    @invariant()
    def every_row_has_its_file(self) -> None:
        async def look() -> None:
            async with self.db.read() as conn:
                paths = [row["file_path"] for row in await conn.fetch("SELECT file_path FROM cache_assets")]
            assert await self.store.verify_all(paths) == [True] * len(paths)

        self.runner.run(look())


def test_whatever_happens_counts_are_the_truth_and_nothing_shown_is_swept(database_url: str, tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        db = runner.run(Database.connect(database_url, name="model"))
        try:
            machine = cast("type[RuleBasedStateMachine]", lambda: StoreMachine(runner, db, tmp_path))
            run_state_machine_as_test(machine, settings=SETTINGS)
        finally:
            runner.run(db.close())
