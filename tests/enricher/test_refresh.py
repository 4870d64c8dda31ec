"""A round through the house asks the providers again: the longest not enriched first, a hundred a night."""

from datetime import timedelta
from typing import Any

import pytest

from metarr.db import Database
from metarr.messages.facts import RefreshBegun
from metarr.messages.jobs import RefreshItems
from metarr_enricher import refreshing
from metarr_enricher.jobs import Handlers
from support.clock import ManualClock
from support.rows import insert, insert_movie
from support.running import RunJob


class Old:
    """Films that were enriched a number of days ago."""

    def __init__(self, db: Database, library: int, clock: ManualClock, handlers: Handlers, run_job: RunJob) -> None:
        self.db = db
        self.library = library
        self._clock = clock
        self._handlers = handlers
        self._run_job = run_job
        self._films = 0

    async def film(self, days: float | None, *, status: str = "enriched", **columns: Any) -> int:
        self._films += 1
        ago = self._clock.now() - timedelta(days=100)
        at = None if days is None else self._clock.now() - timedelta(days=days)
        values = {"library": self.library, "file_path": f"/films/{self._films}.mkv", "created_at": ago, **columns}
        async with self.db.read() as conn:
            return await insert_movie(conn, **values, last_enriched_at=at, identification_status=status)

    async def begin(self) -> tuple[int, ...]:
        fact = await self._run_job(self._handlers, RefreshItems(), priority=2)
        assert isinstance(fact, RefreshBegun)
        return fact.items

    async def set(self, key: str, value: str) -> None:
        async with self.db.read() as conn:
            await conn.execute("INSERT INTO app_settings VALUES ($1, $2)", key, value)


@pytest.fixture
def old(db: Database, library: int, clock: ManualClock, handlers: Handlers, run_job: RunJob) -> Old:
    return Old(db, library, clock, handlers, run_job)


async def test_the_longest_not_enriched_come_first_and_each_is_a_job_in_the_background(old: Old) -> None:
    ten, thirty = await old.film(10), await old.film(30)
    await old.film(3)
    assert await old.begin() == (thirty, ten)
    async with old.db.read() as conn:
        rows = await conn.fetch(
            "SELECT entity_id, priority FROM job_queue WHERE kind = 'EnrichItem' ORDER BY ready_seq"
        )
    assert [tuple(row) for row in rows] == [(thirty, 10), (ten, 10)]


async def test_there_are_only_so_many_a_night(old: Old, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refreshing, "MOST", 2)
    films = [await old.film(days) for days in (40, 30, 20)]
    assert await old.begin() == tuple(films[:2])


async def test_films_that_nobody_knows_take_what_is_left(old: Old) -> None:
    unknown, known = await old.film(None, status="unidentified"), await old.film(8)
    assert await old.begin() == (known, unknown)


async def test_one_that_was_asked_about_in_vain_waits_for_its_time_as_the_others_do(old: Old) -> None:
    asked, other = await old.film(50), await old.film(40)
    async with old.db.read() as conn:
        now = old._clock.now()
        values = {
            "kind": "EnrichItem",
            "service": "enricher",
            "job_type": "enrichment",
            "payload": {},
            "status": "failed",
        }
        await insert(
            conn, "job_queue", **values, entity_type="movie", entity_id=asked, created_at=now - timedelta(days=6)
        )
    assert await old.begin() == (other,)
    async with old.db.read() as conn:
        await conn.execute("UPDATE job_queue SET created_at = created_at - interval '2 days', status = 'failed'")
    assert asked in await old.begin()


async def test_libraries_have_times_of_their_own_and_some_are_left_alone(old: Old) -> None:
    daily = await old.film(2)
    async with old.db.read() as conn:
        silent = await insert(conn, "libraries", name="Silent", path="/silent", type="movie")
        off = await insert(conn, "libraries", name="Off", path="/off", type="movie", enabled=False)
    await old.film(30, library=silent)
    await old.film(30, library=off)
    await old.set(f"library.{old.library}.refresh.interval_hours", "24")
    await old.set(f"library.{silent}.enrich.auto", "false")
    assert await old.begin() == (daily,)


async def test_what_is_in_the_trash_is_not_asked_about(old: Old) -> None:
    await old.film(30, deleted_at=old._clock.now())
    assert await old.begin() == ()


async def test_a_film_that_was_enriched_by_a_clock_of_another_year_is_asked_about(old: Old) -> None:
    film = await old.film(-3650)
    assert await old.begin() == (film,)
